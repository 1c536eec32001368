"""What registers say about other registers, and scales and credit systems put to use."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.registers import (
    CreditSystem,
    Module,
    Register,
    Scale,
    check_credits,
    check_references,
    parse_register,
)
from creditbank.errors.registers import RegisterInvalid

MODULE: dict[str, Any] = {
    "id": "m-1",
    "version": "1",
    "valid_from": "2026-01-01",
    "region": "00",
    "title": {"zh": "模块"},
    "kind": "other",
    "hours": {"theory": "8.00", "practice": "16.00"},
    "stages": [{"stage": "study"}],
}
SYSTEM: dict[str, Any] = {
    "id": "cn-18",
    "version": "1",
    "valid_from": "2026-01-01",
    "region": "00",
    "title": {"zh": "学分"},
    "hours_per_credit": {"theory": "18.00", "practice": "18.00"},
    "rounding": "half_up",
    "owner": "某学院",
}
SCALE: dict[str, Any] = {
    "id": "letter-2",
    "version": "1",
    "valid_from": "2026-01-01",
    "region": "00",
    "title": {"zh": "两等"},
    "kind": "score",
    "ranks": [
        {"rank": 0, "title": {"zh": "不合格", "en": "Fail"}},
        {"rank": 1, "title": {"zh": "合格"}, "aliases": ["通过"]},
    ],
}
MARKS = {name: value for name, value in SCALE.items() if name != "ranks"} | {
    "id": "marks",
    "range": {"lowest": "0.00", "highest": "100.00"},
}


def module(**members: object) -> Module:
    made = parse_register("module", MODULE | members)
    assert isinstance(made, Module)
    return made


def system(**members: object) -> CreditSystem:
    made = parse_register("credit_system", SYSTEM | members)
    assert isinstance(made, CreditSystem)
    return made


def scale(document: dict[str, Any]) -> Scale:
    made = parse_register("scale", document)
    assert isinstance(made, Scale)
    return made


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, 1_33),
        ({"rounding": "up"}, 1_34),
        ({"rounding": "up", "step": "0.50"}, 1_50),
        ({"rounding": "down", "step": "0.50"}, 1_00),
        ({"hours_per_credit": {"theory": "16.00", "practice": "16.00"}}, 1_50),
        ({"hours_per_credit": {"theory": "10.00", "practice": "10.00"}}, 2_40),
        ({"hours_per_credit": {"theory": "24.00", "practice": "24.00"}}, 1_00),
        # 8/16 + 16/24 = 1.1666…; rounding each part would also give 1.17, rounding down 1.16.
        ({"hours_per_credit": {"theory": "16.00", "practice": "24.00"}}, 1_17),
    ],
)
def test_twenty_four_class_hours_are_worth_what_the_system_says(
    members: dict[str, object], expected: int
) -> None:
    assert system(**members).credit_for(module().hours) == expected


def test_credits_agree_with_the_class_hours() -> None:
    systems = {"cn-18": system()}
    check_credits(module(), systems)
    check_credits(module(credits=[{"system": "cn-18", "amount": "1.33"}]), systems)
    check_credits(module(credits=[{"system": "unknown", "amount": "9.00"}]), systems)
    with pytest.raises(RegisterInvalid) as refused:
        check_credits(
            module(
                credits=[
                    {"system": "cn-18", "amount": "1.34"},
                    {"system": "exact", "amount": "1.33"},
                ]
            ),
            systems | {"exact": system(rounding="exact")},
        )
    assert refused.value.fields == {
        "kind": "module",
        "count": 2,
        "errors": [
            {"where": "/credits/0/amount", "reason": "not_what_the_hours_make"},
            {"where": "/credits/1/amount", "reason": "hours_do_not_come_out_even"},
        ],
    }


def test_references_lead_to_registers_and_fit_their_scales() -> None:
    part = {"part": "theory", "scale": "marks", "pass_mark": "60.00"}
    ranked = {"part": "operation", "scale": "letter-2", "pass_rank": 1}
    full = {
        "stages": [{"stage": "assessment"}],
        "assessment": {"parts": [part, ranked]},
        "credits": [{"system": "cn-18", "amount": "1.33"}],
        "level": {"scale": "letter-2", "rank": 1},
    }
    registers: dict[tuple[str, str], Register] = {
        ("scale", "marks"): scale(MARKS),
        ("scale", "letter-2"): scale(SCALE),
        ("credit_system", "cn-18"): system(),
    }
    check_references(module(**full), registers)
    wrong = full | {
        "assessment": {"parts": [part | {"pass_mark": "100.01"}, ranked | {"pass_rank": 2}]},
        "credits": [{"system": "cn-16", "amount": "1.50"}],
        "level": {"scale": "marks", "rank": 1},
        "occupation": {"edition": "2015", "code": "4-04-05-05"},
        "specification": "s",
        "prerequisites": ["m-0"],
        "stacks_into": ["p"],
    }
    with pytest.raises(RegisterInvalid) as refused:
        check_references(module(**wrong), registers)
    assert refused.value.fields["errors"] == [
        {"where": "/credits/0/system", "reason": "no_such_credit_system"},
        {"where": "/assessment/parts/0", "reason": "mark_not_on_scale"},
        {"where": "/assessment/parts/1", "reason": "rank_not_on_scale"},
        {"where": "/level/scale", "reason": "rank_not_on_scale"},
        {"where": "/occupation", "reason": "no_such_occupation"},
        {"where": "/specification", "reason": "no_such_ability_specification"},
        {"where": "/prerequisites/0", "reason": "no_such_module"},
    ]


@pytest.mark.parametrize(
    ("kind", "members", "named"),
    [
        (
            "institution",
            {
                "id": "91350100M000100Y43",
                "roles": ["assessor"],
                "evaluator": {
                    "category": "Y",
                    "code": "0001",
                    "scope": [
                        {
                            "occupation": {"edition": "2015", "code": "4-04-05-05"},
                            "scale": "cn-grade-5",
                            "ranks": [1],
                        }
                    ],
                },
            },
            ["occupation 2015-4-04-05-05", "scale cn-grade-5"],
        ),
        (
            "authorisation",
            {"institution": "91350100M000100Y43", "module": "m-1"},
            ["institution 91350100M000100Y43", "module m-1"],
        ),
        (
            "programme",
            {
                "kind": "micro_major",
                "institution": "91350100M000100Y43",
                "courses": [
                    {
                        "code": code,
                        "title": {"zh": "课程"},
                        "nature": "compulsory",
                        "credit": {"system": "cn-16", "amount": "1.00"},
                        **more,
                    }
                    for code, more in (("1", {"module": "m-1"}), ("2", {}))
                ],
                "modules": [{"module": "m-2"}],
                "total_credits": {"system": "cn-16", "amount": "9.00"},
            },
            [
                "institution 91350100M000100Y43",
                "credit_system cn-16",
                "module m-1",
                "credit_system cn-16",
                "module m-2",
                "credit_system cn-16",
            ],
        ),
        (
            "programme",
            {"kind": "module_stack", "modules": [{"module": "m-2"}]},
            ["module m-2"],
        ),
        (
            "occupation",
            {
                "id": "2015-4-04-05-05",
                "edition": "2015",
                "code": "4-04-05-05",
                "scale": "g",
                "reference_hours": [{"rank": 1, "hours": "60.00"}],
                "conditions": [
                    {
                        "rank": 1,
                        "any_of": [{"zh": "工作满1年"}],
                        "source": {"title": "标准", "status": "published"},
                    }
                ],
            },
            ["scale g"] * 3,
        ),
        ("ability_specification", {}, []),
        ("module", {name: MODULE[name] for name in ("kind", "hours", "stages")}, []),
        (
            "ability_specification",
            {
                "occupation": {"edition": "2015", "code": "4-04-05-05"},
                "assessment": {"parts": [{"part": "theory", "scale": "p", "pass_mark": "60.00"}]},
            },
            ["occupation 2015-4-04-05-05", "scale p"],
        ),
        (
            "scale",
            {
                "kind": "grade",
                "ranks": [
                    {"rank": 1, "title": {"zh": "一"}, "same_as": [{"scale": "x", "rank": 1}]}
                ],
            },
            ["scale x"],
        ),
        ("credit_system", {name: SYSTEM[name] for name in set(SYSTEM) - set(SCALE)}, []),
        ("certificate_kind", {}, []),
        ("certificate_kind", {"scale": "x-3"}, ["scale x-3"]),
        *(
            (
                "offering",
                {
                    "code": "1",
                    "institution": "91350100M000100Y43",
                    "module": "m-1",
                    "module_version": "1",
                    "starts_on": "2026-01-01",
                    "ends_on": "2026-01-02",
                    "mode": "online",
                    **employer,
                },
                ["institution 91350100M000100Y43", "module m-1"]
                + ["institution 91350100M000100Y43"] * len(employer),
            )
            for employer in ({}, {"employer": "91350100M000100Y43"})
        ),
    ],
)
def test_a_register_says_which_others_it_names(
    kind: str, members: dict[str, Any], named: list[str]
) -> None:
    common = {"id": "i", "version": "1", "valid_from": "2026-01-01", "region": "00"}
    register = parse_register(kind, common | {"title": {"zh": "名"}} | members)
    assert [f"{one.kind} {one.id}" for one in register.references()] == named
    document = register.document()
    for one in register.references():
        assert_place(document, one.where)


def assert_place(document: Any, pointer: str) -> None:
    """Assert that `pointer` leads to something in `document`."""
    for step in pointer.split("/")[1:]:
        document = document[int(step) if isinstance(document, list) else step]


def test_a_scale_knows_its_places_by_rank_and_by_name() -> None:
    letters, marks = scale(SCALE), scale(MARKS)
    passed = letters.at(1)
    assert passed is not None
    assert passed.title.zh == "合格"
    assert letters.at(2) is None
    assert [letters.rank_of(name) for name in ("不合格", "Fail", "通过", "优")] == [0, 0, 1, None]
    assert [marks.holds_mark(mark) for mark in ("0.00", "100.00", "100.01")] == [True, True, False]
    assert not letters.holds_mark("1.00")
