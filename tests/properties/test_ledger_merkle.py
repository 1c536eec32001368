"""Theorems about the Merkle tree."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors.ledger import MalformedTree
from creditbank.ledger.merkle import EMPTY_ROOT, CompactRange, node_hash, root_of

HASHES = st.binary(min_size=32, max_size=32)


def recursive_root(hashes: list[bytes]) -> bytes:
    """Return the root as RFC 6962 section 2.1 defines it."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(recursive_root(hashes[:split]), recursive_root(hashes[split:]))


@given(st.lists(HASHES, max_size=70))
def test_compact_range_root_equals_recursive_root(hashes: list[bytes]) -> None:
    assert root_of(hashes) == recursive_root(hashes)


@given(st.lists(HASHES, max_size=40), st.lists(HASHES, max_size=40))
def test_kept_state_continues_as_if_never_kept(first: list[bytes], then: list[bytes]) -> None:
    tree = CompactRange()
    for hashed in first:
        tree.append(hashed)
    kept = CompactRange.from_bytes(tree.size, tree.to_bytes())
    for hashed in then:
        kept.append(hashed)
    assert kept.root() == root_of(first + then)


@given(st.integers(-3, 2**70), st.binary(max_size=200))
def test_reading_arbitrary_state_raises_only_malformed(size: int, data: bytes) -> None:
    with contextlib.suppress(MalformedTree):
        assert CompactRange.from_bytes(size, data).to_bytes() == data
