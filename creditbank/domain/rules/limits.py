"""How large a rulebook may be, so that reading and checking one is always quick.

Real ones are far below: a college has some dozens of rules, the whole 1+X scheme of January 2023
some four thousand, owned by hundreds of institutions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from creditbank.errors.rules import RulebookTooLarge

if TYPE_CHECKING:
    from creditbank.domain.rules.rulebook import Rulebook

VALUES_MAX: Final = 100_000
DEPTH_MAX: Final = 32
TEXT_MAX: Final = 2_000_000
RULES_MAX: Final = 1_000
CONDITIONS_MAX: Final = 10_000
BRANCHES_MAX: Final = 400
CAPS_MAX: Final = 100
CASES_MAX: Final = 2_000
OUTCOMES_MAX: Final = 100
CASE_WORK_MAX: Final = 10_000_000
"""Outcomes of all test cases times conditions: how often a selection is tried on an outcome."""

EVIDENCE_MAX: Final = 100
EXCLUSIONS_MAX: Final = 200
SELECTION_DEPTH_MAX: Final = 4
SELECTED_MAX: Final = 1_000
"""Values of one member of a selection; all X certificates of 2023 together were 341."""

TARGETS_MAX: Final = 5_000
"""Courses that all rules together match, each of which is a target."""

FRAMES_MAX: Final = 8
"""How many frames may stand above one another."""


def check_document(document: object) -> None:
    """Return if `document` is small and flat enough to be read as a rulebook.

    Raises RulebookTooLarge. Looks at no value twice and does not call itself.
    """
    count = length = 0
    level: list[Any] = [document]
    depth = 0
    while level:
        depth += 1
        count += len(level)
        length += sum(len(value) for value in level if isinstance(value, str))
        if depth > DEPTH_MAX:
            raise RulebookTooLarge(what="depth", limit=DEPTH_MAX)
        if count > VALUES_MAX:
            raise RulebookTooLarge(what="values", limit=VALUES_MAX)
        if length > TEXT_MAX:
            raise RulebookTooLarge(what="characters", limit=TEXT_MAX)
        level = [inner for value in level for inner in _inner(value)]


def _inner(value: object) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def check_rulebook_size(rulebook: Rulebook) -> None:
    """Return if no part of `rulebook` is larger than one may be; raises RulebookTooLarge."""
    for what, (count, limit) in _counts(rulebook).items():
        if count > limit:
            raise RulebookTooLarge(what=what, limit=limit)


def _counts(rulebook: Rulebook) -> dict[str, tuple[int, int]]:
    """Return how much there is of what, and how much there may be."""
    from creditbank.domain.rules.walking import cases_of, conditions_of, selections_of

    bounds = rulebook.bounds
    conditions = [list(conditions_of(rule.needs, "")) for rule in rulebook.rules]
    number = sum(map(len, conditions))
    cases = [case for _, case in cases_of(rulebook)]
    amounts = [one for found in conditions for _, one in found if one.kind == "amount"]
    evidence = [bounds.evidence, *(rule.evidence for rule in rulebook.rules)]
    words = [[*one.courses, *one.course_titles] for one in bounds.excluded]
    selections = list(selections_of(rulebook))
    # `any_of` and `none_of` in a place of a selection say how deep it stands.
    depths = [where.count("/any_of/") + where.count("/none_of/") for where, _ in selections]
    selected = [len(value) for _, one in selections for _, value in one if isinstance(value, tuple)]
    return {
        "rules": (len(rulebook.rules), RULES_MAX),
        "conditions": (number, CONDITIONS_MAX),
        "conditions_of_a_rule": (max(map(len, conditions), default=0), BRANCHES_MAX),
        "cases": (len(cases), CASES_MAX),
        "outcomes_of_a_case": (max((len(one.outcomes) for one in cases), default=0), OUTCOMES_MAX),
        "case_work": (sum(1 + len(one.outcomes) for one in cases) * number, CASE_WORK_MAX),
        "caps": (max([len(bounds.caps), *(len(one.caps) for one in amounts)]), CAPS_MAX),
        "evidence": (max(map(len, evidence)), EVIDENCE_MAX),
        "exclusions": (max([len(words), *map(len, words)]), EXCLUSIONS_MAX),
        "same_content": (len(bounds.same_content), CAPS_MAX),
        "selections_within": (max(depths, default=0), SELECTION_DEPTH_MAX),
        "selected": (max(selected, default=0), SELECTED_MAX),
    }
