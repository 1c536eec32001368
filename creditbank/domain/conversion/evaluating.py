"""Evaluation: a rulebook and its frames, applied to what one learner has.

Nothing is looked up, written or guessed here. The same case gives the same answer, in whatever
order its facts come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

from creditbank.domain.catalogue import Published
from creditbank.domain.conversion.allotting import allot
from creditbank.domain.conversion.books import Book, Chain, rule_in_force
from creditbank.domain.conversion.budget import Budget
from creditbank.domain.conversion.evidence import Supplied
from creditbank.domain.conversion.facts import Case, Request
from creditbank.domain.conversion.framing import Framer
from creditbank.domain.conversion.holdings import Holdings
from creditbank.domain.conversion.limiting import Limiter
from creditbank.domain.conversion.problem import (
    Allotment,
    Given,
    Goal,
    Problem,
    Truth,
    nodes_of,
)
from creditbank.domain.conversion.reporting import Report, Requirement
from creditbank.domain.conversion.results import Evaluation, TargetResult, Verdict
from creditbank.domain.conversion.sizing import Sizes
from creditbank.domain.conversion.targets import Aim, aims_of, asked_for
from creditbank.domain.registers import Registers
from creditbank.domain.rules.rulebook import Rulebook

ENGINE: Final = "conversion-engine/1"
"""Recorded with a decision; changes whenever the same case could get another answer."""

EFFORT: Final = 3_000
"""Effort that one evaluation may take, in thousandths of the solver's deterministic unit."""

Books = Sequence[Rulebook | Published]


def evaluate(
    case: Case,
    books: Books,
    registers: Registers,
    requested: Sequence[Request] = (),
    *,
    effort: int = EFFORT,
) -> Evaluation:
    """Return what the targets asked for get, in that order; all of the rulebook's, if none is.

    `books` is the rulebook, then its frames from the nearest upwards, in the versions in force on
    the day of the decision; `registers` are those in force then. Raises TargetUnknown,
    ConversionTooLarge, FactsInvalid for an outcome given twice, and RuleNotEvaluable.
    """
    return Converter(books, registers).evaluate(case, requested, effort=effort)


def evaluate_many(
    cases: Iterable[Case],
    books: Books,
    registers: Registers,
    requested: Sequence[Request] = (),
    *,
    effort: int = EFFORT,
) -> Iterator[Evaluation]:
    """Yield the evaluation of each case, in their order. Raises as `evaluate`."""
    converter = Converter(books, registers)
    for case in cases:
        yield converter.evaluate(case, requested, effort=effort)


class Converter:
    """A rulebook with its frames, ready to be applied to many cases."""

    def __init__(self, books: Books, registers: Registers) -> None:
        self.chain = Chain.of(books)
        self.registers = registers

    @cached_property
    def sizes(self) -> Sizes:
        """How large the rulebooks are."""
        return Sizes([book.rulebook for book in self.chain.books])

    @cached_property
    def aims(self) -> list[Aim]:
        """The concrete targets of all rules, in their order."""
        rules = self.chain.own.rulebook.rules
        return [aim for rule in rules for aim in aims_of(rule, self.chain, self.registers)]

    def evaluate(
        self, case: Case, requested: Sequence[Request] = (), *, effort: int = EFFORT
    ) -> Evaluation:
        """Return what the targets asked for get; see `evaluate`."""
        aims = asked_for(self.aims, requested, self.chain.own.id)
        self.sizes.check(aims, case)
        run = Run(self, case, aims, Budget(effort), preferred=bool(requested))
        return Evaluation(run.results(), ENGINE, run.budget.spent)


