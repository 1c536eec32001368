"""What an audit does in ranges is what the definitions say of the whole."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.errors.ledger import MalformedPart, NotCanonical
from creditbank.ledger import canonical
from creditbank.ledger.audit import Findings, Join, Mark, Tiles
from creditbank.ledger.entry import genesis_prev
from creditbank.ledger.merkle import CompactRange, root_of
from creditbank.ledger.parts import PartReader
from creditbank.ledger.segments import Segment, spans, tree_of
from creditbank.ledger.suite import hash_bytes

HASHES = [hash_bytes(b"%d" % number) for number in range(1500)]
PREV = genesis_prev("bank.example/log")


def segment(start: int, end: int, wanted: set[int]) -> Segment:
    blocks, tail, roots = tree_of(start, HASHES[start:end], wanted)
    return Segment(start, end - start, None, HASHES[end - 1], 1, 1, blocks, tail, roots)


def joined(start: int, size: int, length: int, wanted: set[int], mark: Mark | None) -> Any:
    join = Join(PREV, Findings(), mark)
    roots: dict[int, bytes] = {}
    for first, end in spans(start, size, length):
        roots |= join.add(segment(first, end, wanted))
    return join, roots


@given(
    size=st.integers(1, len(HASHES)),
    length=st.integers(1, 2000),
    wanted=st.sets(st.integers(0, len(HASHES)), max_size=40),
)
def test_joined_segments_have_the_roots_of_the_whole_tree(
    size: int, length: int, wanted: set[int]
) -> None:
    join, roots = joined(0, size, length, wanted, None)
    assert join.size == size
    assert join.root() == root_of(HASHES[:size])
    assert join.last == HASHES[size - 1]
    assert roots == {one: root_of(HASHES[:one]) for one in wanted if 0 < one <= size}
    whole = CompactRange()
    for node in HASHES[:size]:
        whole.append(node)
    assert join.hashes == whole.hashes


@given(data=st.data(), size=st.integers(1, len(HASHES)), length=st.integers(1, 2000))
def test_a_log_gone_on_with_from_a_mark_is_the_whole_log(
    data: st.DataObject, size: int, length: int
) -> None:
    before = data.draw(st.integers(1, size))
    tree = CompactRange()
    for node in HASHES[:before]:
        tree.append(node)
    mark = Mark("bank.example/log", before, tree.hashes, HASHES[before - 1], 1)
    assert mark.root == root_of(HASHES[:before])
    join, roots = joined(mark.start, size, length, {before, size}, mark)
    assert join.root() == root_of(HASHES[:size])
    assert all(root == root_of(HASHES[:at]) for at, root in roots.items())
    assert before in roots or before == mark.start


@given(start=st.integers(0, 40), leaves=st.integers(0, 20_000), length=st.integers(0, 9000))
def test_spans_cover_every_leaf_once_and_each_is_a_subtree(
    start: int, leaves: int, length: int
) -> None:
    begin = start * 256
    found = list(spans(begin, begin + leaves, length))
    covered = [index for first, end in found for index in range(first, end)]
    assert covered == list(range(begin, begin + leaves))
    for first, end in found:
        reach = 1 << (end - first - 1).bit_length()
        assert first % reach == 0
        assert end - first <= max(256, length)


@settings(deadline=None)
@given(size=st.integers(0, 1200))
def test_tiles_made_from_blocks_are_those_of_the_log(size: int) -> None:
    tiles = Tiles()
    nodes = HASHES[:size]
    made = {(level, index): data for level, index, data in tiles.add(nodes)}
    made |= {(level, index): data for level, index, data in tiles.partial()}

    expected = {}
    level, above = 1, nodes
    while above:
        for first in range(0, len(above), 256):
            expected[level, first // 256] = b"".join(above[first : first + 256])
        full = len(above) // 256
        above = [root_of(above[256 * place : 256 * place + 256]) for place in range(full)]
        level += 1
    assert made == expected


# --- parts ----------------------------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
values = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
bad_values = st.recursive(
    st.none() | st.floats(allow_nan=False) | st.integers(2**53, 2**60) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
salts = st.binary(min_size=16, max_size=16).map(bytes.hex)


def decoded(data: bytes) -> Any:
    """Return the parts in `data` as the slow way reads them, None where it refuses them."""
    try:
        whole = orjson.loads(data)
        read = {name: canonical.decode(orjson.dumps(one["value"])) for name, one in whole.items()}
        if canonical.encode({name: one["salt"] for name, one in whole.items()}) is None:
            return None
    except (NotCanonical, orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return None
    return read if orjson.dumps(whole, option=orjson.OPT_SORT_KEYS) == data else None


@given(st.dictionaries(st.sampled_from(["act", "actor", "person"]), st.tuples(salts, values)))
def test_reader_returns_what_decoding_each_part_returns(given_: dict[str, tuple[str, Any]]) -> None:
    whole = {name: {"salt": salt, "value": value} for name, (salt, value) in given_.items()}
    data = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
    if decoded(data) is None:  # U+0000 in a text
        with pytest.raises(NotCanonical):
            PartReader().read(data)
        return
    read = PartReader().read(data)
    assert {name: part.value for name, part in read.items()} == decoded(data)
    for name, part in read.items():
        assert canonical.decode(part.data) == part.value
        assert part.salt.hex() == whole[name]["salt"]


@given(value=bad_values, salt=salts)
def test_reader_refuses_what_decoding_refuses(value: Any, salt: str) -> None:
    data = orjson.dumps({"act": {"salt": salt, "value": value}}, option=orjson.OPT_SORT_KEYS)
    try:
        canonical.encode(value)
    except NotCanonical:
        with pytest.raises(NotCanonical):
            PartReader().read(data)
    else:
        assert PartReader().read(data)["act"].value == value


@given(st.binary(max_size=60))
def test_any_bytes_are_parts_or_refused(data: bytes) -> None:
    try:
        read = PartReader().read(data)
    except (NotCanonical, MalformedPart):
        return
    assert isinstance(read, dict)


@given(
    value=values, salt=salts, place=st.integers(0, 200), added=st.sampled_from([b" ", b"0", b","])
)
def test_bytes_of_another_form_are_refused(value: Any, salt: str, place: int, added: bytes) -> None:
    data = orjson.dumps({"act": {"salt": salt, "value": value}}, option=orjson.OPT_SORT_KEYS)
    other = data[: place % len(data)] + added + data[place % len(data) :]
    try:
        read = PartReader().read(other)
    except (NotCanonical, MalformedPart):
        return
    assert read["act"].value != value or read["act"].salt.hex() != salt
