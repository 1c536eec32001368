"""Theorems about leaves, commitments and the chain."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors.ledger import BrokenChain, MalformedLeaf, NotCanonical
from creditbank.ledger import canonical, entry
from creditbank.ledger.chain import Head, empty_head, extend
from creditbank.ledger.suite import hash_bytes
from creditbank.ledger.times import MAX_TIME

ORIGIN = "bank.example/log"
HASHES = st.binary(min_size=32, max_size=32)
LEAVES = st.builds(
    lambda at, body, index, prev: entry.format_leaf(at=at, body=body, index=index, prev=prev),
    st.integers(0, MAX_TIME),
    HASHES,
    st.integers(0, canonical.MAX_INTEGER),
    HASHES,
)
DIGESTS = st.dictionaries(st.sampled_from(entry.PARTS), HASHES).flatmap(
    lambda others: HASHES.map(lambda act: {**others, "act": act})
)


def chain_of(bodies: list[bytes]) -> list[bytes]:
    """Return leaves over `bodies`, one a second."""
    leaves, prev = [], entry.genesis_prev(ORIGIN)
    for index, body in enumerate(bodies):
        leaves.append(entry.format_leaf(at=index, body=body, index=index, prev=prev))
        prev = entry.leaf_hash(leaves[-1])
    return leaves


def walk(leaves: list[bytes]) -> Head:
    """Return the head after `leaves`."""
    head = empty_head(ORIGIN)
    for leaf in leaves:
        head = extend(head, leaf)
    return head


CHAINS = st.lists(HASHES, min_size=1, max_size=12).map(chain_of)


@given(LEAVES)
def test_formatting_inverts_parsing_of_a_leaf(leaf: bytes) -> None:
    parsed = entry.parse_leaf(leaf)
    again = entry.format_leaf(at=parsed.at, body=parsed.body, index=parsed.index, prev=parsed.prev)
    assert again == leaf


@given(LEAVES)
def test_leaf_written_by_hand_is_canonical(leaf: bytes) -> None:
    assert canonical.encode(canonical.decode(leaf)) == leaf


@given(DIGESTS)
def test_commitment_written_by_hand_is_over_canonical_bytes(digests: dict[str, bytes]) -> None:
    members = canonical.encode({name: digest.hex() for name, digest in digests.items()})
    expected = hash_bytes(b"creditbank/body/1\0" + members)
    assert entry.body_commitment(digests) == expected


@given(DIGESTS, DIGESTS)
def test_equal_commitments_mean_equal_digests(
    one: dict[str, bytes], other: dict[str, bytes]
) -> None:
    assert (entry.body_commitment(one) == entry.body_commitment(other)) == (one == other)


@given(st.integers(0, MAX_TIME))
def test_parsing_inverts_formatting_of_a_time(seconds: int) -> None:
    assert entry.parse_time(entry.format_time(seconds)) == seconds


@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"))
def test_any_text_is_the_text_of_its_time_or_refused(text: str) -> None:
    with contextlib.suppress(NotCanonical):
        assert entry.format_time(entry.parse_time(text)) == text


@given(st.binary() | LEAVES.flatmap(lambda leaf: st.binary().map(lambda tail: leaf[:-3] + tail)))
def test_parsing_arbitrary_bytes_as_a_leaf_raises_only_malformed(data: bytes) -> None:
    with contextlib.suppress(MalformedLeaf):
        leaf = entry.parse_leaf(data)
        assert leaf.v == 1


@given(CHAINS)
def test_chain_ends_at_the_hash_of_its_last_leaf(leaves: list[bytes]) -> None:
    head = walk(leaves)
    assert (head.size, head.last) == (len(leaves), entry.leaf_hash(leaves[-1]))


@given(CHAINS, st.data())
def test_any_flipped_bit_breaks_the_chain(leaves: list[bytes], data: st.DataObject) -> None:
    head = walk(leaves)
    position = data.draw(st.integers(0, len(leaves) - 1))
    bit = data.draw(st.integers(0, 8 * len(leaves[position]) - 1))
    changed = bytearray(leaves[position])
    changed[bit // 8] ^= 1 << bit % 8
    forged = [*leaves[:position], bytes(changed), *leaves[position + 1 :]]
    try:
        assert walk(forged) != head
        assert position == len(leaves) - 1  # only the head itself can show the last leaf
    except (BrokenChain, MalformedLeaf):
        pass


@given(CHAINS, st.data())
def test_no_leaf_can_be_dropped_repeated_or_moved(leaves: list[bytes], data: st.DataObject) -> None:
    other = data.draw(st.permutations(leaves) | st.lists(st.sampled_from(leaves)))
    if other == leaves[: len(other)]:
        return
    with pytest.raises(BrokenChain):
        walk(other)
