"""Revoking what was posted, and the first half of correcting it.

A lot never changes: a revocation ends it, and what other entries contributed to the outcome goes on
in an outcome of its own. A correction is a revocation and a new posting in one submission.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from creditbank.domain.civil_time import civil_date
from creditbank.domain.identifiers import NATIONAL, region_contains
from creditbank.domain.outcomes import COURSE_TYPES, Outcome, without_entry
from creditbank.errors.access import OutsideJurisdiction
from creditbank.errors.recording import EntryUnknown, NotRevocable, SourceIdReused
from creditbank.services.actors import Poster, check_active, check_token
from creditbank.services.restricting import check_unrestricted
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.sealing import Draft, StoredEntry


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is to be revoked, why, and under which keyed source id."""

    index: int
    reason: str
    source: bytes
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A revocable entry, the live outcome it belongs to, and what would remain of that."""

    row: StoredEntry
    account: str
    outcome: Outcome
    rest: Outcome | None


def find_target(book: Book, revocation: Revocation, org: str | None) -> Target:
    """Return the target of a revocation by `org`; None for the authority, who may revoke any.

    Refuses with `EntryUnknown` where there is no such entry of `org`, with `NotRevocable` where
    it is no outcome or no longer stands, with `Erased` where its learner was erased.
    """
    row = book.entry_at(revocation.index)
    if row is None or (org is not None and row.org != org):
        raise EntryUnknown(where="/index", index=revocation.index)
    if row.act["kind"] != "outcome/1":
        raise NotRevocable(where="/index", index=revocation.index)
    person = book.learner_values(row)["person"]
    for outcome in book.outcomes(person["account"], person["subject"]):
        if _belongs(row.index, outcome):
            return Target(row, person["account"], outcome, _rest(outcome, row.index))
    raise NotRevocable(where="/index", index=revocation.index)


def _belongs(index: int, outcome: Outcome) -> bool:
    return index in (outcome.opened_index, outcome.credited_index) or any(
        one["index"] == index for one in (*outcome.stages, *outcome.attempts)
    )


def _stands_alone(outcome: Outcome, index: int) -> bool:
    """Return whether the credit rests on another entry: a course's comes with its result."""
    return outcome.type in COURSE_TYPES and outcome.is_credited and outcome.credited_index != index


def _rest(outcome: Outcome, index: int) -> Outcome | None:
    stages, attempts = without_entry(outcome, index)
    if _stands_alone(outcome, index):
        return replace(outcome, stages=stages, attempts=attempts)
    if not stages and not attempts:
        return None
    return replace(
        outcome,
        id=secrets.token_hex(16),
        stages=stages,
        attempts=attempts,
        credited_index=None,
        credited_at=None,
        achieved_on=None,
        credits=[],
        hours_theory=0,
        hours_practice=0,
    )


def record_revocation(
    book: Book, revocation: Revocation, target: Target, org: str, actor: dict[str, Any]
) -> Recorded:
    """Record the revocation of `target`."""
    act: dict[str, Any] = {
        "target": {
            "log": book.origin,
            "index": target.row.index,
            "hash": target.row.leaf_hash.hex(),
        },
        "outcome": target.outcome.id,
    }
    if target.rest is not None:
        act["continues"] = target.rest.id
    person = {"account": target.account, "reason": revocation.reason}
    if revocation.note is not None:
        person["note"] = revocation.note
    return book.record(
        Draft(
            kind="revocation/1",
            org=org,
            source=revocation.source,
            act=act,
            account=target.account,
            person=person,
            actor=actor,
        )
    )


def check_usable(book: Book, target: Target) -> None:
    """Refuse with `AccountRestricted` to touch what a learner has while it is only stored."""
    account = book.account(target.account)
    if account is not None:
        check_unrestricted(account, book.now, "/index")


@dataclass(frozen=True, slots=True)
class Revoked:
    """The answer to a revocation: its entry and its target. A replay gets the original one."""

    recorded: Recorded
    target: int
    replayed: bool = False


class RevokeOutcome:
    """The revocation of one entry by its poster, or with `any_poster` by the authority.

    An authority revokes within its jurisdiction: the region that counts is the one in which the
    institution that posted has its seat.
    """

    items = 1

    def __init__(self, revocation: Revocation, poster: Poster, *, any_poster: bool = False) -> None:
        self.revocation, self.poster, self.any_poster = revocation, poster, any_poster

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(sources={self.revocation.source}, tokens={self.poster.token})

    def decide(self, book: Book) -> Revoked:
        """Record the revocation, or return the one recorded under the same source id.

        Refuses as `find_target`, with `OutsideJurisdiction`, and with `SourceIdReused` where the
        source id stands for something else. A poster is refused with `InstitutionUnknown` while it
        is not active, and with `AccountRestricted`; the authority may revoke all the same.
        """
        check_token(book, self.poster.token)
        existing = book.entry_by_source(self.revocation.source)
        if existing is not None:
            return self._replay(book, existing)
        target = find_target(book, self.revocation, None if self.any_poster else self.poster.org)
        if self.any_poster:
            self._check_jurisdiction(book, target.row.org)
        else:
            check_active(book, self.poster.org)
            check_usable(book, target)
        recorded = record_revocation(
            book, self.revocation, target, self.poster.org, self.poster.actor
        )
        return Revoked(recorded, target.row.index)

    def _check_jurisdiction(self, book: Book, poster: str) -> None:
        today = civil_date(book.now)
        authority = book.catalogue.institution(self.poster.org, today)
        institution = book.catalogue.institution(poster, today)
        active = authority is not None and authority.status == "active"
        jurisdiction = authority.jurisdiction if authority and active else None
        region = institution.region if institution else NATIONAL
        if jurisdiction is None or not region_contains(jurisdiction, region):
            raise OutsideJurisdiction(where="/index", region=region, institution=self.poster.org)

    def _replay(self, book: Book, row: StoredEntry) -> Revoked:
        if row.act["kind"] != "revocation/1":
            raise SourceIdReused(where="/source_id", index=row.index, differs=("/index",))
        person = book.learner_values(row)["person"]
        target = row.act["target"]["index"]
        said = {"/index": target, "/reason": person["reason"], "/note": person.get("note")}
        asked = {
            "/index": self.revocation.index,
            "/reason": self.revocation.reason,
            "/note": self.revocation.note,
        }
        differs = tuple(where for where, value in said.items() if value != asked[where])
        if differs:
            raise SourceIdReused(where="/source_id", index=row.index, differs=differs)
        return Revoked(Recorded(row.index, row.at, row.leaf_hash), target, replayed=True)
