"""Applying for a decision: what it needs is reserved, or nothing happens.

Evaluated outside the lock; under it, everything that the answer rests on is read again and has to
be the same. So two colleges that want the same outcome are told apart by the lock, and nobody waits
for a solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import Principal, Scope
from creditbank.domain.catalogue import Published
from creditbank.domain.civil_time import civil_date, day_end
from creditbank.domain.conversion.case_form import CASE_SCHEMA, case_document
from creditbank.domain.conversion.gathering import vouched_for_by
from creditbank.domain.conversion.results import TargetResult, Verdict
from creditbank.domain.conversion.taking import target_document, use_document, uses_of
from creditbank.domain.decisions import Decision, Status, Use, overdrawn
from creditbank.domain.lineage import standing_for
from creditbank.errors import CreditBankError
from creditbank.errors.decisions import (
    ConsentMissing,
    ConversionMoved,
    ConversionNotMet,
    RulebookNotYours,
)
from creditbank.errors.recording import AccountRestricted, SourceIdReused
from creditbank.services import converting
from creditbank.services.actors import Poster, check_active, check_token
from creditbank.services.converting import Answered, Question, rulebook_of
from creditbank.services.enquiring import check_may_read
from creditbank.services.expiring import expire
from creditbank.services.identifying import new_id
from creditbank.services.permitting import Ground, ground_for, require
from creditbank.services.sentences import spoken
from creditbank.storage import loading, reading
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Draft, StoredEntry

if TYPE_CHECKING:
    from creditbank.domain.rules.rulebook import Procedure
    from creditbank.services.banking import Bank

TRIES: Final = 5
"""How often something is evaluated again because the record changed meanwhile."""

_ID_DIGITS: Final = 32

GROUNDS: Final = (Ground.OWN, Ground.DESK, Ground.GRANT)


class Moved(CreditBankError):
    """What an answer rests on is not as it was when it was evaluated."""


@dataclass(frozen=True, slots=True)
class Consent:
    """How the learner agreed: by their own token, or on paper with this digest, after a notice."""

    notice: str
    digest: str | None = None

    def document(self) -> dict[str, str]:
        """Return it as it is recorded."""
        if self.digest is None:
            return {"form": "own_token", "notice": self.notice}
        return {"form": "paper", "notice": self.notice, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Applied:
    """The answer to an application."""

    conversion: str
    recorded: Recorded
    status: str
    expires_at: int
    replayed: bool = False


class Apply:
    """An application, evaluated already; `source_id` makes it repeatable."""

    items = 1
    alone = True

    def __init__(
        self,
        answered: Answered,
        principal: Principal,
        poster: Poster,
        consent: Consent,
        conversion: str,
    ) -> None:
        self.answered, self.principal, self.poster = answered, principal, poster
        self.consent, self.conversion = consent, conversion
        self.question = answered.prepared.question
        self.ground = ground_for(principal, self.question.account, GROUNDS)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(
            accounts={self.question.account},
            tokens={self.poster.token},
        )

    def decide(self, book: Book) -> Applied:
        """Record the decision and reserve what it needs.

        Refuses as `check_may_read`, with `AccountRestricted`, `ConversionNotMet`,
        `RulebookUnknown`, `InstitutionUnknown` for a college that is not active, and with
        `SourceIdReused` where the source id stands for something else.
        """
        check_token(book, self.poster.token)
        source = conversion_source(book.keyring, self.conversion)
        existing = book.entry_by_source(source)
        if existing is not None:
            return replay(book, existing, self.question)
        account = self.question.account
        check_may_read(book, self.principal, account, self.ground)
        if self.ground is Ground.GRANT:
            check_active(book, self.poster.org)
        check_unrestricted(book, account)
        expire(book, book.decisions.of(account))
        prepared = converting.read_prepared(
            book.connection, book.keyring, book.catalogue, self.question, book.now
        )
        if not prepared.has_answer_of(self.answered.prepared):
            raise Moved
        results = granted_results(self.answered)
        return self._record(book, source, results)

    def _record(self, book: Book, source: bytes, results: Sequence[TargetResult]) -> Applied:
        books = self.answered.prepared.books
        rulebook = rulebook_of(books[0])
        uses = uses_of(results, {rule.id: rule for rule in rulebook.rules})
        procedure = procedure_of(books[0])
        taken = 1 if procedure.steps[0].by == "learner" else 0
        registered = taken == len(procedure.steps)
        on = self.answered.prepared.case.on
        act: dict[str, Any] = {
            "conversion": self.conversion,
            "decides": rulebook.kind,
            "owner": rulebook.owner,
            "rulebooks": converting.references(books),
            "engine": self.answered.evaluation.engine,
            "steps": len(procedure.steps),
            "taken": taken,
            "status": (Status.REGISTERED if registered else Status.PENDING).value,
            "expires_at": day_end(on + timedelta(days=procedure.reserved_days)),
        }
        recorded = book.record(
            Draft(
                kind="conversion/1",
                org=self.poster.org,
                source=source,
                act=act,
                account=self.question.account,
                person=self._person(book, results, uses),
                actor=self.poster.actor,
            )
        )
        _require_sound(book, self.conversion)
        return Applied(self.conversion, recorded, act["status"], act["expires_at"])

    def _person(
        self, book: Book, results: Sequence[TargetResult], uses: Sequence[Use]
    ) -> dict[str, Any]:
        prepared = self.answered.prepared
        return {
            "account": self.question.account,
            "on": prepared.case.on.isoformat(),
            "consent": self.consent.document(),
            "requested": requested_documents(self.question),
            "evaluators": _evaluators(book, prepared.case.outcomes, uses),
            "targets": [target_document(one) for one in results],
            "uses": [use_document(one) for one in uses],
            "evidence": _evidence_documents(prepared, results),
            "schema": CASE_SCHEMA,
            "case": case_document(prepared.case),
            "evaluation": self.answered.evaluation.document(),
        }


class ApplyAgain:
    """An application that stands already. Its rulebook may have left force, the grant ended."""

    items = 1

    def __init__(self, question: Question, poster: Poster, conversion: str) -> None:
        self.question, self.poster, self.conversion = question, poster, conversion

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(tokens={self.poster.token})

    def decide(self, book: Book) -> Applied:
        """Return the first answer; refuses with `Erased`, and as `replay`."""
        check_token(book, self.poster.token)
        existing = book.entry_by_source(conversion_source(book.keyring, self.conversion))
        assert existing is not None  # noqa: S101  # it was there, and no entry ever goes
        return replay(book, existing, self.question)


def replay(book: Book, row: StoredEntry, question: Question) -> Applied:
    """Return the answer of the application that stands under a source id.

    Refuses with `SourceIdReused` where it is another application than `question`.
    """
    person = book.learner_values(row)["person"]
    act = row.act
    said = {
        "/account": person["account"],
        "/rulebook": act["rulebooks"][0]["id"],
        "/targets": person["requested"],
    }
    asked = {
        "/account": question.account,
        "/rulebook": question.rulebook,
        "/targets": requested_documents(question),
    }
    differs = tuple(where for where, value in said.items() if value != asked[where])
    if differs:
        raise SourceIdReused(where="/source_id", index=row.index, differs=differs)
    recorded = Recorded(row.index, row.at, row.leaf_hash)
    return Applied(act["conversion"], recorded, act["status"], act["expires_at"], replayed=True)


def conversion_source(keyring: Keyring, conversion: str) -> bytes:
    """Return the keyed source id of a decision's first entry, which is there after an erasure."""
    return keyring.source("bank:conversion", conversion)


