from datetime import date

import pytest

from creditbank.domain.conversion import (
    PriorGrant,
    PriorUse,
    Request,
    Score,
    parse_earlier,
    parse_evidence,
    parse_outcome,
    parse_requests,
)
from creditbank.errors.conversion import FactsInvalid


def test_an_outcome_says_all_that_rules_ask() -> None:
    fact = parse_outcome(
        {
            "id": "o1",
            "type": "module",
            "achieved_on": "2026-03-01",
            "title": "工业视觉质检",
            "occupation": {"edition": "2015", "code": "4-04-05-05"},
            "level": {"scale": "gd-qf-7", "rank": 3},
            "issuer_roles": ["training"],
            "stages": ["study", "assessment"],
            "scores": [{"scale": "percent-100", "value": "85", "part": "theory"}],
            "credits": [{"system": "cn-18", "amount": "1.33"}],
            "class_hours": "24",
        }
    )
    assert fact.achieved_on == date(2026, 3, 1)
    assert fact.occupation == ("2015", "4-04-05-05")
    assert fact.level == ("gd-qf-7", 3)
    assert fact.issuer_roles == {"training"}
    assert fact.stages == {"study", "assessment"}
    assert fact.scores == (Score("percent-100", "85", "theory"),)
    assert fact.credits == {"cn-18": 133}
    assert fact.class_hours == 2400
    assert fact.verification == "issuer"


def test_a_course_is_called_by_its_title() -> None:
    course = {"id": "c", "type": "academic_course", "achieved_on": "2026-03-01"}
    assert parse_outcome(course | {"course_title": "高等数学"}).title == "高等数学"
    assert parse_outcome(course).title == ""


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"type": "diploma"}, "/type"),
        ({"achieved_on": "2026-02-30"}, "/achieved_on"),
        ({"color": "red"}, "/color"),
        ({"credits": [{"system": "a", "amount": "1"}] * 2}, "/credits/1/system"),
    ],
)
def test_every_fault_has_its_place(change: dict[str, object], where: str) -> None:
    document = {"id": "o", "type": "module", "achieved_on": "2026-03-01"} | change
    with pytest.raises(FactsInvalid) as caught:
        parse_outcome(document)
    assert caught.value.fields["errors"][0]["where"] == where  # type: ignore[index]


def test_evidence_has_long_and_short_forms() -> None:
    facts = parse_evidence(
        {
            "enrolment": {"confirmed_by": "registry", "major": "510209"},
            "apprenticeship": True,
            "born": date(2001, 5, 1),
            "birth": "2001-05-01",
            "recognised": "8.00",
            "hours": 8,
        }
    )
    assert {fact.id: (fact.confirmed_by, dict(fact.value)) for fact in facts} == {
        "enrolment": ("registry", {"major": "510209"}),
        "apprenticeship": ("owner", {"holds": True}),
        "born": ("owner", {"date": "2001-05-01"}),
        "birth": ("owner", {"date": "2001-05-01"}),
        "recognised": ("owner", {"amount": "8.00"}),
        "hours": ("owner", {"amount": 8}),
    }


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], ""),
        ({"a": 1.5}, "/a"),
        ({1: True}, "/1"),
        ({"a": {"confirmed_by": "rumour"}}, "/a/confirmed_by"),
        ({"a": {"ratio": 0.5}}, "/a/ratio"),
    ],
)
def test_evidence_of_another_form_is_refused(document: object, where: str) -> None:
    with pytest.raises(FactsInvalid) as caught:
        parse_evidence(document)
    assert caught.value.fields["errors"][0]["where"] == where  # type: ignore[index]


def test_earlier_decisions_are_uses_and_grants() -> None:
    documents = [
        {"outcome": "o1", "rule": "r"},
        {"outcome": "o2", "rule": "r", "unit": "class_hours", "amount": "8", "of": "24"},
        {"rule": "r", "target": "course:P:A", "granted": "2.00", "system": "cn-18"},
        {"rulebook": "other", "rule": "r", "target": "grade:x"},
    ]
    uses, grants = parse_earlier(documents, "mine")
    assert uses == (
        PriorUse(
            "o1", "academic", "r", "exclusive", whole=True, unit="outcomes", amount=100, of=100
        ),
        PriorUse(
            "o2", "academic", "r", "exclusive", whole=False, unit="class_hours", amount=800, of=2400
        ),
    )
    assert grants == (
        PriorGrant("mine", "r", "course:P:A", 200, "cn-18", ()),
        PriorGrant("other", "r", "grade:x", 0, None, ()),
    )


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"amount": "1"}, "/0/of"),
        ({"of": "1"}, "/0/amount"),
        ({"amount": "2", "of": "1"}, "/0/amount"),
        ({"unit": "pages"}, "/0/unit"),
    ],
)
def test_an_earlier_use_is_a_part_of_a_whole(change: dict[str, str], where: str) -> None:
    with pytest.raises(FactsInvalid) as caught:
        parse_earlier([{"outcome": "o", "rule": "r"} | change])
    assert caught.value.fields["errors"][0]["where"] == where  # type: ignore[index]


def test_requests_name_a_rule_and_perhaps_a_course() -> None:
    documents = [{"rule": "r"}, {"rule": "r", "course": "A"}]
    assert parse_requests(documents) == (Request("r"), Request("r", "A"))
