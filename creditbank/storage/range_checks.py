"""What a range of entries has to be: read once, checked, and dealt out for the comparison of views.

This runs in a process of its own for each range. What needs the entries before the range is left
to whoever joins the ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from creditbank.errors import N_
from creditbank.ledger import entry
from creditbank.ledger.audit import Claim, Findings
from creditbank.ledger.checkpoint import parse_checkpoint
from creditbank.ledger.entry import genesis_prev
from creditbank.ledger.parts import PartReader, ReadPart
from creditbank.ledger.segments import BLOCK, EARLIER, Segment, tree_of
from creditbank.ledger.suite import HASH_BYTES
from creditbank.storage import loading, vault, views
from creditbank.storage.attest_checks import AttestChecks
from creditbank.storage.bulk import known_erasures, raw_rows
from creditbank.storage.entry_checks import UNREADABLE, EntryChecks, EntryTuple
from creditbank.storage.keyring import Keyring
from creditbank.storage.replaying import Keys
from creditbank.storage.scratch import Block, Dealer, Scratch
from creditbank.storage.tables import EntryRow, table_of
from creditbank.storage.views import Folded, ViewRows

_MISSING = bytes(HASH_BYTES)
NOT_IN_CHAIN = N_("the entry says it is number {seq} of its chain and follows another entry")
NOT_COVERED = N_("the entry does not list the erasure that it is said to cover")
OTHER_TILE = N_("the tile of level {level}, number {number}, is not the entries' one")
NOT_REPLAYED = N_("the entry cannot be replayed")


@dataclass(frozen=True)
class Given:
    """What every process of an audit is given.

    Entries below `since` were audited before; of them only the leaf hashes are read.
    """

    origin: str
    keyring: Keyring
    scratch: Scratch
    since: int = 0
    wanted: tuple[int, ...] = ()


class Range(NamedTuple):
    """Entries `start` … `end` - 1; `start` is a multiple of 256."""

    start: int
    end: int


@dataclass(slots=True)
class OrgSpan:
    """An organisation's entries in a range: how the first is linked, and where the last stands."""

    index: int
    first: dict[str, Any]
    seq: int
    last: bytes


@dataclass(slots=True)
class RangeResult:
    """What became of a range."""

    segment: Segment
    entries: int
    erased: int
    orgs: dict[str, OrgSpan]
    claims: list[Claim]
    blocks: Sequence[Block]
    erasure_entries: list[int]
    found: Findings


@dataclass
class Inspector:
    """A process of an audit: its connection, and what it keeps from range to range."""

    connection: sa.Connection
    given: Given
    reader: PartReader = field(default_factory=PartReader)
    attests: AttestChecks = field(init=False)

    def __post_init__(self) -> None:
        self.attests = AttestChecks(self.connection, self.given.origin)


def inspector(connection: sa.Connection, given: Given) -> Inspector:
    """Return what a process works with."""
    return Inspector(connection, given)


def check_range(state: Inspector, span: Range) -> RangeResult:
    """Return what is to be said of a range of entries."""
    return _RangeCheck(state, span).run()


_COLUMNS = ", ".join(f'"{column.name}"' for column in table_of(EntryRow).columns)
_ENTRIES = (
    f"SELECT {_COLUMNS} FROM entries WHERE entry_index >= ? AND entry_index < ?"
    " ORDER BY entry_index"
)
_HASH = "SELECT leaf_hash FROM entries WHERE entry_index = ?"
_TILES = (
    "SELECT tile_index, hashes FROM tiles WHERE level = 0 AND tile_index >= ? AND tile_index < ?"
)
_COMMITS = "SELECT size, root FROM commits WHERE size > ? AND size <= ? ORDER BY size"
_NOTES = "SELECT size, note FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size"
_ERASED_BY = "SELECT key_digest FROM erasures WHERE entry_index = ?"
_DOCUMENT = "SELECT content FROM documents WHERE digest = ?"


