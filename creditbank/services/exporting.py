"""Exporting a bank while it runs: the public log, the sealed rest, learners' keys apart.

    log/                 the published log, as any HTTP server can serve it
    private.sealed       entries, documents, vault and tokens
    keys.sealed          learners' keys: kept elsewhere, and shortly
    erasures.jsonl       which keys were destroyed, by keyed digest
    manifest.json        what this is; written last

Everything is of one moment. Each entry is computed anew from what is written, and compared with
what the database holds: what could not be restored is not exported.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import orjson

from creditbank.errors.export import ExportTargetExists, LedgerUnsound
from creditbank.ledger.checkpoint import parse_checkpoint
from creditbank.ledger.entry import format_time, genesis_prev, parse_time
from creditbank.services.log_copy import LogCopy, history_line, sync_files
from creditbank.storage import backup, loading, reading
from creditbank.storage.backup_lines import (
    ERASURES_FORMAT,
    KEYS_FORMAT,
    PRIVATE_FORMAT,
    Chain,
    entry_values,
    line,
    next_entry,
    row_values,
)
from creditbank.storage.database import Database
from creditbank.storage.entry_checks import UNREADABLE, EntryTuple
from creditbank.storage.reading import Connection
from creditbank.storage.sealed_files import Recipient, SealedWriter
from creditbank.storage.tables import CheckpointRow, DocumentRow, ErasureRow, SecretRow

LOG: Final = "log"
PRIVATE: Final = "private.sealed"
KEYS: Final = "keys.sealed"
ERASURES: Final = "erasures.jsonl"
MANIFEST: Final = "manifest.json"
_COMPRESSION: Final = 1  # sealed parts do not compress; what stands around them does at once

Progress = Callable[[int, int], None]
Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: `published` of its `size` entries stand in the static log."""

    origin: str
    size: int
    root: bytes
    published: int
    at: int

    def document(self) -> dict[str, Any]:
        """Return it as JSON values: the manifest."""
        return {
            "format": PRIVATE_FORMAT,
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "published": self.published,
            "at": format_time(self.at),
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Return what a manifest says; raises KeyError, TypeError, ValueError or a ledger error."""
        if document["format"] != PRIVATE_FORMAT:
            raise ValueError("format")
        root = bytes.fromhex(document["root"])
        size, published = int(document["size"]), int(document["published"])
        return cls(str(document["origin"]), size, root, published, parse_time(document["at"]))


def export_bank(
    database: Database,
    folder: Path,
    recipient: Recipient,
    *,
    keys_recipient: Recipient | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Exported:
    """Write an export of the bank as of now into a new `folder`, and return what it holds.

    The private part is sealed to `recipient`, learners' keys to `keys_recipient`, the same unless
    another is given. `progress` is told how many entries are done, of how many. Refuses with
    `ExportTargetExists`, and with `LedgerUnsound` where entries do not add up; then nothing stays.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportTargetExists(folder=folder.name)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        exported = database.read_sync(
            lambda connection: _Export(connection, partial).write(
                recipient, keys_recipient or recipient, progress
            )
        )
        _write_manifest(partial, exported)
        sync_files()
        partial.replace(folder)
        sync_files()
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return exported


def export_erasures(database: Database, file: Path) -> int:
    """Write which keys were destroyed so far, and return how many.

    It holds keyed digests and days. A restore re-applies it; whoever takes exports once a week
    writes this every day.
    """
    temporary = file.with_name(file.name + ".new")

    def write(connection: Connection) -> int:
        with temporary.open("wb") as out:
            count = _write_erasures(connection, out.write)
            out.flush()
            os.fsync(out.fileno())
        return count

    count = database.read_sync(write)
    temporary.replace(file)
    return count


class _Export:
    """One export, read in one snapshot."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection, self._folder = connection, folder
        self._head = loading.read_head(connection)
        latest = reading.latest_checkpoint(connection)
        self._published, self._note = latest or (0, b"")
        self._chain = Chain(genesis_prev(self._head.origin))
        self._copy = LogCopy(folder / LOG, self._published)
        self._checkpoints = 0

    def write(
        self, recipient: Recipient, keys_recipient: Recipient, progress: Progress
    ) -> Exported:
        """Write everything but the manifest."""
        self._write_history()
        with _sealed_lines(self._folder / PRIVATE, recipient) as write:
            self._write_private(write, progress)
        with _sealed_lines(self._folder / KEYS, keys_recipient) as write:
            write(line({"format": KEYS_FORMAT, "origin": self._head.origin}))
            rows = backup.rows(self._connection, SecretRow)
            write(line({"end": _write_rows(write, SecretRow, rows)}))
        with (self._folder / ERASURES).open("wb") as file:
            _write_erasures(self._connection, file.write)
        self._copy.finish()
        if self._published:
            self._copy.write_checkpoint(self._note)
        return Exported(
            self._head.origin,
            self._head.size,
            self._head.root,
            self._published,
            self._head.now,
        )

    def _write_private(self, write: Write, progress: Progress) -> None:
        head, connection = self._head, self._connection
        write(line({"format": PRIVATE_FORMAT, "origin": head.origin}))
        write(line({"table": "erasures"}))
        _write_rows(write, ErasureRow, backup.rows(connection, ErasureRow))
        write(line({"table": "documents"}))
        _write_rows(write, DocumentRow, backup.rows(connection, DocumentRow))
        write(line({"table": "entries"}))
        for rows, commits in backup.entries(connection, head.size):
            for row in rows:
                self._write_entry(write, row)
                if self._chain.size in commits:
                    write(line({"commit": commits[self._chain.size]}))
            progress(self._chain.size, head.size)
        if (self._chain.size, self._chain.tree.root()) != (head.size, head.root):
            raise LedgerUnsound(index=self._chain.size, reason="size")
        for row_class in backup.BESIDE:
            write(line({"table": str(row_class.__tablename__)}))
            _write_rows(write, row_class, backup.rows(connection, row_class))
        write(line({"end": self._chain.size, "checkpoints": self._checkpoints}))

    def _write_entry(self, write: Write, row: EntryTuple) -> None:
        index = self._chain.size
        try:
            values = entry_values(row)
            again, leaf = next_entry(self._chain, values)
        except UNREADABLE:
            raise LedgerUnsound(index=index, reason="commitment") from None
        if again != row:
            reason = "leaf" if again.body == row.body else "commitment"
            raise LedgerUnsound(index=index, reason=reason)
        self._copy.add(leaf, row.leaf_hash)
        write(line(values))
        if self._chain.size == self._published:
            self._check_published()

    def _check_published(self) -> None:
        head = parse_checkpoint(self._note).head
        if (head.size, head.root) != (self._published, self._chain.tree.root()):
            raise LedgerUnsound(index=self._published - 1, reason="checkpoint")

    def _write_history(self) -> None:
        if not self._published:
            return
        with self._copy.history().open("wb") as file:
            for size, at, note in backup.rows(self._connection, CheckpointRow):
                file.write(history_line(size, at, note))
                self._checkpoints += 1


@contextmanager
def _sealed_lines(path: Path, recipient: Recipient) -> Iterator[Write]:
    """Yield how to write lines, compressed and sealed."""
    packer = zlib.compressobj(_COMPRESSION)
    with SealedWriter(path, recipient) as file:
        yield lambda data: file.write(packer.compress(data))
        file.write(packer.flush())


def _write_rows(write: Write, row: Any, rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    for values in rows:
        write(line(row_values(row, values)))
        count += 1
    return count


def _write_erasures(connection: Connection, write: Write) -> int:
    write(line({"format": ERASURES_FORMAT, "origin": loading.read_head(connection).origin}))
    count = _write_rows(write, ErasureRow, backup.rows(connection, ErasureRow))
    write(line({"end": count}))
    return count


def _write_manifest(folder: Path, exported: Exported) -> None:
    data = orjson.dumps(exported.document(), option=orjson.OPT_INDENT_2) + b"\n"
    (folder / MANIFEST).write_bytes(data)
