"""Paths as they are told, and old decisions that claim what they may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from creditbank.domain.conversion import (
    Candidate,
    Case,
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
