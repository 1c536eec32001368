"""Every flipped bit of every hash in every proof of trees of up to 64 leaves is refused.

What is given beside the proof counts too: the leaf's hash, and the roots.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from creditbank.errors.ledger import ProofInvalid
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.merkle import node_hash
from creditbank.ledger.proofs import (
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
    subtree_root,
)

LARGEST = 64
BITS = 256


@cache
def read(level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(bytes([index]))
    return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))


@cache
def root(size: int) -> bytes:
    return subtree_root(read, 0, size)


def flipped(data: bytes, bits: range) -> Iterator[bytes]:
    """Yield `data` with one bit changed, for each of `bits`."""
    number = int.from_bytes(data, "big")
    for bit in bits:
        yield (number ^ 1 << bit).to_bytes(len(data), "big")


def refused_inclusions(size: int, bits: range) -> int:
    """Check that no flipped bit passes in any inclusion proof of a tree; return how many."""
    count = 0
    for index in range(size):
        leaf, proof = read(0, index), prove_inclusion(read, index, size)
        given = (leaf, *proof, root(size))
        check_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=root(size))
        for place, right in enumerate(given):
            for wrong in flipped(right, bits):
                changed = [*given[:place], wrong, *given[place + 1 :]]
                with pytest.raises(ProofInvalid):
                    check_inclusion(
                        index=index,
                        size=size,
                        leaf_hash=changed[0],
                        proof=tuple(changed[1:-1]),
                        root=changed[-1],
                    )
                count += 1
    return count


def refused_consistencies(new: int, bits: range) -> int:
    """Check the same of every consistency proof that ends at a size."""
    count = 0
    for old in range(1, new + 1):
        proof = prove_consistency(read, old, new)
        given = (root(old), *proof, root(new))
        check_consistency(old=old, old_root=root(old), new=new, new_root=root(new), proof=proof)
        for place, right in enumerate(given):
            for wrong in flipped(right, bits):
                changed = [*given[:place], wrong, *given[place + 1 :]]
                with pytest.raises(ProofInvalid):
                    check_consistency(
                        old=old,
                        old_root=changed[0],
                        new=new,
                        new_root=changed[-1],
                        proof=tuple(changed[1:-1]),
                    )
                count += 1
    return count


@pytest.mark.parametrize("size", range(1, 13))
def test_no_flipped_bit_passes_in_a_smchangedtree(size: int) -> None:
    assert refused_inclusions(size, range(BITS)) >= size * 2 * BITS
    assert refused_consistencies(size, range(BITS)) >= size * 2 * BITS


@pytest.mark.parametrize("size", range(13, LARGEST + 1))
def test_no_flipped_hash_passes_in_a_larger_tree(size: int) -> None:
    """A bit of each hash, another one for each size; all of them in the slow test below."""
    bits = range(size * 4 % BITS, size * 4 % BITS + 1)
    assert refused_inclusions(size, bits) >= size * 2
    assert refused_consistencies(size, bits) >= size * 2


@pytest.mark.slow
@pytest.mark.parametrize("size", range(13, LARGEST + 1))
def test_no_flipped_bit_passes_in_a_larger_tree(size: int) -> None:
    assert refused_inclusions(size, range(BITS)) >= size * 2 * BITS
    assert refused_consistencies(size, range(BITS)) >= size * 2 * BITS
