"""Auditing a log from outside: a copy of its files, or another bank's over HTTP.

What can be told without the bank's database: that every leaf follows from the one before it, that
bundles, tiles and checkpoints are of one tree, and that every checkpoint there is was signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from creditbank.clients.log import LogSource, open_log, read_checkpoint, read_tile
from creditbank.errors import N_, CreditBankError
from creditbank.errors.ledger import MalformedTile
from creditbank.ledger.account_head import account_head_key_name
from creditbank.ledger.audit import Claim, Claims, Findings, Join, Mark, Tiles, reason_of
from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.entry import genesis_prev
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.segments import BLOCK, Segment, segment_of_leaves, spans
from creditbank.ledger.suite import HASH_BYTES
from creditbank.ledger.tiles import HEIGHT, WIDTH, Tile, parse_bundle, parse_hashes
from creditbank.services.audit_state import AuditState
from creditbank.services.auditing import AuditReport, Progress
from creditbank.storage.workers import Workers, cores

LOG_CHECKS: Final = ("leaves", "tree", "tiles", "checkpoints")
_RANGE_LEAVES: Final = 8_192
_LEAVES_PER_PROCESS: Final = 50_000
_FETCHES: Final = 8  # at once in one process: an answer from far away takes its time
_OTHER_TILE: Final = N_("the tile of level {level}, number {number}, is not the entries' one")


@dataclass(frozen=True)
class _Reading:
    """What a process of an audit reads from."""

    source: LogSource
    threads: ThreadPoolExecutor

    def close(self) -> None:
        """End the threads, then the connections."""
        self.threads.shutdown()
        self.source.close()


class _Task(NamedTuple):
    """Leaves `start` … `end` - 1, and sizes at which the root is wanted."""

    start: int
    end: int
    size: int
    wanted: tuple[int, ...]


@dataclass(slots=True)
class _Answer:
    segment: Segment
    found: Findings = field(default_factory=Findings)


def audit_log(
    location: str,
    keys: Sequence[VerifierKey],
    progress: Progress = lambda _done, _all: None,
    *,
    since: AuditState | None = None,
    processes: int | None = None,
    opening: Callable[[str], LogSource] = open_log,
) -> AuditReport:
    """Return the report of auditing the log in a folder or at an address.

    `keys` are the log's, as they were learned from somebody who is trusted; where it changed its
    keys, all of them. With `since`, leaves below that mark are not read again. `progress` is told
    how many leaves are done, of how many. Raises `LogUnreadable` where nothing can be said.
    """
    with closing(opening(location)) as source:
        audit = _LogAudit(source, keys, read_checkpoint(source), since)
        if audit.is_comparable:
            todo = audit.size - audit.start
            number = processes or min(cores(), 1 + todo // _LEAVES_PER_PROCESS)
            with Workers(number, _Opening(location, opening), None) as workers:
                audit.run(workers, progress)
        return audit.report()


@dataclass(frozen=True)
class _Opening:
    """How a process opens the log."""

    location: str
    opening: Callable[[str], LogSource]

    def __call__(self, _: object) -> _Reading:
        return _Reading(self.opening(self.location), ThreadPoolExecutor(_FETCHES))


class _LogAudit:
    """One audit of one log at the size of its newest checkpoint."""

    def __init__(
        self,
        source: LogSource,
        keys: Sequence[VerifierKey],
        note: bytes,
        since: AuditState | None,
    ) -> None:
        self._source, self._keys, self._note = source, keys, note
        self._mark: Mark | None = since.mark if since else None
        self._found = Findings()
        self.origin, self.size, self._root = "", 0, b""
        self._checkpoint(note)
        if self._mark is not None and self._mark.size > self.size:
            message = N_("{audited} entries were audited before, and the log has {found}")
            self._found.report("tree", None, message, audited=self._mark.size, found=self.size)
        self._join: Join | None = None
        if self.is_comparable:
            self._join = Join(genesis_prev(self.origin), self._found, self._mark)

    @property
    def start(self) -> int:
        """The first leaf to read."""
        return self._mark.start if self._mark else 0

    @property
    def is_comparable(self) -> bool:
        """Whether there is a log, no shorter than what was audited before."""
        return bool(self._root) and not (self._mark and self._mark.size > self.size)

    def run(self, workers: Workers[_Reading], progress: Progress) -> None:
        """Read the log and report what is wrong with it."""
        assert self._join is not None  # noqa: S101  # it is comparable
        claims, tiles = Claims(self._found), Tiles()
        said = self._claims()
        wanted = {claim.size for claim in said}
        for answer in workers.run(_check_leaves, self._tasks(wanted)):
            roots = self._join.add(answer.segment)
            claims.hold((claim for claim in said if claim.size in roots), roots)
            self._found.take(answer.found)
            if self._mark is None:
                for place in tiles.add(answer.segment.blocks):
                    self._check_tile(*place)
            progress(self._join.size, self.size)
        claims.finish()
        if self._mark is None:
            for place in tiles.partial():
                self._check_tile(*place)
        if self._join.root() != self._root:
            message = N_("the entries do not lead to the root of the newest checkpoint")
            self._found.report("tree", None, message)

    def report(self) -> AuditReport:
        """Return the report."""
        state = None
        if self._join is not None and not self._found.listed:
            join = self._join
            mark = Mark(self.origin, join.size, join.hashes, join.last or b"", join.at)
            state = AuditState(mark, checkpoint=self._note)
        return AuditReport(
            origin=self.origin,
            entries=self._join.size if self._join else 0,
            root=self._root.hex(),
            since=self._mark.size if self._mark else 0,
            checked=list(LOG_CHECKS),
            findings=self._found.in_order(),
            left_out=self._found.left_out,
            state=state,
        )

    # --- checkpoints

    def _checkpoint(self, note: bytes) -> None:
        """Take origin, size and root from the newest checkpoint, if it is one."""
        try:
            head = parse_checkpoint(note).head
        except CreditBankError as error:
            message = N_("the newest checkpoint cannot be read: {reason}")
            self._found.report("checkpoints", None, message, reason=reason_of(error))
            return
        self.origin, self.size, self._root = head.origin, head.size, head.root
        self._verify(note)
        if self._mark is not None and self._mark.origin != head.origin:
            message = N_("the log is named {origin}, and {expected} was audited before")
            self._found.report(
                "checkpoints", None, message, origin=head.origin, expected=self._mark.origin
            )

    def _claims(self) -> list[Claim]:
        """Return the roots that others know: of checkpoints of before, and of the last audit."""
        claims = []
        for note in self._source.history(self._mark.size if self._mark else 0):
            self._verify(note)
            try:
                head = parse_checkpoint(note).head
            except CreditBankError:
                continue
            if head.size > self.size:
                message = N_("there is a checkpoint of size {size}, and the newest is of {found}")
                self._found.report("checkpoints", None, message, size=head.size, found=self.size)
            else:
                claims.append(Claim("checkpoint", head.size, head.root))
        if self._mark is not None:
            claims.append(Claim("mark", self._mark.size, self._mark.root))
        return sorted(claims, key=lambda claim: claim.size)

    def _verify(self, note: bytes) -> None:
        """Report a checkpoint that none of the keys has signed."""
        try:
            # A file of a bank's keys also has the one of account heads: no tree head is under it.
            heads = account_head_key_name(self.origin)
            keys = [key for key in self._keys if key.name != heads]
            verify_checkpoint(parse_checkpoint(note), Trust(self.origin, keys))
        except CreditBankError as error:
            message = N_("a checkpoint does not verify under the given keys: {reason}")
            self._found.report("checkpoints", None, message, reason=reason_of(error))

    # --- leaves and tiles

    def _tasks(self, wanted: set[int]) -> Iterator[_Task]:
        sizes = sorted(wanted)
        for start, end in spans(self.start, self.size, _RANGE_LEAVES):
            here = tuple(size for size in sizes if start < size <= end)
            yield _Task(start, end, self.size, here)

    def _check_tile(self, level: int, number: int, hashes: bytes) -> None:
        tile = Tile(level, number, len(hashes) // HASH_BYTES)
        data = read_tile(self._source, tile)
        index = number << HEIGHT * (level + 1)
        if data is None:
            message = N_("{file} is missing")
            self._found.report("tiles", index, message, file=tile.path)
        elif data[: len(hashes)] != hashes or (tile.width == WIDTH and data != hashes):
            self._found.report("tiles", index, _OTHER_TILE, level=level, number=number)


def _check_leaves(state: _Reading, task: _Task) -> _Answer:
    """Read and check the bundles and tiles of some leaves."""
    found = Findings()
    places = [
        Tile(None, first // BLOCK, min(BLOCK, task.size - first))
        for first in range(task.start, task.end, BLOCK)
    ]
    bundles = state.threads.map(lambda place: read_tile(state.source, place), places)
    tiles = state.threads.map(
        lambda place: read_tile(state.source, Tile(0, place.index, place.width)), places
    )
    leaves: list[bytes] = []
    stored: list[tuple[bytes, ...] | None] = []
    for place, bundle, tile in zip(places, bundles, tiles, strict=True):
        leaves += _leaves(place, bundle, found)
        stored.append(_hashes(place, tile, found))
    segment, hashes = segment_of_leaves(task.start, leaves, task.wanted, found)
    for place, expected in zip(places, stored, strict=True):
        first = place.index * BLOCK - task.start
        if expected is not None and tuple(hashes[first : first + place.width]) != expected:
            index = place.index * BLOCK
            found.report("tiles", index, _OTHER_TILE, level=0, number=place.index)
    return _Answer(segment, found)


def _leaves(place: Tile, bundle: bytes | None, found: Findings) -> Sequence[bytes]:
    """Return the leaves of a bundle; empty ones stand in for those that cannot be read."""
    try:
        if bundle is not None:
            return _first(bundle, place.width)
        message = N_("{file} is missing")
    except MalformedTile:
        message = N_("{file} is no entry bundle")
    found.report("leaves", place.index * BLOCK, message, file=place.path)
    return [b""] * place.width


def _first(bundle: bytes, width: int) -> Sequence[bytes]:
    """Return the first `width` leaves of a bundle, which a full one may have more of."""
    try:
        return parse_bundle(bundle, width)
    except MalformedTile:
        return parse_bundle(bundle)[:width]


def _hashes(place: Tile, tile: bytes | None, found: Findings) -> tuple[bytes, ...] | None:
    path = Tile(0, place.index, place.width).path
    try:
        if tile is not None:
            full = len(tile) == WIDTH * HASH_BYTES
            return parse_hashes(tile, WIDTH if full else place.width)[: place.width]
        message = N_("{file} is missing")
    except MalformedTile:
        message = N_("{file} is no hash tile")
    found.report("tiles", place.index * BLOCK, message, file=path)
    return None
