"""Lint: what would be accepted and then always fail, never bind, or mean something else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from creditbank.domain.conversion.evaluating import Converter
from creditbank.domain.conversion.facts import Case
from creditbank.domain.conversion.parsing import parse_outcome
from creditbank.domain.rules.findings import Finding
from creditbank.domain.rules.lint import FINDINGS_MAX, lint
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.errors.conversion import RuleNotEvaluable
from creditbank.errors.registers import RegisterInvalid
from tests.linting import CAP, REGISTERS, TEXT, findings, frame_of, look
from tests.rulebooks import amount, rule, rulebook

EXEMPTION = {"kind": "exemption", "of": TEXT}
TRANSFER = {"kind": "transfer", "system": "cn-16", "at_most": "20.00"}
HALF = CAP | {"share": {"percent": "50.00", "of": "programme"}}
STEP = {"id": "a", "title": TEXT, "by": "owner"}
SHARE = {"share": {"percent": "20.00", "of": "programme"}}


def case(**more: Any) -> dict[str, Any]:
    expect = [{"rule": "r-1", "result": "met"}]
    return {"title": TEXT, "on": "2026-02-01", "expect": expect} | more


def capped(cap: dict[str, Any], target: dict[str, Any] = EXEMPTION, **more: Any) -> dict[str, Any]:
    return rulebook(rule(target=target, needs=amount(caps=[CAP | cap], **more)))


BUCKET = {
    "kind": "elective",
    "programme": "plan-example",
    "bucket": TEXT,
    "system": "cn-18",
    "at_most": "6.00",
}
CN_18 = {"measure": "credit", "system": "cn-18"}
NEVER_OR_ALWAYS: list[tuple[str, dict[str, Any]]] = [
    ("term_without_calendar", capped({"limit": "1.00", "per": "term"})),
    ("cap_above_needed", capped({"limit": "2.00"})),
    ("cap_above_needed", capped({"limit": "20.00", "per": "issuer"}, TRANSFER)),
    (
        "cap_above_needed",
        capped(
            {"limit": "6.00"},
            {"kind": "course", "programme": "plan-example", "courses": ["C05"]},
            at_least="0.01",
            of_target="100.00",
        ),
    ),
    ("share_of_no_programme", capped(SHARE)),
    ("other_system", rulebook(rule(needs=amount(unit=CN_18, of_target="100.00")))),
    ("other_system", rulebook(rule(target=BUCKET), bounds={"caps": [HALF]})),
    ("nothing_counts", capped({"share": {"percent": "0.00", "of": "target"}})),
    (
        "worth_nothing",
        rulebook(
            rule(needs=amount(unit={"measure": "worth", "system": "cn-16"}, worth="0.00")),
        ),
    ),
    (
        "notice_outlasts_reservation",
        rulebook(
            rule(),
            procedure={"steps": [STEP | {"public_days": 30}], "reserved_days": 30},
        ),
    ),
    ("no_such_rule", rulebook(rule(tests=[case(requested=[{"rule": "none"}])]))),
    (
        "no_such_course",
        rulebook(rule(tests=[case(requested=[{"rule": "r-1", "course": "none"}])])),
    ),
    (
        "no_such_course",
        rulebook(rule(tests=[case(expect=[{"rule": "r-1", "course": "C06", "result": "met"}])])),
    ),
    ("no_such_group", rulebook(rule(needs=amount(select={"equivalence_group": ["none"]})))),
    ("no_such_scene", rulebook(rule(needs=amount(select={"scene": ["AI+製造"]})))),
    ("asks_nothing", rulebook(rule(target=EXEMPTION, needs=amount("0.00")))),
    ("partial_of_whole", rulebook(rule(partial=True))),
    (
        "cap_behind_cap",
        rulebook(
            rule(target=TRANSFER),
            bounds={
                "caps": [
                    CAP | {"limit": "8.00"},
                    CAP | {"id": "d", "limit": "9.00", "over": {"type": ["module"]}},
                ]
            },
        ),
    ),
    (
        "cap_behind_cap",
        rulebook(
            rule(target=TRANSFER),
            bounds={
                "caps": [
                    CAP | {"limit": "8.00"},
                    CAP | {"id": "d", "limit": "9.00", "per": "issuer"},
                ]
            },
        ),
    ),
]


@pytest.mark.parametrize(("code", "document"), NEVER_OR_ALWAYS)
def test_lint_finds_what_makes_no_sense(code: str, document: dict[str, Any]) -> None:
    assert code in look(document)


@pytest.mark.parametrize(
    "document",
    [
        capped({"limit": "1.99", "over": {"delivery": ["online"]}}),
        capped({"limit": "19.99"}, TRANSFER),
        capped({"limit": "3.00"}, least=[{"at_least": "1.00", "where": {"scene": ["AI+制造"]}}]),
        capped({"limit": "1.00", "per": "term"})
        | {"calendar": [{"id": "spring", "begins": "03-01"}]},
        capped(SHARE, {"kind": "course", "programme": "plan-example", "courses": ["C05"]}),
        rulebook(rule(target=BUCKET)),
        rulebook(
            rule(target=TRANSFER),
            bounds={
                "caps": [
                    CAP | {"limit": "8.00", "over": {"type": ["module"]}},
                    CAP | {"id": "d", "limit": "9.00"},
                ]
            },
        ),
        rulebook(
            rule(),
            procedure={"steps": [STEP | {"public_days": 29}], "reserved_days": 30},
        ),
    ],
)
def test_what_makes_sense_is_let_through(document: dict[str, Any]) -> None:
    told = findings(document)
    assert [one.code for one in told if one.severity == "error"] == []


@pytest.mark.parametrize(
    "cap",
    [
        {"share": {"percent": "60.00", "of": "programme"}, "over": {"type": ["module"]}},
        {"share": {"percent": "60.00", "of": "programme"}, "per": "issuer"},
        {"share": {"percent": "60.00", "of": "programme"}, "category": ["major_basic"]},
        {"limit": "40.01"},
    ],
)
def test_a_part_may_not_be_allowed_more_than_the_frame_allows_of_all(cap: dict[str, Any]) -> None:
    document = rulebook(rule(), under="frame", bounds={"caps": [CAP | cap]})
    assert "cap_wider" in look(document, frame=frame_of(caps=[HALF]))


@pytest.mark.parametrize(
    "cap",
    [
        {"share": {"percent": "50.00", "of": "programme"}, "over": {"type": ["module"]}},
        {"share": {"percent": "60.00", "of": "category"}, "category": ["major_basic"]},
        {"limit": "40.00"},
    ],
)
def test_a_part_may_be_allowed_as_much_as_the_frame_allows_of_all(cap: dict[str, Any]) -> None:
    document = rulebook(rule(), under="frame", bounds={"caps": [CAP | cap]})
    told = findings(document, frame=frame_of(caps=[HALF]))
    assert [one.code for one in told if one.severity == "error"] == []


def test_a_frame_may_leave_terms_to_the_calendars_of_those_under_it() -> None:
    frame = frame_of(caps=[CAP | {"limit": "24.00", "per": "term"}])
    assert not [one for one in lint(frame, REGISTERS) if one.severity == "error"]
    assert "term_without_calendar" in look(rulebook(rule(), under="frame"), frame=frame)
    terms = [{"id": "spring", "begins": "03-01"}]
    told = look(rulebook(rule(), under="frame", calendar=terms), frame=frame)
    assert "term_without_calendar" not in told


def test_what_lint_refuses_could_not_be_evaluated() -> None:
    outcome = parse_outcome(
        {
            "id": "o",
            "type": "module",
            "achieved_on": "2026-02-01",
            "credits": [{"system": "cn-16", "amount": "9.00"}],
        }
    )
    book = parse_rulebook(capped(SHARE))
    converter = Converter([book], REGISTERS)
    with pytest.raises(RuleNotEvaluable):
        converter.evaluate(Case(on=date(2026, 6, 30), outcomes=(outcome,)))


@pytest.mark.parametrize(
    ("members", "where", "reason"),
    [
        ({"calendar": [{"id": "a", "begins": "02-30"}]}, "/calendar/0/begins", "form"),
        (
            {"calendar": [{"id": "a", "begins": "03-01"}, {"id": "a", "begins": "09-01"}]},
            "/calendar/1",
            "repeated",
        ),
        ({"procedure": {"steps": [STEP, STEP]}}, "/procedure/steps/1", "repeated"),
    ],
)
def test_terms_and_steps_can_be_told_apart(
    members: dict[str, Any], where: str, reason: str
) -> None:
    with pytest.raises(RegisterInvalid) as refused:
        parse_rulebook(rulebook(rule(), **members))
    assert refused.value.fields["errors"] == [{"where": where, "reason": reason}]


def test_evidence_accepts_something_or_says_nothing_of_it() -> None:
    paper = {"id": "paper", "kind": "enrolment", "title": TEXT, "accepts": {"major": []}}
    with pytest.raises(RegisterInvalid):
        parse_rulebook(rulebook(rule(evidence=[paper])))


def test_no_more_is_said_than_can_be_read_and_errors_first() -> None:
    names = [f"none-{at}" for at in range(900)]
    rules = [rule(id=f"r-{at}", needs=amount(select={"module": names})) for at in range(3)]
    told: list[Finding] = findings(rulebook(*rules))
    assert len(told) == FINDINGS_MAX + 1
    assert {one.severity for one in told[:-1]} == {"error"}
    assert (told[-1].code, told[-1].fields["more"]) == ("more_findings", "1706")
