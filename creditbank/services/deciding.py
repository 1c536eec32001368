"""Carrying a decision on: the rulebook's steps in their order, and the ways in which it ends.

Each is an entry, and looked at under the lock. The last step consumes what was reserved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import Principal, Scope
from creditbank.domain.civil_time import civil_date
from creditbank.domain.decisions import Decision, Status, first_day_after
from creditbank.errors.access import Forbidden
from creditbank.errors.decisions import (
    ConversionEnded,
    ConversionFlagged,
    ConversionIrrevocable,
    ConversionUnknown,
    NothingToReview,
    NoticeRunning,
    StepNotNext,
    StepNotYours,
)
from creditbank.errors.storage import Erased
from creditbank.services.actors import Poster, check_active, check_token
from creditbank.services.applying import check_unrestricted, conversion_source, procedure_of
from creditbank.services.extracts import extract_for
from creditbank.services.parties import check_party, require_party_to, version_of
from creditbank.storage import decision_reading
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.sealing import Draft, StoredEntry

if TYPE_CHECKING:
    from creditbank.domain.rules.rulebook import ProcedureStep

PASSED: Final = "passed"
REJECTED: Final = "rejected"


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer to what changed a decision."""

    conversion: str
    status: str
    recorded: Recorded
    replayed: bool = False


class _Change:
    """What changes one decision. `principal` is who wants it, `poster` what stands in the entry."""

    items = 1
    alone = True
    kind = ""

    def __init__(self, conversion: str, principal: Principal, poster: Poster) -> None:
        self.conversion, self.principal, self.poster = conversion, principal, poster

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(tokens={self.poster.token})

    def source(self, book: Book, what: str) -> bytes:
        """Return the keyed source id of this change: no decision changes twice in the same way."""
        return book.keyring.source(f"bank:{self.kind}", f"{self.conversion}/{what}")

    def find(self, book: Book) -> Decision:
        """Return the decision; raise `Erased` if its learner was, else `ConversionUnknown`."""
        decision = book.decisions.get(self.conversion)
        if decision is not None:
            return decision
        if book.entry_by_source(conversion_source(book.keyring, self.conversion)) is not None:
            raise Erased
        raise ConversionUnknown(conversion=self.conversion)

    def record(
        self,
        book: Book,
        decision: Decision,
        source: bytes,
        act: dict[str, Any],
        person: dict[str, Any],
    ) -> Decided:
        """Record the change and return how the decision stands now."""
        recorded = book.record(
            Draft(
                kind=f"{self.kind}/1",
                org=self.poster.org,
                source=source,
                act={"conversion": self.conversion} | act,
                account=decision.account,
                person={"account": decision.account} | person,
                actor=self.poster.actor,
            )
        )
        after = self.find(book)
        return Decided(self.conversion, after.status.value, recorded)

    def replay(self, book: Book, row: StoredEntry) -> Decided:
        """Return the answer of the entry that says the same already."""
        status = self.find(book).status_at(book.now).value
        recorded = Recorded(row.index, row.at, row.leaf_hash)
        return Decided(self.conversion, status, recorded, replayed=True)


class TakeStep(_Change):
    """A step of the procedure: passed, or rejected, which ends the decision."""

    kind = "conversion_step"

    def __init__(  # noqa: PLR0917  # who, of what, and what they say
        self,
        conversion: str,
        principal: Principal,
        poster: Poster,
        step: str,
        result: str,
        opinion: str | None = None,
    ) -> None:
        super().__init__(conversion, principal, poster)
        self.step, self.result, self.opinion = step, result, opinion

    def decide(self, book: Book) -> Decided:
        """Record the step.

        Refuses with `ConversionUnknown`, `ConversionEnded`, `StepNotNext`, `StepNotYours`,
        `NoticeRunning`, `ConversionFlagged` and `AccountRestricted`.
        """
        check_token(book, self.poster.token)
        decision = self.find(book)
        require_party_to(book.catalogue, book.now, self.principal, decision)
        procedure = procedure_of(version_of(book.catalogue, decision)).steps
        source = self.source(book, self.step)
        existing = book.entry_by_source(source)
        if existing is not None and existing.act["result"] == self.result:
            taken = next(one for one in procedure if one.id == self.step)
            check_party(book, self.principal, decision, taken)
            return self.replay(book, existing)
        check_open(decision, book.now)
        step = procedure[decision.steps]
        if step.id != self.step:
            raise StepNotNext(where="/step", next=step.id)
        check_party(book, self.principal, decision, step)
        if self.result == PASSED:
            check_unrestricted(book, decision.account)
            _check_notice(decision, step, book.now)
            check_unflagged(book, self.principal, decision)
        last = decision.steps + 1 == len(procedure)
        status = Status.REGISTERED if last else Status.PENDING
        if self.result == REJECTED:
            status = Status.REJECTED
        act = {
            "step": step.id,
            "number": decision.steps + 1,
            "by": step.by,
            "result": self.result,
            "status": status.value,
        }
        person = {} if self.opinion is None else {"opinion": self.opinion}
        return self.record(book, decision, source, act, person)


