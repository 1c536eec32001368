"""The Merkle tree of RFC 6962 section 2.1 over the leaves, kept as a compact range.

A compact range holds the roots of the complete subtrees along the right edge, largest first: one
hash for each bit that is set in the size. It is all that an append and the new root need.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from creditbank.errors.ledger import MalformedTree
from creditbank.ledger.suite import HASH_BYTES, hash_bytes

EMPTY_ROOT: Final = hash_bytes(b"")
MAX_SIZE: Final = 2**63 - 1  # fits the signed integers of every database and language


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right), the hash over two subtrees of 32-byte hashes."""
    return hash_bytes(b"\x01" + left + right)


class CompactRange:
    """The right edge of the tree over leaves 0 … `size` - 1.

    Raises:
        MalformedTree: if the hashes are not one of 32 bytes for each bit set in `size`.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: tuple[bytes, ...] = ()) -> None:
        if not 0 <= size <= MAX_SIZE:
            raise MalformedTree(reason="size")
        if len(hashes) != size.bit_count() or any(len(node) != HASH_BYTES for node in hashes):
            raise MalformedTree(reason="hashes")
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, the largest and leftmost first."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Add the hash of the next leaf.

        Raises:
            MalformedTree: if it has not 32 bytes.
        """
        if len(leaf_hash) != HASH_BYTES:
            raise MalformedTree(reason="hashes")
        node = leaf_hash
        hashes = self._hashes
        bits = self._size
        while bits & 1:  # two complete subtrees of one size become one of twice the size
            node = node_hash(hashes.pop(), node)
            bits >>= 1
        hashes.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Return the root over all leaves; `EMPTY_ROOT` if there are none."""
        if not self._hashes:
            return EMPTY_ROOT
        *rest, root = self._hashes
        for node in reversed(rest):
            root = node_hash(node, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the hashes joined, 32 bytes each; the size is kept beside them."""
        return b"".join(self._hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> CompactRange:
        """Return the range of `size` leaves that `to_bytes` wrote.

        Raises:
            MalformedTree: if the length does not fit the size.
        """
        steps = range(0, len(data), HASH_BYTES)
        return cls(size, tuple(data[start : start + HASH_BYTES] for start in steps))

    def copy(self) -> CompactRange:
        """Return an independent range with the same leaves."""
        return CompactRange(self._size, self.hashes)

    def __eq__(self, other: object) -> bool:
        """Return whether both stand over the same leaves."""
        if not isinstance(other, CompactRange):
            return NotImplemented
        return self._size == other._size and self._hashes == other._hashes

    __hash__ = None  # type: ignore[assignment]  # it changes by append


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over `leaf_hashes` in their order.

    Raises:
        MalformedTree: if one has not 32 bytes.
    """
    tree = CompactRange()
    for leaf_hash in leaf_hashes:
        tree.append(leaf_hash)
    return tree.root()
