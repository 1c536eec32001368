"""The difference between versions leaves nothing out: whatever is changed has words."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from creditbank.domain.rules.diffing import diff
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.errors import CreditBankError
from creditbank.rulebooks import shipped_rulebooks
from tests.rulebooks import EVERY_MEMBER, rulebook

LONG = {"grades-continuous", "grades-accumulated"}  # of the same form as grades-2023
DOCUMENTS = {
    one.document["id"]: one.document
    for one in shipped_rulebooks()
    if one.kind == "rulebook" and one.document["id"] not in LONG
} | {"every-member": rulebook(**EVERY_MEMBER)}

# What no result depends on, and names by which versions are matched.
LEFT_OUT = re.compile(r"/(tests|sources|sign_off|note|ext|id|version)(/|$)|/citation/(url|note)$")
WORDS = (
    ("issuer", "type", "certificate_kind", "outcome", "year", "term", "content"),
    ("target", "programme", "category"),
    ("public", "major_basic", "major_core", "extension"),
    ("academic", "grade", "programme", "subsidy"),
    ("kept", "forfeited"),
    ("module", "academic_course", "online_course", "certificate", "achievement"),
    ("learner", "owner", "evaluator", "authority", "bank", "registry"),
    ("down", "half_even", "half_up"),
    ("occupation", "equivalence_group", "module"),
    ("self_declared", "original_seen", "national_query", "issuer"),
    ("compulsory", "elective"),
    ("fixed", "original", "average"),
    ("conversion", "grade", "frame"),
    ("published", "proposal", "example"),
    ("enrolment", "schooling", "apprenticeship", "statement", "amount"),
    ("P1Y", "P2Y", "P4Y", "P5Y", "P7Y"),
    ("2015", "2022"),
    ("03-01", "05-01"),
)


def leaves(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{where}/{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, f"{where}/{position}")
    else:
        yield where, value


def others(value: Any) -> Iterator[Any]:
    """Yield other values, some of which can stand in the same place."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value - 1
    else:
        yield from (f"{value}x", "7.77", "2019-01-01")
        for words in WORDS:
            if value in words:
                yield from words


def replaced(document: dict[str, Any], where: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    *steps, last = where.split("/")[1:]
    place: Any = changed
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    place[int(last) if isinstance(place, list) else last] = value
    return changed


def untold(document: dict[str, Any]) -> tuple[int, set[str]]:
    """Return how many changes were tried, and those of which nothing was said."""
    old, tried, silent = parse_rulebook(document), 0, set()
    for where, value in leaves(document):
        if LEFT_OUT.search(where):
            continue
        for other in others(value):
            if other == value:
                continue
            try:
                new = parse_rulebook(replaced(document, where, other))
            except CreditBankError:
                continue  # it cannot stand there
            tried += 1
            told = diff(old, new)
            if not told or not all(one.zh and one.en for one in told):
                silent.add(f"{where}: {value} → {other}")
    return tried, silent


@pytest.mark.parametrize("name", DOCUMENTS)
def test_whatever_is_changed_is_said_in_both_languages(name: str) -> None:
    tried, silent = untold(DOCUMENTS[name])
    assert tried > 10
    assert silent == set()


def test_what_is_no_longer_excluded_is_said() -> None:
    where = "/bounds/excluded/0/course_titles/0"
    new = replaced(DOCUMENTS["gd-college-credit"], where, "劳动")
    (only,) = diff(parse_rulebook(DOCUMENTS["gd-college-credit"]), parse_rulebook(new))
    assert (only.where, only.kind) == ("/bounds/excluded/0", "changed")
    assert "“思想政治”" in only.zh
    assert "“劳动”" in only.zh


def test_who_takes_a_step_is_said() -> None:
    new = replaced(DOCUMENTS["x-credit"], "/procedure/steps/3/by", "owner")
    (only,) = diff(parse_rulebook(DOCUMENTS["x-credit"]), parse_rulebook(new))
    assert "培训评价组织核验（评价机构办理）" in only.zh
    assert "Evaluation body checks (taken by the owner of the rules)" in only.en
