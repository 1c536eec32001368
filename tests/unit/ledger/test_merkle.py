"""The tree of RFC 6962: published leaves, nodes and roots, and what a state must look like."""

from __future__ import annotations

import pytest

from creditbank.errors.ledger import MalformedTree
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.merkle import EMPTY_ROOT, MAX_SIZE, CompactRange, node_hash, root_of

# The eight leaves of the Certificate Transparency reference tests.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_empty_tree_has_the_hash_of_nothing() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert EMPTY_ROOT.hex() == CompactRange().root().hex() == root_of([]).hex() == empty


def test_eight_leaves_have_the_published_root() -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    assert hashes[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root_of(hashes).hex() == ROOT_OF_EIGHT
    left, right = root_of(hashes[:4]), root_of(hashes[4:])
    assert node_hash(left, right).hex() == ROOT_OF_EIGHT


def test_state_can_be_kept_and_continued() -> None:
    tree = CompactRange()
    for leaf in LEAVES[:5]:
        tree.append(leaf_hash(leaf))
    kept = CompactRange.from_bytes(tree.size, tree.to_bytes())
    assert kept == tree
    assert kept.hashes == tree.hashes
    assert len(tree.to_bytes()) == 2 * 32
    for leaf in LEAVES[5:]:
        kept.append(leaf_hash(leaf))
    assert kept.root().hex() == ROOT_OF_EIGHT
    assert kept != tree


def test_copy_is_independent() -> None:
    tree = CompactRange()
    tree.append(EMPTY_ROOT)
    copy = tree.copy()
    copy.append(EMPTY_ROOT)
    assert (tree.size, copy.size) == (1, 2)
    assert tree != object()


@pytest.mark.parametrize(
    ("size", "data"),
    [
        (-1, b""), (MAX_SIZE + 1, bytes(32)), (0, bytes(32)), (1, b""), (1, bytes(31)),
        (3, bytes(32)), (3, bytes(63)), (3, bytes(65)), (4, bytes(64)),
    ],
)  # fmt: skip
def test_state_must_fit_its_size(size: int, data: bytes) -> None:
    with pytest.raises(MalformedTree):
        CompactRange.from_bytes(size, data)


@pytest.mark.parametrize("hashed", [b"", bytes(31), bytes(33)])
def test_only_a_hash_is_appended(hashed: bytes) -> None:
    with pytest.raises(MalformedTree, match="hashes"):
        CompactRange().append(hashed)
