"""Paths as they are told, and old decisions that claim what they may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from creditbank.domain.conversion import (
    Candidate,
    Case,
    OutcomeFact,
    PriorGrant,
    Request,
    Verdict,
    check,
    evaluate,
    find_path,
)
from creditbank.domain.conversion.results import Evaluation
from creditbank.domain.rules.rulebook import Rulebook
from tests.conversions import (
    ON,
    PROGRAMME,
    SYSTEM,
    amount,
    book,
    case,
    course,
    module,
    outcome,
    programme,
    registers,
    rule,
)

KNOWN = registers(("programme", programme(("C0", "2.00"), ("C1", "2.00"), total="4.00")))


def needing(credit: str, **selection: Any) -> Rulebook:
    return book(rule("r", course("C0"), amount(credit, select=selection)))


def test_a_path_says_what_score_is_demanded_where_passing_is_not_enough() -> None:
    rules = needing("1.00", score={"scale": "percent-100", "at_least": "85.00"})
    path = find_path(case(), [rules], KNOWN, Request("r"), [module("M")])
    (step,) = path.steps
    assert path.verdict is Verdict.MET
    assert step.demanded
    assert step.assumed == ({"scale": "percent-100", "value": "85.00", "part": "theory"},)


def test_a_path_does_not_demand_more_than_passing_where_that_will_do() -> None:
    rules = book(
        rule(
            "r",
            course("C0"),
            {
                "kind": "any",
                "of": [
                    amount("1.00"),
                    amount("1.00", select={"score": {"scale": "percent-100", "at_least": "85.00"}}),
                ],
            },
        )
    )
    (step,) = find_path(case(), [rules], KNOWN, Request("r"), [module("M")]).steps
    assert not step.demanded


def test_a_path_is_short_in_hours_before_it_is_short_in_modules() -> None:
    large = module("L", kind="project", hours={"theory": "33.00", "practice": "0.00"})
    large = large.model_copy(
        update={
            "credits": tuple(one.model_copy(update={"amount": "2.00"}) for one in large.credits)
        }
    )
    path = find_path(
        case(), [needing("2.00")], KNOWN, Request("r"), [large, module("A"), module("B")]
    )
    assert [step.module for step in path.steps] == ["A", "B"]
    path = find_path(case(), [needing("2.00")], KNOWN, Request("r"), [large, module("A")])
    assert [step.module for step in path.steps] == ["L"]


def test_what_no_rule_counts_does_not_supersede_what_one_counts_on_a_path() -> None:
    same = [{"id": "same", "text": {"zh": "同内容"}, "members": [{}]}]
    required = {"kind": "amount", "unit": {"measure": "class_hours"}, "at_least": "32.00"}
    bounds = {"same_content": same, "requires": required | {"select": {}}}
    needs = amount("1.00", select={"scene": ["x"]})
    rules = book(rule("r", course("C0"), needs), bounds=bounds)
    higher = module("H", scene="y", level={"scale": "gd-qf-7", "rank": 4})
    path = find_path(case(), [rules], KNOWN, Request("r"), [higher, module("M", scene="x")])
    assert path.verdict is Verdict.MET
    assert path.count == 2


def test_a_path_that_no_modules_reach_says_what_would_be_lacking() -> None:
    modules = [Candidate(module(f"M{n}")) for n in range(2)]
    path = find_path(case(), [needing("3.00")], KNOWN, Request("r"), modules)
    assert path.verdict is Verdict.NOT_MET
    assert path.steps == ()
    (reason,) = path.reasons
    assert reason["code"] == "no_modules_suffice"
    assert reason["lacking"][0]["missing"] == "1.00"


def test_modules_that_ask_for_one_another_are_on_no_path() -> None:
    modules = [module("M1", prerequisites=["M2"]), module("M2", prerequisites=["M1"])]
    path = find_path(case(), [needing("1.00")], KNOWN, Request("r"), modules)
    assert path.verdict is Verdict.NOT_MET


def test_the_id_of_an_outcome_to_come_is_nobody_elses() -> None:
    there = case(outcome("path:M:0:0", "0.50"))
    path = find_path(there, [needing("1.50")], KNOWN, Request("r"), [module("M")])
    assert [step.module for step in path.steps] == ["M"]


# --- old decisions -------------------------------------------------------------------------------


def claims(**changes: Any) -> list[str]:
    """Return the codes of what is wrong with a decision that claims otherwise than it may."""
    rules, there = book(rule("r", course("C0"), amount("2.00"))), case(outcome("o", "2.00"))
    (result,) = evaluate(there, [rules], KNOWN).results
    there = changes.pop("case", there)
    rules = changes.pop("rules", rules)
    claim = Evaluation((replace(result, **changes),), "test")
    return [one.code for one in check(there, [rules], KNOWN, claim)]


def test_each_claim_that_does_not_hold_is_found_by_its_name() -> None:
    there = case(outcome("o", "2.00"))
    assert claims() == []
    assert claims(target="course:PLAN:C9") == ["target_unknown"]
    assert claims(rule_version="2") == ["rule_differs"]
    assert "not_in_force" in claims(case=replace(there, on=date(2025, 1, 1)))
    granted = (PriorGrant("x", "y", f"course:{PROGRAMME}:C0", 200, SYSTEM, ()),)
    assert claims(case=replace(there, prior_grants=granted)) == ["granted_before"]
    assert claims(granted=None) == ["grant_differs"]
    assert claims(granted=100) == ["grant_differs"]
    assert "outcome_does_not_count" in claims(case=Case(ON))
    excluded = course("C0", excluded=["C0"])
    assert claims(rules=book(rule("r", excluded, amount("2.00")))) == ["target_barred"]
    required = {"requires": {"kind": "holds", "select": {"scene": ["x"]}}}
    strict = book(rule("r", course("C0"), amount("2.00")), bounds=required)
    assert claims(rules=strict) == ["requirement_not_met"]
    ungranted = book(rule("r", course("C0"), amount("2.00", outcomes_at_most=1)))
    assert claims(rules=ungranted) == []
    wholes = book(rule("r", course("C0"), amount("1.00", "outcomes")))
    assert "amount_differs" in claims(rules=wholes)


def checked(rules: Rulebook, stricter: Rulebook, *outcomes: OutcomeFact) -> list[str]:
    """Return what is wrong with a decision by rules, were they stricter than they were."""
    there = case(*outcomes)
    found = evaluate(there, [rules], KNOWN)
    assert {one.verdict for one in found.results} == {Verdict.MET}
    return sorted({one.code for one in check(there, [stricter], KNOWN, found)})


def one_course(**more: Any) -> Rulebook:
    return book(rule("r", course("C0"), amount(more.pop("least", "2.00"), **more)))


def test_a_decision_under_rules_that_were_stricter_would_be_found_out() -> None:
    given = outcome("o", "1.00"), outcome("p", "1.00", scene="x")
    cap = {"id": "c", "text": {"zh": "上限"}, "limit": "0.50", "over": {"scene": ["x"]}}
    assert checked(one_course(), one_course(), *given) == []
    assert checked(one_course(), one_course(least="2.50"), *given) == ["conditions_not_met"]
    assert "cap_exceeded" in checked(one_course(), one_course(caps=[cap]), *given)
    assert "cap_exceeded" in checked(one_course(), one_course(counted_at_most="1.50"), *given)
    crowded = checked(one_course(), one_course(outcomes_at_most=1), *given)
    assert crowded == ["too_many_outcomes"]
    floor = [{"at_least": "1.50", "where": {"scene": ["x"]}}]
    strict = book(rule("r", course("C0"), amount("2.00", least=floor)))
    assert checked(one_course(), strict, *given) == ["conditions_not_met"]


def put_together(*rules: dict[str, Any], given: Sequence[OutcomeFact]) -> list[str]:
    """Return what is wrong with decisions that were made as if there were no others."""
    there, both = case(*given), book(*rules)
    results = [evaluate(there, [both], KNOWN, (Request(one["id"]),)).results[0] for one in rules]
    assert {one.verdict for one in results} == {Verdict.MET}
    return sorted({one.code for one in check(there, [both], KNOWN, Evaluation((*results,), "t"))})


def test_decisions_that_stand_in_each_others_way_are_found_out_together() -> None:
    first, second = rule("a", course("C0"), amount("2.00")), rule("b", course("C1"), amount("2.00"))
    alone = [outcome("o", "2.00")]
    assert put_together(first, second, given=alone) == ["taken_twice"]
    assert put_together(first, first | {"id": "b"}, given=alone) == ["granted_twice", "taken_twice"]
    twins = [
        outcome("o", "2.00", scene="x", assessment_event="e"),
        outcome("p", "2.00", scene="y", assessment_event="e"),
    ]
    apart = [
        one | {"needs": amount("2.00", select={"scene": [scene]})}
        for one, scene in ((first, "x"), (second, "y"))
    ]
    assert put_together(*apart, given=twins) == ["event_counts_twice"]
    shared = {"use": {"scope": "academic", "sharing": "shared", "up_to": 2}}
    third = rule("c", {"kind": "exemption", "of": {"zh": "免考"}}, amount("2.00"))
    three = [one | shared for one in (first, second, third)]
    assert put_together(*three[:2], given=alone) == []
    assert put_together(*three, given=alone) == ["shared_too_often"]


def test_a_path_takes_a_module_once_though_two_scores_of_it_would_do() -> None:
    demanded = {"score": {"scale": "percent-100", "at_least": "85.00"}}
    needs = {"kind": "all", "of": [amount("1.00"), amount("1.00", select=demanded)]}
    rules = book(rule("r", course("C0"), needs))
    target = Request("r")
    assert find_path(case(), [rules], KNOWN, target, [module("M")]).verdict is Verdict.NOT_MET
    path = find_path(case(), [rules], KNOWN, target, [module("M"), module("N")])
    assert [step.demanded for step in path.steps].count(True) == 1
    assert path.count == 2
