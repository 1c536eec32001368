"""How much one evaluation takes on, so that neither a rulebook nor a case occupies the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from creditbank.domain.conversion.facts import Case
from creditbank.domain.conversion.targets import Aim
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.walking import conditions_of, selections_of
from creditbank.errors.conversion import ConversionTooLarge, facts_invalid

OUTCOMES_MAX: Final = 1_000
"""More outcomes than a learner has."""

TARGETS_MAX: Final = 5_000
COMPARISONS_MAX: Final = 2_000_000
"""Of outcomes with selections and with conditions of targets; each takes about a microsecond."""


def check_case(case: Case) -> None:
    """Return if a case can be evaluated.

    Raises ConversionTooLarge for too many outcomes, FactsInvalid for one given twice.
    """
    if len(case.outcomes) > OUTCOMES_MAX:
        raise ConversionTooLarge(what="outcomes", count=len(case.outcomes), limit=OUTCOMES_MAX)
    seen: set[str] = set()
    for position, fact in enumerate(case.outcomes):
        if fact.id in seen:
            raise facts_invalid([{"where": f"/outcomes/{position}/id", "reason": "repeated"}])
        seen.add(fact.id)


class Sizes:
    """How large the parts of a rulebook and its frames are."""

    def __init__(self, rulebooks: Sequence[Rulebook]) -> None:
        self.selections = sum(1 for book in rulebooks for _ in selections_of(book))
        self._conditions: dict[str, int] = {}

    def conditions(self, rule: Rule) -> int:
        """Return how many conditions a rule has."""
        if rule.id not in self._conditions:
            self._conditions[rule.id] = sum(1 for _ in conditions_of(rule.needs, ""))
        return self._conditions[rule.id]

    def check(self, aims: Sequence[Aim], case: Case) -> None:
        """Return if so many targets can be evaluated for a case; raises ConversionTooLarge."""
        check_case(case)
        if len(aims) > TARGETS_MAX:
            raise ConversionTooLarge(what="targets", count=len(aims), limit=TARGETS_MAX)
        conditions = sum(self.conditions(aim.rule) for aim in aims)
        count = (self.selections + conditions) * max(1, len(case.outcomes))
        if count > COMPARISONS_MAX:
            raise ConversionTooLarge(what="comparisons", count=count, limit=COMPARISONS_MAX)
