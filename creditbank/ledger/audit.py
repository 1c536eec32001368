"""The checks of an audit that need no database: findings, and what ranges of leaves add up to.

A log is audited in ranges, many at a time. Each range is reduced to a `Segment`; `Join` takes
segments in their order, holds each to the one before it, and knows the tree over all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from creditbank.errors import N_, CreditBankError
from creditbank.errors.ledger import REASONS
from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.segments import BLOCK, EARLIER, NOT_NEXT, Segment, fold, root_of_full
from creditbank.ledger.tiles import WIDTH

LISTED_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. `message` is a template filled from `fields`."""

    check: str
    index: int | None
    message: str
    fields: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON values, its message in English."""
        place = {} if self.index is None else {"index": self.index}
        return {"check": self.check, **place, "message": self.message.format(**self.fields)}


@dataclass(slots=True)
class Findings:
    """Every finding, up to `LISTED_MAX` of each check; the rest is counted."""

    listed: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def report(self, check: str, index: int | None, message: str, **fields: object) -> None:
        """Add a finding about the entry at `index`, None if it is about none of them.

        An index read from a row that is not what it should be may be anything.
        """
        place = index if type(index) is int else None
        self._add(Finding(check, place, message, fields))

    def take(self, other: Findings) -> None:
        """Add what another part of the audit found."""
        for finding in other.listed:
            self._add(finding)
        for check, count in other.left_out.items():
            self.counts[check] += count

    @property
    def left_out(self) -> dict[str, int]:
        """How many findings of each check are counted and not listed."""
        listed = Counter(finding.check for finding in self.listed)
        return {name: n - listed[name] for name, n in self.counts.items() if n > listed[name]}

    def in_order(self) -> list[Finding]:
        """Return what is listed, by entry, what is about none of them last."""
        return sorted(self.listed, key=lambda one: (one.index is None, one.index or 0, one.check))

    def _add(self, finding: Finding) -> None:
        self.counts[finding.check] += 1
        if self.counts[finding.check] <= LISTED_MAX:
            self.listed.append(finding)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where an audit left off: `size` leaves whose tree has these `hashes` at its right edge.

    `last` is the hash of the last leaf and `at` its time in unix seconds.
    """

    origin: str
    size: int
    hashes: tuple[bytes, ...]
    last: bytes
    at: int

    @property
    def root(self) -> bytes:
        """The root over these leaves."""
        return CompactRange(self.size, self.hashes).root()

    @property
    def start(self) -> int:
        """The leaf from which an audit goes on: the first one of the block that is not full."""
        return self.size - self.size % BLOCK

    def blocks(self) -> CompactRange:
        """Return the tree over the full blocks, each block a leaf of it."""
        full = self.size // BLOCK
        return CompactRange(full, self.hashes[: full.bit_count()])


