"""What stands beside the entries, or beyond them: tiles, commits, checkpoints, erasures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from creditbank.errors import N_
from creditbank.ledger.audit import Findings, KeyPeriod, check_signatures
from creditbank.ledger.entry import genesis_prev
from creditbank.ledger.tiles import HEIGHT
from creditbank.storage import loading
from creditbank.storage.bulk import keyed_rows, raw_rows
from creditbank.storage.entry_checks import UNREADABLE
from creditbank.storage.inspector import NOT_COVERED, OTHER_TILE, Inspector
from creditbank.storage.tables import CheckpointRow, table_of

_TILE = "SELECT hashes FROM tiles WHERE level = ? AND tile_index = ?"
_TILE_PLACES = "SELECT level, max(tile_index), min(tile_index), count(*) FROM tiles GROUP BY level"
_NOTES = "SELECT size, note FROM checkpoints WHERE size >= ? AND size <= ? ORDER BY size"
_COVERING = "SELECT DISTINCT entry_index FROM erasures WHERE entry_index >= ? ORDER BY entry_index"
_TWICE = (
    "SELECT min(entry_index), count(*) FROM entries GROUP BY source HAVING count(*) > 1 ORDER BY 1"
)
_EXTENT = "SELECT max(entry_index), count(*) FROM entries WHERE entry_index >= 0"
_NOTES_TOGETHER = 500
_GAP_MAX = 1_000_000


class Notes(NamedTuple):
    """Checkpoints of sizes `first` … `last`, and the keys that the log had over time."""

    first: int
    last: int
    origin: str
    periods: tuple[KeyPeriod, ...]


def check_notes(state: Inspector, notes: Notes) -> Findings:
    """Report each checkpoint that is not signed by every key that was in force at its size."""
    found = Findings()
    for size, note in raw_rows(state.connection, _NOTES, (notes.first, notes.last)):
        data = note if isinstance(note, bytes) else b""
        check_signatures(data, size, notes.origin, notes.periods, found)
    return found


def checkpoint_sizes(connection: sa.Connection, after: int) -> Iterator[Sequence[int]]:
    """Yield the sizes of published checkpoints above `after`, some hundreds together."""
    some: list[int] = []
    for (size,) in keyed_rows(connection, table_of(CheckpointRow), "size"):
        if size > after:
            some.append(size)
        if len(some) == _NOTES_TOGETHER:
            yield some
            some = []
    if some:
        yield some


def published(connection: sa.Connection) -> int:
    """Return the largest size that was published, 0 if nothing was."""
    rows = raw_rows(connection, "SELECT max(size) FROM checkpoints")
    return next(rows, (None,))[0] or 0


def check_tile(
    connection: sa.Connection, level: int, number: int, hashes: bytes, found: Findings
) -> None:
    """Report a stored tile that is not the one with these hashes. It may not be stored yet."""
    for (stored,) in raw_rows(connection, _TILE, (level, number)):
        if stored != hashes:
            index = number << HEIGHT * (level + 1)
            found.report("tiles", index, OTHER_TILE, level=level, number=number)


def read_extent(connection: sa.Connection) -> tuple[str, int]:
    """Return the log's name and how many entries to look at; raise `NotInitialised` without one.

    A head of no sense does not send an audit on an endless way: it ends where entries do.
    """
    head = loading.read_head(connection)
    last, count = next(raw_rows(connection, _EXTENT))
    size = min((last or 0) + bool(count), 2 * count + _GAP_MAX)
    if type(head.size) is int and head.size >= 0:
        size = min(size, head.size)
    try:
        genesis_prev(head.origin)
    except UNREADABLE:
        return "?", size
    return head.origin, size


def registers_size(connection: sa.Connection) -> int | None:
    """Return the size of the log at which the last register version was published."""
    last = next(raw_rows(connection, "SELECT max(entry_index) FROM registers"), (None,))[0]
    return 0 if last is None else last + 1 if type(last) is int else None


def check_edges(
    connection: sa.Connection, size: int, erasures: tuple[int, set[int]], found: Findings
) -> None:
    """Report what a ledger of `size` entries has no place for.

    `erasures` is the first entry read, and which entries from there on cover erasures.
    """
    beyond = "SELECT {} FROM {} WHERE {} < ? OR {} > ? ORDER BY 1"

    def outside(table: str, column: str, low: int, high: int) -> Iterator[int]:
        query = beyond.format(column, table, column, column)
        return (row[0] for row in raw_rows(connection, query, (low, high)))

    for index in outside("entries", "entry_index", 0, size - 1):
        found.report("leaves", index, N_("the entry stands beyond the head"))
    for commit in outside("commits", "size", 1, size):
        found.report("tree", commit, N_("a commit of size {size} has no entries"), size=commit)
    for published in outside("checkpoints", "size", 0, size):
        message = N_("{size} entries were published, and the ledger has {found}")
        found.report("checkpoints", None, message, size=published, found=size)
    last = next(raw_rows(connection, "SELECT max(size) FROM commits"), (None,))[0]
    if (last or 0) < size:
        found.report("tree", None, N_("no commit has made the head"))
    for index, count in raw_rows(connection, _TWICE):
        message = N_("{count} entries have the same source id")
        found.report("idempotency", index, message, count=count)
    first, covering = erasures
    for (index,) in raw_rows(connection, _COVERING, (first,)):
        if index not in covering:
            found.report("erasures", index, NOT_COVERED)
    _check_tile_places(connection, size, found)


def _check_tile_places(connection: sa.Connection, size: int, found: Findings) -> None:
    """Report tiles that are not full at `size`, and gaps: tiles are stored in order."""
    for level, last, first, count in raw_rows(connection, _TILE_PLACES):
        if any(type(value) is not int for value in (level, last, first)):
            found.report("tiles", None, N_("there is a tile at a place that is none"))
            continue
        full = size >> HEIGHT * (level + 1) if 0 <= level < HEIGHT else 0
        if last >= full or first < 0:
            message = N_("there are tiles of level {level} beyond the entries")
            found.report("tiles", None, message, level=level)
        elif count != last + 1:
            message = N_("{missing} tiles of level {level} are missing")
            found.report("tiles", None, message, level=level, missing=last + 1 - count)
