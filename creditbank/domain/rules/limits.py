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
OUTCOMES_MAX: Final = 300
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
    from creditbank.domain.rules.walking import conditions_of

    conditions = [list(conditions_of(rule.needs, "")) for rule in rulebook.rules]
    cases = [*rulebook.tests, *(case for rule in rulebook.rules for case in rule.tests)]
    amounts = [one for found in conditions for _, one in found if one.kind == "amount"]
    counts = {
        "rules": (len(rulebook.rules), RULES_MAX),
        "conditions": (sum(map(len, conditions)), CONDITIONS_MAX),
        "conditions_of_a_rule": (max(map(len, conditions), default=0), BRANCHES_MAX),
        "cases": (len(cases), CASES_MAX),
        "outcomes_of_a_case": (max((len(one.outcomes) for one in cases), default=0), OUTCOMES_MAX),
        "caps": (max([len(rulebook.bounds.caps), *(len(one.caps) for one in amounts)]), CAPS_MAX),
    }
    for what, (count, limit) in counts.items():
        if count > limit:
            raise RulebookTooLarge(what=what, limit=limit)
