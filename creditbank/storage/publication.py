"""What publishing reads and writes: the newest commit, the recorded size's root, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from creditbank.ledger.proofs import subtree_root
from creditbank.storage import loading, reading, tilestore
from creditbank.storage.tilestore import Cache, LogReader


@dataclass(frozen=True, slots=True)
class LogState:
    """The newest commit, the newest published size, and the root at the recorded size.

    `recorded_root` is None where the ledger is smaller than what was recorded.
    """

    size: int
    root: bytes
    at: int
    published: int
    recorded_root: bytes | None


def state_reader(recorded_size: int, cache: Cache) -> Callable[[sa.Connection], LogState]:
    """Return the work that reads the state, with the root at `recorded_size`."""

    def read(connection: sa.Connection) -> LogState:
        head = loading.read_head(connection)
        root = None
        if recorded_size <= head.size:
            reader = LogReader(connection, head.size, cache)
            root = subtree_root(reader.read, 0, recorded_size)
        latest = reading.latest_checkpoint(connection)
        return LogState(head.size, head.root, head.at, latest[0] if latest else 0, root)

    return read


def publishing(size: int, at: int, note: bytes, cache: Cache) -> Callable[[sa.Connection], bool]:
    """Return the work that stores full tiles and the checkpoint of `size`.

    It returns False where another process has published this size.
    """

    def write(connection: sa.Connection) -> bool:
        loading.lock_head(connection)
        tilestore.store_tiles(connection, size, cache)
        return reading.add_checkpoint(connection, size, at, note)

    return write