class Join:
    """The whole log from its segments, taken in order from `mark`, or from entry 0.

    `prev` is what entry 0 has to name: `entry.genesis_prev(origin)`.
    """

    def __init__(self, prev: bytes, found: Findings, mark: Mark | None = None) -> None:
        self._found = found
        self.size = mark.start if mark else 0
        self.at = mark.at if mark and mark.start == mark.size else 0
        self.last: bytes | None = prev
        self._blocks = mark.blocks() if mark else CompactRange()
        self._tail: tuple[bytes, ...] = ()
        if mark is not None:
            # Inside a block, the leaf before its first one is not among those read.
            self.last = mark.last if mark.start == mark.size else None

    def add(self, segment: Segment) -> dict[int, bytes]:
        """Take the next segment; return the root at each size that it was asked for."""
        found, start = self._found, segment.start
        if segment.prev is not None and self.last not in {None, segment.prev}:
            found.report("leaves", start, NOT_NEXT)
        if segment.first_at is not None and segment.first_at < self.at:
            found.report("leaves", start, EARLIER)
        left = self._blocks.hashes
        for node in segment.blocks:
            self._blocks.append(node)
        self.size += segment.size
        self.last, self._tail = segment.last, segment.tail
        self.at = max(self.at, segment.last_at)
        return {size: fold(left, root) for size, root in segment.roots.items()}

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees so far, the largest and leftmost first."""
        return (*self._blocks.hashes, *self._tail)

    def root(self) -> bytes:
        """Return the root so far."""
        return CompactRange(self.size, self.hashes).root()


class Tiles:
    """The hash tiles above the lowest level, made from the roots of full blocks in order."""

    def __init__(self) -> None:
        self._levels: list[tuple[int, list[bytes]]] = []

    def add(self, nodes: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
        """Take the roots of the next blocks; yield level, index and hashes of what became full."""
        for node in nodes:
            yield from self._add(0, node)

    def partial(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield level, index and hashes of the tiles that are begun and not full."""
        for level, (index, hashes) in enumerate(self._levels, start=1):
            if hashes:
                yield level, index, b"".join(hashes)

    def _add(self, place: int, node: bytes) -> Iterator[tuple[int, int, bytes]]:
        if place == len(self._levels):
            self._levels.append((0, []))
        index, hashes = self._levels[place]
        hashes.append(node)
        if len(hashes) == WIDTH:
            self._levels[place] = (index + 1, [])
            yield place + 1, index, b"".join(hashes)
            yield from self._add(place + 1, root_of_full(hashes))


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody said the root was at a size. `kind` says who: one of `CLAIMANTS`."""

    kind: str
    size: int
    root: bytes


CLAIMANTS: Final = {
    "commit": (
        "tree",
        N_("the tree state of this commit is another one"),
        N_("the tree states of {count} commits from here on are others"),
    ),
    "checkpoint": (
        "checkpoints",
        N_("the checkpoint published at size {size} has another root than the entries"),
        N_("{count} checkpoints from size {size} on have other roots than the entries"),
    ),
    "record": (
        "record",
        N_("at size {size}, the record outside the database has another root"),
        N_("at size {size}, the record outside the database has another root"),
    ),
    "mark": (
        "tree",
        N_("at size {size}, the log is not the one that was audited before"),
        N_("at size {size}, the log is not the one that was audited before"),
    ),
}
"""Who claims roots: the check that holds them, what to say of one that fails, and of several."""


class Claims:
    """Roots that were claimed, held against those that the leaves make, by growing size.

    One changed leaf changes every later root: of claims that fail one after the other, the first
    is reported, with their number.
    """

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._failing: dict[str, tuple[int, int]] = {}  # first size and number, by kind

    def hold(self, claims: Iterable[Claim], roots: Mapping[int, bytes]) -> None:
        """Hold `claims` against the roots at their sizes."""
        for claim in claims:
            if roots.get(claim.size) == claim.root:
                self._tell(claim.kind)
            else:
                size, count = self._failing.get(claim.kind, (claim.size, 0))
                self._failing[claim.kind] = (size, count + 1)

    def finish(self) -> None:
        """Report what is failing still."""
        for kind in list(self._failing):
            self._tell(kind)

    def _tell(self, kind: str) -> None:
        size, count = self._failing.pop(kind, (0, 0))
        if count:
            check, one, several = CLAIMANTS[kind]
            message = one if count == 1 else several
            self._found.report(check, size - 1, message, size=size, count=count)


def reason_of(error: CreditBankError) -> str:
    """Return in words, as a message id, why a checkpoint was refused."""
    return REASONS.get(str(error.fields.get("reason")), error.title)


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """Keys of the log that sign every checkpoint from size `from_size` on, until the next do."""

    from_size: int
    keys: tuple[VerifierKey, ...]


def check_signatures(
    note: bytes, size: int, origin: str, periods: Sequence[KeyPeriod], found: Findings
) -> None:
    """Report unless `note` is the log's checkpoint of `size`, signed by every key in force.

    Keys of earlier periods may sign along; a signature of theirs has to hold too.
    """
    known = [period for period in periods if period.from_size <= size] or list(periods[:1])
    trust = Trust(origin, [key for period in known for key in period.keys])
    try:
        checkpoint = parse_checkpoint(note)
        verified = verify_checkpoint(checkpoint, trust)
    except CreditBankError as error:
        message = N_("the checkpoint published at size {size} does not verify: {reason}")
        found.report("checkpoints", size - 1, message, size=size, reason=reason_of(error))
        return
    if checkpoint.head.size != size:
        message = N_("the checkpoint published at size {size} says that it is of size {said}")
        found.report("checkpoints", size - 1, message, size=size, said=checkpoint.head.size)
    missing = {str(key) for key in known[-1].keys} - {str(each.key) for each in verified.log}
    if missing:
        message = N_("the checkpoint published at size {size} is not signed by every key in force")
        found.report("checkpoints", size - 1, message, size=size)