def granted_results(answered: Answered) -> list[TargetResult]:
    """Return the results that an application is for: all that was asked for, or all that is met.

    Refuses with `ConversionNotMet` where one that was asked for is not met, or none is.
    """
    evaluation = answered.evaluation
    met = [one for one in evaluation.results if one.verdict is Verdict.MET]
    asked = answered.prepared.question.requested
    if not met or (asked and len(met) < len(evaluation.results)):
        results = spoken(evaluation.document()["results"])
        raise ConversionNotMet(where="/targets", results=results)
    return met


def requested_documents(question: Question) -> list[dict[str, str]]:
    """Return the targets asked for as they are recorded."""
    return [
        {"rule": one.rule} | ({} if one.course is None else {"course": one.course})
        for one in question.requested
    ]


def procedure_of(published: Published) -> Procedure:
    """Return the procedure of a rulebook; one with rules has one."""
    procedure = rulebook_of(published).procedure
    assert procedure is not None  # noqa: S101  # a rulebook without one is refused
    return procedure


def check_unrestricted(book: Book, account: str) -> None:
    """Refuse with `AccountRestricted` while an account is stored and not used (PIPL 47)."""
    state = book.account(account)
    until = state.restricted_until if state else None
    if until and until >= civil_date(book.now).isoformat():
        raise AccountRestricted(until=until)


