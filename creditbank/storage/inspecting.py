"""Inspecting a database: the whole of it, held against itself, on all cores.

Entries are read once, in ranges; each range is checked by itself, and this module joins what they
say. What belongs to a learner is dealt out on the way and compared with the views afterwards.
Memory does not grow with the ledger.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from creditbank.errors import N_
from creditbank.errors.storage import ProtectionMissing
from creditbank.ledger import entry
from creditbank.ledger.audit import Claim, Claims, Findings, Join, KeyPeriod, Mark, Tiles
from creditbank.ledger.segments import spans
from creditbank.storage import edge_checks as edges
from creditbank.storage import loading, protection
from creditbank.storage.database import Database
from creditbank.storage.entry_checks import UNREADABLE
from creditbank.storage.entry_walk import OrgSpan
from creditbank.storage.inspector import NOT_IN_CHAIN, Given, Inspector, inspector
from creditbank.storage.keyring import Keyring
from creditbank.storage.range_checks import Range, RangeResult, check_range
from creditbank.storage.scratch import Block, Scratch, scratch_folder
from creditbank.storage.snapshots import snapshot
from creditbank.storage.vault_checks import check_identities, check_secrets
from creditbank.storage.view_checks import Partition, check_partition, deal_stored, stored_tables
from creditbank.storage.workers import Workers, cores

Progress = Callable[[int, int], None]
OrgHead = tuple[int, bytes | None]
_RANGE_ENTRIES = (1_024, 8_192)  # the fewest and the most of a range
_ENTRIES_PER_PROCESS = 20_000  # below, starting a process costs more than it saves


@dataclass(frozen=True, slots=True)
class Options:
    """What an inspection is given beside the database.

    `periods` are the log's keys, `record` size and root of the outside record. With `mark`, and
    the heads of the organisations' chains there, entries below it are taken as audited before.
    """

    periods: Sequence[KeyPeriod] = ()
    record: tuple[int, bytes] | None = None
    mark: Mark | None = None
    orgs: Mapping[str, OrgHead] = field(default_factory=dict)
    processes: int | None = None


@dataclass(slots=True)
class Inspected:
    """The result of an inspection: what was read, what was found, and where it left off."""

    origin: str
    size: int = 0
    entries: int = 0
    erased_entries: int = 0
    root: bytes = b""
    published: int = 0
    found: Findings = field(default_factory=Findings)
    mark: Mark | None = None
    orgs: dict[str, OrgHead] = field(default_factory=dict)


def inspect(
    database: Database, keyring: Keyring, progress: Progress, options: Options
) -> Inspected:
    """Return what inspecting the database as of now finds; raise `NotInitialised` without a ledger.

    `progress` is told how many entries are done, of how many.
    """
    origin, size = database.read_sync(edges.read_extent)
    mark = options.mark
    todo = max(0, size - (mark.start if mark else 0))
    processes = options.processes or min(cores(), 1 + todo // _ENTRIES_PER_PROCESS)
    if database.file is not None and not os.access(database.file, os.W_OK):
        processes = 1  # the moment at which several begin takes a lock
    with scratch_folder(todo) as scratch:
        given = Given(
            origin=origin,
            keyring=keyring,
            scratch=scratch,
            since=mark.size if mark else 0,
            wanted=tuple(_sizes(options)),
        )
        with snapshot(database, processes, inspector, given) as (connection, workers):
            inspection = _Inspection(connection, workers, scratch, options)
            return inspection.run(progress)


def _sizes(options: Options) -> Iterator[int]:
    """Yield the sizes at which somebody outside the database knows the root."""
    if options.mark is not None:
        yield options.mark.size
    if options.record is not None:
        yield options.record[0]


class _Inspection:
    """One inspection, in the process that joins what the others find."""

    def __init__(
        self,
        connection: sa.Connection,
        workers: Workers[Inspector],
        scratch: Scratch,
        options: Options,
    ) -> None:
        self._connection, self._workers, self._options = connection, workers, options
        self._head = loading.read_head(connection)  # as of the snapshot
        self._origin, self._size = edges.read_extent(connection)
        self._result = Inspected(self._origin, self._size, orgs=dict(options.orgs))
        self._found = self._result.found
        self._join = Join(entry.genesis_prev(self._origin), self._found, options.mark)
        self._start = self._join.size
        self._claims = Claims(self._found)
        self._tiles = Tiles()
        self._erasure_entries: set[int] = set()
        self._entry_blocks: list[list[Block]] = [[] for _ in range(scratch.partitions)]
        self._stored_blocks: list[list[Block]] = [[] for _ in range(scratch.partitions)]

    def run(self, progress: Progress) -> Inspected:
        result, start, size = self._result, self._start, self._size
        result.entries = start
        self._check_protection()
        if self._options.mark is not None and self._options.mark.size > size:
            message = N_("{audited} entries were audited before, and the ledger has {found}")
            self._report("tree", None, message, audited=self._options.mark.size, found=size)
            return result
        for one in self._workers.run(check_range, self._ranges()):
            self._take(one)
            progress(start + (self._join.size - start) * 3 // 4, size)
        self._claims.finish()
        self._check_head()
        result.published = edges.published(self._connection)
        edges.check_edges(self._connection, size, self._erasures_since(), self._found)
        self._check_signatures()
        self._check_side()
        for done, found in enumerate(self._workers.run(check_partition, self._partitions()), 1):
            self._found.take(found)
            left = (size - start) // 4
            progress(size - left + left * done // len(self._entry_blocks), size)
        progress(size, size)
        result.root = self._join.root()
        result.mark = Mark(
            self._origin,
            self._join.size,
            self._join.hashes,
            self._join.last or b"",
            self._join.at,
        )
        return result

    def _report(self, check: str, index: int | None, message: str, **fields: object) -> None:
        self._found.report(check, index, message, **fields)

    # --- ranges

    def _ranges(self) -> Iterator[Range]:
        """Yield ranges, short enough that memory holds one and every process has some."""
        share = (self._size - self._start) // (4 * self._workers.processes)
        fewest, most = _RANGE_ENTRIES
        for first, end in spans(self._start, self._size, min(most, max(fewest, share))):
            yield Range(first, end)

    def _take(self, one: RangeResult) -> None:
        """Join a range to those before it."""
        mark, record = self._options.mark, self._options.record
        roots = self._join.add(one.segment)
        claims = list(one.claims)
        if mark is not None and mark.size in roots:
            claims.append(Claim("mark", mark.size, mark.root))
        if record is not None and record[0] in roots:
            claims.append(Claim("record", *record))
        self._claims.hold(sorted(claims, key=lambda claim: claim.size), roots)
        for org, span in one.orgs.items():
            self._follow(org, span)
        if mark is None:
            for level, number, hashes in self._tiles.add(one.segment.blocks):
                edges.check_tile(self._connection, level, number, hashes, self._found)
        for block in one.blocks:
            self._entry_blocks[block.partition].append(block)
        self._erasure_entries.update(one.erasure_entries)
        self._result.entries += one.entries
        self._result.erased_entries += one.erased
        self._found.take(one.found)

    def _follow(self, org: str, span: OrgSpan) -> None:
        """Hold an organisation's first entry of a range to its last one before."""
        count, last = self._result.orgs.get(org, (0, None))
        try:
            follows = span.first == entry.link(org, count + 1, last)
        except UNREADABLE:
            follows = False
        if not follows:
            seq = span.first.get("seq")
            self._report("organisation_chains", span.index, NOT_IN_CHAIN, seq=seq)
        self._result.orgs[org] = (span.seq, span.last)

    # --- the head, and what stands beside the entries

    def _check_protection(self) -> None:
        try:
            protection.require_protection(self._connection)
        except ProtectionMissing as missing:
            message = N_("guards are missing: {missing}")
            self._report("protection", None, message, **missing.fields)

    def _check_head(self) -> None:
        head, join, record = self._head, self._join, self._options.record
        if self._result.entries != head.size:
            message = N_("the head says {head} entries, there are {found}")
            self._report("tree", None, message, head=head.size, found=self._result.entries)
        registers = edges.registers_size(self._connection)
        said = (head.origin, head.root, head.last, head.at, head.registers_size)
        if said != (self._origin, join.root(), join.last, join.at, registers):
            self._report("tree", None, N_("the head is not the one that the entries make"))
        if head.compact_range != b"".join(join.hashes):
            self._report("tree", None, N_("the head's right edge is not the entries' one"))
        if record is not None and record[0] > self._size:
            message = N_(
                "{signed} entries were signed outside the database, the ledger has {found}"
            )
            self._report("record", None, message, signed=record[0], found=self._size)

    def _erasures_since(self) -> tuple[int, set[int]]:
        mark = self._options.mark
        return mark.size if mark else 0, self._erasure_entries

    def _check_signatures(self) -> None:
        """Check every published checkpoint, some hundreds together."""
        if not self._options.periods:
            message = N_("the log's keys cannot be read, so no checkpoint can be checked")
            self._report("checkpoints", None, message)
            return
        mark = self._options.mark
        sizes = edges.checkpoint_sizes(self._connection, mark.size if mark else 0)
        tasks = (
            edges.Notes(some[0], some[-1], self._origin, tuple(self._options.periods))
            for some in sizes
        )
        for found in self._workers.run(edges.check_notes, tasks):
            self._found.take(found)

    def _check_side(self) -> None:
        """Check the vault, and deal out the stored views."""
        tasks: list[Callable[[Inspector], Any]] = [check_identities, check_secrets]
        if self._options.mark is None:
            tasks += [partial(deal_stored, table=table) for table in stored_tables()]
        for answer in self._workers.run(_call, tasks):
            if isinstance(answer, Findings):
                self._found.take(answer)
            else:
                for block in answer:
                    self._stored_blocks[block.partition].append(block)

    def _partitions(self) -> Iterator[Partition]:
        for entries, stored in zip(self._entry_blocks, self._stored_blocks, strict=True):
            yield Partition(tuple(entries), tuple(stored))


def _call(state: Inspector, work: Callable[[Inspector], Any]) -> Any:
    return work(state)
