"""The far ends of conversion: budgets, sizes, grades, dates, evidence, scores that are demanded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from time import process_time
from typing import Any

import pytest

from creditbank.domain.catalogue import Published
from creditbank.domain.conversion import (
    OutcomeFact,
    Request,
    Score,
    Verdict,
    check,
    evaluate,
    evaluate_many,
    find_path,
)
from creditbank.domain.conversion.books import book_of, term_of
from creditbank.domain.conversion.path import MODULES_MAX
from creditbank.domain.conversion.results import Evaluation
from creditbank.domain.conversion.sizing import OUTCOMES_MAX, TARGETS_MAX
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.conversion import (
    ConversionTooLarge,
    FactsInvalid,
    RuleNotEvaluable,
    TargetUnknown,
)
from tests.conversions import (
    amount,
    book,
    case,
    course,
    elective,
    evidence,
    frame,
    grade,
    module,
    outcome,
    programme,
    registers,
    rule,
    scale,
)

COURSES = tuple((f"C{n}", "2.00") for n in range(8))
KNOWN = registers(("programme", programme(*COURSES, total="16.00")))


def run(rules: Rulebook, *outcomes: OutcomeFact, **more: Any) -> Evaluation:
    requested, effort = more.pop("requested", ()), more.pop("effort", 3_000)
    frames = more.pop("frames", ())
    return evaluate(case(*outcomes, **more), [rules, *frames], KNOWN, requested, effort=effort)


def verdicts(evaluation: Evaluation) -> list[str]:
    return [one.verdict.value for one in evaluation.results]


def many(count: int) -> list[OutcomeFact]:
    """Return outcomes of odd sizes, so that they have to be chosen with care."""
    sizes = (83, 100, 133, 150, 167, 200, 300)
    return [
        outcome(f"o{n:03d}", f"{sizes[n % 7] / 100:.2f}", achieved_on=date(2025, 1, 1 + n % 28))
        for n in range(count)
    ]


# --- the budget ----------------------------------------------------------------------------------


def crowd() -> Rulebook:
    floors: dict[str, Any] = {"least": [{"at_least": "1.00", "where": {"scene": []}}]}
    return book(*(rule(f"r{n}", course(f"C{n}"), amount("3.00", **floors)) for n in range(8)))


def test_past_the_budget_a_target_is_undecided_and_never_refused() -> None:
    found = run(crowd(), *many(40), effort=1)
    assert set(verdicts(found)) == {"undecided"}
    assert found.results[0].trace["reasons"] == [{"code": "budget"}]


def test_what_is_required_of_everybody_is_undecided_past_the_budget_too() -> None:
    bounds = {"requires": amount("7.77")}
    rules = book(rule("r", course("C0"), amount("2.00")), bounds=bounds)
    assert verdicts(run(rules, *many(60), effort=0)) == ["undecided"]


def test_a_near_miss_that_the_budget_did_not_last_for_says_so() -> None:
    rules = book(rule("r", course("C0"), amount("900.00", outcomes_at_most=2)))
    found = run(rules, *many(40), effort=0).results[0]
    assert found.verdict is Verdict.NOT_MET
    assert {"code": "nearest_unknown"} in found.trace["reasons"]
    assert "missing" not in found.trace


def test_a_path_that_the_budget_did_not_last_for_is_undecided() -> None:
    modules = [module(f"M{n}") for n in range(6)]
    target = Request("r")
    found = find_path(case(), [needing("3.00")], KNOWN, target, modules, effort=0)
    assert found.verdict is Verdict.UNDECIDED
    assert found.reasons == ({"code": "budget"},)


def test_among_many_equal_outcomes_the_earliest_are_used_though_that_is_not_proven() -> None:
    """Above some size, preferences between equal results are seen to by exchange."""
    where = {"scene": ["x"]}
    least: dict[str, Any] = {"least": [{"at_least": "1.00", "where": where}]}
    caps: dict[str, Any] = {
        "caps": [{"id": "c", "text": {"zh": "上限"}, "limit": "2.00", "over": where}]
    }
    rules = [rule(f"r{n}", course(f"C{n}"), amount("3.00", **least, **caps)) for n in range(6)]
    late = [replace(one, scene="x" if n % 2 else "y") for n, one in enumerate(many(60))]
    found = run(book(*rules), *late)
    assert set(verdicts(found)) == {"met"}
    assert {"code": "preference_unproven"} in found.results[0].trace["reasons"]
    assert check(case(*late), [book(*rules)], KNOWN, found) == []


def test_shares_that_cannot_be_reckoned_together_are_undecided() -> None:
    kept = {"use": {"scope": "academic", "surplus": "kept"}}
    primes = ("100000.07", "100000.37", "100000.39", "100000.49")
    units = ("credit", "class_hours")
    rules = book(
        rule("a", course("C0"), amount("1.00", units[0]), **kept),
        rule("b", course("C1"), amount("1.00", units[1]), **kept),
        rule("c", course("C2"), amount("1.00", "worth", worth=primes[2]), **kept),
        rule("d", course("C3"), amount("1.00", "worth", worth=primes[3]), **kept),
        rule("e", course("C4"), amount("100000.00", "worth", worth=primes[3]), **kept),
    )
    found = run(rules, outcome("o", primes[0], hours=primes[1]))
    assert "undecided" in verdicts(found)


def needing(credit: str) -> Rulebook:
    return book(rule("r", course("C0"), amount(credit)))


@pytest.mark.slow
def test_thirty_targets_over_two_hundred_outcomes_end_within_the_budget() -> None:
    plan = programme(*((f"C{n}", "2.00") for n in range(30)), total="60.00")
    sort = ("x", "y", "z")
    given = [replace(one, scene=sort[n % 3]) for n, one in enumerate(many(200))]
    inner = [amount("2.50", select={"scene": ["x", scene]}) for scene in sort]
    needs = {"kind": "all", "of": inner}
    rules = book(*(rule(f"r{n}", course(f"C{n}"), needs) for n in range(30)))
    begun = process_time()
    found = evaluate(case(*given), [rules], registers(("programme", plan)))
    assert process_time() - begun < 40  # a few seconds; ten times that on a busy machine
    assert set(verdicts(found)) <= {"met", "not_met", "undecided"}


# --- sizes ---------------------------------------------------------------------------------------


def test_a_case_larger_than_may_be_is_refused() -> None:
    rules = book(rule("r", course("C0"), amount("1.00")))
    with pytest.raises(ConversionTooLarge):
        run(rules, *(outcome(f"o{n}") for n in range(OUTCOMES_MAX + 1)))
    with pytest.raises(FactsInvalid):
        run(rules, outcome("o"), outcome("o"))


def test_more_targets_or_comparisons_than_may_be_are_refused() -> None:
    plan = programme(*((f"C{n}", "1.00") for n in range(300)), total="300.00")
    known = registers(("programme", plan))
    count = TARGETS_MAX // 300 + 1
    rules = book(*(rule(f"r{n}", course(), amount("1.00")) for n in range(count)))
    with pytest.raises(ConversionTooLarge):
        evaluate(case(), [rules], known)
    inner = {"kind": "any", "of": [amount("1.00") for _ in range(60)]}
    wide = book(*(rule(f"r{n}", course(), inner) for n in range(2)))
    with pytest.raises(ConversionTooLarge):
        evaluate(case(*many(OUTCOMES_MAX)), [wide], known)


def test_more_modules_than_may_be_are_refused() -> None:
    modules = [module("M")] * (MODULES_MAX + 1)
    with pytest.raises(ConversionTooLarge):
        find_path(case(), [needing("1.00")], KNOWN, Request("r"), modules)


# --- targets and dates ---------------------------------------------------------------------------


def test_a_target_that_the_rulebook_has_not_is_refused() -> None:
    rules = book(rule("r", course("C0"), amount("1.00")))
    for request in (Request("other"), Request("r", "C1")):
        with pytest.raises(TargetUnknown):
            run(rules, requested=(request,))


def test_what_is_not_in_force_says_which_of_it() -> None:
    later = {"valid_from": "2027-01-01"}
    rules = book(
        rule("late", course("C0"), amount("0.00"), **later),
        rule("gone", course("C1") | {"programme": "GONE"}, amount("0.00")),
        rule("empty", elective("1.00") | {"programme": "GONE"}, amount("0.00")),
    )
    found = run(rules)
    assert set(verdicts(found)) == {"not_in_force"}
    codes = [one.trace["reasons"][0]["code"] for one in found.results]
    assert codes == ["rule_not_in_force", "programme_not_in_force", "programme_not_in_force"]
    above = frame().model_copy(update={"valid_from": date(2027, 1, 1)})
    (result,) = run(book(rule("r", course("C0"), amount("0.00"))), frames=[above]).results
    assert result.trace["reasons"] == [{"code": "rulebook_not_in_force", "rulebook": "frame"}]


def test_an_excluded_course_is_not_granted_and_the_reason_is_told() -> None:
    bounds = {"excluded": [{"id": "no", "text": {"zh": "不转换"}, "course_titles": ["课程C1"]}]}
    target = course("C0", "C1", "C2", excluded=["C0"])
    found = run(book(rule("r", target, amount("0.00")), bounds=bounds))
    assert verdicts(found) == ["not_met", "not_met", "met"]
    assert [one.trace["reasons"][0]["code"] for one in found.results[:2]] == ["course_excluded"] * 2


def test_only_rulebooks_convert() -> None:
    register = KNOWN["scale", "percent-100"]
    with pytest.raises(TypeError):
        book_of(Published(register=register, **published()))


def published() -> dict[str, Any]:
    names = set(Published.__dataclass_fields__) - {"register"}
    return dict.fromkeys(names, None)


def test_a_day_before_the_first_term_of_a_year_is_in_the_last_of_the_year_before() -> None:
    rules = book(
        rule("r", course("C0"), amount("0.00")), calendar=[{"id": "spring", "begins": "03-01"}]
    )
    assert term_of(date(2026, 2, 28), rules.calendar) == "2025/spring"
    assert term_of(date(2026, 3, 1), rules.calendar) == "2026/spring"
    assert term_of(date(2026, 3, 1), ()) == "—"


def test_an_intake_is_what_each_learner_would_get() -> None:
    rules = book(rule("r", course("C0"), amount("2.00")))
    cases = [case(outcome("o", "2.00")), case()]
    found = list(evaluate_many(cases, [rules], KNOWN))
    assert [verdicts(one) for one in found] == [["met"], ["not_met"]]


def test_of_a_target_without_credit_no_share_can_be_needed() -> None:
    rules = book(rule("r", grade(), amount("1.00", of_target="50.00")))
    with pytest.raises(RuleNotEvaluable):
        run(rules, outcome("o", "1.00"))


# --- grades --------------------------------------------------------------------------------------


def letters() -> dict[str, Any]:
    ranks = [{"rank": n, "title": {"zh": mark}} for n, mark in enumerate("差中良优", start=1)]
    document = scale(id="letters", title={"zh": "等第"}, ranks=ranks)
    del document["range"]
    return document


@pytest.mark.parametrize(
    ("record", "marks", "expected"),
    [
        ("original", ["80.00", "91.00"], "80.00"),
        ("average", ["80.00", "91.01"], "85.51"),
        ("average", ["none"], None),
    ],
)
def test_the_grade_is_the_lowest_or_the_mean(
    record: str, marks: list[str], expected: str | None
) -> None:
    target = course("C0", grade={"record": record, "scale": "percent-100"})
    given = [
        outcome(f"o{n}", "1.00", scores=(Score("percent-100", mark),))
        for n, mark in enumerate(marks)
    ]
    found = run(book(rule("r", target, amount(f"{len(marks)}.00"))), *given).results[0]
    assert found.verdict is Verdict.MET
    assert (found.grade or {}).get("mark") == expected


def test_a_mean_of_ranks_is_the_nearest_and_the_lower_of_two() -> None:
    known = registers(("programme", programme(*COURSES, total="16.00")), ("scale", letters()))
    target = course("C0", grade={"record": "average", "scale": "letters"})
    rules = book(rule("r", target, amount("2.00")))
    given = [
        outcome(f"o{n}", "1.00", scores=(Score("letters", mark),)) for n, mark in enumerate("优良")
    ]
    (found,) = evaluate(case(*given), [rules], known).results
    assert found.grade == {"scale": "letters", "mark": "良"}
    claimed = replace(found, grade={"scale": "letters", "mark": "优"})
    codes = [one.code for one in check(case(*given), [rules], known, Evaluation((claimed,), "t"))]
    assert codes == ["grade_differs"]


# --- evidence ------------------------------------------------------------------------------------


def asking(kind: str, **more: Any) -> Rulebook:
    """Return a rule that asks for evidence of a kind."""
    declared = {"id": "e", "kind": kind, "title": {"zh": "佐证"}, "confirmed_by": "owner"} | more
    needs = {"kind": "evidence", "evidence": "e"}
    return book(rule("r", course("C0"), needs, evidence=[declared]))


def test_evidence_is_taken_from_those_whose_word_it_takes() -> None:
    rules = asking("enrolment", accepts={"major": ["1"]})
    assert verdicts(run(rules, evidence=(evidence("e", "learner", major="1"),))) == [
        "needs_evidence"
    ]
    assert verdicts(run(rules, evidence=(evidence("e", "owner", major="1"),))) == ["met"]
    assert verdicts(run(rules, evidence=(evidence("e", "owner", major="2"),))) == ["not_met"]


def test_evidence_that_nobody_declared_cannot_be_asked_for() -> None:
    needs = {"kind": "evidence", "evidence": "nobody"}
    with pytest.raises(RuleNotEvaluable):
        run(book(rule("r", course("C0"), needs)))


def test_work_is_counted_in_the_occupation_and_after_the_certificate() -> None:
    declared = {"id": "w", "kind": "work", "title": {"zh": "从业"}, "confirmed_by": "learner"}
    trade = {"edition": "2022", "code": "4-04-05-05"}
    needs = {"kind": "work", "period": "P1Y", "occupations": [trade], "after": {"scene": ["x"]}}
    rules = book(rule("r", grade(), needs, evidence=[declared]))
    periods = [
        {"from": "2024-01-01", "to": "2024-12-31", "occupation": trade},
        {"from": "2025-01-01", "occupation": {"edition": "2022", "code": "other"}},
        {"from": "2025-01-01", "to": "nonsense", "occupation": trade},
        {"from": "nonsense"},
    ]
    said = (evidence("w", "learner", periods=periods),)
    before = outcome("c", scene="x", achieved_on=date(2023, 1, 1))
    assert verdicts(run(rules, before, evidence=said)) == ["met"]
    assert verdicts(run(rules, evidence=said)) == ["not_met"]
    assert verdicts(run(rules, replace(before, achieved_on=date(2024, 6, 1)), evidence=said)) == [
        "not_met"
    ]
    assert verdicts(run(rules, before, evidence=(evidence("w", "learner", periods="?"),))) == [
        "not_met"
    ]


def test_a_cap_by_evidence_is_the_least_that_anybody_supplied() -> None:
    declared = {"id": "q", "kind": "amount", "title": {"zh": "限额"}, "confirmed_by": "learner"}
    cap = {"id": "c", "text": {"zh": "上限"}, "evidence": "q", "per": "outcome"}
    needs = amount("0.00", caps=[cap])
    rules = book(rule("r", elective("4.00"), needs, evidence=[declared], partial=True))
    each = [{"outcome": "o", "amount": "1.00"}]
    said = (
        evidence("q", "learner", amount="3.00", amounts=each),
        evidence("q", "owner", amount="2.00"),
        evidence("q", "owner", amount="no amount"),
    )
    found = run(rules, outcome("o", "3.00"), outcome("p", "3.00"), evidence=said)
    assert found.results[0].granted == 300