def _evaluators(book: Book, outcomes: Sequence[Any], uses: Sequence[Use]) -> list[str]:
    """Return who posted or issued what is relied on, sorted."""
    used = {use.outcome for use in uses}
    found: set[str] = set()
    for fact in outcomes:
        if fact.id in used:
            outcome = book.outcome(fact.id)
            found |= vouched_for_by(outcome) if outcome else set()
    return sorted(found)


def _evidence_documents(
    prepared: converting.Prepared, results: Sequence[TargetResult]
) -> list[dict[str, Any]]:
    """Return what was said that the granted rules ask for, or the bounds of the books."""
    books = [rulebook_of(one) for one in prepared.books]
    granted = {one.rule for one in results}
    asked = [one.id for book in books for one in book.bounds.evidence]
    asked += [one.id for rule in books[0].rules if rule.id in granted for one in rule.evidence]
    return [one.document() for one in prepared.said if one.name in asked]


def _require_sound(book: Book, conversion: str) -> None:
    """The last guard: whatever the solver said, nothing is taken twice."""
    decision: Decision | None = book.decisions.get(conversion)
    if decision is None:
        raise AssertionError("a decision was recorded and is not there")
    taken = {(use.outcome, use.scope) for use in decision.uses if use.amount}
    standing = standing_for(reading.outcomes_of(book.connection, decision.account))
    if taken & set(overdrawn(book.decisions.of(decision.account), book.now, standing)):
        raise AssertionError("a decision takes what another one has taken")


async def apply(  # one argument per thing that is said with an application
    bank: Bank,
    principal: Principal,
    poster: Poster,
    question: Question,
    *,
    consent: Consent | None,
    source_id: str | None = None,
) -> Applied:
    """Return what was applied for, after what it needs was reserved and committed.

    Refuses as `Apply.decide`, with `ConsentMissing`, `RulebookNotYours`, with `Forbidden` where an
    institution's token is one only to read, and with `ConversionMoved` where the record does not
    hold still.
    """
    ground = ground_for(principal, question.account, GROUNDS)
    if ground is Ground.GRANT:
        require(principal, Scope.DECIDE)
    consent = _consent(bank, ground, consent)
    org = question.account if ground is Ground.OWN else poster.org
    said = bank.keyring.source("bank:conversion_id", f"{org}/{source_id or new_id()}")
    conversion = said.hex()[:_ID_DIGITS]
    if source_id is not None and await _stands(bank, conversion):
        again: Applied = await bank.journal.submit(ApplyAgain(question, poster, conversion))
        return again
    for _ in range(TRIES):
        prepared = await converting.ask(bank, principal, question, "application")
        owner = rulebook_of(prepared.books[0]).owner
        if ground is Ground.GRANT and poster.org != owner:
            raise RulebookNotYours(where="/rulebook", owner=owner)
        answered = await converting.answer(prepared)
        work = Apply(answered, principal, poster, consent, conversion)
        try:
            applied: Applied = await bank.journal.submit(work)
        except Moved:
            continue
        return applied
    raise ConversionMoved


async def _stands(bank: Bank, conversion: str) -> bool:
    """Return whether an application was recorded under this id."""
    source = conversion_source(bank.keyring, conversion)
    found = await bank.database.read(
        lambda connection: loading.entries_by_source(connection, {source})
    )
    return found[source] is not None


def _consent(bank: Bank, ground: Ground, given: Consent | None) -> Consent:
    if ground is Ground.OWN:
        return Consent(bank.notice.version)
    if given is None or given.digest is None:
        raise ConsentMissing(where="/consent")
    return given
