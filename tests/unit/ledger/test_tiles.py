"""Tiles: the worked examples of c2sp.org/tlog-tiles, paths, bundles, and what is refused."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from creditbank.errors.ledger import MalformedTile
from creditbank.ledger.entry import MAX_LEAF_BYTES, leaf_hash
from creditbank.ledger.merkle import MAX_SIZE, node_hash, root_of
from creditbank.ledger.proofs import subtree_root
from creditbank.ledger.tiles import (
    MAX_LEVEL,
    Tile,
    bundles_between,
    format_bundle,
    format_hashes,
    parse_bundle,
    parse_hashes,
    parse_path,
    read_from_tiles,
    tiles_between,
)


@cache
def read(level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(str(index).encode())
    return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(15, 123_456_789, 41), "tile/15/x123/x456/789.p/41"),
        (Tile(None, 123_456_789), "tile/entries/x123/x456/789"),
        (Tile(None, 0, 255), "tile/entries/000.p/255"),
        (Tile(MAX_LEVEL, 0, 1), "tile/63/000.p/1"),
        (Tile(0, MAX_SIZE >> 8), "tile/0/x036/x028/x797/x018/x963/967"),
    ],
)
def test_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    ["", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000",
     "tile/64/000", "tile/-1/000", "tile/data/000", "tile/0/x000/000", "tile/0/001/000",
     "tile/0/x001/x234", "tile/0/x01/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
     "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/-1", "/tile/0/000",
     "tile/0/000/", "tile/0/000\n", "tile/0/../000", "tile/0/٠٠٠", "tile/Entries/000",
     "tile/0/x036/x028/x797/x018/x963/968", "tile/0/" + "x999/" * 40 + "999",
     "tile/0/" + "x000/" * 40 + "000"],
)  # fmt: skip
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(MalformedTile):
        parse_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"),
    [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, (MAX_SIZE >> 8) + 1, 1), (0, 0, 0), (0, 0, 257)],
)
def test_no_log_has_other_tiles(level: int, index: int, width: int) -> None:
    with pytest.raises(MalformedTile):
        Tile(level, index, width)


def test_log_of_256_has_one_full_tile_and_one_above() -> None:
    assert [tile.path for tile in tiles_between(0, 256)] == ["tile/0/000", "tile/1/000.p/1"]


def test_log_of_70000_has_the_tiles_of_the_worked_example() -> None:
    tiles = list(tiles_between(0, 70_000))
    assert Counter((tile.level, tile.width) for tile in tiles) == {
        (0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1,
    }  # fmt: skip
    bundles = list(bundles_between(0, 70_000))
    assert [tile.width for tile in bundles] == [256] * 273 + [112]
    assert {tile.level for tile in bundles} == {None}


def test_growth_touches_only_what_it_changes() -> None:
    paths = [tile.path for tile in tiles_between(255, 513)]
    assert paths == ["tile/0/000", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2"]
    bundles = [tile.path for tile in bundles_between(256, 257)]
    assert bundles == ["tile/entries/001.p/1"]
    assert list(tiles_between(7, 7)) == list(bundles_between(7, 7)) == []
    assert list(tiles_between(0, 0)) == list(tiles_between(9, 7)) == []


def test_hash_tile_holds_the_hashes_of_its_subtrees() -> None:
    data = format_hashes(read, Tile(1, 0, 2))
    assert parse_hashes(data, 2) == (read(8, 0), read(8, 1))
    assert parse_hashes(format_hashes(read, Tile(0, 1, 3)), 3)[2] == read(0, 258)
    assert len(format_hashes(read, Tile(0, 0))) == 8192


def test_tree_is_read_from_its_tiles() -> None:
    size = 600
    files = {
        (tile.level or 0, tile.index): parse_hashes(format_hashes(read, tile), tile.width)
        for tile in tiles_between(0, size)
    }
    from_tiles = read_from_tiles(lambda level, index: files[level, index])
    assert subtree_root(from_tiles, 0, size) == root_of(read(0, at) for at in range(size))
    assert from_tiles(9, 0) == read(9, 0)
    assert from_tiles(3, 74) == read(3, 74)
    with pytest.raises(MalformedTile):
        from_tiles(3, 75)


def test_bundle_holds_leaves_behind_their_lengths() -> None:
    data = format_bundle([b"", b"ab"])
    assert data == b"\0\0\0\2ab"
    assert parse_bundle(data, 2) == (b"", b"ab")
    long = b"x" * MAX_LEAF_BYTES
    assert parse_bundle(format_bundle([long] * 256)) == (long,) * 256


@pytest.mark.parametrize("width", [1, 3, 256])
def test_bundle_has_exactly_its_width(width: int) -> None:
    with pytest.raises(MalformedTile):
        parse_bundle(format_bundle([b"", b"ab"]), width)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\1", b"\0\2a", b"\0\1ab"])
def test_cut_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedTile):
        parse_bundle(data, 1)


def test_what_does_not_fit_a_tile_is_refused() -> None:
    with pytest.raises(MalformedTile):
        format_bundle([b"x" * (MAX_LEAF_BYTES + 1)])
    with pytest.raises(MalformedTile):
        format_hashes(read, Tile(None, 0, 1))
    with pytest.raises(MalformedTile):
        parse_hashes(bytes(31), 1)