class EndDecision(_Change):
    """A withdrawal before it is registered, or a return by the owner after."""

    kind = "conversion_end"

    def __init__(
        self, conversion: str, principal: Principal, poster: Poster, reason: str | None = None
    ) -> None:
        super().__init__(conversion, principal, poster)
        self.reason = reason

    def decide(self, book: Book) -> Decided:
        """Record the end.

        Refuses with `ConversionUnknown`, `ConversionEnded`, `ConversionIrrevocable`, `Forbidden`,
        and with `InstitutionUnknown` for an owner that is not active.
        """
        check_token(book, self.poster.token)
        decision = self.find(book)
        require_party_to(book.catalogue, book.now, self.principal, decision)
        status = decision.status_at(book.now)
        owns = self.principal.may(Scope.DECIDE) and self.principal.org == decision.owner
        end = Status.RETURNED if owns else Status.WITHDRAWN
        if not owns and not self._speaks_for_learner(decision):
            raise Forbidden(scope=f"{Scope.OWN} / {Scope.SERVE_LEARNER}")
        source = self.source(book, end.value)
        existing = book.entry_by_source(source)
        if existing is not None:
            return self.replay(book, existing)
        if owns:
            check_active(book, decision.owner)
            if status is not Status.REGISTERED:
                raise ConversionEnded(status=status.value)
            if procedure_of(version_of(book.catalogue, decision)).irrevocable:
                raise ConversionIrrevocable
        elif status is not Status.PENDING:
            raise ConversionEnded(status=status.value)
        person = {} if self.reason is None else {"reason": self.reason}
        return self.record(book, decision, source, {"end": end.value}, person)

    def _speaks_for_learner(self, decision: Decision) -> bool:
        own = self.principal.account == decision.account and self.principal.may(Scope.OWN)
        return own or self.principal.may(Scope.SERVE_LEARNER)


class ReviewDecision(_Change):
    """The owner looks again after an outcome had ended, and lets the decision stand."""

    kind = "conversion_review"

    def __init__(self, conversion: str, principal: Principal, poster: Poster, reason: str) -> None:
        super().__init__(conversion, principal, poster)
        self.reason = reason

    def decide(self, book: Book) -> Decided:
        """Record that it stands.

        Refuses with `ConversionUnknown`, `ConversionEnded`, `StepNotYours`, `NothingToReview`, and
        with `InstitutionUnknown` for an owner that is not active.
        """
        check_token(book, self.poster.token)
        decision = self.find(book)
        require_party_to(book.catalogue, book.now, self.principal, decision)
        if self.principal.org != decision.owner or not self.principal.may(Scope.DECIDE):
            raise StepNotYours(step="review", by="owner")
        check_active(book, decision.owner)
        status = decision.status_at(book.now)
        if status is not Status.REGISTERED:
            raise ConversionEnded(status=status.value)
        ended = decision_reading.ended_outcomes(book.connection, decision)
        if not ended:
            return self._reviewed(book, decision)
        latest = max(index for _, index in ended)
        source = self.source(book, str(latest))
        person = {"causes": [outcome for outcome, _ in ended], "reason": self.reason}
        return self.record(book, decision, source, {}, person)

    def _reviewed(self, book: Book, decision: Decision) -> Decided:
        """Return the answer of the review that looked at all that ended, if there was one."""
        before = replace(decision, review_index=None)
        ended = decision_reading.ended_outcomes(book.connection, before)
        latest = max((index for _, index in ended), default=None)
        existing = book.entry_by_source(self.source(book, str(latest)))
        if existing is None:
            raise NothingToReview
        return self.replay(book, existing)


# --- when


def check_open(decision: Decision, now: int) -> None:
    """Refuse with `ConversionEnded` unless a decision is still on its way."""
    status = decision.status_at(now)
    if status is not Status.PENDING:
        raise ConversionEnded(status=status.value)


def check_unflagged(book: Book, principal: Principal, decision: Decision) -> None:
    """Refuse with `ConversionFlagged` where an outcome that a decision rests on has ended.

    And where evidence was changed. An evaluator is told which outcome, if it is one of its own.
    """
    ended = [one for one, _ in decision_reading.ended_outcomes(book.connection, decision)]
    changed = sorted({one["id"] for one in decision.evidence if "changed" in one})
    if ended or changed:
        extract = extract_for(book.connection, book.catalogue, book.now, principal, decision)
        raise ConversionFlagged(
            outcomes=[one for one in ended if extract is None or one in extract.own],
            evidence=changed if extract is None else [],
        )


def _check_notice(decision: Decision, step: ProcedureStep, now: int) -> None:
    first = first_day_after(decision.last_at, step.public_days)
    if civil_date(now) < first:
        raise NoticeRunning(step=step.id, first_day=first.isoformat(), days=step.public_days)
