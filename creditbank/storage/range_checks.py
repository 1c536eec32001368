"""What a range of entries has to be: read once, checked, its leaves put into the tree.

This runs in a process of its own for each range. What needs the entries before the range is left
to whoever joins the ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from creditbank.errors import N_
from creditbank.ledger.audit import Claim, Findings
from creditbank.ledger.checkpoint import parse_checkpoint
from creditbank.ledger.entry import genesis_prev
from creditbank.ledger.segments import BLOCK, Segment, tree_of
from creditbank.ledger.suite import HASH_BYTES
from creditbank.storage.bulk import raw_rows
from creditbank.storage.entry_checks import UNREADABLE, EntryTuple
from creditbank.storage.entry_walk import EntryWalk, OrgSpan
from creditbank.storage.inspector import OTHER_TILE, Inspector
from creditbank.storage.scratch import Block
from creditbank.storage.tables import EntryRow, table_of

_MISSING = bytes(HASH_BYTES)

_COLUMNS = ", ".join(f'"{column.name}"' for column in table_of(EntryRow).columns)
_ENTRIES = (
    f"SELECT {_COLUMNS} FROM entries WHERE entry_index >= ? AND entry_index < ?"
    " ORDER BY entry_index"
)
_HASH = "SELECT leaf_hash FROM entries WHERE entry_index = ?"
_TILES = (
    "SELECT tile_index, hashes FROM tiles WHERE level = 0 AND tile_index >= ? AND tile_index < ?"
)
_COMMITS = "SELECT size, at, root FROM commits WHERE size > ? AND size <= ? ORDER BY size"
_NOTES = "SELECT size, note FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size"


class Range(NamedTuple):
    """Entries `start` … `end` - 1; `start` is a multiple of 256."""

    start: int
    end: int


@dataclass(slots=True)
class RangeResult:
    """What became of a range."""

    segment: Segment
    entries: int
    erased: int
    orgs: dict[str, OrgSpan]
    claims: list[Claim]
    blocks: Sequence[Block]
    erasure_entries: list[int]
    found: Findings


def check_range(state: Inspector, span: Range) -> RangeResult:
    """Return what is to be said of a range of entries."""
    return _RangeCheck(state, span).run()


class _RangeCheck:
    """The check of one range."""

    def __init__(self, state: Inspector, span: Range) -> None:
        self._given, self._connection = state.given, state.connection
        self._span = span
        self._found = Findings()
        self._walk = EntryWalk(state, self._found, f"entries-{span.start}")
        self._tiles: dict[int, bytes] = dict(
            self._rows(_TILES, span.start // BLOCK, -(-span.end // BLOCK))
        )
        self._hashes: list[bytes] = []
        self._entries = 0

    def run(self) -> RangeResult:
        start, end = self._span
        prev = self._hash_before(start)
        rows = [EntryTuple(*row) for row in self._rows(_ENTRIES, start, end)]
        shaped = self._walk.shaped(rows)
        for row in rows:
            if row.entry_index > start + len(self._hashes):
                prev = self._fill(row.entry_index, row.entry_index)
            self._entries += 1
            if row.entry_index in shaped:
                self._walk.step(row, prev)
            prev = row.leaf_hash if row.entry_index in shaped else None
            self._hashes.append(prev or self._tiled(row.entry_index) or _MISSING)
        self._fill(end, None)
        self._check_tiles()
        self._walk.check_destroyed()
        claims = self._claims()
        wanted = {*(claim.size for claim in claims), *self._given.wanted}
        blocks, tail, roots = tree_of(start, self._hashes, wanted)
        times = self._walk.times.values()
        segment = Segment(
            start=start,
            size=end - start,
            prev=None,  # each leaf was made from the hash before it
            last=self._hashes[-1],
            first_at=next(iter(times), None),
            last_at=next(reversed(times), 0),
            blocks=blocks,
            tail=tail,
            roots=roots,
        )
        return RangeResult(
            segment=segment,
            entries=self._entries,
            erased=self._walk.erased,
            orgs=self._walk.orgs,
            claims=claims,
            blocks=self._walk.blocks(),
            erasure_entries=self._walk.erasure_entries,
            found=self._found,
        )

    # --- the row of hashes

    def _rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        return raw_rows(self._connection, query, values)

    def _hash_before(self, start: int) -> bytes | None:
        """Return what the first leaf has to name, None if the entry before is missing."""
        if start == 0:
            return genesis_prev(self._given.origin)
        row = next(self._rows(_HASH, start - 1), None)
        return row[0] if row and isinstance(row[0], bytes) else self._tiled(start - 1)

    def _tiled(self, index: int) -> bytes | None:
        """Return what the stored tile says of the leaf at `index`, None if there is none."""
        tile = self._tiles.get(index // BLOCK)
        if not isinstance(tile, bytes) or len(tile) != BLOCK * HASH_BYTES:
            return None
        place = index % BLOCK * HASH_BYTES
        return tile[place : place + HASH_BYTES]

    def _fill(self, end: int, following: int | None) -> bytes | None:
        """Report the entries missing up to `end`; return the last one's hash where a tile has it.

        A missing entry takes its place with the hash that its tile has, so that the tree goes on.
        """
        first = self._span.start + len(self._hashes)
        if first < end:
            self._found.report(
                "leaves",
                first,
                N_("the entry is missing; the next one has index {found}"),
                found="-" if following is None else following,
            )
        for index in range(first, end):
            self._hashes.append(self._tiled(index) or _MISSING)
        return self._tiled(end - 1)

    def _check_tiles(self) -> None:
        for number, stored in sorted(self._tiles.items()):
            first = number * BLOCK - self._span.start
            made = b"".join(self._hashes[first : first + BLOCK])
            if stored != made:
                index = number * BLOCK
                self._found.report("tiles", index, OTHER_TILE, level=0, number=number)

    def _claims(self) -> list[Claim]:
        """Return the roots that commits and checkpoints of this range name."""
        sizes = (max(self._span.start, self._given.since), self._span.end)
        claims = []
        for size, at, root in self._rows(_COMMITS, *sizes):
            claims.append(Claim("commit", size, root))
            if at != self._walk.times.get(size - 1, at):
                message = N_("the commit says that it was made at another time than its entries")
                self._found.report("tree", size - 1, message)
        for size, note in self._rows(_NOTES, *sizes):
            try:
                claims.append(Claim("checkpoint", size, parse_checkpoint(note).head.root))
            except UNREADABLE:
                continue  # its signatures are checked apart, and say so
        return claims
