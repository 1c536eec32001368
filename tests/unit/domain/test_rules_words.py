"""Rules and results in plain sentences, in both languages."""

from __future__ import annotations

import re

import pytest

from creditbank.domain.conversion.results import TargetResult
from creditbank.domain.registers import Register, parse_register
from creditbank.domain.rules.chains import frames_of
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.testing import run_cases
from creditbank.domain.rules.words import explain_bounds, explain_result, explain_rule
from creditbank.rulebooks import shipped_registers, shipped_rulebooks
from tests.rulebooks import EVERY_MEMBER, amount, rule, rulebook

REGISTERS: dict[tuple[str, str], Register] = {
    (one.kind, one.document["id"]): parse_register(one.kind, one.document)
    for one in [*shipped_registers(), *shipped_rulebooks()]
}
BOOKS = {one.id: one for one in REGISTERS.values() if isinstance(one, Rulebook)}
# What a sentence that was put together wrongly would show.
SLIPS = re.compile(r"None|\{|\}|  |。。|\.\.|：：|（）|\(\)")


def results_of(name: str) -> dict[str, list[TargetResult]]:
    book = BOOKS[name]
    cases = run_cases(book, frames_of(book, BOOKS.get), REGISTERS)
    return {one.case.title.zh: list(one.results) for one in cases}


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("name", BOOKS)
def test_every_shipped_rule_and_result_can_be_said(name: str, locale: str) -> None:
    said = [explain_rule(one, locale) for one in BOOKS[name].rules]
    said += explain_bounds(BOOKS[name], locale)
    for results in results_of(name).values():
        said += [explain_result(one, locale) for one in results]
    assert said
    assert [text for text in said if SLIPS.search(text)] == []
    if locale == "zh_CN":
        assert all(re.search(r"[\u4e00-\u9fff]", text) for text in said)


def test_a_rule_says_what_for_what_and_on_which_ground() -> None:
    elementary = BOOKS["x-credit"].rules[0]
    assert explain_rule(elementary, "zh_CN").splitlines()[2:5] == [
        (
            "条件：证书（x-certificate、x-3 第 1 级）的学分不少于所换课程学分的 100%，"
            "每项按 8 学分（cn-16）计，最多用 1 项。"
        ),
        "结果：置换培养方案 plan-x 的专业基础课，每门单独计算，成绩记 85.00（percent-100）。",
        "成果在学业范围内只用一次，剩余可再用。",
    ]
    assert explain_rule(elementary, "en").splitlines()[3] == (
        "Result: they replace basic courses of the major of the programme plan-x, each by itself,"
        " with the grade 85.00 (percent-100)."
    )


def test_a_near_miss_says_what_would_be_enough() -> None:
    result = results_of("share-30")["一个模块还差4.50学分"][0]
    assert explain_result(result, "zh_CN").startswith(
        "Python程序设计（C05）：不满足。还差 4.50 学分（cn-16）。计入 vqi 1.50 学分（cn-16）。依据"
    )
    assert "Still missing: 4.50 credits (cn-16)." in explain_result(result, "en")


def test_what_a_cap_cut_is_said() -> None:
    result = results_of("period-caps")["一学期30学分只计24"][0]
    assert "因上限（每学期最多24学分）少计 6 学分（cn-16）。" in explain_result(result, "zh_CN")
    assert "The cap “At most 24 credits of a term” cut 6 credits (cn-16)." in explain_result(
        result, "en"
    )


def test_reasons_name_the_frame_as_well() -> None:
    result = results_of("gdpt-credit")["名称相近且已认定重合度"][0]
    for locale in ("zh_CN", "en"):
        text = explain_result(result, locale)
        assert "gdpt-credit" in text
        assert "gd-credit-frame 1" in text


def test_missing_evidence_is_named_with_who_confirms_it() -> None:
    result = results_of("gdpt-credit")["重合度未经认定"][0]
    assert "还须提供：内容重合度不低于80%（由规则所有者确认）" in explain_result(result, "zh_CN")


def test_everything_that_a_rulebook_can_say_has_words() -> None:
    selection = {
        "type": ["module"],
        "level": {"scale": "cn-grade-5", "at_least": 1, "at_most": 3},
        "score": {"scale": "percent-100", "at_least": "60.00"},
        "issuer_role": ["college", "assessor"],
        "stage": ["study", "training"],
        "delivery": ["online"],
        "verification": "issuer",
        "achieved_within": "P1Y6M",
        "achieved_from": "2020-01-01",
        "achieved_to": "2026-01-01",
        "common_core": False,
        "any_of": [{"scene": ["AI+制造"]}],
        "none_of": [{"module": ["GD-AI-ETH"]}],
    }
    document = rulebook(
        rule(
            needs=amount(select=selection, least=[{"at_least": "1.00", "where": {}}]),
            use={"scope": "academic", "sharing": "shared", "up_to": 3},
            partial=True,
            one_event="counts_each",
        ),
        **{name: EVERY_MEMBER[name] for name in ("bounds", "calendar")},
    )
    book = parse_rulebook(document)
    for locale in ("zh_CN", "en"):
        said = [explain_rule(book.rules[0], locale), *explain_bounds(book, locale)]
        assert not [text for text in said if SLIPS.search(text)]
    assert "1 年6 个月内取得" in explain_rule(book.rules[0], "zh_CN")
