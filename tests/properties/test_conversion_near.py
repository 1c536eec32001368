"""What would have been enough: against trying everything, and by handing exactly that in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from creditbank.domain.conversion.budget import Budget
from creditbank.domain.conversion.facts import Case, OutcomeFact, PriorUse, Request
from creditbank.domain.conversion.model import weight_of
from creditbank.domain.conversion.nearing import NearMiss, near_miss
from creditbank.domain.conversion.problem import Goal, Leaf, nodes_of
from creditbank.domain.conversion.results import TargetResult, Verdict
from creditbank.domain.rules.condition import Amount
from creditbank.domain.units import hundredths
from tests.brute_facts import Known
from tests.brute_near import Nearest, Shortfall
from tests.brute_parts import leaves
from tests.conversions import SYSTEM
from tests.small_answers import Asked, registers
from tests.small_cases import ISSUERS, SCENES, TYPES, Small, small

USUAL = range(400)
MANY = range(400, 6_000)
WAYS_MAX = 3_000
AMPLE = 50


def shortfall_of(goal: Goal, miss: NearMiss) -> Shortfall | None:
    """Return how much a near miss says is lacking; None if nothing would be enough."""
    if not miss.proven:
        return None
    nodes = {node.path: node for node in nodes_of(goal.root)}
    others = amounts = 0
    for path, lack in miss.lacking.items():
        node = nodes[path]
        if isinstance(node, Leaf):
            amounts += lack * weight_of(node.unit)
        else:
            others += 1
    return others, amounts


def assert_least(seeds: range) -> None:
    for seed in seeds:
        asked = Asked(small(seed, rules=1, ways=1_500))
        run = asked.run()
        known = Known(asked.small.books, registers(), asked.small.case, generous=True)
        problem = run._problem(run.generous)
        for goal, aim in zip(problem.goals, known.aims(), strict=True):
            nearest = Nearest(known, aim)
            if nearest.count() > WAYS_MAX:
                continue
            expected = nearest.shortfall()
            for try_quick in (True, False):
                miss = near_miss(problem, goal, Budget(), try_quick=try_quick)
                assert shortfall_of(goal, miss) == expected, f"{seed}, quick {try_quick}"


def test_no_way_to_a_target_lacks_less_than_the_near_miss_says() -> None:
    assert_least(USUAL)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_way_of_thousands_lacks_less_than_the_near_miss_says() -> None:
    assert_least(MANY)


# --- beside what other targets take --------------------------------------------------------------


def as_used(asked: Asked, results: list[TargetResult]) -> tuple[PriorUse, ...]:
    """Return what the targets that are met take, as if earlier decisions had taken it."""
    rules = {rule.id: rule for rule in asked.small.books[0].rules}
    return tuple(
        PriorUse(
            outcome=row.outcome,
            scope=result.scope,
            rule=result.rule,
            sharing=rules[result.rule].use.sharing,
            whole=False,
            unit=row.unit,
            amount=row.taken,
            of=row.of,
            target=result.target,
        )
        for result in results
        for row in result.counted
        if row.taken
    )


def test_a_near_miss_is_what_is_lacking_once_the_others_have_taken_theirs() -> None:
    """Where one of several targets is not met, as where the others had been decided before."""
    compared = 0
    for seed in range(30_000, 30_500):
        asked = Asked(small(seed))
        if asked.small.case.prior_uses or asked.small.case.prior_grants:
            continue
        if any(one.bounds.same_content or one.bounds.caps for one in asked.small.books):
            continue
        if any(one.one_event == "counts_once" for one in asked.small.books[0].rules):
            asked = without_events(asked)
        results = list(asked.evaluation().results)
        met = [one for one in results if one.verdict is Verdict.MET]
        there = replace(asked.small.case, prior_uses=as_used(asked, met))
        for one in results:
            if one.verdict is not Verdict.NOT_MET or not met:
                continue
            alone = Asked(replace(asked.small, case=there, requested=[Request(one.rule)]))
            (again, *_) = alone.evaluation().results
            if again.verdict is Verdict.NOT_MET:
                compared += 1
                assert one.trace.get("missing") == again.trace.get("missing"), seed
    assert compared > 40


def without_events(asked: Asked) -> Asked:
    there = asked.small.case
    outcomes = tuple(replace(one, assessment_event=None) for one in there.outcomes)
    return Asked(replace(asked.small, case=replace(there, outcomes=outcomes)))


# --- handed in -----------------------------------------------------------------------------------


def plain(asked: Small) -> bool:
    """Return whether nothing but credit is asked for, and no cap may cut what is handed in."""
    (rule,) = asked.books[0].rules
    bounds = [book.bounds for book in asked.books]
    if any(one.caps or one.same_content or one.excluded or one.requires for one in bounds):
        return False
    if "holds" in str(rule.needs) or "evidence" in str(rule.needs):
        return False
    conditions = [condition for _, condition in leaves(rule.needs)]
    return all(one.unit.measure == "credit" and cannot_cut(one) for one in conditions)


def cannot_cut(condition: Amount) -> bool:
    most = condition.counted_at_most
    if condition.least and (condition.select.scene == ("y",) or condition.select.issuer == ("q",)):
        return False  # no outcome may be both what is selected and what there must be some of
    return not condition.caps and (most is None or hundredths(most) >= need_of(condition))


def need_of(condition: Amount) -> int:
    floors = [hundredths(one.at_least) for one in condition.least]
    return max(3, hundredths(condition.at_least), *floors)


def handed_in(case: Case, amount: int) -> Iterator[Case]:
    """Yield the case with one outcome more, of so much credit, of every sort."""
    for scene, issuer, type_ in itertools.product(SCENES, ISSUERS, TYPES):
        fact = OutcomeFact(
            id="more",
            type=type_,
            achieved_on=date(2026, 5, 1),
            scene=scene,
            issuer=issuer,
            credits={SYSTEM: amount, "cn-16": amount},
        )
        yield replace(case, outcomes=(*case.outcomes, fact))


def reached(asked: Small, amount: int) -> bool:
    return amount > 0 and any(
        Asked(replace(asked, case=there)).evaluation().results[0].verdict is Verdict.MET
        for there in handed_in(asked.case, amount)
    )


def test_what_a_near_miss_says_is_enough_and_a_hundredth_less_is_not() -> None:
    tried = 0
    for seed in range(40_000, 41_500):
        asked = small(seed, rules=1)
        if not plain(asked):
            continue
        (result, *_) = Asked(asked).evaluation().results
        lacking: list[dict[str, Any]] = result.trace.get("lacking", [])
        if result.verdict is not Verdict.NOT_MET or len(lacking) != 1:
            continue
        if asked.case.prior_grants or not reached(asked, AMPLE):
            continue  # nothing at all would do: the rule contradicts itself
        missing = hundredths(lacking[0]["missing"])
        tried += 1
        assert reached(asked, missing), (seed, missing)
        assert not reached(asked, missing - 1), (seed, missing)
    assert tried > 25


def test_a_target_that_is_not_met_always_says_why() -> None:
    for seed in range(500):
        for one in Asked(small(seed)).evaluation().results:
            if one.verdict is Verdict.NOT_MET:
                assert one.trace.get("lacking") or one.trace.get("reasons"), seed
