"""Restoring a bank from an export: the same root, balances and answers to what was posted before.

Every entry is computed anew and has to lead to the roots that were signed. Later erasures are
applied before anything is written, so that nobody who was erased comes back. It is one
transaction: a restore that fails leaves an empty database.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from creditbank.clients.log import HISTORY
from creditbank.errors import CreditBankError
from creditbank.errors.export import ExportUnusable
from creditbank.errors.storage import AlreadyInitialised, WrongBank
from creditbank.ledger.audit import Findings, KeyPeriod, check_signatures
from creditbank.ledger.checkpoint import parse_checkpoint
from creditbank.services.exporting import ERASURES, KEYS, LOG, MANIFEST, PRIVATE, Exported
from creditbank.services.log_keys import periods_of
from creditbank.storage import backup, migrating, reading
from creditbank.storage.backup_lines import (
    ERASURES_FORMAT,
    KEYS_FORMAT,
    PRIVATE_FORMAT,
    lines,
    row_of,
)
from creditbank.storage.database import Database
from creditbank.storage.entry_checks import UNREADABLE
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.restoring_rows import Erasure, Restoration
from creditbank.storage.sealed_files import Identity, read_sealed
from creditbank.storage.tables import DocumentRow, ErasureRow, SecretRow

Progress = Callable[[int, int], None]
END: Final = "end"
_BESIDE: Final = {str(row.__tablename__): row for row in backup.BESIDE}


@dataclass(frozen=True, slots=True)
class Source:
    """What to restore from: the export's folder, and who can open what in it.

    `keys_file` and `keys_identity` are of the learners' keys, where they are kept apart;
    `erasures` are later files of `creditbank erasures export`.
    """

    folder: Path
    identity: Identity
    keys_file: Path | None = None
    keys_identity: Identity | None = None
    erasures: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored bank. `erased` keys of the export were not restored: erased since."""

    origin: str
    size: int
    root: bytes
    published: int
    erased: int

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "published": self.published,
            "erased": self.erased,
        }


def restore_bank(
    source: Source,
    database: Database,
    keyring: Keyring,
    progress: Progress = lambda _done, _all: None,
) -> Restored:
    """Write the bank of an export into an empty database, and return what it holds.

    The record of what was signed is not touched: if it was lost too, it is made anew from a
    checkpoint that somebody outside holds (`creditbank log resume`). `progress` is told how many
    entries are done, of how many. Refuses with `AlreadyInitialised`, with `WrongBank` where the
    vault's key is another bank's, and with `ExportUnusable` naming the file.
    """
    migrating.upgrade(database)
    size = database.read_sync(reading.size_or_none)
    if size is not None:
        raise AlreadyInitialised(size=size)
    return database.write_sync(
        lambda connection: _Restore(source, connection, keyring).run(progress)
    )


