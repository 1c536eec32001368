"""Scratch files of an audit: what is sorted by account or by entry, and compared afterwards.

The ledger is read in order, but a learner's entries are compared with a learner's rows. So what
is read is dealt out into partitions, each of which fits into memory; all of it is written once and
read once. Blocks are sealed under a key that only lives in these processes: what the vault keeps
sealed is not left behind in a temporary folder.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from creditbank.ledger import suite

PARTITION_RECORDS = 20_000


@dataclass(frozen=True, slots=True)
class Block:
    """Where some records of a partition stand."""

    partition: int
    file: str
    offset: int
    length: int


@dataclass(frozen=True)
class Scratch:
    """A folder for one audit, its key, and the number of partitions."""

    folder: Path
    key: bytes
    partitions: int

    def of_account(self, account: object) -> int:
        """Return the partition of what belongs to an account."""
        return crc32(str(account).encode(errors="replace")) % self.partitions

    def of_index(self, index: object) -> int:
        """Return the partition of what belongs to an entry and to no account."""
        return index % self.partitions if isinstance(index, int) else 0

    def read(self, blocks: Iterable[Block]) -> Iterator[Any]:
        """Yield the records of `blocks`, in order."""
        cipher = suite.Cipher(self.key)
        for block in blocks:
            with (self.folder / block.file).open("rb") as file:
                file.seek(block.offset)
                sealed = file.read(block.length)
            # Authenticated: marshal reads nothing but what an audit wrote.
            context = _context(block.partition, block.file, block.offset)
            yield from marshal.loads(cipher.unseal(sealed, context))  # noqa: S302


@dataclass(slots=True)
class Dealer:
    """Deals records out into partitions, in a file of its own."""

    scratch: Scratch
    file: str
    _waiting: dict[int, list[Any]] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)
    _count: int = 0

    def deal(self, partition: int, record: Any) -> None:
        """Add a record of plain values to a partition."""
        self._waiting.setdefault(partition, []).append(record)
        self._count += 1
        if self._count >= PARTITION_RECORDS:
            self._write()

    def blocks(self) -> Sequence[Block]:
        """Return where everything stands, after writing what waits."""
        self._write()
        return self._blocks

    def _write(self) -> None:
        if not self._waiting:
            return
        cipher = suite.Cipher(self.scratch.key)
        with (self.scratch.folder / self.file).open("ab") as file:
            offset = file.tell()
            for partition in sorted(self._waiting):
                data = marshal.dumps(self._waiting[partition])
                context = _context(partition, self.file, offset)
                sealed = cipher.seal(os.urandom(suite.NONCE_BYTES), data, context)
                file.write(sealed)
                self._blocks.append(Block(partition, self.file, offset, len(sealed)))
                offset += len(sealed)
        self._waiting.clear()
        self._count = 0


@contextmanager
def scratch_folder(records: int) -> Iterator[Scratch]:
    """Yield a folder for an audit of so many records; it is dropped afterwards."""
    partitions = max(1, -(-records // PARTITION_RECORDS))
    with tempfile.TemporaryDirectory(prefix="creditbank-audit-") as folder:
        yield Scratch(Path(folder), os.urandom(suite.KEY_BYTES), partitions)


def _context(partition: int, file: str, offset: int) -> bytes:
    return f"creditbank/scratch/1/{partition}/{file}/{offset}".encode()
