"""Rulebooks written to take long: read, looked at and run within bounds, or refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.registers import parse_register
from creditbank.domain.rules.drafts import with_drafts
from creditbank.domain.rules.limits import (
    CAPS_MAX,
    CONDITIONS_MAX,
    OUTCOMES_MAX,
    RULES_MAX,
    SELECTION_DEPTH_MAX,
)
from creditbank.domain.rules.overlap import STEPS_MAX, Comparer
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.selection import Selection
from creditbank.errors.rules import RulebookTooLarge
from creditbank.rulebooks import shipped_registers, shipped_rulebooks
from creditbank.services.rulebooks import vet
from tests.rulebooks import amount, rule, rulebook

EXEMPTION = {"kind": "exemption", "of": {"zh": "考试"}}
TEXT = {"zh": "上限", "en": "Cap"}


@contextmanager
def within_seconds(seconds: int) -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    shipped = [*shipped_registers(), *shipped_rulebooks()]
    return with_drafts(Catalogue(), (parse_register(one.kind, one.document) for one in shipped))


def nested(depth: int, width: int) -> dict[str, Any]:
    """Return a selection with selections inside, each of which has to be compared with each."""
    if not depth:
        return {"scene": ["甲"]}
    inner = [nested(depth - 1, width) | {"scene": [f"{at}"]} for at in range(width)]
    return {"any_of": inner, "none_of": inner[:1]}


def case(size: int) -> dict[str, Any]:
    return {
        "title": {"zh": "例"},
        "on": "2026-06-30",
        "outcomes": [
            {
                "id": f"o-{at}",
                "type": "module",
                "achieved_on": "2026-01-01",
                "credits": [{"system": "cn-16", "amount": "0.37"}],
            }
            for at in range(size)
        ],
        "expect": [{"rule": "r-0", "result": "not_met"}],
    }


def test_selections_that_refer_to_each_other_are_compared_so_often_and_no_more() -> None:
    one = Selection.model_validate(nested(SELECTION_DEPTH_MAX, 6))
    other = Selection.model_validate(nested(SELECTION_DEPTH_MAX, 5))
    compare = Comparer()
    with within_seconds(10):
        compare.apart(one, other)
        compare.within(one, other)
        compare.within(other, one)
    assert compare.left < STEPS_MAX


def test_selections_may_not_be_nested_deeply() -> None:
    document = rulebook(rule(needs=amount(select=nested(SELECTION_DEPTH_MAX + 1, 1))))
    with pytest.raises(RulebookTooLarge) as refused:
        parse_rulebook(document)
    assert refused.value.fields["what"] == "selections_within"


def test_as_many_rules_and_conditions_as_there_may_be(catalogue: Catalogue) -> None:
    parts = CONDITIONS_MAX // RULES_MAX - 1
    rules = [
        rule(
            id=f"r-{at}",
            target=EXEMPTION,
            needs={"kind": "any", "of": [amount(f"{at}.{part:02d}") for part in range(parts)]},
        )
        for at in range(RULES_MAX)
    ]
    book = parse_rulebook(rulebook(*rules))
    with within_seconds(60):
        assert vet(book, catalogue).findings


def test_caps_and_conditions_that_all_have_to_be_compared(catalogue: Catalogue) -> None:
    over = nested(2, 3)
    caps = [
        {"id": f"c-{at}", "text": TEXT, "limit": f"{at + 1}.00", "over": over}
        for at in range(CAPS_MAX)
    ]
    rules = [
        rule(id=f"r-{at}", target=EXEMPTION, needs=amount(select=nested(2, 3))) for at in range(100)
    ]
    book = parse_rulebook(rulebook(*rules, bounds={"caps": caps}))
    with within_seconds(60):
        vet(book, catalogue)


def test_cases_that_would_take_long_are_refused() -> None:
    rules = [
        rule(id=f"r-{at}", target=EXEMPTION, needs={"kind": "all", "of": [amount()] * 20})
        for at in range(300)
    ]
    document = rulebook(*rules, tests=[case(10)] * 200)
    with pytest.raises(RulebookTooLarge) as refused:
        parse_rulebook(document)
    assert refused.value.fields["what"] == "case_work"


def test_a_hard_case_ends_with_an_answer_or_undecided(catalogue: Catalogue) -> None:
    rules = [
        rule(
            id=f"r-{at}",
            target={"kind": "exemption", "of": {"zh": f"考试{at}"}},
            needs=amount(f"{at % 7 + 3}.{at:02d}"),
            use={"scope": "academic", "surplus": "kept"},
        )
        for at in range(40)
    ]
    book = parse_rulebook(rulebook(*rules, tests=[case(OUTCOMES_MAX)], region="450000"))
    with within_seconds(60):
        found = {one.code for one in vet(book, catalogue).findings if one.severity == "error"}
    assert found <= {"case_differs", "case_undecided"}


def test_a_rule_for_more_courses_than_there_may_be_is_refused(catalogue: Catalogue) -> None:
    plan = {
        "id": "many",
        "version": "1",
        "valid_from": "2026-01-01",
        "region": "440300",
        "title": {"zh": "方案"},
        "kind": "module_stack",
        "courses": [
            {
                "code": f"C{at}",
                "title": {"zh": "课"},
                "nature": "elective",
                "credit": {"system": "cn-16", "amount": "1.00"},
            }
            for at in range(600)
        ],
    }
    known = with_drafts(catalogue, [parse_register("programme", plan)])
    target = {"kind": "course", "programme": "many"}
    book = parse_rulebook(rulebook(*(rule(id=f"r-{at}", target=target) for at in range(10))))
    with pytest.raises(RulebookTooLarge) as refused:
        vet(book, known)
    assert refused.value.fields["what"] == "targets"
