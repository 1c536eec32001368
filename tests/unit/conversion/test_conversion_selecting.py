from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from creditbank.domain.conversion import OutcomeFact, Score, matches
from creditbank.domain.rules.selection import Selection
from tests.conversions import ON, registers

GRADES = {
    "version": "1",
    "valid_from": "2000-01-01",
    "title": {"zh": "等级"},
    "region": "00",
    "kind": "grade",
}
REGISTERS = registers(
    (
        "scale",
        GRADES | {"id": "five", "ranks": [{"rank": n, "title": {"zh": f"五{n}"}} for n in (1, 2)]},
    ),
    (
        "scale",
        GRADES
        | {
            "id": "eight",
            "ranks": [
                {"rank": 3, "title": {"zh": "初"}, "same_as": [{"scale": "five", "rank": 1}]},
                {"rank": 4, "title": {"zh": "高"}},
            ],
        },
    ),
    (
        "scale",
        GRADES
        | {
            "id": "letters",
            "kind": "score",
            "ranks": [{"rank": n, "title": {"zh": zh}} for n, zh in enumerate("差中优")],
        },
    ),
)

FACT: dict[str, Any] = {
    "id": "o",
    "type": "module",
    "achieved_on": date(2026, 3, 1),
    "verification": "national_query",
    "module": "M1",
    "equivalence_group": "G1",
    "common_core": True,
    "scene": "AI+制造",
    "occupation": ("2015", "4-04-05-05"),
    "level": ("five", 1),
    "issuer": "SCHOOL",
    "issuer_roles": frozenset({"training", "assessor"}),
    "stages": frozenset({"study", "assessment"}),
    "scores": (
        Score("percent-100", "70.00", "theory"),
        Score("percent-100", "90.00", "operation"),
        Score("letters", "优"),
    ),
    "certificate_kind": "skill-level",
    "course": "C1",
    "course_title": "数据 分析Ａ",
    "delivery": "online",
    "credits": {"cn-18": 133},
}


def selected(selection: dict[str, Any], **change: Any) -> bool:
    fact = OutcomeFact(**(FACT | change))
    return matches(Selection.model_validate(selection), fact, ON, REGISTERS)


@pytest.mark.parametrize(
    ("holds", "fails"),
    [
        ({"type": ["module", "certificate"]}, {"type": ["certificate"]}),
        ({"module": ["M1"]}, {"module": ["M2"]}),
        ({"equivalence_group": ["G1"]}, {"equivalence_group": ["G2"]}),
        ({"common_core": True}, {"common_core": False}),
        ({"scene": ["AI+制造"]}, {"scene": ["AI+物流"]}),
        (
            {"occupation": [{"edition": "2015", "code": "4-04-05-05"}]},
            {"occupation": [{"edition": "2022", "code": "4-04-05-05"}]},
        ),
        ({"level": {"scale": "five", "at_least": 1}}, {"level": {"scale": "five", "at_least": 2}}),
        ({"level": {"scale": "eight", "at_most": 3}}, {"level": {"scale": "eight", "at_least": 4}}),
        ({"issuer": ["SCHOOL"]}, {"issuer": ["OTHER"]}),
        ({"issuer_role": ["assessor"]}, {"issuer_role": ["college"]}),
        ({"stage": ["study", "assessment"]}, {"stage": ["study", "certification"]}),
        (
            {"score": {"scale": "percent-100", "at_least": "70"}},
            {"score": {"scale": "percent-100", "at_least": "80"}},
        ),
        (
            {"score": {"scale": "letters", "at_least": "中"}},
            {"score": {"scale": "letters", "at_least": "?"}},
        ),
        ({"certificate_kind": ["skill-level"]}, {"certificate_kind": ["x"]}),
        ({"course": ["C1"]}, {"course": ["C2"]}),
        ({"course_title": ["数据分析a"]}, {"course_title": ["数据"]}),
        ({"delivery": ["online"]}, {"delivery": ["onsite", "mixed"]}),
        ({"system": ["cn-18"]}, {"system": ["cn-16"]}),
        ({"verification": "national_query"}, {"verification": "issuer"}),
        ({"achieved_within": "P6M"}, {"achieved_within": "P5M"}),
        ({"achieved_from": "2026-03-01"}, {"achieved_from": "2026-03-02"}),
        ({"achieved_to": "2026-03-01"}, {"achieved_to": "2026-02-28"}),
        ({"any_of": [{"scene": ["x"]}, {"module": ["M1"]}]}, {"any_of": [{"scene": ["x"]}]}),
        ({"none_of": [{"scene": ["x"]}]}, {"none_of": [{"module": ["M1"]}]}),
    ],
)
def test_every_member_must_hold(holds: dict[str, Any], fails: dict[str, Any]) -> None:
    assert selected({})
    assert selected(holds)
    assert not selected(fails)


def test_the_later_of_two_first_days_counts() -> None:
    assert not selected({"achieved_within": "P1Y", "achieved_from": "2026-03-02"})
    assert not selected({"achieved_within": "P1M", "achieved_from": "2020-01-01"})


def test_nothing_self_declared_is_selected_unless_it_says_so() -> None:
    assert not selected({}, verification="self_declared")
    assert selected({"verification": "self_declared"}, verification="self_declared")


def test_an_exception_excepts_the_self_declared_too() -> None:
    selection = {"verification": "self_declared", "none_of": [{"module": ["M1"]}]}
    assert not selected(selection, verification="self_declared")


def test_a_level_on_a_scale_that_knows_no_other_is_none_of_it() -> None:
    wanted = {"level": {"scale": "eight", "at_least": 0}}
    assert not selected(wanted, level=None)
    assert not selected(wanted, level=("five", 2))
    assert not selected(wanted, level=("unknown", 1))


def test_a_scale_may_say_of_itself_what_another_grade_is() -> None:
    assert selected({"level": {"scale": "five", "at_least": 1}}, level=("eight", 3))
    assert not selected({"level": {"scale": "five", "at_least": 1}}, level=("eight", 4))


def test_the_whole_counts_before_its_parts() -> None:
    whole = (*FACT["scores"], Score("percent-100", "85.00"))
    assert selected({"score": {"scale": "percent-100", "at_least": "80"}}, scores=whole)


def test_what_has_no_score_that_can_be_read_reaches_none() -> None:
    wanted = {"score": {"scale": "percent-100", "at_least": "1"}}
    assert not selected(wanted, scores=())
    assert not selected(wanted, scores=(Score("percent-100", "合格"),))
