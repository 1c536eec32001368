"""Evidence 佐证: what rules ask for beside outcomes, supplied by who can vouch for it.

A college confirms an enrolment once, and every evaluation of its learner knows it from then on. How
far a rule trusts it follows from who supplied it: the learner, an institution, a registry. Nobody
speaks of a learner with whom they have nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import Principal, Role, Scope
from creditbank.domain.civil_time import civil_date
from creditbank.domain.decisions import Said, Status
from creditbank.domain.identifiers import region_contains
from creditbank.errors.access import Forbidden
from creditbank.errors.decisions import EvidenceNotYours, TooMuchEvidence
from creditbank.errors.storage import Erased
from creditbank.services.actors import Poster, check_active, check_token, recorded_before
from creditbank.services.applying import check_unrestricted
from creditbank.services.identifying import new_id
from creditbank.services.learners import live_account
from creditbank.services.parties import is_party_to
from creditbank.storage import decision_reading, loading, reading
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.sealing import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creditbank.domain.outcomes import Outcome
    from creditbank.storage.decision_reading import EvidenceOnRecord

IDS_MAX: Final = 50
"""Under how many ids one supplier keeps evidence of one learner."""

YEARLY_MAX: Final = 100
"""How many entries of it one supplier makes of one learner in `YEAR_SECONDS`."""

YEAR_SECONDS: Final = 365 * 86_400

_WORDS: Final[Mapping[Role, tuple[str, Scope]]] = {
    Role.LEARNER: ("learner", Scope.OWN),
    Role.INSTITUTION: ("institution", Scope.DECIDE),
    Role.COLLEGE: ("institution", Scope.DECIDE),
    Role.AUTHORITY: ("authority", Scope.DECIDE),
    Role.DESK: ("desk", Scope.SERVE_LEARNER),
}
"""Whose word evidence is, by who sends it, and the scope that it takes to speak."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """The answer: the evidence and its entry. What said the same already answers as `replayed`."""

    evidence: str
    by: str
    recorded: Recorded
    replayed: bool = False


class SupplyEvidence:
    """Evidence of one id about one learner; of one supplier the latest of an id counts.

    `until` is the last civil day on which it may be relied on.
    """

    items = 1
    alone = True  # what it looks at has to be there, and not in the group that is being written

    def __init__(  # who, about whom, and what
        self,
        account: str,
        name: str,
        value: Mapping[str, Any],
        principal: Principal,
        poster: Poster,
        *,
        until: str | None = None,
        digest: str | None = None,
    ) -> None:
        self.account, self.name, self.value = account, name, value
        self.principal, self.poster = principal, poster
        self.until, self.digest = until, digest
        self.evidence = new_id()

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts={self.account}, tokens={self.poster.token})

    def decide(self, book: Book) -> Supplied:
        """Record the evidence, or return the latest of the supplier if it says the same.

        Refuses as `check_may_supply`, with `AccountRestricted`, and with `TooMuchEvidence`.
        """
        check_token(book, self.poster.token)
        by = check_may_supply(book, self.principal, self.account)
        check_unrestricted(book, self.account)
        source = book.keyring.source("bank:evidence", self.evidence)
        earlier_try = recorded_before(book, source)
        if earlier_try is not None:
            return Supplied(self.evidence, by, earlier_try)
        found = decision_reading.evidence_of(book.connection, self.account)
        own = [one for one in found if (one.org, one.by) == (self.poster.org, by)]
        latest = next((one for one in reversed(own) if one.name == self.name), None)
        if latest is not None and self._is_said_by(latest) and not self._is_news(book, by):
            return Supplied(latest.id, by, _recorded(book, latest), replayed=True)
        self._check_room(own, book.now)
        return Supplied(self.evidence, by, self._record(book, by, source))

    def _is_said_by(self, one: EvidenceOnRecord) -> bool:
        said = (one.value, one.until, one.digest)
        return said == (dict(self.value), self.until, self.digest)

    def _is_news(self, book: Book, by: str) -> bool:
        """Return whether something else was said since, with an application on its way."""
        org = self.poster.org
        said = Said(self.name, by, org, dict(self.value), self.until, book.size)
        return any(
            one.status is Status.PENDING and one.is_news(said)
            for one in book.decisions.of(self.account)
        )

    def _check_room(self, own: Sequence[EvidenceOnRecord], now: int) -> None:
        names = {one.name for one in own} | {self.name}
        lately = sum(one.at > now - YEAR_SECONDS for one in own)
        if len(names) > IDS_MAX or lately >= YEARLY_MAX:
            raise TooMuchEvidence(ids=IDS_MAX, entries=YEARLY_MAX)

    def _record(self, book: Book, by: str, source: bytes) -> Recorded:
        person: dict[str, Any] = {
            "account": self.account,
            "id": self.name,
            "value": dict(self.value),
        }
        person |= {} if self.until is None else {"until": self.until}
        person |= {} if self.digest is None else {"digest": self.digest}
        return book.record(
            Draft(
                kind="evidence/1",
                org=self.poster.org,
                source=source,
                act={"evidence": self.evidence, "by": by},
                account=self.account,
                person=person,
                actor=self.poster.actor,
            )
        )


def word_of(principal: Principal) -> str | None:
    """Return whose word evidence is, None if nobody's: an auditor's, or of a token only to read.

    How far it is trusted follows under the rules that ask for it.
    """
    word, scope = _WORDS.get(principal.role, (None, Scope.DECIDE))
    return word if principal.may(scope) else None


def check_may_supply(book: Book, principal: Principal, account: str) -> str:
    """Return as whom somebody speaks of an account; refuse who may not, looked at under the lock.

    Learners speak of themselves and the desk of everybody. An institution or authority, active
    today, speaks of a learner who granted it a look, of whom it posted an outcome (of an
    authority: of whom anybody in its jurisdiction did), or one of whose decisions on their way is
    its business. Refuses with `Forbidden`, `Erased`, `LearnerUnknown`, `InstitutionUnknown`, and
    with `EvidenceNotYours`, whether there is such an account or not.
    """
    by = word_of(principal)
    if by is None:
        raise Forbidden(scope=f"{Scope.OWN} / {Scope.DECIDE} / {Scope.SERVE_LEARNER}")
    if by == "learner" and principal.account != account:
        raise Forbidden(scope=Scope.OWN.value)
    if by in {"institution", "authority"}:
        check_active(book, principal.org)
        if book.account(account) is None and book.was_erased(account):
            raise Erased
        if not _has_to_do_with(book, principal, account):
            raise EvidenceNotYours
    live_account(book, account)
    return by


def _has_to_do_with(book: Book, principal: Principal, account: str) -> bool:
    org = principal.org
    if reading.grant_for(book.connection, account, org, book.now) is not None:
        return True
    posters = _posters(reading.outcomes_of(book.connection, account))
    if org in posters:
        return True
    if principal.role is Role.AUTHORITY and any(_covers(book, org, one) for one in posters):
        return True
    return any(
        one.status_at(book.now) is Status.PENDING
        and is_party_to(book.catalogue, book.now, principal, one)
        for one in book.decisions.of(account)
    )


def _posters(outcomes: Sequence[Outcome]) -> set[str]:
    """Return who posted what stands of a learner, each stage and attempt too."""
    live = [one for one in outcomes if one.is_live]
    parts = (part for one in live for part in (*one.stages, *one.attempts))
    return {one.org for one in live} | {part["org"] for part in parts}


def _covers(book: Book, authority: str, institution: str) -> bool:
    """Return whether an institution is in a region of an authority's jurisdiction today."""
    today = civil_date(book.now)
    over, under = (book.catalogue.institution(one, today) for one in (authority, institution))
    if over is None or over.jurisdiction is None or under is None:
        return False
    return region_contains(over.jurisdiction, under.region)


def _recorded(book: Book, one: EvidenceOnRecord) -> Recorded:
    row = loading.entry_at(book.connection, one.index)
    assert row is not None  # noqa: S101  # the view names entries of its own log
    return Recorded(row.index, row.at, row.leaf_hash)
