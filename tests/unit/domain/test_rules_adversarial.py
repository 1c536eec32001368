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
    SELECTED_MAX,
    SELECTION_DEPTH_MAX,
)
from creditbank.domain.rules.lint import FINDINGS_MAX
from creditbank.domain.rules.overlap import STEPS_MAX, Comparer
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.selection import Selection
from creditbank.errors.registers import RegisterInvalid
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


def test_a_selection_may_not_list_thousands_of_codes() -> None:
    names = [f"M{at}" for at in range(SELECTED_MAX + 1)]
    inner = {"any_of": [{"type": ["module"], "module": names}]}
    with pytest.raises(RulebookTooLarge) as refused:
        parse_rulebook(rulebook(rule(needs=amount(select=inner))))
    assert refused.value.fields == {"what": "selected", "limit": SELECTED_MAX}


def test_long_selections_that_all_have_to_be_compared(catalogue: Catalogue) -> None:
    names = [f"M{at}" for at in range(SELECTED_MAX)]
    caps = [
        {"id": f"c-{at}", "text": TEXT, "limit": f"{at + 1}.00", "over": {"module": names}}
        for at in range(60)
    ]
    rules = [
        rule(id=f"r-{at}", target=EXEMPTION, needs=amount(f"{at}.00", select={"module": ["M"]}))
        for at in range(300)
    ]
    book = parse_rulebook(rulebook(*rules, bounds={"caps": caps}))
    with within_seconds(30):
        assert len(vet(book, catalogue).findings) == FINDINGS_MAX + 1


def in_each_other(depth: int) -> dict[str, Any]:
    condition = amount()
    for _ in range(depth):
        condition = {"kind": "any", "of": [condition]}
    return condition


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (rulebook(*(rule(id=f"r-{at}") for at in range(10_000))), "values"),
        (rulebook(rule(needs=in_each_other(40))), "depth"),
        (rulebook(rule(needs=in_each_other(5_000))), "depth"),
        (rulebook(rule(needs={"kind": "any", "of": [amount()] * 5_000})), "conditions_of_a_rule"),
        (rulebook(rule(), ext={"own": {"text": "x" * 2_000_001}}), "characters"),
    ],
    ids=["ten-thousand-rules", "nested", "nested-deeply", "branches", "text"],
)
def test_what_is_too_large_is_refused_at_once(document: dict[str, Any], what: str) -> None:
    with within_seconds(5), pytest.raises(RulebookTooLarge) as refused:
        parse_rulebook(document)
    assert refused.value.fields["what"] == what


@pytest.mark.parametrize("text", ["9" * 400, "99999999.00", "-1.00", "1e9", "٣.00", 1e308])
def test_numbers_out_of_all_measure_are_refused(text: object) -> None:
    with within_seconds(2), pytest.raises(RegisterInvalid):
        parse_rulebook(rulebook(rule(needs=amount() | {"at_least": text})))


def test_conflicting_caps_and_shares_end_with_an_answer_or_undecided(catalogue: Catalogue) -> None:
    caps = [
        {"id": per, "text": TEXT, "limit": f"{at + 1}.{at * 17:02d}", "per": per}
        for at, per in enumerate(("year", "issuer", "type", "content"))
    ]
    rules = [
        rule(
            id=f"r-{at}",
            target={"kind": "exemption", "of": {"zh": f"考试{at}"}},
            needs=amount(
                f"{at + 9}.13",
                caps=caps,
                least=[{"at_least": f"{at % 5}.07", "where": {"achieved_from": "2025-06-01"}}],
            ),
            use={"scope": "academic", "sharing": "shared", "up_to": 3},
        )
        for at in range(30)
    ]
    book = parse_rulebook(rulebook(*rules, tests=[case(OUTCOMES_MAX)], region="450000"))
    with within_seconds(60):
        found = {one.code for one in vet(book, catalogue).findings if one.severity == "error"}
    assert found <= {"case_differs", "case_undecided", "needs_more_than_counts"}


def test_three_hundred_rules_are_looked_at_in_a_moment(catalogue: Catalogue) -> None:
    needs = {
        "kind": "all",
        "of": [amount(id="a"), amount(id="b", select={"type": ["certificate"]})],
    }
    rules = [
        rule(id=f"r-{at}", target={"kind": "exemption", "of": {"zh": f"考试{at}"}}, needs=needs)
        for at in range(300)
    ]
    with within_seconds(3):
        vetted = vet(parse_rulebook(rulebook(*rules, region="450000")), catalogue)
    assert not [one for one in vetted.findings if one.severity == "error"]
