"""What institutions may submit, and how two submissions are compared."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from creditbank.domain.registers.faults import faults_of
from creditbank.domain.submissions import OUTCOME, differing_fields, normal_form
from tests import factories

ACHIEVEMENT: dict[str, Any] = {
    "source_id": "a-1",
    "type": "achievement",
    "learner": {"account": "la-abcdefghijklmnop"},
    "achievement": {"category": "contest", "title": "广东省职业技能大赛", "on": "2026-05-01"},
}
FULL_STAGES = [
    factories.study(evidence="0" * 64)
    | {"hours": {"theory": 8, "practice": "0.5", "online": "4.00"}},
    factories.training(),
    factories.assessment(attempt=2, event="2026-06", evidence="f" * 64)
    | {"score": {"scale": "letter-5", "value": "良"}},
    {"stage": "certification", "on": "2026-06-25", "number": "合格-1", "evidence": "a" * 64},
]


def faults(document: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        OUTCOME.validate_python(document)
    return [(fault.where, fault.reason) for fault in faults_of(caught.value)]


@pytest.mark.parametrize(
    "document",
    [
        factories.completion("m-1", 1),
        factories.completion("m-2", 1, *FULL_STAGES, learning_event="e-1", offering="class-5"),
        factories.course("c-1", 1),
        factories.course("c-2", 1, type="self_study_exam", stages=FULL_STAGES),
        factories.course("c-3", 1, type="online_course", passed=False),
        factories.certificate("t-1", 1),
        ACHIEVEMENT,
    ],
    ids=lambda document: document["source_id"],
)
def test_every_kind_of_outcome_is_accepted(document: dict[str, Any]) -> None:
    assert OUTCOME.validate_python(document)["type"] == document["type"]


def test_amounts_take_their_normal_form() -> None:
    document = factories.completion("m-1", 1, FULL_STAGES[0])
    hours = OUTCOME.validate_python(document)["stages"][0]["hours"]
    assert hours == {"theory": "8.00", "practice": "0.50", "online": "4.00"}


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"type": "exam"}, "/type", "not_one_of"),
        ({"stages": [{"stage": "exam"}]}, "/module/stages/0/stage", "not_one_of"),
        ({"stages": [{}]}, "/module/stages/0/stage", "missing"),
        ({"stages": [7]}, "/module/stages/0", "type"),
        ({"stages": {}}, "/module/stages", "type"),
        ({"surplus": 1}, "/module/surplus", "unknown_member"),
        ({"source_id": ""}, "/module/source_id", "form"),
        ({"source_id": "a\u202eb"}, "/module/source_id", "form"),
        ({"source_id": "a\u2028b"}, "/module/source_id", "form"),
        ({"source_id": "a\nb"}, "/module/source_id", "form"),
        ({"source_id": "x" * 201}, "/module/source_id", "too_long"),
        ({"source_id": 7}, "/module/source_id", "type"),
        ({"stages": []}, "/module/stages", "too_few"),
        ({"stages": [factories.study()] * 21}, "/module/stages", "too_long"),
        ({"module": {"id": "../1"}}, "/module/module/id", "form"),
        ({"learner": {"account": "la-0"}}, "/module/learner/account", "form"),
        ({"verification": {"level": "hearsay"}}, "/module/verification/level", "not_one_of"),
    ],
)
def test_a_fault_is_named_at_its_place(change: dict[str, Any], where: str, reason: str) -> None:
    assert faults(factories.completion("m-1", 1) | change) == [(where, reason)]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-W23-1", "form"),  # an ISO 8601 week date, also of ten characters
        ("20260605", "form"),
        ("2026-6-05", "form"),
        ("2026-06-05T00:00:00", "form"),
        ("", "empty"),
        ("2026-02-29", "day"),
        ("1899-12-31", "range"),
    ],
)
def test_a_date_has_one_form_and_is_in_the_calendar(day: str, reason: str) -> None:
    document = factories.completion("m-1", 1, factories.study(begun_on=day))
    assert faults(document) == [("/module/stages/0/study/begun_on", reason)]


def test_nothing_is_converted() -> None:
    document = factories.completion("m-1", 1, factories.assessment(passed=True))
    document["stages"][0]["passed"] = "true"
    document["stages"][0]["attempt"] = 1.0
    assert faults(document) == [
        ("/module/stages/0/assessment/passed", "type"),
        ("/module/stages/0/assessment/attempt", "type"),
    ]


def test_a_course_has_one_amount_in_each_credit_system() -> None:
    document = factories.course("c-1", 1)
    amount = {"system": "cn-18", "amount": "1.00"}
    document["course"]["credits"] = [amount, {"system": "cn-16", "amount": "1.00"}]
    assert OUTCOME.validate_python(document)["course"]["credits"] == document["course"]["credits"]
    document["course"]["credits"] += [amount]
    assert faults(document) == [("/academic_course/course/credits/2", "repeated")]


def test_the_normal_form_has_no_learner_and_says_how_far_it_was_verified() -> None:
    document = factories.completion("m-1", 1)
    normal = normal_form(document)
    assert normal == {
        "source_id": "m-1",
        "type": "module",
        "module": document["module"],
        "stages": document["stages"],
        "verification": {"level": "issuer"},
    }
    assert "learner" in document


def test_the_normal_form_keeps_a_given_verification() -> None:
    document = factories.certificate("t-1", 1)
    assert normal_form(document)["verification"] == document["verification"]


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 2}, ["/a"]),
        ({"a": 1}, {}, ["/a"]),
        ({"b": {"c": "x"}, "a": 1}, {"b": {"c": "y"}, "a": 2}, ["/a", "/b/c"]),
        ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}], ["/1/a"]),
        ({"a": [1]}, {"a": [1, 2]}, ["/a"]),
        ({"a": {}}, {"a": []}, ["/a"]),
        ("x", "y", ["/"]),
    ],
)
def test_fields_that_differ_are_named(one: Any, other: Any, differs: list[str]) -> None:
    assert differing_fields(one, other) == differs
    assert differing_fields(other, one) == differs


@pytest.mark.parametrize("stage", [factories.study(), factories.training()])
def test_a_stage_is_said_once_and_attempts_as_often_as_they_were_made(
    stage: dict[str, Any],
) -> None:
    attempts = [factories.assessment(passed=False), factories.assessment()]
    good = factories.completion("s-1", 1, stage, *attempts)
    assert OUTCOME.validate_python(good)["stages"] == [stage, *attempts]
    document = factories.completion("s-1", 1, stage, *attempts, stage)
    with pytest.raises(ValidationError) as caught:
        OUTCOME.validate_python(document)
    assert [(fault.where, fault.reason) for fault in faults_of(caught.value)] == [
        ("/module/stages/3", "repeated")
    ]


@pytest.mark.parametrize(
    "text", ["a", "2026-01/0001", "批次 7", "流水—１", "é", "\U0001f600", "a\u00a0b", "\U00020000"]
)
def test_a_source_id_may_be_anything_that_is_seen(text: str) -> None:
    assert OUTCOME.validate_python(ACHIEVEMENT | {"source_id": text})["source_id"] == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", " a", "a ", "a\u3000", "\u00a0a", "a\n"),
        *("a\u200bb", "a\u200d", "\ufeffa", "a\u00adb", "a\u2060", "a\u202eb", "a\u061c"),
        *("a\ufe0f", "a\u180eb", "a\u3164", "a\u115fb", "a\U000e0041", "a\U000e0100", "a\ufff9"),
    ],
)
def test_a_source_id_has_nothing_that_cannot_be_seen(text: str) -> None:
    """Two that look the same would be two postings."""
    document = ACHIEVEMENT | {"source_id": text}
    assert [where for where, _ in faults(document)] == ["/achievement/source_id"]
