"""What publishing reads and writes: the newest commit, leaf hashes, roots, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from creditbank.errors.log import LogFrozen
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.proofs import Proof, prove_consistency, subtree_root
from creditbank.storage import loading, reading, tilestore
from creditbank.storage.loading import ENTRIES
from creditbank.storage.tables import CommitRow, table_of
from creditbank.storage.tilestore import Cache, LogReader

Connection = sa.Connection
_COMMITS = table_of(CommitRow)

_STEP_LEAVES = 64 * 256  # tiles are stored a few at a time, so that appends wait little


@dataclass(frozen=True, slots=True)
class LogState:
    """The newest commit with its root, the database's time, and the newest published size."""

    size: int
    root: bytes
    now: int
    published: int


def read_state(connection: Connection) -> LogState:
    """Return the log's state; raise `NotInitialised` without a ledger."""
    head = loading.read_head(connection)
    latest = reading.latest_checkpoint(connection)
    now = max(head.at, head.now)
    return LogState(head.size, head.root, now, latest[0] if latest else 0)


def leaf_rows(first: int, end: int) -> Callable[[Connection], Sequence[tuple[bytes, bytes]]]:
    """Return the work that reads leaf hash and source of entries `first` … `end` - 1."""

    def read(connection: Connection) -> Sequence[tuple[bytes, bytes]]:
        query = (
            sa.select(ENTRIES.c.leaf_hash, ENTRIES.c.source)
            .where(ENTRIES.c.entry_index >= first, ENTRIES.c.entry_index < end)
            .order_by(ENTRIES.c.entry_index)
        )
        return [(row[0], row[1]) for row in connection.execute(query)]

    return read


def roots_reader(
    sizes: Sequence[int], cache: Cache
) -> Callable[[Connection], dict[int, bytes | None]]:
    """Return the work that computes the roots at `sizes`; None where the ledger is shorter."""

    def read(connection: Connection) -> dict[int, bytes | None]:
        reader = LogReader(connection, loading.read_head(connection).size, cache)
        return {
            size: subtree_root(reader.read, 0, size) if size <= reader.size else None
            for size in sizes
        }

    return read


def range_reader(size: int, cache: Cache) -> Callable[[Connection], CompactRange | None]:
    """Return the work that reads the right edge at `size`; None where the ledger is shorter."""

    def read(connection: Connection) -> CompactRange | None:
        head = loading.read_head(connection)
        if size > head.size:
            return None
        reader = LogReader(connection, head.size, cache)
        hashes, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(reader.read(level, start >> level))
                start += 1 << level
        return CompactRange(size, tuple(hashes))

    return read


def consistency_reader(old: int, new: int, cache: Cache) -> Callable[[Connection], Proof]:
    """Return the work that proves that the tree of size `new` began as that of size `old`."""
    return lambda connection: prove_consistency(LogReader(connection, new, cache).read, old, new)


def publishing(size: int, root: bytes, at: int, note: bytes) -> Callable[[Connection], bool]:
    """Return the work that stores the checkpoint of `size`, after the tiles that are full by then.

    It returns True where it has stored some tiles and more are left: then it is to be done again.
    Where this size or a larger one is published it changes nothing. It raises `LogFrozen` where
    the ledger has come to hold something else since the checkpoint was signed.
    """

    def write(connection: Connection) -> bool:
        loading.lock_head(connection)
        if _committed_root(connection, size) != root:
            raise LogFrozen(size=size, reason="ledger_differs")
        step = min(size, tilestore.stored_leaves(connection) + _STEP_LEAVES)
        tilestore.store_tiles(connection, step, Cache())
        if step < size:
            return True
        latest = reading.latest_checkpoint(connection)
        if latest is None or latest[0] < size:
            reading.add_checkpoint(connection, size, at, note)
        return False

    return write


def _committed_root(connection: Connection, size: int) -> bytes | None:
    """Return the root of the commit of `size`: enough to tell another database from this one."""
    query = sa.select(_COMMITS.c.root).where(_COMMITS.c.size == size)
    root: bytes | None = connection.execute(query).scalar_one_or_none()
    return root
