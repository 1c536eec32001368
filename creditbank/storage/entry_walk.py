"""What an entry has to be in its place: in its chains, under its keys, among the views.

Entries are read in order. What belongs to a learner, and what is a row of a view, is dealt out on
the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from creditbank.domain.particulars import particulars_of
from creditbank.errors import N_
from creditbank.ledger import entry
from creditbank.ledger.audit import Findings
from creditbank.ledger.parts import ReadPart
from creditbank.ledger.segments import EARLIER
from creditbank.storage import loading, vault, views
from creditbank.storage.bulk import known_erasures, raw_rows
from creditbank.storage.entry_checks import UNREADABLE, EntryChecks, EntryTuple
from creditbank.storage.inspector import NOT_COVERED, NOT_IN_CHAIN, NOT_REPLAYED, Inspector
from creditbank.storage.replaying import Keys
from creditbank.storage.scratch import Block, Dealer
from creditbank.storage.views import Folded, ViewRows

_ERASED_BY = "SELECT key_digest FROM erasures WHERE entry_index = ?"
_ROWS_FROM_ACTS = frozenset(
    {
        *("register/1", "revocation/1", "conversion_end/1"),
        *("credential/1", "credential_status/1", "credential_proof/1"),
    }
)
_DOCUMENT = "SELECT content FROM documents WHERE digest = ?"


@dataclass(slots=True)
class OrgSpan:
    """An organisation's entries in a range: how the first is linked, and where the last stands."""

    index: int
    first: dict[str, Any]
    seq: int
    last: bytes


class EntryWalk:
    """Checks the entries of a range, one after the other."""

    def __init__(self, state: Inspector, found: Findings, name: str) -> None:
        self._given, self._connection = state.given, state.connection
        self._attests = state.attests
        self._found = found
        self._checks = EntryChecks(state.given.keyring, state.reader, found)
        self._keys = Keys(state.connection, state.given.keyring)
        self._dealer = Dealer(state.given.scratch, name)
        self.times: dict[int, int] = {}
        """When each entry was recorded, by index."""
        self.orgs: dict[str, OrgSpan] = {}
        self.erasure_entries: list[int] = []
        self._destroyed: list[tuple[int, int]] = []  # entry, and id of the key it was sealed under
        self._at = 0

    def shaped(self, rows: Iterable[EntryTuple]) -> set[int]:
        """Return the indexes of the rows whose columns can be read, and read their keys."""
        shaped = [row for row in rows if self._checks.is_shaped(row)]
        self._keys.read((row.entry_index, row.sealed_ref, row.actor_ref) for row in shaped)
        return {row.entry_index for row in shaped}

    def blocks(self) -> Sequence[Block]:
        """Return where everything was dealt to."""
        return self._dealer.blocks()

    @property
    def erased(self) -> int:
        """How many entries have parts whose key is gone."""
        return len({index for index, _ in self._destroyed})

    def step(self, row: EntryTuple, prev: bytes | None) -> None:
        """Check the next entry, whose leaf has to name the hash `prev`, if that is known."""
        index, found = row.entry_index, self._found
        if index >= self._given.since:
            self._checks.check_leaf(row, prev)
            if row.at < self._at:
                found.report("leaves", index, EARLIER)
        self.times[index] = row.at
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

    def _rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        return raw_rows(self._connection, query, values)

    def _follow(self, row: EntryTuple, link: dict[str, Any]) -> None:
        """Check the entry's place in its organisation's chain, as far as this range tells."""
        chain, seq = link["chain"], link["seq"]
        span = self.orgs.get(chain)
        if span is None:
            known = seq if type(seq) is int else 0
            self.orgs[chain] = OrgSpan(row.entry_index, link, known, row.leaf_hash)
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
            stored = next(self._rows(_DOCUMENT, digest), (None,))[0]
            if not isinstance(stored, bytes) or loading.document_digest(stored) != digest:
                self._found.report("documents", index, N_("the document is missing or was changed"))
            self._attests.check_register(row, act, self._found)
        if kind == "erasure/1":
            self.erasure_entries.append(index)
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
            self._require_none(row, row.actor_sealed, row.actor_ref)
            return
        key = self._keys.get(row.actor_ref, row.entry_index)
        if key is None or row.actor_sealed is None:
            self._was_destroyed(row, row.actor_ref)
        else:
            self._checks.open(row, "actor", row.actor_sealed, key)

    def _learner_parts(self, row: EntryTuple) -> dict[str, ReadPart] | None:
        if row.person_digest is row.learner_link_digest is row.attest_digest is None:
            self._require_none(row, row.sealed, row.sealed_ref)
            return None
        key = self._keys.get(row.sealed_ref, row.entry_index)
        if key is None or row.sealed is None:
            self._was_destroyed(row, row.sealed_ref)
            return None
        return self._checks.open(row, "learner", row.sealed, key)

    def _require_none(self, row: EntryTuple, sealed: bytes | None, ref: int | None) -> None:
        if sealed is not None or ref is not None:
            message = N_("there are sealed bytes, or a key, that the entry does not commit to")
            self._found.report("commitments", row.entry_index, message)

    def _was_destroyed(self, row: EntryTuple, ref: int | None) -> None:
        key_id = -1 if ref is None else self._keys.key_id(ref, row.entry_index)
        self._destroyed.append((row.entry_index, key_id))

    def check_destroyed(self) -> None:
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
            slim = _without_submission(person)
            key_id = self._keys.key_id(row.sealed_ref or 0, index)
            record = (index, row.at, row.leaf_hash, act, slim, link, key_id)
            self._dealer.deal(self._given.scratch.of_account(link["chain"]), record)
        except UNREADABLE:
            found.report("commitments", index, N_("the learner's parts are not of their form"))

    def _deal_rows(self, row: EntryTuple, act: dict[str, Any]) -> None:
        """Deal out the view rows that the entry makes whoever its learner is."""
        if "batch" not in act and act.get("kind") not in _ROWS_FROM_ACTS:
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


def _without_submission(person: dict[str, Any]) -> dict[str, Any]:
    """Return a `person` part with no more of its submission, or of its case, than views need."""
    left_out = {"submission", "case", "evaluation", "facts"}
    slim = {name: value for name, value in person.items() if name not in left_out}
    if "submission" in person:
        slim["particulars"] = particulars_of(person["submission"])
    return slim


class _Shelf(NamedTuple):
    views: ViewRows
