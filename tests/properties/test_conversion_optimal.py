"""The engine against a reference that tries every way, on random small rulebooks and cases."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import pytest

from creditbank.domain.conversion.allotting import allot
from creditbank.domain.conversion.budget import Budget
from creditbank.domain.conversion.checking import check
from creditbank.domain.conversion.evaluating import Converter, Run
from creditbank.domain.conversion.facts import Request
from creditbank.domain.conversion.problem import Allotment
from creditbank.domain.conversion.results import Evaluation, Verdict
from creditbank.domain.conversion.targets import asked_for
from creditbank.domain.registers import Registers
from creditbank.domain.rules.rulebook import Rulebook
from tests.brute_force import BruteForce
from tests.brute_parts import Answer, Piece
from tests.small_cases import CREDITS, TOTAL, small, small_registers

USUAL = range(120)
MANY = range(120, 4_000)
WAYS_MAX = 20_000


@cache
def registers() -> Registers:
    return small_registers()


def run_of(seed: int, *, try_quick: bool) -> tuple[Run, BruteForce, list[int], bool]:
    rules, there, requested = small(seed)
    converter = Converter([rules], registers())
    aims = asked_for(converter.aims, requested, rules.id)
    brute = BruteForce(rules, CREDITS, there, TOTAL)
    keys = [(one.rule.id, one.key) for one in brute.aims]
    order = [keys.index((aim.rule.id, aim.key)) for aim in aims]
    preferred = bool(requested)
    run = Run(converter, there, aims, Budget(), preferred=preferred, try_quick=try_quick)
    return run, brute, order, preferred


def as_answer(made: Allotment, order: list[int]) -> Answer:
    return Answer(
        frozenset(order[place] for place in made.met),
        {order[place]: granted for place, granted in made.granted.items()},
        frozenset(
            Piece(order[row.goal], row.path, row.outcome, row.counted, row.engaged)
            for row in made.rows
        ),
    )


def assert_optimal(seed: int) -> None:
    run, brute, order, preferred = run_of(seed, try_quick=True)
    if math.prod(len(brute.options(number)) + 1 for number in order) > WAYS_MAX:
        return
    expected = brute.best(order if preferred else None)
    for try_quick in (True, False):
        made = allot(run.strict_problem, Budget(), try_quick=try_quick)
        assert not made.undecided
        assert as_answer(made, order) == expected, f"seed {seed}, quick {try_quick}"


def test_every_answer_is_the_best_of_all_ways_and_quick_and_solver_agree() -> None:
    for seed in USUAL:
        assert_optimal(seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thousands_of_answers_are_the_best_of_all_ways() -> None:
    for seed in MANY:
        assert_optimal(seed)


def evaluated(seed: int, *, try_quick: bool = True) -> tuple[Evaluation, Run]:
    run, *_ = run_of(seed, try_quick=try_quick)
    return Evaluation(run.results(), "test"), run


def test_every_decision_can_be_checked_without_the_solver() -> None:
    for seed in USUAL:
        evaluation, run = evaluated(seed)
        rules = run.converter.chain.own.rulebook
        assert check(run.case, [rules], registers(), evaluation) == [], seed


def test_near_misses_are_the_same_by_the_quick_way_and_by_the_solver() -> None:
    for seed in range(60):
        quick, _ = evaluated(seed)
        solved, _ = evaluated(seed, try_quick=False)
        for one, other in zip(quick.results, solved.results, strict=True):
            assert one.trace.get("missing") == other.trace.get("missing"), seed
            assert one.verdict is other.verdict


def test_no_order_of_the_facts_changes_the_answer() -> None:
    for seed in range(60):
        rules, there, requested = small(seed)
        turned = replace(
            there,
            outcomes=there.outcomes[::-1],
            prior_uses=there.prior_uses[::-1],
            prior_grants=there.prior_grants[::-1],
        )
        converter = Converter([rules], registers())
        first = converter.evaluate(there, requested)
        again = converter.evaluate(turned, requested)
        assert first.document() == again.document(), seed


def value(rules: Rulebook, results: Evaluation, requested: list[Request]) -> tuple[object, ...]:
    met = [one.verdict is Verdict.MET for one in results.results]
    granted = sum(one.granted or 0 for one in results.results)
    return (met, granted) if requested else (granted, sum(met))


def test_an_added_outcome_never_lowers_the_optimum() -> None:
    for seed in range(60):
        rules, there, requested = small(seed)
        converter = Converter([rules], registers())
        fewer = replace(there, outcomes=there.outcomes[:-1])
        less = value(rules, converter.evaluate(fewer, requested), requested)
        more = value(rules, converter.evaluate(there, requested), requested)
        assert more >= less, seed
