"""Evidence 佐证: what rules ask for beside outcomes, supplied by who can vouch for it.

A college confirms an enrolment once, and every evaluation of its learner knows it from then on. How
far a rule trusts it follows from who supplied it: the learner, an institution, a registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.domain.access import Principal, Role, Scope
from creditbank.errors.access import Forbidden
from creditbank.services.actors import Poster, check_token, recorded_before
from creditbank.services.applying import check_unrestricted
from creditbank.services.identifying import new_id
from creditbank.services.learners import live_account
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.sealing import Draft


@dataclass(frozen=True, slots=True)
class Supplied:
    """The answer: the evidence and its entry."""

    evidence: str
    by: str
    recorded: Recorded


class SupplyEvidence:
    """Evidence of one id about one learner; the latest of an id counts.

    `until` is the last civil day on which it may be relied on.
    """

    items = 1

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
        """Record the evidence.

        Refuses with `Forbidden` what a learner says of another, with `Erased`, `LearnerUnknown`
        and `AccountRestricted`.
        """
        check_token(book, self.poster.token)
        if self.principal.account not in (None, self.account):
            raise Forbidden(scope=Scope.OWN.value)
        account = live_account(book, self.account)
        check_unrestricted(book, self.account)
        by = word_of(self.principal)
        source = book.keyring.source("bank:evidence", self.evidence)
        person: dict[str, Any] = {
            "account": account.name,
            "id": self.name,
            "value": dict(self.value),
        }
        person |= {} if self.until is None else {"until": self.until}
        person |= {} if self.digest is None else {"digest": self.digest}
        recorded = recorded_before(book, source) or book.record(
            Draft(
                kind="evidence/1",
                org=self.poster.org,
                source=source,
                act={"evidence": self.evidence, "by": by},
                account=account.name,
                person=person,
                actor=self.poster.actor,
            )
        )
        return Supplied(self.evidence, by, recorded)


def word_of(principal: Principal) -> str:
    """Return whose word evidence is: an authority and the desk see what registries say."""
    if principal.role is Role.LEARNER:
        return "learner"
    return "registry" if principal.role in {Role.AUTHORITY, Role.DESK} else "institution"
