"""Inclusion and consistency proofs of RFC 6962 section 2.1, also for subtrees.

A subtree `[start, end)` is the part of a tree over these leaves; `start` is 0 or a multiple of
the smallest power of two that is not below its length, so that its nodes are nodes of the tree
(draft-ietf-plants-merkle-tree-certs). With `start` 0 these are the proofs of RFC 6962. Proofs
are made over a callable that reads the hash of a complete subtree: level 0 is leaf hashes, and
`read(level, index)` covers the 2^level leaves from index · 2^level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from creditbank.errors.ledger import MalformedProof, ProofInvalid
from creditbank.ledger.merkle import EMPTY_ROOT, MAX_SIZE, node_hash
from creditbank.ledger.suite import HASH_BYTES

ReadNode = Callable[[int, int], bytes]
Proof = tuple[bytes, ...]


def subtree_root(read: ReadNode, start: int, end: int) -> bytes:
    """Return the root over leaves `start` … `end` - 1; from 0 it is the root at size `end`.

    Raises:
        MalformedProof: if there is no such subtree.
    """
    _check_subtree(start, end)
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(read(level, start >> level))
        start += 1 << level
    if not nodes:
        return EMPTY_ROOT
    root = nodes.pop()
    while nodes:
        root = node_hash(nodes.pop(), root)
    return root


def prove_inclusion(read: ReadNode, index: int, size: int, *, start: int = 0) -> Proof:
    """Return the proof that leaf `index` stands in the tree of `size`, its sibling first.

    With `start`, the proof that it stands in the subtree `[start, size)`.

    Raises:
        MalformedProof: if there is no such leaf or subtree.
    """
    _check_subtree(start, size)
    if not start <= index < size:
        raise MalformedProof(reason="position")
    ranges = []
    low, high = start, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return tuple(subtree_root(read, *span) for span in reversed(ranges))


def prove_consistency(read: ReadNode, old: int, new: int, *, start: int = 0) -> Proof:
    """Return the proof that the tree of size `old` is where the tree of size `new` began.

    With `start`, the proof that the subtree `[start, old)` is one of the tree of size `new`.
    The proof of an empty tree, and of a tree with itself, is empty.

    Raises:
        MalformedProof: if `old` is above `new` or there is no such subtree.
    """
    _check_subtree(start, old)
    if not old <= new <= MAX_SIZE:
        raise MalformedProof(reason="position")
    if start == old:
        return ()
    ranges = []
    low, high, known = 0, new, True  # known: the verifier holds the hash of [start, old)
    while (low, high) != (start, old):
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            if start < middle:
                start, known = middle, False
            low = middle
    if not known:
        ranges.append((low, high))
    return tuple(subtree_root(read, *span) for span in reversed(ranges))


def check_inclusion(
    *, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Return if `proof` leads from the leaf at `index` to the `root` of the tree of `size`.

    Raises:
        ProofInvalid: if it leads to another root.
        MalformedProof: if there is no such leaf, or a length is not the only possible one.
    """
    _check_hashes(root)
    _compare(root, root_from_inclusion(index=index, size=size, leaf_hash=leaf_hash, proof=proof))


def root_from_inclusion(
    *, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes]
) -> bytes:
    """Return the root to which `proof` leads from the leaf at `index` of a tree of `size`.

    Raises:
        MalformedProof: if there is no such leaf, or a length is not the only possible one.
    """
    _check_hashes(leaf_hash, *proof)
    if not 0 <= index < size <= MAX_SIZE:
        raise MalformedProof(reason="position")
    inner = (index ^ (size - 1)).bit_length()  # below here a sibling may stand on either side
    if len(proof) != inner + (index >> inner).bit_count():
        raise MalformedProof(reason="length")
    node = leaf_hash
    for level, sibling in enumerate(proof[:inner]):
        node = node_hash(sibling, node) if index >> level & 1 else node_hash(node, sibling)
    for sibling in proof[inner:]:
        node = node_hash(sibling, node)
    return node


def check_consistency(  # two trees and a proof, all by name
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes], start: int = 0
) -> None:
    """Return if `proof` shows that the tree of size `old` is where the tree of `new` began.

    With `start`, `old_root` is that of the subtree `[start, old)`. An empty tree is where every
    tree began, so it shows nothing about `new_root`.

    Raises:
        ProofInvalid: if one of the two roots is not the one that the proof leads to.
        MalformedProof: if there are no such trees, or a length is not the only possible one.
    """
    _check_subtree(start, old)
    _check_hashes(old_root, new_root, *proof)
    if not old <= new <= MAX_SIZE:
        raise MalformedProof(reason="position")
    if start == old:
        _check_length(proof, 0)
        _compare(old_root, EMPTY_ROOT)
        return
    first, last, end = start, old - 1, new - 1
    while first != last and (last & 1 or last == end):
        first, last, end = first >> 1, last >> 1, end >> 1
    rest = list(proof)
    if first == last:
        node = old_root
    elif rest:
        node = rest.pop(0)
    else:
        raise MalformedProof(reason="length")
    _climb(node, rest, (first, last, end), (old_root, new_root))


def _climb(
    node: bytes, rest: Sequence[bytes], place: tuple[int, int, int], roots: tuple[bytes, bytes]
) -> None:
    """Fold `rest` into the old and the new root at once, as RFC 9162 section 2.1.4.2 does."""
    first, last, end = place
    old = new = node
    for sibling in rest:
        if end == 0:
            raise MalformedProof(reason="length")
        if last & 1 or last == end:
            if first < last:
                old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not last & 1 and last:
                first, last, end = first >> 1, last >> 1, end >> 1
        else:
            new = node_hash(new, sibling)
        first, last, end = first >> 1, last >> 1, end >> 1
    if end:
        raise MalformedProof(reason="length")
    _compare(roots[0], old)
    _compare(roots[1], new)


def _split(length: int) -> int:
    """Return the largest power of two below `length`, where RFC 6962 splits a tree."""
    return 1 << (length - 1).bit_length() - 1


def _check_subtree(start: int, end: int) -> None:
    if not 0 <= start <= end <= MAX_SIZE:
        raise MalformedProof(reason="position")
    if start < end and start % (1 << (end - start - 1).bit_length()):
        raise MalformedProof(reason="position")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(node) != HASH_BYTES for node in hashes):
        raise MalformedProof(reason="hash_length")


def _check_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise MalformedProof(reason="length")


def _compare(expected: bytes, found: bytes) -> None:
    if expected != found:
        raise ProofInvalid(expected=expected.hex(), found=found.hex())