class _RangeCheck:
    """The check of one range."""

    def __init__(self, state: Inspector, span: Range) -> None:
        self._given, self._connection = state.given, state.connection
        self._attests = state.attests
        self._span = span
        self._found = Findings()
        self._checks = EntryChecks(state.given.keyring, state.reader, self._found)
        self._keys = Keys(state.connection, state.given.keyring)
        self._dealer = Dealer(state.given.scratch, f"entries-{span.start}")
        self._tiles: dict[int, bytes] = dict(
            self._rows(_TILES, span.start // BLOCK, -(-span.end // BLOCK))
        )
        self._hashes: list[bytes] = []
        self._first_at: int | None = None
        self._at = 0
        self._orgs: dict[str, OrgSpan] = {}
        self._destroyed: list[tuple[int, int]] = []  # entry, and id of the key it was sealed under
        self._erasure_entries: list[int] = []
        self._entries = 0

    def run(self) -> RangeResult:
        start, end = self._span
        prev = self._hash_before(start)
        rows = [EntryTuple(*row) for row in self._rows(_ENTRIES, start, end)]
        shaped = {row.entry_index for row in rows if self._checks.is_shaped(row)}
        self._keys.read(
            (row.entry_index, row.sealed_ref, row.actor_ref)
            for row in rows
            if row.entry_index in shaped
        )
        for row in rows:
            if row.entry_index > start + len(self._hashes):
                prev = self._fill(row.entry_index, row.entry_index)
            self._entries += 1
            if row.entry_index in shaped:
                self._step(row, prev)
            prev = row.leaf_hash if row.entry_index in shaped else None
            self._hashes.append(prev or self._tiled(row.entry_index) or _MISSING)
        self._fill(end, None)
        self._check_tiles()
        self._check_destroyed()
        claims = self._claims()
        wanted = {*(claim.size for claim in claims), *self._given.wanted}
        blocks, tail, roots = tree_of(start, self._hashes, wanted)
        segment = Segment(
            start=start,
            size=end - start,
            prev=None,  # each leaf was made from the hash before it
            last=self._hashes[-1],
            first_at=self._first_at,
            last_at=self._at,
            blocks=blocks,
            tail=tail,
            roots=roots,
        )
        return RangeResult(
            segment=segment,
            entries=self._entries,
            erased=len({index for index, _ in self._destroyed}),
            orgs=self._orgs,
            claims=claims,
            blocks=self._dealer.blocks(),
            erasure_entries=self._erasure_entries,
            found=self._found,
        )

    # --- the row of hashes

    def _rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        return raw_rows(self._connection, query, values)

    def _hash_before(self, start: int) -> bytes | None:
        """Return what the first leaf has to name, None if the entry before is missing."""
        if start == 0:
            return genesis_prev(self._given.origin)
        row = next(self._rows(_HASH, start - 1), None)
        return row[0] if row and isinstance(row[0], bytes) else self._tiled(start - 1)

    def _tiled(self, index: int) -> bytes | None:
        """Return what the stored tile says of the leaf at `index`, None if there is none."""
        tile = self._tiles.get(index // BLOCK)
        place = index % BLOCK * HASH_BYTES
        return tile[place : place + HASH_BYTES] or None if isinstance(tile, bytes) else None

    def _fill(self, end: int, following: int | None) -> bytes | None:
        """Report the entries missing up to `end`; return the last one's hash where a tile has it.

        A missing entry takes its place with the hash that its tile has, so that the tree goes on.
        """
        first = self._span.start + len(self._hashes)
        if first < end:
            self._found.report(
                "leaves",
                first,
                N_("the entry is missing; the next one has index {found}"),
                found="-" if following is None else following,
            )
        for index in range(first, end):
            self._hashes.append(self._tiled(index) or _MISSING)
        return self._tiled(end - 1)

    def _check_tiles(self) -> None:
        for number, stored in sorted(self._tiles.items()):
            first = number * BLOCK - self._span.start
            made = b"".join(self._hashes[first : first + BLOCK])
            if stored != made:
                index = number * BLOCK
                self._found.report("tiles", index, OTHER_TILE, level=0, number=number)

    def _claims(self) -> list[Claim]:
        """Return the roots that commits and checkpoints of this range name."""
        sizes = (max(self._span.start, self._given.since), self._span.end)
        claims = [Claim("commit", size, root) for size, root in self._rows(_COMMITS, *sizes)]
        for size, note in self._rows(_NOTES, *sizes):
            try:
                claims.append(Claim("checkpoint", size, parse_checkpoint(note).head.root))
            except UNREADABLE:
                continue  # its signatures are checked apart, and say so
        return claims

    # --- one entry

    def _step(self, row: EntryTuple, prev: bytes | None) -> None:
        index, found = row.entry_index, self._found
        if index >= self._given.since:
            self._checks.check_leaf(row, prev)
            if row.at < self._at:
                found.report("leaves", index, EARLIER)
        self._first_at = row.at if self._first_at is None else self._first_at
        self._at = row.at
        clear = self._checks.check_clear(row) if index >= self._given.since else None
        if clear is None:
            return
        act, link = clear
        try:
            self._follow(row, link)
            self._check_kind(row, act)
        except UNREADABLE:
            found.report("commitments", index, N_("the clear parts are not of their form"))
        self._check_actor(row)
        parts = self._learner_parts(row)
        person = parts["person"].value if parts and "person" in parts else None
        self._checks.check_source(row, act, person)
        if parts:
            self._check_learner(row, act, parts)
        self._deal_rows(row, act)

    def _follow(self, row: EntryTuple, link: dict[str, Any]) -> None:
        """Check the entry's place in its organisation's chain, as far as this range tells."""
        chain, seq = link["chain"], link["seq"]
        span = self._orgs.get(chain)
        if span is None:
            known = seq if type(seq) is int else 0
            self._orgs[chain] = OrgSpan(row.entry_index, link, known, row.leaf_hash)
            return
        if link != entry.link(chain, span.seq + 1, span.last):
            self._found.report("organisation_chains", row.entry_index, NOT_IN_CHAIN, seq=seq)
        span.seq, span.last = seq if type(seq) is int else span.seq + 1, row.leaf_hash

    def _check_kind(self, row: EntryTuple, act: dict[str, Any]) -> None:
        kind, index = act["kind"], row.entry_index
        if (kind == "genesis/1") != (index == 0) or act.get("origin", "") not in {
            "",
            self._given.origin,
        }:
            self._found.report("kinds", index, N_("entry 0, and no other, begins the log"))
        if kind == "register/1":
            digest = bytes.fromhex(act["register"]["digest"])
            stored = next(self._rows(_DOCUMENT, digest), None)
            if stored is None or loading.document_digest(stored[0]) != digest:
                self._found.report("documents", index, N_("the document is missing or was changed"))
        if kind == "erasure/1":
            self._erasure_entries.append(index)
            listed = {bytes.fromhex(digest) for digest in act["erased"]}
            kept = {stored for (stored,) in self._rows(_ERASED_BY, index)}
            if kept - listed:
                self._found.report("erasures", index, NOT_COVERED)
            if listed - kept:
                message = N_("the entry lists an erasure that is not kept")
                self._found.report("erasures", index, message)

    # --- private parts

    def _check_actor(self, row: EntryTuple) -> None:
        if row.actor_digest is None:
            self._require_none(row, row.actor_sealed)
            return
        key = self._keys.get(row.actor_ref, row.entry_index)
        if key is None or row.actor_sealed is None:
            self._was_destroyed(row, row.actor_ref)
        else:
            self._checks.open(row, "actor", row.actor_sealed, key)

    def _learner_parts(self, row: EntryTuple) -> dict[str, ReadPart] | None:
        if row.person_digest is row.learner_link_digest is row.attest_digest is None:
            self._require_none(row, row.sealed)
            return None
        key = self._keys.get(row.sealed_ref, row.entry_index)
        if key is None or row.sealed is None:
            self._was_destroyed(row, row.sealed_ref)
            return None
        return self._checks.open(row, "learner", row.sealed, key)

    def _require_none(self, row: EntryTuple, sealed: bytes | None) -> None:
        if sealed is not None:
            message = N_("there are sealed bytes that the entry does not commit to")
            self._found.report("commitments", row.entry_index, message)

    def _was_destroyed(self, row: EntryTuple, ref: int | None) -> None:
        key_id = -1 if ref is None else self._keys.key_id(ref, row.entry_index)
        self._destroyed.append((row.entry_index, key_id))

    def _check_destroyed(self) -> None:
        """Report each entry whose key is gone although no erasure destroyed it."""
        keyring = self._given.keyring
        digests = {key_id: vault.key_digest(keyring, key_id) for _, key_id in self._destroyed}
        known = known_erasures(self._connection, set(digests.values()))
        for index, key_id in self._destroyed:
            if digests[key_id] not in known:
                message = N_("a key is gone, and no erasure accounts for it")
                self._found.report("erasures", index, message)

    def _check_learner(
        self, row: EntryTuple, act: dict[str, Any], parts: dict[str, ReadPart]
    ) -> None:
        """Check what the learner's parts say together, and deal them out for their account."""
        index, found = row.entry_index, self._found
        try:
            person = parts["person"].value
            account = person["account"]
            if act["kind"] == "outcome/1":
                attest = parts["attest"].value if "attest" in parts else None
                self._attests.check(row, person, attest, found)
            if "learner_link" not in parts:
                message = N_("the entry is about a learner and stands in no learner's chain")
                found.report("learner_chains", index, message)
                return
            link = parts["learner_link"].value
            if link["chain"] != account:
                message = N_("the entry is about one learner and stands in the chain of another")
                found.report("learner_chains", index, message)
            slim = {name: value for name, value in person.items() if name != "submission"}
            key_id = self._keys.key_id(row.sealed_ref or 0, index)
            record = (index, row.at, row.leaf_hash, act, slim, link, key_id)
            self._dealer.deal(self._given.scratch.of_account(link["chain"]), record)
        except UNREADABLE:
            found.report("commitments", index, N_("the learner's parts are not of their form"))

    def _deal_rows(self, row: EntryTuple, act: dict[str, Any]) -> None:
        """Deal out the view rows that the entry makes whoever its learner is."""
        if "batch" not in act and "register" not in act:
            return
        shelf = _Shelf(ViewRows())
        folded = Folded(row.entry_index, row.at, row.leaf_hash, act, None, None, None, None)
        try:
            views.fold(shelf, folded)  # type: ignore[arg-type]  # without a learner, it only adds
        except UNREADABLE:
            self._found.report("views", row.entry_index, NOT_REPLAYED)
            return
        for table, made in shelf.views.new.items():
            for values in made:
                partition = self._given.scratch.of_index(row.entry_index)
                self._dealer.deal(partition, (str(table.__tablename__), values))


class _Shelf(NamedTuple):
    views: ViewRows
