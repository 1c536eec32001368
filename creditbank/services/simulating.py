"""Running a draft over the outcomes that learners really have, without touching anything.

For whoever sits at the bank's machine. What comes out are counts, and accounts where a result would
change; names and documents are not read, but for birth dates where a rule asks for age.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.civil_time import civil_date
from creditbank.domain.conversion.evaluating import Converter
from creditbank.domain.conversion.facts import Case
from creditbank.domain.conversion.results import TargetResult
from creditbank.domain.registers import Register
from creditbank.domain.registers_on import RegistersOn
from creditbank.domain.rules.drafts import published, with_drafts
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.services import converting
from creditbank.services.converting import Question, books_in_force, rulebook_of
from creditbank.services.rulebooks import frames_in
from creditbank.storage import loading, surveying
from creditbank.storage.journal import Recorder

if TYPE_CHECKING:
    from creditbank.services.operating import Operator
    from creditbank.storage.reading import Connection

_PAGE = 200
Books = tuple[Published, ...]


@dataclass(slots=True)
class TargetCount:
    """How many learners got which verdict for a target, and what the others lack most."""

    verdicts: Counter[str] = field(default_factory=Counter)
    granted: int = 0
    lacking: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Changed:
    """A learner's result for a target before and after, as verdict and hundredths granted."""

    account: str
    target: str
    before: tuple[str, int]
    after: tuple[str, int]


@dataclass(slots=True)
class Simulation:
    """What a draft would have said of the learners of a bank on a day."""

    on: date
    learners: int = 0
    targets: dict[str, TargetCount] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)


def simulate(
    operator: Operator,
    draft: Rulebook,
    *,
    on: date | None = None,
    learners_max: int,
    against: Sequence[Published] | None = None,
    others: Sequence[Register] = (),
) -> Simulation:
    """Return what `draft` says of every learner with outcomes, on the day that it begins at least.

    `against` are the books of an earlier version with which each result is compared; `others` are
    registers that are not published. Earlier decisions count as they do in a real evaluation.
    """
    recorder = Recorder(operator.keyring)
    catalogue = with_drafts(operator.database.read_sync(recorder.catalogue_of), others)
    today = civil_date(operator.database.read_sync(lambda found: loading.read_head(found).now))
    day = on or max(today, draft.valid_from)
    books = (published(draft), *(published(one) for one in frames_in(draft, catalogue)))
    made = Simulation(day)
    registers = RegistersOn(catalogue, day, or_latest=True)
    converter = Converter(books, registers)
    earlier = Converter(against, registers) if against else None
    for account, case in _cases(operator, catalogue, books, day, learners_max):
        made.learners += 1
        after = converter.evaluate(case).results
        _count(made, after)
        if earlier is not None:
            made.changed += _changes(account, earlier.evaluate(case).results, after)
    return made


def version_before(
    operator: Operator, rulebook: str, on: date | None = None
) -> tuple[Published, ...]:
    """Return the version of a rulebook in force at the bank, and its frames.

    Refuses with `RulebookUnknown` where there is none.
    """
    recorder = Recorder(operator.keyring)
    catalogue = operator.database.read_sync(recorder.catalogue_of)
    today = civil_date(operator.database.read_sync(lambda found: loading.read_head(found).now))
    return books_in_force(catalogue, rulebook, on or today)


def _cases(
    operator: Operator, catalogue: Catalogue, books: Books, on: date, learners_max: int
) -> Iterator[tuple[str, Case]]:
    """Yield each learner's account and case, a page of them in one state of the database."""
    wanted = converting.wanted_by(books)
    after, left = "", learners_max
    while left > 0:

        def read(
            connection: Connection, after: str = after, size: int = min(left, _PAGE)
        ) -> list[tuple[str, Case]]:
            now = loading.read_head(connection).now
            found = []
            for account in surveying.accounts_with_outcomes(connection, after, size):
                known = converting.read_known(connection, operator.keyring, account, now, wanted)
                question = Question(account, rulebook_of(books[0]).id)
                case = converting.prepare(question, known, books, catalogue).case
                found.append((account, replace(case, on=on)))
            return found

        page = operator.database.read_sync(read)
        yield from page
        if len(page) < _PAGE:
            return
        after, left = page[-1][0], left - len(page)


def _count(made: Simulation, results: Sequence[TargetResult]) -> None:
    for result in results:
        count = made.targets.setdefault(_name(result), TargetCount())
        count.verdicts[result.verdict.value] += 1
        count.granted += result.granted or 0
        for lack in result.trace.get("lacking", ()):
            count.lacking[str(lack["id"])] += 1


def _name(result: TargetResult) -> str:
    return f"{result.rule} {result.target}"


def _said(results: Sequence[TargetResult]) -> Mapping[str, tuple[str, int]]:
    return {one.target: (one.verdict.value, one.granted or 0) for one in _best_first(results)}


def _best_first(results: Sequence[TargetResult]) -> list[TargetResult]:
    """Return results so that of one target the met one comes last, and so is kept."""
    return sorted(results, key=lambda one: (one.verdict.value == "met", one.granted or 0))


def _changes(
    account: str, before: Sequence[TargetResult], after: Sequence[TargetResult]
) -> Iterator[Changed]:
    old, new = _said(before), _said(after)
    nothing = ("none", 0)
    for target in sorted({*old, *new}):
        pair = old.get(target, nothing), new.get(target, nothing)
        if pair[0] != pair[1]:
            yield Changed(account, target, *pair)
