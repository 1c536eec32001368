"""Ranges of leaves, checked by themselves: what an audit does on each core.

A segment is a subtree, or the beginning of one, whatever stands before it: it starts at a multiple
of a power of two of leaves that is not below its length, and of 256. What only its neighbours can
tell is left to who joins segments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from creditbank.errors import N_
from creditbank.errors.ledger import MalformedLeaf, NotCanonical, UnknownLeafVersion
from creditbank.ledger.entry import _LEAF as LEAF
from creditbank.ledger.entry import leaf_hash, parse_leaf
from creditbank.ledger.merkle import CompactRange, node_hash
from creditbank.ledger.suite import hash_bytes
from creditbank.ledger.tiles import WIDTH
from creditbank.ledger.times import parse_time

BLOCK: Final = WIDTH
"""Leaves in a block: those of one hash tile and one entry bundle."""
NOT_NEXT: Final = N_("the entry does not follow the one before it: it names another hash")
ANOTHER_INDEX: Final = N_("the leaf says that it is entry {said}")
EARLIER: Final = N_("the entry is earlier than the one before it")


class Reports(Protocol):
    """Where findings go."""

    def report(self, check: str, index: int | None, message: str, **fields: object) -> None:
        """Add a finding."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a range of leaves adds up to.

    `prev` is the hash that its first leaf names, None if that cannot be told; times are unix
    seconds. `blocks` are the roots of its full blocks, `tail` the right edge of what is left.
    `roots` are, by size of the whole log, the roots over the leaves of this segment below it.
    """

    start: int
    size: int
    prev: bytes | None
    last: bytes
    first_at: int | None
    last_at: int
    blocks: tuple[bytes, ...]
    tail: tuple[bytes, ...]
    roots: dict[int, bytes] = field(default_factory=dict)


def spans(start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield first leaf and end of segments that cover `start` … `end` - 1, in order.

    `start` is a multiple of 256; each segment has at most `length` leaves, 256 if that is less.
    """
    longest = 1 << max(BLOCK, length).bit_length() - 1
    while start < end:
        reach = min(longest, start & -start or longest)
        yield start, min(end, start + reach)
        start += reach


def fold(left: Sequence[bytes], root: bytes) -> bytes:
    """Return the root over the complete subtrees `left` and what `root` stands over, after them."""
    for node in reversed(left):
        root = node_hash(node, root)
    return root


def root_of_full(hashes: Sequence[bytes]) -> bytes:
    """Return the root over hashes whose number is a power of two."""
    nodes = list(hashes)
    while len(nodes) > 1:
        nodes = [
            hash_bytes(b"\x01" + left + right)
            for left, right in zip(nodes[::2], nodes[1::2], strict=True)
        ]
    return nodes[0]


def tree_of(
    start: int, hashes: Sequence[bytes], wanted: Iterable[int]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...], dict[int, bytes]]:
    """Return `blocks`, `tail` and `roots` of the segment whose leaves have these hashes.

    `wanted` are sizes of the whole log; those outside the segment are passed over.
    """
    sizes = sorted(set(wanted))
    tree = CompactRange()  # over full blocks
    blocks: list[bytes] = []
    tail: tuple[bytes, ...] = ()
    roots: dict[int, bytes] = {}
    for first in range(0, len(hashes), BLOCK):
        block, begin = hashes[first : first + BLOCK], start + first
        end = begin + len(block)
        inside = sizes[bisect_right(sizes, begin) : bisect_right(sizes, end)]
        if len(block) == BLOCK and inside in ([], [end]):
            node = root_of_full(block)
            found = dict.fromkeys(inside, node)
        else:
            edge, found = _grown(block, begin, inside)
            node, tail = edge.root(), edge.hashes
        roots.update((size, fold(tree.hashes, root)) for size, root in found.items())
        if len(block) == BLOCK:
            tree.append(node)
            blocks.append(node)
            tail = ()
    return tuple(blocks), tail, roots


def _grown(
    block: Sequence[bytes], begin: int, inside: Sequence[int]
) -> tuple[CompactRange, dict[int, bytes]]:
    """Return the tree over `block`, which begins at leaf `begin`, and its roots at `inside`."""
    edge = CompactRange()
    roots = {}
    sizes = set(inside)
    for size, node in enumerate(block, start=begin + 1):
        edge.append(node)
        if size in sizes:
            roots[size] = edge.root()
    return edge, roots


def segment_of_leaves(
    start: int, leaves: Sequence[bytes], wanted: Iterable[int], found: Reports
) -> tuple[Segment, list[bytes]]:
    """Return the segment of these leaves, of which there is one at least, and their hashes.

    Each leaf that is wrong is reported. It counts by its hash all the same, so that the tree is
    the one that the log has.
    """
    hashes = [leaf_hash(leaf) for leaf in leaves]
    first_at, last_at = _check_leaves(start, leaves, hashes, found)
    blocks, tail, roots = tree_of(start, hashes, wanted)
    named = LEAF.fullmatch(leaves[0])
    segment = Segment(
        start=start,
        size=len(leaves),
        prev=bytes.fromhex(named[4].decode()) if named else None,
        last=hashes[-1],
        first_at=first_at,
        last_at=last_at,
        blocks=blocks,
        tail=tail,
        roots=roots,
    )
    return segment, hashes


def _check_leaves(
    start: int, leaves: Sequence[bytes], hashes: Sequence[bytes], found: Reports
) -> tuple[int | None, int]:
    """Report each leaf that is not the next one; return the first and the last time."""
    first_at, last_at, text = None, 0, b""
    expected: bytes | None = None  # the hash of the leaf before, in hex; unknown at the first
    for index, (leaf, node) in enumerate(zip(leaves, hashes, strict=True), start):
        match = LEAF.fullmatch(leaf)
        before, expected = expected, node.hex().encode()
        if match is None:
            found.report("leaves", index, _unreadable(leaf))
            continue
        at, _, said, prev = match.groups()
        if before is not None and prev != before:
            found.report("leaves", index, NOT_NEXT)
        if int(said) != index:
            found.report(
                "leaves", index, N_("the leaf says that it is entry {said}"), said=int(said)
            )
        if at != text:
            text, seconds = at, _seconds(at)
            if seconds is None:
                found.report("leaves", index, N_("the leaf's time does not exist"))
                continue
            if seconds < last_at:
                found.report("leaves", index, EARLIER)
            first_at = seconds if first_at is None else first_at
            last_at = seconds
    return first_at, last_at


def _seconds(text: bytes) -> int | None:
    try:
        return parse_time(text.decode())
    except NotCanonical:
        return None


def _unreadable(leaf: bytes) -> str:
    """Return what to say of bytes that are no leaf of version 1."""
    try:
        parse_leaf(leaf)
    except UnknownLeafVersion:
        return N_("the leaf is of a version that this program does not know")
    except MalformedLeaf:
        pass
    return N_("the bytes are no leaf")
