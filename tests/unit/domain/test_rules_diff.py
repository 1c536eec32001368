"""The difference between two versions of a rulebook, in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from creditbank.domain.rules.diffing import diff
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.rulebooks import shipped_rulebooks

DOCUMENTS = {
    one.document["id"]: one.document for one in shipped_rulebooks() if one.kind == "rulebook"
}


def changes(name: str, *edits: tuple[str, Any]) -> list[tuple[str, str, str, str | None]]:
    """Return place, kind, Chinese words and effect of each change."""
    old = DOCUMENTS[name]
    new = copy.deepcopy(old)
    for where, value in edits:
        *steps, last = where.split("/")[1:]
        place: Any = new
        for step in steps:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = value
    told = diff(parse_rulebook(old), parse_rulebook(new))
    assert all(one.en and one.zh for one in told)
    return [(one.where, one.kind, one.zh, one.effect) for one in told]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_changes_from_a_rulebook_to_itself(name: str) -> None:
    assert changes(name) == []


@pytest.mark.parametrize(
    ("name", "edits", "expected"),
    [
        (
            "period-caps",
            [("/rules/0/needs/caps/0/limit", "30.00")],
            (
                "/rules/0/needs/caps/0",
                "changed",
                "上限 term：每学期最多24 学分 → 每学期最多30 学分",
                "wider",
            ),
        ),
        (
            "gd-credit-frame",
            [("/bounds/caps/0/share/percent", "40.00")],
            (
                "/bounds/caps/0",
                "changed",
                "上限 half：最多培养方案总学分的 50% → 最多培养方案总学分的 40%",
                "stricter",
            ),
        ),
        (
            "micro-ai-operations",
            [("/rules/0/needs/of/1/at_least", "6.00")],
            (
                "/rules/0/needs/of/1/at_least",
                "changed",
                "规则 micro-major 的条件 scenes 的所需数额：4.50 学分（cn-16） → 6 学分（cn-16）",
                "stricter",
            ),
        ),
        (
            "seven-years",
            [("/rules/0/needs/select/achieved_within", "P5Y")],
            (
                "/rules/0/needs/select",
                "changed",
                (
                    "规则 elective-credits 的条件 modules 的所选成果："
                    "模块（7 年内取得） → 模块（5 年内取得）"
                ),
                None,
            ),
        ),
        (
            "seven-years",
            [("/procedure/irrevocable", False)],
            ("/procedure/irrevocable", "changed", "兑换：不可撤销 → 所有者可以撤回", None),
        ),
        (
            "x-credit",
            [("/rules/0/use/surplus", "forfeited")],
            (
                "/rules/0/use",
                "changed",
                (
                    "规则 x-elementary 的用法：成果在学业范围内只用一次，剩余可再用 → "
                    "成果在学业范围内只用一次，剩余不再计"
                ),
                None,
            ),
        ),
    ],
)
def test_a_change_is_said_in_words(
    name: str, edits: list[tuple[str, Any]], expected: tuple[str, str, str, str | None]
) -> None:
    assert changes(name, *edits) == [expected]


def test_rules_come_and_go_by_their_ids() -> None:
    document = copy.deepcopy(DOCUMENTS["x-credit"])
    gone = document["rules"].pop(0)
    document["rules"].append(gone | {"id": "x-new"})
    document["tests"] = []
    told = diff(parse_rulebook(DOCUMENTS["x-credit"]), parse_rulebook(document))
    assert [(one.where, one.kind) for one in told] == [
        ("/rules/0", "removed"),
        ("/rules/3", "added"),
    ]
    assert told[0].words("zh_CN").startswith("删去规则 x-elementary：初级X证书")
    assert told[1].words("en").startswith("rule x-new added: An elementary X certificate")


def test_the_order_of_rules_is_no_change() -> None:
    document = copy.deepcopy(DOCUMENTS["x-credit"])
    document["rules"].reverse()
    assert diff(parse_rulebook(DOCUMENTS["x-credit"]), parse_rulebook(document)) == []
