"""Balances: lots added up, per credit system, by status, scene and level; class-hours beside.

Amounts of different systems are never added, nor verified ones to self-declared ones. Per lot and
scope, awarded = available + reserved + consumed + revoked + expired; a balance shows the lots
themselves, before any scope's use of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from creditbank.domain.outcomes import Outcome
from creditbank.domain.units import amount_text, hundredths

STATUSES = ("available", "reserved", "consumed", "revoked", "expired")


@dataclass(frozen=True, slots=True)
class AsOf:
    """Which past moment a balance shows: as recorded by then, as achieved by then, or both.

    `recorded_at` is in unix seconds, `achieved_on` a civil date YYYY-MM-DD.
    """

    recorded_at: int | None = None
    achieved_on: str | None = None

    def shows(self, outcome: Outcome) -> bool:
        """Return whether the lot of `outcome` had been awarded by then."""
        if outcome.credited_at is None or outcome.achieved_on is None:
            return False
        if self.recorded_at is not None and outcome.credited_at > self.recorded_at:
            return False
        return self.achieved_on is None or outcome.achieved_on <= self.achieved_on

    def status(self, outcome: Outcome) -> str:
        """Return the lot's status by then. A revocation counts from when it was recorded."""
        revoked_at = outcome.revoked_at
        if revoked_at is None:
            return "available"
        late = self.recorded_at is not None and revoked_at > self.recorded_at
        return "available" if late else "revoked"


@dataclass(slots=True)
class Tally:
    """Hundredths by status, and of what is available by scene and level."""

    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    scenes: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)

    def add(self, amount: int, status: str, outcome: Outcome) -> None:
        """Add an amount of one lot."""
        self.statuses[status] += amount
        if status == "available":
            for groups, name in ((self.scenes, outcome.scene), (self.levels, outcome.level)):
                if name is not None:
                    groups[name] = groups.get(name, 0) + amount

    def document(self) -> dict[str, Any]:
        """Return the tally with amounts as decimal strings."""
        return {
            "awarded": amount_text(sum(self.statuses.values())),
            **{status: amount_text(amount) for status, amount in self.statuses.items()},
            "by_scene": _texts(self.scenes),
            "by_level": _texts(self.levels),
        }


def _texts(groups: dict[str, int]) -> dict[str, str]:
    return {name: amount_text(groups[name]) for name in sorted(groups)}


def balance(outcomes: Iterable[Outcome], as_of: AsOf) -> dict[str, Any]:
    """Return the balance of one learner: systems and class-hours, verified and self-declared.

    >>> balance([], AsOf())
    {'lots': 0, 'systems': [], 'class_hours': {}}
    """
    systems: dict[str, dict[str, Tally]] = {}
    hours: dict[str, Tally] = {}
    lots = 0
    for outcome in outcomes:
        if not as_of.shows(outcome):
            continue
        lots += 1
        status = as_of.status(outcome)
        basis = "verified" if outcome.is_verified else "self_declared"
        for credit in outcome.credits:
            tally = systems.setdefault(credit["system"], {}).setdefault(basis, Tally())
            tally.add(hundredths(credit["amount"]), status, outcome)
        total_hours = outcome.hours_theory + outcome.hours_practice
        if total_hours:
            hours.setdefault(basis, Tally()).add(total_hours, status, outcome)
    return {
        "lots": lots,
        "systems": [
            {"system": system} | {basis: tally.document() for basis, tally in sorted(bases.items())}
            for system, bases in sorted(systems.items())
        ],
        "class_hours": {basis: tally.document() for basis, tally in sorted(hours.items())},
    }
