"""The checks of an audit: each leaf follows from the one before, each link from its chain."""

from __future__ import annotations

from dataclasses import dataclass

from creditbank.errors.ledger import (
    BrokenChain,
    BrokenLink,
    MalformedLeaf,
    MalformedPart,
    UnknownLeafVersion,
)
from creditbank.ledger.entry import genesis_prev, leaf_hash, parse_leaf, parse_link


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: its size, the hash of its last leaf, and that leaf's unix seconds."""

    size: int
    last: bytes
    at: int


def empty_head(origin: str) -> Head:
    """Return the head of the log of `origin` before its entry 0."""
    return Head(size=0, last=genesis_prev(origin), at=0)


def extend(head: Head, leaf: bytes) -> Head:
    """Return the head after `leaf`, which must be the next one.

    Checked are the form, the index, the hash of the leaf before, and that time does not
    decrease. A leaf that was changed after it was written shows at the one after it, and the
    last one against the head or a checkpoint.

    Raises:
        BrokenChain: with `index`, `reason`, and `expected` and `found` hashes in hex.
        UnknownLeafVersion: if the leaf is of another version, so that nothing can be said.
    """
    try:
        parsed = parse_leaf(leaf)
    except UnknownLeafVersion:
        raise
    except MalformedLeaf:
        raise _broken(head, "malformed", leaf_hash(leaf)) from None
    if parsed.prev != head.last:
        raise _broken(head, "prev", parsed.prev)
    if parsed.index != head.size:
        raise _broken(head, "index", parsed.prev)
    if parsed.at < head.at:
        raise _broken(head, "time", parsed.prev)
    return Head(size=head.size + 1, last=leaf_hash(leaf), at=parsed.at)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a learner's or organisation's chain ends: entries so far, hash of the last leaf."""

    chain: str
    count: int = 0
    last: bytes | None = None


def follow(head: ChainHead, value: object, leaf_hash: bytes) -> ChainHead:
    """Return the head after the entry of `leaf_hash`, whose link part has this decoded value.

    Raises:
        BrokenLink: with `seq`, `reason`, and `expected` and `found` hashes in hex ("" if none).
    """
    try:
        found = parse_link(value)
    except MalformedPart:
        raise _broken_link(head, "malformed", None) from None
    if found.chain != head.chain:
        raise _broken_link(head, "chain", found.prev)
    if found.seq != head.count + 1:
        raise _broken_link(head, "seq", found.prev)
    if found.prev != head.last:
        raise _broken_link(head, "prev", found.prev)
    return ChainHead(head.chain, found.seq, leaf_hash)


def _broken_link(head: ChainHead, reason: str, found: bytes | None) -> BrokenLink:
    return BrokenLink(
        seq=head.count + 1,
        reason=reason,
        expected=head.last.hex() if head.last else "",
        found=found.hex() if found else "",
    )


def _broken(head: Head, reason: str, found: bytes) -> BrokenChain:
    return BrokenChain(index=head.size, reason=reason, expected=head.last.hex(), found=found.hex())
