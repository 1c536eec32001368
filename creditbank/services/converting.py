"""Applying rules to what the ledger knows of a learner: evaluating, without any effect.

The facts come from the views, the rules from the registers in force on the civil day. Solving takes
place outside every lock and off the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.binding_frames import passed_by
from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.civil_time import civil_date
from creditbank.domain.conversion import evaluating
from creditbank.domain.conversion.case_form import evidence_document
from creditbank.domain.conversion.checking import check
from creditbank.domain.conversion.facts import Case, EvidenceFact, Request
from creditbank.domain.conversion.gathering import gather, scored_by
from creditbank.domain.conversion.results import Evaluation
from creditbank.domain.decisions import Decision, prior_grants, prior_uses
from creditbank.domain.lineage import standing_for
from creditbank.domain.outcomes import Outcome
from creditbank.domain.particulars import scores_of
from creditbank.domain.registers_on import RegistersOn
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.decisions import RulebookUnknown
from creditbank.services.enquiring import Enquiry
from creditbank.services.sentences import spoken
from creditbank.services.vouching import Statement, Trust, asked_for, believed, on_record
from creditbank.storage import decision_reading, loading, reading
from creditbank.storage.sealing import learner_parts

if TYPE_CHECKING:
    from creditbank.domain.access import Principal
    from creditbank.services.banking import Bank
    from creditbank.storage.keyring import Keyring
    from creditbank.storage.reading import Connection

_FRAMES_MAX: Final = 8
_SCORED: Final = frozenset({"score", "original", "average"})
"""What a rulebook says that selects by score, or records a grade that was reached."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one learner: a rulebook, targets in order of preference, evidence."""

    account: str
    rulebook: str
    requested: tuple[Request, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a learner at one moment (unix seconds)."""

    now: int
    outcomes: Sequence[Outcome]
    hashes: Mapping[int, str]
    decisions: Sequence[Decision]
    evidence: Sequence[decision_reading.EvidenceOnRecord]
    documents: Sequence[Mapping[str, Any]]
    """Identity documents, of which a birth date may be asked."""

    scores: Mapping[int, Sequence[Mapping[str, str]]]
    """Scores by the index of the entry that recorded them, where a rule asks for one."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question with everything that answers it."""

    question: Question
    case: Case
    books: tuple[Published, ...]
    catalogue: Catalogue = field(compare=False, repr=False)
    said: tuple[Statement, ...] = ()
    """The statements that the evidence of the case is."""

    def has_answer_of(self, other: Prepared) -> bool:
        """Return whether the other one, evaluated, has the same answer: nothing differs.

        Nor was any register published in between: rules ask programmes, scales and institutions
        too, and the decision has to be derived again from those before its own entry.
        """
        return (self.question, self.case, self.said, self._rules()) == (
            other.question,
            other.case,
            other.said,
            other._rules(),
        )

    def _rules(self) -> tuple[int, list[bytes]]:
        return self.catalogue.size, [one.digest for one in self.books]


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, what it was asked of, and the answer."""

    prepared: Prepared
    evaluation: Evaluation


def books_in_force(catalogue: Catalogue, rulebook: str, on: date) -> tuple[Published, ...]:
    """Return the version of a rulebook in force on a day, then those of its frames upwards.

    Frames that bind its region come last, each with those above it, if it was published before
    them and so does not name them. Refuses with `RulebookUnknown` where one of them is missing.
    """
    books = _upwards(catalogue, rulebook, on)
    own = rulebook_of(books[0])
    for frame in passed_by(catalogue, own, (one.register.id for one in books[1:]), on):
        known = {one.register.id for one in books}
        above = _upwards(catalogue, frame.register.id, on)
        books += [one for one in above if one.register.id not in known]
    return tuple(books)


def _upwards(catalogue: Catalogue, rulebook: str, on: date) -> list[Published]:
    books: list[Published] = []
    wanted: str | None = rulebook
    while wanted is not None:
        found = catalogue.in_force("rulebook", wanted, on)
        known = {item.register.id for item in books}
        if found is None or wanted in known or len(books) > _FRAMES_MAX:
            raise RulebookUnknown(where="/rulebook", rulebook=wanted, on=on.isoformat())
        books.append(found)
        wanted = rulebook_of(found).under
    return books


def rulebook_of(published: Published) -> Rulebook:
    """Return the rulebook that a published version is."""
    assert isinstance(published.register, Rulebook)  # noqa: S101  # asked for by its kind
    return published.register


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rules ask that is not read unless they do: it stands sealed in vault and entries."""

    birth_date: bool
    scores: bool


_SAID: dict[bytes, frozenset[str]] = {}
"""What rulebooks name, by their digests: a version says the same for ever."""


def members_of(published: Published) -> frozenset[str]:
    """Return the names of all members that a rulebook uses, and how grades are recorded."""
    known = _SAID.get(published.digest)
    if known is None:
        known = _SAID[published.digest] = frozenset(_named(published.register.document()))
    return known


def _named(document: dict[str, Any]) -> Iterator[str]:
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        if isinstance(value, dict):
            yield from value
            if isinstance(value.get("record"), str):
                yield value["record"]
            stack += value.values()


def wanted_by(books: Sequence[Published]) -> Wanted:
    """Return what rulebooks ask for."""
    asked = (one for book in books for one in asked_for(rulebook_of(book)))
    return Wanted(
        birth_date=any(one.kind == "birth_date" for one in asked),
        scores=any(members_of(book) & _SCORED for book in books),
    )


def read_known(
    connection: Connection, keyring: Keyring, account: str, now: int, wanted: Wanted
) -> Known:
    """Return what the views know of a learner, and what else is wanted."""
    outcomes = reading.outcomes_of(connection, account)
    indexes = {index for one in outcomes if one.is_credited for index in scored_by(one)}
    return Known(
        now=now,
        outcomes=outcomes,
        hashes=decision_reading.crediting_hashes(connection, outcomes),
        decisions=decision_reading.decisions_of(connection, account),
        evidence=decision_reading.evidence_of(connection, account),
        documents=reading.identities_of(connection, keyring, account) if wanted.birth_date else (),
        scores=_read_scores(connection, keyring, account, indexes) if wanted.scores else {},
    )


def _read_scores(
    connection: Connection, keyring: Keyring, account: str, indexes: set[int]
) -> dict[int, list[dict[str, str]]]:
    """Return the scores that entries of one learner recorded, by their indexes."""
    state = loading.accounts(connection, keyring, {account})[account]
    if state is None:
        return {}
    rows = loading.entries_at(connection, indexes)
    submissions = ((row.index, learner_parts(row, state.key)["person"].value) for row in rows)
    return {index: scores_of(person["submission"]) for index, person in submissions}


def read_prepared(
    connection: Connection, keyring: Keyring, catalogue: Catalogue, question: Question, now: int
) -> Prepared:
    """Return the case of a question as of `now` (unix seconds); raises `RulebookUnknown`."""
    books = books_in_force(catalogue, question.rulebook, civil_date(now))
    known = read_known(connection, keyring, question.account, now, wanted_by(books))
    return prepare(question, known, books, catalogue)


def prepare(
    question: Question, known: Known, books: tuple[Published, ...], catalogue: Catalogue
) -> Prepared:
    """Return the case of a question, on the civil day of `known`."""
    on = civil_date(known.now)
    standing = standing_for(known.outcomes)
    evidence = _evidence(question, known, books, catalogue)
    case = Case(
        on=on,
        outcomes=gather(known.outcomes, known.hashes, known.scores, catalogue),
        evidence=tuple(fact for fact, _ in evidence),
        prior_uses=prior_uses(known.decisions, known.now, standing, under=question.rulebook),
        prior_grants=prior_grants(known.decisions, known.now, standing),
    )
    said = tuple(statement for _, statement in evidence if statement is not None)
    return Prepared(question, case, books, catalogue, said)


def _evidence(
    question: Question, known: Known, books: Sequence[Published], catalogue: Catalogue
) -> tuple[tuple[EvidenceFact, Statement | None], ...]:
    on = civil_date(known.now)
    trust = Trust([rulebook_of(book) for book in books], catalogue, on)
    said = (*on_record(known.evidence, on), *question.statements)
    return believed(trust, said, known.documents)


def answer_document(answered: Answered) -> dict[str, Any]:
    """Return an evaluation as JSON values, with the versions that it rests on."""
    prepared, evaluation = answered.prepared, answered.evaluation.document()
    return {
        "account": prepared.question.account,
        "on": prepared.case.on.isoformat(),
        "rulebooks": references(prepared.books),
        "evidence": [evidence_document(one) for one in prepared.case.evidence],
        **evaluation,
        "results": spoken(evaluation["results"]),
    }


def references(books: Sequence[Published]) -> list[dict[str, str]]:
    """Return id, version and digest of each rulebook."""
    return [
        {"id": one.register.id, "version": one.register.version, "digest": one.digest.hex()}
        for one in books
    ]


async def ask(
    bank: Bank, principal: Principal, question: Question, action: str = "evaluation"
) -> Prepared:
    """Return the case of a question after the reading was noted; raises as `Enquiry.read`."""
    enquiry = Enquiry(bank, principal, question.account, action)

    def read(connection: Connection) -> Prepared:
        catalogue = bank.recorder.catalogue_of(connection)
        now = loading.read_head(connection).now
        return read_prepared(connection, bank.keyring, catalogue, question, now)

    return await enquiry.read(read)


async def evaluate(bank: Bank, principal: Principal, question: Question) -> Answered:
    """Return what the rules say of a learner today; raises as `ask`, and as evaluation does."""
    return await answer(await ask(bank, principal, question))


async def answer(prepared: Prepared) -> Answered:
    """Return the answer to a prepared question, worked out beside the event loop."""
    evaluation = await asyncio.to_thread(solve, prepared)
    return Answered(prepared, evaluation)


def solve(prepared: Prepared) -> Evaluation:
    """Return what the rules say of a case."""
    registers = RegistersOn(prepared.catalogue, prepared.case.on)
    books = prepared.books
    return evaluating.evaluate(prepared.case, books, registers, prepared.question.requested)


def violations_of(prepared: Prepared, evaluation: Evaluation) -> list[str]:
    """Return what an evaluation claims against rules and facts, found without a solver."""
    registers = RegistersOn(prepared.catalogue, prepared.case.on)
    found = check(prepared.case, prepared.books, registers, evaluation)
    return [f"{one.target}: {one.code} {one.where}".rstrip() for one in found]
