"""Vouching: whose word evidence is, and what a case takes of all that was said of a learner.

Under a rulebook some speak for the learner only, some for its owner, some for a registry. That
follows from who they are, never from what they say of themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Final

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.civil_time import civil_date
from creditbank.domain.conversion.facts import EvidenceFact
from creditbank.domain.identifiers import document_birth_date, region_contains
from creditbank.domain.rules.rule import Evidence
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.storage.decision_reading import EvidenceOnRecord

_WORDS: Final = ("learner", "owner", "registry")
"""Whose word evidence is, the weakest first."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says beside the outcomes.

    `by`: learner, institution, authority or desk, None for nobody whose word counts; `said_on`:
    since when, None for now; `until`: the last civil day on which it may be relied on.
    """

    name: str
    value: Mapping[str, Any]
    by: str | None
    org: str
    digest: str | None = None
    said_on: date | None = None
    until: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as it is recorded with a decision that rests on it."""
        until = {} if self.until is None else {"until": self.until}
        said = {"id": self.name, "by": self.by, "org": self.org, "value": dict(self.value)}
        return said | until

    def fact(self, word: str | None) -> EvidenceFact | None:
        """Return it as the evidence of a case, None where it is nobody's `word`."""
        return None if word is None else EvidenceFact(self.name, word, self.value, self.digest)


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the rulebooks of one chain, the lowest first, take somebody's word on one day."""

    books: Sequence[Rulebook]
    catalogue: Catalogue
    on: date

    def word(self, said: Statement) -> str | None:
        """Return whose word it is to a rule, learner, owner or registry; None if nobody's.

        An authority is a registry for rulebooks of a region that is in its jurisdiction, or that
        its jurisdiction is in.
        """
        if said.by in {"learner", "desk"}:
            return {"learner": "learner", "desk": "registry"}[said.by]
        if said.by == "authority" and self._acts_here(said):
            return "registry"
        owners = {book.owner for book in self.books}
        return "owner" if said.by in {"institution", "authority"} and said.org in owners else None

    def _acts_here(self, said: Statement) -> bool:
        authority = self.catalogue.institution(said.org, said.said_on or self.on)
        if authority is None or authority.status != "active" or authority.jurisdiction is None:
            return False
        over, region = authority.jurisdiction, self.books[0].region
        return region_contains(over, region) or region_contains(region, over)


def believed(
    trust: Trust, said: Iterable[Statement], documents: Sequence[Mapping[str, Any]]
) -> tuple[tuple[EvidenceFact, Statement | None], ...]:
    """Return evidence by its id: of several the best confirmed, and of those the latest.

    Each with the statement that it is, None for an identity document. `said` is what is said, the
    oldest first; identity `documents` say a birth date.
    """
    asked = {one.id for book in trust.books for one in asked_for(book)}
    found: dict[str, tuple[EvidenceFact, Statement | None]] = {}
    # What no rule here asks for is nobody's business who reads the answer or the decision.
    taken = ((one.fact(trust.word(one)), one) for one in said if one.name in asked)
    born = ((one, None) for one in _birth_dates(trust.books, documents))
    for fact, statement in (*born, *taken):
        if fact is None:
            continue
        before = found.get(fact.id)
        if before is None or _rank(fact) >= _rank(before[0]):
            found[fact.id] = (fact, statement)
    return tuple(found[name] for name in sorted(found))


def _rank(fact: EvidenceFact) -> int:
    return _WORDS.index(fact.confirmed_by)


def on_record(evidence: Iterable[EvidenceOnRecord], on: date) -> list[Statement]:
    """Return the latest that each supplier said under an id, where it may be relied on today.

    Who says something else takes back what they said before: also what they end with a day.
    """
    latest = {(one.org, one.by, one.name): one for one in evidence}
    return [
        Statement(one.name, one.value, one.by, one.org, one.digest, civil_date(one.at), one.until)
        for one in sorted(latest.values(), key=attrgetter("index"))
        if one.until is None or one.until >= on.isoformat()
    ]


def _birth_dates(
    books: Sequence[Rulebook], documents: Sequence[Mapping[str, Any]]
) -> list[EvidenceFact]:
    """Return the birth date under each id by which a rule asks for one, if a document says it."""
    asked = (one for book in books for one in asked_for(book))
    ids = sorted({one.id for one in asked if one.kind == "birth_date"})
    days = [document_birth_date(one["kind"], one["number"]) for one in documents]
    born = next((day for day in days if day is not None), None)
    if born is None:
        return []
    return [EvidenceFact(name, "registry", {"date": born.isoformat()}) for name in ids]


def asked_for(book: Rulebook) -> list[Evidence]:
    """Return the evidence that a rulebook asks for, in its bounds and in its rules."""
    return [*book.bounds.evidence, *(one for rule in book.rules for one in rule.evidence)]
