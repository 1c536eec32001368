"""The engine against a reference that tries every way, on random small rulebooks and cases."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from creditbank.domain.conversion.checking import check
from creditbank.domain.conversion.results import Evaluation, TargetResult, Verdict
from tests.small_answers import Asked, registers, value
from tests.small_cases import Small, small

CHUNK = 250
USUAL = [range(first, first + CHUNK) for first in range(0, 1_000, CHUNK)]
MANY = [range(first, first + 2_000) for first in range(1_000, 19_000, 2_000)]
SOME = range(20_000, 20_150)


def named(seeds: range) -> str:
    return f"{seeds.start}-{seeds.stop - 1}"


def assert_optimal(seeds: range) -> None:
    tried = 0
    for seed in seeds:
        asked = Asked(small(seed))
        expected = asked.expected()
        if expected is None:
            continue
        tried += 1
        for try_quick in (True, False):
            assert asked.answered(try_quick=try_quick) == expected, f"{seed}, quick {try_quick}"
    assert tried > 0.95 * len(seeds)


@pytest.mark.parametrize("seeds", USUAL, ids=named)
def test_every_answer_is_the_best_of_all_ways_and_quick_and_solver_agree(seeds: range) -> None:
    assert_optimal(seeds)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seeds", MANY, ids=named)
def test_tens_of_thousands_of_answers_are_the_best_of_all_ways(seeds: range) -> None:
    assert_optimal(seeds)


def verdicts_expected(asked: Asked) -> list[set[Verdict]]:
    """Return the verdicts that each target may have."""
    strict, generous = asked.expected(), asked.expected(generous=True)
    if strict is None or generous is None:
        return [set(Verdict) for _ in asked.order]
    open_ones = {Verdict.NEEDS_EVIDENCE, Verdict.NOT_MET}  # it may be open for others only
    return [
        {Verdict.MET}
        if number in strict.met
        else open_ones
        if number in generous.met
        else {Verdict.NOT_MET}
        for number in asked.order
    ]


def test_a_verdict_says_whether_outcomes_and_evidence_are_there() -> None:
    for seed in SOME:
        asked = Asked(small(seed))
        results = {(one.rule, one.target): one for one in asked.evaluation().results}
        for aim, expected in zip(asked.live, verdicts_expected(asked), strict=True):
            found = results[aim.rule.id, aim.key].verdict
            assert found in expected, seed


def test_a_target_alone_needs_evidence_where_that_would_make_it_met() -> None:
    found = 0
    for seed in SOME:
        asked = Asked(small(seed, rules=1))
        results = {(one.rule, one.target): one for one in asked.evaluation().results}
        for aim, expected in zip(asked.live, verdicts_expected(asked), strict=True):
            verdict = results[aim.rule.id, aim.key].verdict
            if Verdict.NEEDS_EVIDENCE in expected and Verdict.MET not in expected:
                found += 1
                assert verdict is Verdict.NEEDS_EVIDENCE, seed
    assert found > 5


# --- decisions -----------------------------------------------------------------------------------


def test_every_decision_can_be_checked_without_the_solver() -> None:
    for seed in SOME:
        asked = Asked(small(seed))
        rules = asked.small.books
        assert check(asked.small.case, rules, registers(), asked.evaluation()) == [], seed


def swollen(result: TargetResult, random: Random) -> list[TargetResult]:
    """Return results that claim a little more or otherwise than they may."""
    found = []
    if result.granted is not None:
        found.append(replace(result, granted=result.granted + 1))
    if result.counted:
        place = random.randrange(len(result.counted))
        row = result.counted[place]
        others = result.counted[:place] + result.counted[place + 1 :]
        claims = (
            replace(row, amount=row.of + 1, taken=row.of + 1),
            replace(row, outcome="another"),
            replace(row, taken=row.taken + 1),
            replace(row, of=row.of + 1),
        )
        found += [replace(result, counted=(*others, claimed)) for claimed in claims]
        found.append(replace(result, counted=(*result.counted, row)))
    return found


def test_a_decision_that_claims_more_than_it_may_is_found_out() -> None:
    random = Random(1)  # noqa: S311  # the same claims at every run
    found = 0
    for seed in SOME:
        asked = Asked(small(seed))
        evaluation = asked.evaluation()
        for place, result in enumerate(evaluation.results):
            if result.verdict is not Verdict.MET:
                continue
            for claimed in swollen(result, random):
                results = (*evaluation.results[:place], claimed, *evaluation.results[place + 1 :])
                claim = Evaluation(results, "test")
                found += 1
                assert check(asked.small.case, asked.small.books, registers(), claim), seed
    assert found > 200


# --- theorems ------------------------------------------------------------------------------------


def turned(asked: Small) -> Small:
    """Return the same with every list of facts the other way round."""
    there = asked.case
    case = replace(
        there,
        outcomes=there.outcomes[::-1],
        evidence=there.evidence[::-1],
        prior_uses=there.prior_uses[::-1],
        prior_grants=there.prior_grants[::-1],
    )
    return replace(asked, case=case)


def test_no_order_of_the_facts_changes_the_answer() -> None:
    for seed in SOME:
        asked = small(seed)
        first, again = Asked(asked).evaluation(), Asked(turned(asked)).evaluation()
        assert first.document() == again.document(), seed


def test_no_order_of_the_rules_changes_what_is_met_and_used() -> None:
    for seed in SOME:
        asked = replace(small(seed), requested=[])
        rules = asked.books[0].rules[::-1]
        other = (asked.books[0].model_copy(update={"rules": rules}), *asked.books[1:])
        first = Asked(asked).evaluation().results
        again = Asked(replace(asked, books=other)).evaluation().results
        keys = [sorted((one.rule, one.target, one.counted) for one in r) for r in (first, again)]
        assert keys[0] == keys[1], seed


def test_the_quick_way_and_the_solver_give_the_same_reasons() -> None:
    for seed in SOME:
        quick = Asked(small(seed)).evaluation()
        solved = Asked(small(seed)).evaluation(try_quick=False)
        for one, other in zip(quick.results, solved.results, strict=True):
            for member in ("verdict", "missing", "lacking", "reasons", "evidence"):
                assert one.trace.get(member) == other.trace.get(member), (seed, member)


def test_an_added_outcome_never_lowers_the_optimum() -> None:
    """Unless rules say that beside a higher outcome of the same content another is nothing."""
    raised = 0
    for seed in SOME:
        asked = small(seed)
        if any(book.bounds.same_content for book in asked.books):
            continue
        there = asked.case
        fewer = replace(asked, case=replace(there, outcomes=there.outcomes[:-1]))
        preferred = bool(asked.requested)
        less = value(Asked(fewer).evaluation(), preferred=preferred)
        more = value(Asked(asked).evaluation(), preferred=preferred)
        raised += more > less
        assert more >= less, seed
    assert raised > 20


def test_a_decision_is_derived_again_the_same() -> None:
    for seed in SOME:
        again = Asked(small(seed)).evaluation()
        assert Asked(small(seed)).evaluation().document() == again.document(), seed