@dataclass
class Run:
    """One evaluation in progress."""

    converter: Converter
    case: Case
    aims: Sequence[Aim]
    budget: Budget
    preferred: bool
    try_quick: bool = True

    @cached_property
    def holdings(self) -> Holdings:
        """The outcomes of the case."""
        return Holdings(self.case, self.converter.chain, self.converter.registers)

    @cached_property
    def strict(self) -> Framer:
        """Frames goals with what was said and nothing else."""
        return Framer(self.holdings, self.supplied)

    @cached_property
    def generous(self) -> Framer:
        """Frames goals as if all that is still to be said had been said."""
        return replace(self.strict, generous=True) if self.has_open else self.strict

    @property
    def supplied(self) -> Supplied:
        """The evidence of the case."""
        return Supplied(self.case.evidence, self.case.on)

    @cached_property
    def live(self) -> list[Aim]:
        """The targets that are decided by their conditions."""
        gone = self.converter.chain.not_in_force(self.case.on)
        granted = {grant.target for grant in self.case.prior_grants}
        return [aim for aim in self.aims if not gone and _is_live(aim, self.case.on, granted)]

    @cached_property
    def strict_problem(self) -> Problem:
        """The problem with what was said and nothing else."""
        return self._problem(self.strict)

    @cached_property
    def has_open(self) -> bool:
        """Whether something that somebody could still supply might change the answer."""
        goals = [*self.strict_problem.goals, *(one.goal for one in self._required(self.strict))]
        nodes = [node for goal in goals for node in nodes_of(goal.root)]
        if any(isinstance(node, Given) and node.truth is Truth.OPEN for node in nodes):
            return True
        leaves = (leaf for goal in goals for leaf in goal.leaves)
        if any(limit.open for leaf in leaves for limit in leaf.limits):
            return True
        return any(ceiling.open for ceiling in self.strict_problem.ceilings)

    def _problem(self, framer: Framer) -> Problem:
        goals = tuple(framer.goal(place, aim) for place, aim in enumerate(self.live))
        limiter = Limiter(framer.holdings, framer.supplied, framer.generous)
        return framer.problem(goals, tuple(limiter.ceilings(goals, self.live)), self.preferred)

    # --- deciding ----------------------------------------------------------------------------

    def _required(self, framer: Framer) -> list[Requirement]:
        found = []
        for book in self.converter.chain.books:
            goal = framer.requirement(book)
            condition = book.rulebook.bounds.requires
            if goal is not None and condition is not None:
                found.append(Requirement(book, condition, goal))
        return found

    def _hold(self, requirements: Sequence[Requirement]) -> Truth:
        """Return whether all that is required holds; OPEN where the budget did not last."""
        for one in requirements:
            made = allot(Problem((one.goal,)), self.budget, try_quick=self.try_quick)
            if made.undecided:
                return Truth.OPEN
            if not made.met:
                return Truth.NO
        return Truth.YES

    def _decide(self, framer: Framer) -> tuple[Problem, Allotment]:
        problem = self.strict_problem if framer is self.strict else self._problem(framer)
        places = frozenset(goal.place for goal in problem.goals)
        hold = self._hold(self._required(framer))
        if hold is Truth.NO:
            return problem, Allotment(frozenset(), {}, ())
        if hold is Truth.OPEN:
            return problem, Allotment(frozenset(), {}, (), places)
        return problem, allot(problem, self.budget, try_quick=self.try_quick)

    def results(self) -> tuple[TargetResult, ...]:
        """Return the result of every target, in the order asked."""
        problem, made = self._decide(self.strict)
        hoped_problem, hoped = problem, made
        if self.has_open and len(made.met) < len(self.live):
            hoped_problem, hoped = self._decide(self.generous)
        report = Report(
            framer=self.generous,
            decided_problem=problem,
            problem=hoped_problem,
            made=made,
            hoped=hoped,
            required=self._required(self.generous),
            required_hold=self._hold(self._required(self.generous)),
            budget=self.budget,
            try_quick=self.try_quick,
            waiting=self._waiting(),
        )
        places = {id(aim): place for place, aim in enumerate(self.live)}
        return tuple(
            report.decided(places[id(aim)], aim)
            if id(aim) in places
            else report.barred(aim, self._bar(aim))
            for aim in self.aims
        )

    def _waiting(self) -> frozenset[int]:
        """Return the places of goals under a cap whose amount nobody has supplied."""
        problem = self.strict_problem
        found = {
            goal.place
            for goal in problem.goals
            if any(limit.open for leaf in goal.leaves for limit in leaf.limits)
        }
        open_ceilings = (one for one in problem.ceilings if one.open)
        return frozenset(found.union(place for one in open_ceilings for place, _ in one.triggers))

    def _bar(self, aim: Aim) -> tuple[Verdict, dict[str, Any]]:
        """Return why a target is not decided by its conditions."""
        gone = self.converter.chain.not_in_force(self.case.on)
        if gone:
            return Verdict.NOT_IN_FORCE, {"code": "rulebook_not_in_force", "rulebook": gone[0]}
        if not rule_in_force(aim.rule, self.case.on):
            return Verdict.NOT_IN_FORCE, {"code": "rule_not_in_force"}
        if aim.dormant:
            return Verdict.NOT_IN_FORCE, {"code": "programme_not_in_force"}
        return Verdict.NOT_MET, aim.barred or {"code": "granted_before"}


def _is_live(aim: Aim, on: date, granted: set[str]) -> bool:
    if aim.dormant or aim.barred is not None or not rule_in_force(aim.rule, on):
        return False
    return aim.course is None or aim.key not in granted


__all__ = ["ENGINE", "Book", "Converter", "Goal", "evaluate", "evaluate_many"]
