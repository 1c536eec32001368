"""The tree as tiles: full hash tiles are stored, everything partial is derived.

Tiles are derived from entries that are committed, so storing them can be repeated and may lag
behind: whoever reads a tile that is not stored yet makes it from the level below.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import sqlalchemy as sa

from creditbank.ledger.merkle import node_hash
from creditbank.ledger.proofs import ReadNode
from creditbank.ledger.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    format_bundle,
    format_hashes,
    parse_hashes,
    read_from_tiles,
    tiles_between,
)
from creditbank.storage import reading
from creditbank.storage.database import insert_rows
from creditbank.storage.loading import ENTRIES
from creditbank.storage.tables import TileRow, table_of

_TILES = table_of(TileRow)
_CACHED_TILES_MAX = 4096  # of 8 KiB each, and the hashes' own overhead

# Level, index and width of a tile: what it holds never changes, since the log only grows.
Cache = OrderedDict[tuple[int, int, int], tuple[bytes, ...]]


class LogReader:
    """Reads the tree of the first `size` entries. `cache` holds tiles, which never change."""

    def __init__(self, connection: sa.Connection, size: int, cache: Cache | None = None) -> None:
        self._connection = connection
        self.size = size
        self._cache: Cache = OrderedDict() if cache is None else cache
        self.read: ReadNode = read_from_tiles(self.hashes)

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        """Return what the widest tile at this place holds at this size; none is an empty one."""
        width = min(WIDTH, max(0, (self.size >> 8 * level) - index * WIDTH))
        key = (level, index, width)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        nodes = self._stored(level, index) if width == WIDTH else None
        if nodes is None:
            nodes = self._made(level, index, width)
        self._cache[key] = nodes
        if len(self._cache) > _CACHED_TILES_MAX:
            self._cache.popitem(last=False)
        return nodes

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes of a hash tile or of an entry bundle."""
        if tile.level is not None:
            return format_hashes(self.read, tile)
        first = tile.index * WIDTH
        return format_bundle(reading.leaves(self._connection, first, first + tile.width))

    def _stored(self, level: int, index: int) -> tuple[bytes, ...] | None:
        query = sa.select(_TILES.c.hashes).where(
            _TILES.c.level == level, _TILES.c.tile_index == index
        )
        data = self._connection.execute(query).scalar_one_or_none()
        return None if data is None else parse_hashes(data)

    def _made(self, level: int, index: int, width: int) -> tuple[bytes, ...]:
        first = index * WIDTH
        if level:
            return tuple(self._root_of_tile(level - 1, first + place) for place in range(width))
        query = (
            sa.select(ENTRIES.c.leaf_hash)
            .where(ENTRIES.c.entry_index >= first, ENTRIES.c.entry_index < first + width)
            .order_by(ENTRIES.c.entry_index)
        )
        return tuple(self._connection.execute(query).scalars())

    def _root_of_tile(self, level: int, index: int) -> bytes:
        """Return the hash over a full tile: over its two halves, which the tile itself gives."""
        half = HEIGHT * (level + 1) - 1
        return node_hash(self.read(half, 2 * index), self.read(half, 2 * index + 1))


def stored_leaves(connection: sa.Connection) -> int:
    """Return how many leaves the stored tiles cover."""
    query = sa.select(sa.func.max(_TILES.c.tile_index)).where(_TILES.c.level == 0)
    last = connection.execute(query).scalar_one()
    return 0 if last is None else (int(last) + 1) * WIDTH


def store_tiles(connection: sa.Connection, size: int, cache: Cache) -> int:
    """Store the tiles that are full at `size` and not stored yet; return how many."""
    reader = LogReader(connection, size, cache)
    full = [
        tile
        for tile in tiles_between(stored_leaves(connection), size)
        if tile.width == WIDTH and reader._stored(tile.level or 0, tile.index) is None  # noqa: SLF001
    ]
    rows = [(tile.level or 0, tile.index, reader.tile(tile)) for tile in full]
    insert_rows(connection, TileRow, rows)
    return len(rows)
