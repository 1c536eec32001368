"""The log as files: hash tiles and entry bundles of c2sp.org/tlog-tiles.

A hash tile at level l holds up to 256 hashes, each over 256^l leaves; an entry bundle holds the
leaves under a tile of level 0. Only the last tile of a level may be partial, and it is not
hashed into the level above until it is full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from creditbank.errors.ledger import MalformedTile
from creditbank.ledger.entry import MAX_LEAF_BYTES
from creditbank.ledger.merkle import MAX_SIZE, node_hash
from creditbank.ledger.proofs import ReadNode
from creditbank.ledger.suite import HASH_BYTES

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_LEVEL: Final = 63

_PATH: Final = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A hash tile, or an entry bundle if `level` is None; `width` 256 is a full one.

    Raises:
        MalformedTile: if no log has such a tile.
    """

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise MalformedTile(reason="level")
        if not 0 <= self.index <= MAX_SIZE >> HEIGHT:
            raise MalformedTile(reason="index")
        if not 1 <= self.width <= WIDTH:
            raise MalformedTile(reason="width")

    @property
    def path(self) -> str:
        """The path below the log's prefix: `tile/<level>/<index>[.p/<width>]`."""
        level = "entries" if self.level is None else self.level
        thousands, last = divmod(self.index, 1000)
        name = f"{last:03}"
        while thousands:
            thousands, group = divmod(thousands, 1000)
            name = f"x{group:03}/{name}"
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")


def parse_path(path: str) -> Tile:
    """Return the tile whose `path` this is.

    Raises:
        MalformedTile: if it is no path of a tile.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise MalformedTile(reason="path")
    level, name, width = match.groups()
    tile = Tile(
        level=None if level == "entries" else int(level),
        index=int(name.replace("x", "").replace("/", "")[:24]),
        width=WIDTH if width is None else int(width),
    )
    if tile.path != path:  # 256 as a width, or groups of zeros in front
        raise MalformedTile(reason="path")
    return tile


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Yield the hash tiles that a log of size `new` has and one of size `old` has not.

    From 0 these are all tiles of `new`, lower levels first. Sizes count leaves.
    """
    level = 0
    while new:
        yield from _grown(level, old, new)
        level, old, new = level + 1, old >> HEIGHT, new >> HEIGHT


def bundles_between(old: int, new: int) -> Iterator[Tile]:
    """Yield the entry bundles that a log of size `new` has and one of size `old` has not."""
    return _grown(None, old, new)


def _grown(level: int | None, old: int, new: int) -> Iterator[Tile]:
    if old < new:
        for index in range(old >> HEIGHT, (new - 1 >> HEIGHT) + 1):
            yield Tile(level, index, min(WIDTH, new - (index << HEIGHT)))


def format_hashes(read: ReadNode, tile: Tile) -> bytes:
    """Return the bytes of a hash tile: its hashes joined, read from the tree.

    Raises:
        MalformedTile: if it is an entry bundle.
    """
    if tile.level is None:
        raise MalformedTile(reason="level")
    first = tile.index << HEIGHT
    level = tile.level * HEIGHT
    return b"".join(read(level, position) for position in range(first, first + tile.width))


def parse_hashes(data: bytes, width: int = WIDTH) -> tuple[bytes, ...]:
    """Return the `width` hashes of a hash tile.

    Raises:
        MalformedTile: if the length is not 32 bytes for each.
    """
    if len(data) != width * HASH_BYTES:
        raise MalformedTile(reason="length")
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def format_bundle(leaves: Iterable[bytes]) -> bytes:
    """Return the bytes of an entry bundle: each leaf behind its length in two bytes.

    Raises:
        MalformedTile: if a leaf has more than 65,535 bytes.
    """
    pieces: list[bytes] = []
    for leaf in leaves:
        if len(leaf) > MAX_LEAF_BYTES:
            raise MalformedTile(reason="length")
        pieces += (len(leaf).to_bytes(2, "big"), leaf)
    return b"".join(pieces)


def parse_bundle(data: bytes, width: int = WIDTH) -> tuple[bytes, ...]:
    """Return the `width` leaves of an entry bundle.

    Raises:
        MalformedTile: if there are more or fewer, or the last is cut.
    """
    leaves = []
    position = 0
    for _ in range(width):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        leaves.append(data[start:position])
        if position > len(data):
            raise MalformedTile(reason="length")
    if position != len(data):
        raise MalformedTile(reason="length")
    return tuple(leaves)


def read_from_tiles(hashes: Callable[[int, int], Sequence[bytes]]) -> ReadNode:
    """Return how to read any complete subtree of a log from its tiles.

    `hashes(level, index)` returns what the widest available tile there holds.

    Raises:
        MalformedTile: (when read) if the tile is too narrow.
    """

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        start = first % WIDTH
        nodes = list(hashes(tile_level, first >> HEIGHT)[start : start + (1 << height)])
        if len(nodes) != 1 << height:
            raise MalformedTile(reason="width")
        while len(nodes) > 1:
            nodes = [node_hash(*nodes[at : at + 2]) for at in range(0, len(nodes), 2)]
        return nodes[0]

    return read