class _Restore:
    """One restore, inside its transaction."""

    def __init__(self, source: Source, connection: Connection, keyring: Keyring) -> None:
        self._source, self._keyring = source, keyring
        manifest = _read_manifest(source.folder / MANIFEST)
        self._origin, self._size = manifest.origin, manifest.size
        self._root, self._published = manifest.root, manifest.published
        self._writing = Restoration(connection, keyring, self._origin)
        self._writing.know_erasures(self._later_erasures())
        self._notes = self._history()
        self._next = next(self._notes, None)
        self._met = 0

    def run(self, progress: Progress) -> Restored:
        writing = self._writing
        try:
            self._add_private(progress)
        except UNREADABLE as error:
            if isinstance(error, (ExportUnusable, WrongBank)):
                raise
            raise ExportUnusable(file=PRIVATE, reason="form") from error
        if writing.chain.size != self._size:
            raise ExportUnusable(file=PRIVATE, reason="count")
        if writing.chain.tree.root() != self._root:
            raise ExportUnusable(file=PRIVATE, reason="root")
        if writing.covering.keys() - writing.erasures.keys():
            raise ExportUnusable(file=ERASURES, reason="erasures")
        writing.finish(self._published)
        return Restored(
            self._origin,
            self._size,
            writing.chain.tree.root(),
            self._published,
            writing.erased_keys,
        )

    # --- files

    def _later_erasures(self) -> list[Erasure]:
        """Return the erasures of the export's file and of later ones."""
        found: list[Erasure] = []
        for path in (self._source.folder / ERASURES, *self._source.erasures):
            try:
                values = lines(iter([path.read_bytes()]))
                found += _erasures(self._whole(values, ERASURES_FORMAT, path.name))
            except OSError:
                raise ExportUnusable(file=path.name, reason="file") from None
            except (TypeError, ValueError):
                raise ExportUnusable(file=path.name, reason="form") from None
        return found

    def _add_secrets(self) -> None:
        path = self._source.keys_file or self._source.folder / KEYS
        identity = self._source.keys_identity or self._source.identity
        values = lines(_unpacked(path, identity))
        try:
            rows = self._whole(values, KEYS_FORMAT, path.name)
            self._writing.add_secrets((key, secret) for key, secret in _rows(SecretRow, rows))
        except (TypeError, ValueError, zlib.error):
            raise ExportUnusable(file=path.name, reason="form") from None

    def _history(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield size, time and note of every published checkpoint."""
        if not self._published:
            return
        try:
            with (self._source.folder / LOG / HISTORY).open("rb") as file:
                for text in file:
                    value = orjson.loads(text)
                    yield int(value["size"]), int(value["at"]), str(value["note"]).encode()
        except FileNotFoundError:
            raise ExportUnusable(file=HISTORY, reason="file") from None
        except (KeyError, TypeError, ValueError):
            raise ExportUnusable(file=HISTORY, reason="form") from None

    def _whole(self, values: Iterator[Any], form: str, name: str) -> Iterator[list[Any]]:
        """Yield the rows between header and end; raise if it is of another bank or cut off."""
        header: dict[str, Any] = next(values, {})
        if header.get("format") != form:
            raise ExportUnusable(file=name, reason="form")
        if header.get("origin") != self._origin:
            raise ExportUnusable(file=name, reason="origin")
        for count, value in enumerate(values):
            if isinstance(value, dict):
                if value.get("end") != count:
                    break
                return
            yield value
        raise ExportUnusable(file=name, reason="count")

    # --- the private part

    def _add_private(self, progress: Progress) -> None:
        values = lines(_unpacked(self._source.folder / PRIVATE, self._source.identity))
        header: dict[str, Any] = next(values, {})
        if header.get("format") != PRIVATE_FORMAT or header.get("origin") != self._origin:
            raise ExportUnusable(file=PRIVATE, reason="origin")
        end = None
        for table, rows in _sections(values):
            if table == "erasures":
                self._writing.know_erasures(_erasures(rows))
                self._add_secrets()  # now that it is known which ones stay destroyed
            elif table == "documents":
                contents = _rows(DocumentRow, rows)
                self._writing.add_documents(content for _, content in contents)
            elif table == "entries":
                self._add_entries(rows, progress)
            elif table in _BESIDE:
                self._writing.add_beside(_BESIDE[table], _rows(_BESIDE[table], rows))
            elif table == END:
                end = next(rows)
            else:
                raise ExportUnusable(file=PRIVATE, reason="form")
        if end is None:
            raise ExportUnusable(file=PRIVATE, reason="count")
        if self._next is not None or end["checkpoints"] != self._met:
            raise ExportUnusable(file=HISTORY, reason="checkpoint")

    def _add_entries(self, rows: Iterable[Any], progress: Progress) -> None:
        writing = self._writing
        for value in rows:
            if isinstance(value, dict):
                writing.add_commit(value["commit"])
                continue
            writing.add_entry(value)
            if writing.chain.size == 1:
                self._check_genesis()
            self._meet_checkpoint()
            if writing.chain.size % 1_000 == 0:
                progress(writing.chain.size, self._size)
        writing.flush()
        progress(writing.chain.size, self._size)

    def _check_genesis(self) -> None:
        """Entry 0 has a keyed source id: another bank's key would make another one."""
        expected = self._keyring.source("bank:genesis", self._origin)
        _, act = self._writing.named_keys[0]
        if act["source"] != expected.hex() or act["origin"] != self._origin:
            raise WrongBank(found=str(act["origin"]), expected=self._origin)

    def _meet_checkpoint(self) -> None:
        """Hold the entries so far against the checkpoint that was published at their size."""
        writing = self._writing
        if self._next is None or self._next[0] != writing.chain.size:
            return
        size, at, note = self._next
        found = Findings()
        check_signatures(note, size, self._origin, self._periods(), found)
        if found.listed or parse_checkpoint(note).head.root != writing.chain.tree.root():
            raise ExportUnusable(file=HISTORY, reason="checkpoint")
        writing.add_checkpoint(at, note)
        self._met += 1
        self._next = next(self._notes, None)

    def _periods(self) -> list[KeyPeriod]:
        periods = periods_of(self._origin, self._writing.named_keys)
        return [KeyPeriod(period.from_size, period.keys) for period in periods]


def _erasures(rows: Iterable[list[Any]]) -> Iterator[Erasure]:
    for key_digest, account_mac, day, _ in _rows(ErasureRow, rows):
        yield Erasure(key_digest, account_mac, day)


def _sections(values: Iterator[Any]) -> Iterator[tuple[str, Iterator[Any]]]:
    """Yield the name of each table and its rows, which have to be read before the next."""
    header = next(values, None)
    while header is not None:
        if "table" not in header:
            yield END, iter([header])
            return
        following: list[Any] = []
        yield header["table"], _until_header(values, following)
        header = following[0] if following else None


def _until_header(values: Iterator[Any], following: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict) and "commit" not in value:
            following.append(value)
            return
        yield value


def _rows(row: Any, values: Iterable[list[Any]]) -> Iterator[tuple[Any, ...]]:
    return (row_of(row, one) for one in values)


def _unpacked(path: Path, identity: Identity) -> Iterator[bytes]:
    """Yield the decompressed content of a sealed file."""
    unpacker = zlib.decompressobj()
    for chunk in read_sealed(path, identity):
        yield unpacker.decompress(chunk)
    yield unpacker.flush()


def _read_manifest(path: Path) -> Exported:
    try:
        return Exported.of(orjson.loads(path.read_bytes()))
    except OSError:
        raise ExportUnusable(file=path.name, reason="file") from None
    except (CreditBankError, KeyError, TypeError, ValueError):
        raise ExportUnusable(file=path.name, reason="form") from None
