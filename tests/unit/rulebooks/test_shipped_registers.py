"""The registers that ship with the product."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from creditbank.domain.registers import (
    CreditSystem,
    Module,
    Occupation,
    Register,
    Scale,
    check_credits,
    check_references,
    parse_register,
    register_schemas,
)
from creditbank.ledger import canonical
from creditbank.rulebooks import ShippedRegister, shipped_registers

SHIPPED = shipped_registers()
PARSED = {(one.kind, one.document["id"]): parse_register(one.kind, one.document) for one in SHIPPED}
SCHEMAS = register_schemas()
MODULES = [one for one in PARSED.values() if isinstance(one, Module)]


def name(one: ShippedRegister) -> str:
    return f"{one.kind}-{one.document['id']}"


@pytest.mark.parametrize("one", SHIPPED, ids=name)
def test_a_shipped_document_is_in_normal_form_and_fits_its_schema(one: ShippedRegister) -> None:
    assert PARSED[one.kind, one.document["id"]].document() == one.document
    assert canonical.decode(canonical.encode(one.document)) == one.document
    Draft202012Validator(SCHEMAS[f"{one.kind}.v1"]).validate(one.document)


@pytest.mark.parametrize("one", SHIPPED, ids=name)
def test_a_shipped_document_cites_its_sources_in_two_languages(one: ShippedRegister) -> None:
    assert one.document["sources"]
    assert one.document["title"]["en"]


def test_each_register_ships_once_and_after_those_that_it_names() -> None:
    published: dict[tuple[str, str], Register] = {}
    for one in SHIPPED:
        register = parse_register(one.kind, one.document)
        check_references(register, published)
        assert (one.kind, register.id) not in published
        published[one.kind, register.id] = register


def test_no_institution_ships() -> None:
    assert Counter(one.kind for one in SHIPPED) == {
        "scale": 7,
        "credit_system": 2,
        "certificate_kind": 11,
        "occupation": 1,
        "module": 10,
    }


def test_each_call_returns_documents_of_its_own() -> None:
    first: dict[str, Any] = shipped_registers()[0].document
    first["title"]["zh"] = "changed"
    assert shipped_registers()[0] == SHIPPED[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.id)
def test_credits_are_what_the_class_hours_make(module: Module) -> None:
    systems = {
        register.id: register for register in PARSED.values() if isinstance(register, CreditSystem)
    }
    assert {credit.system for credit in module.credits} == set(systems)
    check_credits(module, systems)


def test_the_five_modules_of_the_proposal() -> None:
    micro = [one for one in MODULES if one.kind == "micro"]
    assert {one.id: (one.title.zh, one.scene) for one in micro} == {
        "GD-AI-VQI": ("工业视觉质检", "AI+制造"),
        "GD-AI-IVS": ("智能语音客服", "AI+零售"),
        "GD-AI-DAV": ("数据分析与可视化", "AI+金融"),
        "GD-AI-ETH": ("AI伦理与安全", None),
        "GD-AI-HMC": ("人机协作运维", "AI+物流"),
    }
    for one in micro:
        assert one.hours.total == 24_00
        assert one.stage_names == ("study", "training", "assessment")
        assert [stage.hours for stage in one.stages] == ["8.00", "16.00", None]
        assert one.assessment is not None
        assert {(part.part, part.pass_mark) for part in one.assessment.parts} == {
            ("theory", "60.00"),
            ("operation", "60.00"),
        }
        assert {credit.system: credit.amount for credit in one.credits} == {
            "cn-16": "1.50",
            "cn-18": "1.33",
        }
        assert {source.status for source in one.sources} == {"proposal", "example"}
        assert not one.common_core


def test_the_five_topics_of_ai_literacy_are_common_core() -> None:
    topics = [one for one in MODULES if one.kind == "ai_literacy_topic"]
    assert [one.title.zh for one in topics] == [
        "人工智能基础认知",
        "数据思维",
        "编程逻辑",
        "数字素养",
        "信息安全",
    ]
    assert all(one.common_core for one in topics)


def test_the_occupation_has_the_reference_hours_of_its_standard() -> None:
    trainer = PARSED["occupation", "2015-4-04-05-05"]
    assert isinstance(trainer, Occupation)
    assert trainer.standard is not None
    assert trainer.standard.version == "2021"
    assert {item.rank: item.hours for item in trainer.reference_hours} == {
        1: "60.00",
        2: "50.00",
        3: "40.00",
        4: "40.00",
        5: "30.00",
    }
    assert [item.title.zh for item in trainer.work_types] == ["数据标注员", "人工智能算法测试员"]
    assert [(item.rank, len(item.any_of)) for item in trainer.conditions] == [(1, 2)]


@pytest.mark.parametrize(
    ("scale", "names"),
    [
        ("cn-grade-5", {1: "五级", 2: "四级", 3: "三级", 4: "二级", 5: "一级"}),
        (
            "cn-grade-8",
            dict(
                enumerate(
                    [
                        *("学徒工", "初级工", "中级工", "高级工"),
                        *("技师", "高级技师", "特级技师", "首席技师"),
                    ]
                )
            ),
        ),
        ("gd-qf-7", {rank: f"第{rank}级" for rank in range(1, 8)}),
        ("x-3", {1: "初级", 2: "中级", 3: "高级"}),
        ("percent-100", {}),
        ("letter-5", {0: "不及格", 1: "及格", 2: "中", 3: "良", 4: "优"}),
        ("pass-fail", {0: "不合格", 1: "合格"}),
    ],
)
def test_ranks_count_upwards_from_the_lowest(scale: str, names: dict[int, str]) -> None:
    found = PARSED["scale", scale]
    assert isinstance(found, Scale)
    assert {item.rank: item.title.zh for item in found.ranks} == names


def test_a_grade_is_the_same_on_both_scales_of_grades() -> None:
    five, eight = PARSED["scale", "cn-grade-5"], PARSED["scale", "cn-grade-8"]
    assert isinstance(five, Scale)
    assert isinstance(eight, Scale)
    pairs = [(item, same) for item in eight.ranks for same in item.same_as]
    assert len(pairs) == 5
    for item, same in pairs:
        assert same.scale == five.id
        assert five.rank_of(item.title.zh) == same.rank


def test_everything_needed_is_in_force_when_the_proposal_was_published() -> None:
    assert all(register.in_force(date(2026, 1, 27)) for register in PARSED.values())
