"""Merkle proofs: published accumulated vectors, and what a verifier refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256

import pytest

from creditbank.errors.ledger import MalformedProof, ProofInvalid
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.merkle import EMPTY_ROOT, MAX_SIZE, node_hash
from creditbank.ledger.proofs import (
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
    subtree_root,
)

# The tree of draft-ietf-plants-merkle-tree-certs: 130 leaves, each one byte, its own index.
SIZE = 130
SUBTREES = "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"
INCLUSIONS = "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"
CONSISTENCIES = "10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74"


@cache
def read(level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(bytes([index]))
    return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))


@cache
def root(end: int, start: int = 0) -> bytes:
    return subtree_root(read, start, end)


def subtrees(size: int) -> Iterator[tuple[int, int]]:
    for end in range(size + 1):
        for start in range(end + 1):
            aligned = start == end or start % (1 << (end - start - 1).bit_length()) == 0
            if start == 0 or aligned:
                yield start, end


def line(label: str, hashes: tuple[bytes, ...]) -> bytes:
    return (" ".join((label, *(each.hex() for each in hashes))) + "\n").encode()


def test_every_subtree_hash_is_the_published_one() -> None:
    digest = sha256()
    for start, end in subtrees(SIZE):
        digest.update(line(f"[{start}, {end})", (root(end, start),)))
    assert digest.hexdigest() == SUBTREES


def test_every_inclusion_proof_is_the_published_one_and_holds() -> None:
    digest = sha256()
    for start, end in subtrees(SIZE):
        for index in range(start, end):
            proof = prove_inclusion(read, index, end, start=start)
            digest.update(line(f"{index} [{start}, {end})", proof))
            check_inclusion(
                index=index - start, size=end - start, leaf_hash=read(0, index),
                proof=proof, root=root(end, start),
            )  # fmt: skip
    assert digest.hexdigest() == INCLUSIONS


def test_every_consistency_proof_is_the_published_one_and_holds() -> None:
    digest = sha256()
    for new in range(SIZE + 1):
        for start, old in subtrees(new):
            proof = prove_consistency(read, old, new, start=start)
            digest.update(line(f"[{start}, {old}) {new}", proof))
            check_consistency(
                old=old, old_root=root(old, start), new=new, new_root=root(new),
                proof=proof, start=start,
            )  # fmt: skip
    assert digest.hexdigest() == CONSISTENCIES


@pytest.mark.parametrize(
    "prove",
    [
        lambda: subtree_root(read, 2, 1),
        lambda: subtree_root(read, -1, 1),
        lambda: subtree_root(read, 1, 3),
        lambda: subtree_root(read, 0, MAX_SIZE + 1),
        lambda: prove_inclusion(read, 8, 8),
        lambda: prove_inclusion(read, -1, 8),
        lambda: prove_inclusion(read, 0, 0),
        lambda: prove_inclusion(read, 3, 8, start=4),
        lambda: prove_inclusion(read, 3, 5, start=2),
        lambda: prove_consistency(read, 9, 8),
        lambda: prove_consistency(read, -1, 8),
        lambda: prove_consistency(read, 8, MAX_SIZE + 1),
    ],
)
def test_there_is_no_proof_at_positions_that_no_tree_has(prove: Callable[[], object]) -> None:
    with pytest.raises(MalformedProof, match="position"):
        prove()


def inclusion(**changes: object) -> None:
    given: dict[str, object] = {
        "index": 5, "size": 7, "leaf_hash": read(0, 5),
        "proof": prove_inclusion(read, 5, 7), "root": root(7),
    }  # fmt: skip
    check_inclusion(**{**given, **changes})  # type: ignore[arg-type]


def consistency(**changes: object) -> None:
    given: dict[str, object] = {
        "old": 3, "old_root": root(3), "new": 7, "new_root": root(7),
        "proof": prove_consistency(read, 3, 7),
    }  # fmt: skip
    check_consistency(**{**given, **changes})  # type: ignore[arg-type]


GOOD_INCLUSION = prove_inclusion(read, 5, 7)
GOOD_CONSISTENCY = prove_consistency(read, 3, 7)
ZERO = bytes(32)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"root": root(6)}, ProofInvalid),
        ({"leaf_hash": read(0, 4)}, ProofInvalid),
        ({"index": 4}, ProofInvalid),
        ({"proof": (ZERO, *GOOD_INCLUSION[1:])}, ProofInvalid),
        ({"index": 6}, MalformedProof),
        ({"index": 7}, MalformedProof),
        ({"index": -1}, MalformedProof),
        ({"size": 0}, MalformedProof),
        ({"size": 9}, MalformedProof),
        ({"size": MAX_SIZE + 1}, MalformedProof),
        ({"proof": ()}, MalformedProof),
        ({"proof": GOOD_INCLUSION[:-1]}, MalformedProof),
        ({"proof": (*GOOD_INCLUSION, ZERO)}, MalformedProof),
        ({"proof": (ZERO, *GOOD_INCLUSION)}, MalformedProof),
        ({"proof": (b"", *GOOD_INCLUSION[1:])}, MalformedProof),
        ({"leaf_hash": b""}, MalformedProof),
        ({"root": root(7) + b"x"}, MalformedProof),
        # The empty hash and the empty proof of a tree of one must not pass as equal.
        ({"index": 0, "size": 1, "leaf_hash": b"", "root": b"", "proof": ()}, MalformedProof),
    ],
)
def test_inclusion_proof_is_for_one_leaf_of_one_tree(
    changes: dict[str, object], error: type[Exception]
) -> None:
    inclusion()
    with pytest.raises(error):
        inclusion(**changes)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"old_root": root(4)}, ProofInvalid),
        ({"new_root": root(8)}, ProofInvalid),
        ({"old_root": root(7), "new_root": root(3)}, ProofInvalid),
        ({"proof": (ZERO, *GOOD_CONSISTENCY[1:])}, ProofInvalid),
        ({"proof": (*GOOD_CONSISTENCY[:-1], ZERO)}, ProofInvalid),
        ({"old": 7, "proof": ()}, ProofInvalid),
        ({"old": 0, "proof": ()}, ProofInvalid),
        ({"old": 0}, MalformedProof),
        ({"old": 0, "old_root": EMPTY_ROOT}, MalformedProof),
        ({"old": 8}, MalformedProof),
        ({"old": -1}, MalformedProof),
        ({"new": MAX_SIZE + 1}, MalformedProof),
        ({"new": 2}, MalformedProof),
        ({"proof": ()}, MalformedProof),
        ({"proof": GOOD_CONSISTENCY[:-1]}, MalformedProof),
        ({"proof": (*GOOD_CONSISTENCY, ZERO)}, MalformedProof),
        ({"proof": (ZERO, *GOOD_CONSISTENCY)}, MalformedProof),
        ({"proof": (b"", *GOOD_CONSISTENCY[1:])}, MalformedProof),
        ({"old_root": b""}, MalformedProof),
        ({"new_root": b""}, MalformedProof),
        ({"start": 1}, MalformedProof),
    ],
)
def test_consistency_proof_is_for_two_sizes_of_one_tree(
    changes: dict[str, object], error: type[Exception]
) -> None:
    consistency()
    with pytest.raises(error):
        consistency(**changes)


def test_equal_trees_and_empty_trees_need_no_proof() -> None:
    consistency(old=7, old_root=root(7), proof=())
    consistency(old=0, old_root=EMPTY_ROOT, proof=())
    assert prove_consistency(read, 7, 7) == prove_consistency(read, 0, 7) == ()


def test_refusal_tells_both_roots() -> None:
    with pytest.raises(ProofInvalid) as caught:
        inclusion(root=ZERO)
    assert caught.value.fields == {"expected": ZERO.hex(), "found": root(7).hex()}
