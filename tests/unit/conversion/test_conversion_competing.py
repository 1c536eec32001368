"""Cases in which a rule by itself, or rule after rule, gives a wrong answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from creditbank.domain.conversion import (
    Evaluation,
    OutcomeFact,
    PriorGrant,
    Request,
    Verdict,
    evaluate,
)
from creditbank.domain.rules.rulebook import Rulebook
from tests.conversions import (
    SYSTEM,
    amount,
    book,
    case,
    course,
    elective,
    outcome,
    programme,
    registers,
    rule,
    used_before,
)

COURSES = (("A", "2.00"), ("B", "2.00"), ("C", "3.00"))
REGISTERS = registers(("programme", programme(*COURSES, total="7.00")))
KEPT = {"use": {"scope": "academic", "surplus": "kept"}}


def run(rules: Rulebook, *outcomes: OutcomeFact, **more: Any) -> Evaluation:
    requested = more.pop("requested", ())
    return evaluate(case(*outcomes, **more), [rules], REGISTERS, requested)


def verdicts(evaluation: Evaluation) -> list[str]:
    return [one.verdict.value for one in evaluation.results]


def used(evaluation: Evaluation) -> list[list[str]]:
    return [sorted({row.outcome for row in one.counted}) for one in evaluation.results]


def test_a_scarce_outcome_is_not_spent_on_a_flexible_rule() -> None:
    rules = book(
        rule("flexible", course("A"), amount("2.00")),
        rule("strict", course("B"), amount("2.00", select={"scene": ["x"]})),
    )
    found = run(rules, outcome("scarce", "2.00", scene="x"), outcome("other", "2.00"))
    assert verdicts(found) == ["met", "met"]
    assert used(found) == [["other"], ["scarce"]]


def test_the_earliest_outcomes_first_would_have_left_too_little() -> None:
    rules = book(
        rule("two", course("A"), amount("2.00")),
        rule("three", course("C"), amount("3.00")),
    )
    early = date(2025, 1, 1)
    found = run(
        rules,
        outcome("a", "1.00", achieved_on=early),
        outcome("b", "2.00", achieved_on=early),
        outcome("c", "2.00"),
    )
    assert verdicts(found) == ["met", "met"]


def test_the_largest_outcome_first_would_have_wasted_it() -> None:
    rules = book(rule("two", course("A"), amount("2.00")))
    found = run(rules, outcome("large", "4.00"), outcome("a", "1.00"), outcome("b", "1.00"))
    assert used(found) == [["a", "b"]]


def test_a_chain_of_displacements_is_found() -> None:
    scenes = [("A", ["p", "q"]), ("B", ["q", "r"]), ("C", ["r"])]
    rules = book(
        *(rule(f"r{c}", course(c), amount("1.00", select={"scene": s})) for c, s in scenes)
    )
    found = run(rules, *(outcome(f"o{s}", "1.00", scene=s) for s in "pqr"))
    assert used(found) == [["op"], ["oq"], ["or"]]


def test_without_a_preference_the_most_credit_is_granted() -> None:
    rules = book(
        rule("small", course("A"), amount("1.00")), rule("large", course("C"), amount("1.00"))
    )
    assert verdicts(run(rules, outcome("o", "1.00"))) == ["not_met", "met"]


def test_the_order_of_the_requests_is_a_preference() -> None:
    rules = book(
        rule("small", course("A"), amount("1.00")), rule("large", course("C"), amount("1.00"))
    )
    asked = (Request("small"), Request("large"))
    found = run(rules, outcome("o", "1.00"), requested=asked)
    assert verdicts(found) == ["met", "not_met"]
    (reason,) = found.results[1].trace["reasons"]
    assert reason == {"code": "used_elsewhere", "outcomes": ["o"], "targets": ["course:PLAN:A"]}


def test_what_is_left_over_goes_to_another_target_where_it_is_kept() -> None:
    rules = book(
        rule("a", course("A"), amount("2.00"), **KEPT),
        rule("b", course("B"), amount("2.00"), **KEPT),
    )
    found = run(rules, outcome("four", "4.00"))
    assert verdicts(found) == ["met", "met"]
    assert [(row.amount, row.of, row.taken) for one in found.results for row in one.counted] == [
        (200, 400, 200),
        (200, 400, 200),
    ]


def test_what_is_left_over_is_lost_where_it_is_forfeited() -> None:
    rules = book(rule("a", course("A"), amount("2.00")), rule("b", course("B"), amount("2.00")))
    found = run(rules, outcome("four", "4.00"))
    assert verdicts(found) == ["met", "not_met"]
    assert found.results[0].counted[0].taken == 400


def test_amounts_in_different_units_share_one_outcome_exactly() -> None:
    rules = book(
        rule("a", course("A"), amount("1.00"), **KEPT),
        rule("b", course("B"), amount("8.00", "class_hours"), **KEPT),
        rule("c", course("C"), amount("8.01", "class_hours"), **KEPT),
    )
    one = outcome("o", "1.50", hours="24.00")
    asked = (Request("a"), Request("b"))
    assert verdicts(run(rules, one, requested=asked)) == ["met", "met"]
    asked = (Request("a"), Request("c"))
    assert verdicts(run(rules, one, requested=asked)) == ["met", "not_met"]


def test_an_outcome_is_shared_by_as_many_targets_as_each_allows() -> None:
    shared = {"use": {"scope": "academic", "sharing": "shared", "up_to": 2}}
    rules = book(*(rule(f"r{c}", course(c), amount("1.00"), **shared) for c, _ in COURSES))
    assert verdicts(run(rules, outcome("o", "1.00"))).count("met") == 2


def test_rules_share_only_with_rules_that_name_them_too() -> None:
    shared = {"scope": "academic", "sharing": "shared", "up_to": 2}
    names_b = {"use": shared | {"with_rules": ["b"]}}
    names_c = {"use": shared | {"with_rules": ["c"]}}
    rules = book(
        rule("a", course("A"), amount("1.00"), **names_b),
        rule("b", course("B"), amount("1.00"), **names_c),
    )
    assert verdicts(run(rules, outcome("o", "1.00"))).count("met") == 1
    agreed = book(
        rule("a", course("A"), amount("1.00"), **names_b),
        rule("b", course("B"), amount("1.00"), use=shared | {"with_rules": ["a"]}),
    )
    assert verdicts(run(agreed, outcome("o", "1.00"))).count("met") == 2


def test_two_targets_share_one_outcome_rather_than_take_two() -> None:
    shared = {"use": {"scope": "academic", "sharing": "shared", "up_to": 2}}
    rules = book(*(rule(f"r{c}", course(c), amount("2.00"), **shared) for c in "AB"))
    found = run(rules, outcome("o", "2.00"), outcome("p", "2.00"))
    assert verdicts(found) == ["met", "met"]
    assert used(found)[0] == used(found)[1]


def test_what_an_earlier_decision_shares_costs_nothing_more() -> None:
    shared = {"use": {"scope": "academic", "sharing": "shared", "up_to": 2}}
    rules = book(rule("a", course("A"), amount("2.00"), **shared))
    earlier = used_before("z", rule="a", sharing="shared", target="course:PLAN:B")
    found = run(rules, outcome("a", "2.00"), outcome("z", "2.00"), prior_uses=(earlier,))
    assert used(found) == [["z"]]


def test_an_outcome_that_enough_earlier_targets_share_is_shared_no_more() -> None:
    shared = {"use": {"scope": "academic", "sharing": "shared", "up_to": 2}}
    rules = book(rule("a", course("A"), amount("2.00"), **shared))
    earlier = tuple(used_before("z", rule="a", sharing="shared", target=key) for key in ("B", "C"))
    assert verdicts(run(rules, outcome("z", "2.00"), prior_uses=earlier)) == ["not_met"]
    nameless = tuple(used_before("z", rule="a", sharing="shared") for _ in "BC")
    assert verdicts(run(rules, outcome("z", "2.00"), prior_uses=nameless)) == ["not_met"]
    stranger = (used_before("z", rule="other", sharing="shared"),)
    naming = book(rule("a", course("A"), amount("2.00"), use=shared["use"] | {"with_rules": ["b"]}))
    assert verdicts(run(naming, outcome("z", "2.00"), prior_uses=stranger)) == ["not_met"]


def test_what_a_decision_took_is_gone_in_its_scope_only() -> None:
    rules = book(
        rule("a", course("A"), amount("2.00")),
        rule("b", elective("2.00"), amount("2.00"), use={"scope": "programme"}),
    )
    earlier = (used_before("o"),)
    found = run(rules, outcome("o", "2.00"), prior_uses=earlier)
    assert verdicts(found) == ["not_met", "met"]
    assert found.results[0].trace["needs"]["left_out"] == [{"outcome": "o", "code": "used_before"}]


def test_of_an_outcome_used_in_part_the_rest_counts() -> None:
    rules = book(rule("a", elective("4.00"), amount("1.00")))
    earlier = (used_before("o", whole=False, unit="class_hours", amount=800, of=2400),)
    found = run(rules, outcome("o", "1.50"), prior_uses=earlier)
    (row,) = found.results[0].counted
    assert (row.amount, row.of, row.taken) == (100, 150, 100)
    counting = book(rule("a", course("A"), amount("1.00", "outcomes")))
    assert verdicts(run(counting, outcome("o", "1.50"), prior_uses=earlier)) == ["not_met"]


def test_what_is_free_counts_though_it_was_taken() -> None:
    free = {"use": {"scope": "academic", "sharing": "free", "effect": "recognise"}}
    rules = book(
        rule("a", course("A"), amount("2.00"), **free), rule("b", course("B"), amount("2.00"))
    )
    found = run(rules, outcome("o", "2.00"))
    assert verdicts(found) == ["met", "met"]
    assert [row.taken for row in found.results[0].counted] == [0]


def test_a_course_is_granted_once_by_whichever_rule() -> None:
    rules = book(
        rule("first", course("A"), amount("1.00")), rule("second", course("A"), amount("1.00"))
    )
    found = run(rules, outcome("o", "1.00"), outcome("p", "1.00"))
    assert sorted(verdicts(found)) == ["met", "not_met"]
    lost = next(one for one in found.results if one.verdict is Verdict.NOT_MET)
    won = next(one for one in found.results if one.verdict is Verdict.MET)
    # Enough is left for it: that the other rule used an outcome too is not in its way.
    assert lost.trace["reasons"] == [{"code": "granted_by_another_rule", "rule": won.rule}]
    assert lost.trace["missing"] == "0.00"


def test_a_course_that_was_granted_before_is_not_granted_again() -> None:
    rules = book(rule("a", course("A"), amount("1.00")))
    earlier = (PriorGrant("elsewhere", "x", "course:PLAN:A", 200, SYSTEM, ()),)
    found = run(rules, outcome("o", "1.00"), prior_grants=earlier)
    assert found.results[0].trace["reasons"] == [{"code": "granted_before"}]


def test_outcomes_of_one_event_count_once_in_a_decision() -> None:
    twins = (
        outcome("o", "2.00", assessment_event="e"),
        outcome("p", "2.00", assessment_event="e"),
    )
    rules = book(rule("a", course("A"), amount("2.00")), rule("b", course("B"), amount("2.00")))
    assert verdicts(run(rules, *twins)).count("met") == 1
    one = book(rule("a", course("A"), amount("4.00")))
    found = run(one, *twins)
    assert verdicts(found) == ["not_met"]
    assert found.results[0].trace["missing"] == "2.00"
    each = book(rule("a", course("A"), amount("4.00"), one_event="counts_each"))
    assert verdicts(run(each, *twins)) == ["met"]


def test_several_rules_fill_one_bucket_no_further_than_the_widest_says() -> None:
    rules = book(
        rule("online", elective("2.00"), amount("1.00", select={"scene": ["x"]})),
        rule("onsite", elective("3.00"), amount("1.00", select={"scene": ["y"]})),
    )
    found = run(rules, outcome("o", "2.00", scene="x"), outcome("p", "3.00", scene="y"))
    assert sum(one.granted or 0 for one in found.results) == 300


def test_a_bucket_takes_what_earlier_decisions_left_of_it() -> None:
    rules = book(rule("a", elective("3.00"), amount("0.00")))
    earlier = (PriorGrant("book", "a", "elective:PLAN:选修", 200, SYSTEM, ()),)
    found = run(rules, outcome("o", "2.00"), prior_grants=earlier)
    assert found.results[0].granted == 100
    full = (PriorGrant("book", "a", "elective:PLAN:选修", 300, SYSTEM, ()),)
    found = run(rules, outcome("o", "2.00"), prior_grants=full)
    assert {"code": "bucket_full"} in found.results[0].trace["reasons"]


def test_a_fixed_bucket_is_granted_where_nothing_is_counted_in_its_system() -> None:
    rules = book(rule("a", elective("2.00"), amount("1.00", "outcomes")))
    assert run(rules, outcome("o")).results[0].granted == 200
    full = (PriorGrant("book", "a", "elective:PLAN:选修", 200, SYSTEM, ()),)
    assert verdicts(run(rules, outcome("o"), prior_grants=full)) == ["not_met"]
