"""Balances: lots added up, per credit system, by status, scene and level; class-hours beside.

Amounts of different systems are never added, nor verified ones to self-declared ones. Per lot and
scope, awarded = available + reserved + consumed + revoked + expired. A balance shows the lots
themselves, before any use of them, and then for each scope in which decisions use some of them what
is left there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from creditbank.domain.outcomes import Outcome
from creditbank.domain.units import amount_text, hundredths

STATUSES = ("available", "reserved", "consumed", "revoked", "expired")

Taken = Mapping[tuple[str, str], tuple[Fraction, Fraction]]
"""The shares of an outcome that decisions consumed and reserved in a scope."""

_NOTHING: Final = (Fraction(0), Fraction(0))


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

    def has_available(self, outcome: Outcome) -> bool:
        """Return whether the lot of `outcome` had been awarded by then, and not revoked."""
        return self.shows(outcome) and self.status(outcome) == "available"


@dataclass(slots=True)
class Tally:
    """Hundredths by status, and of what is available by scene and level."""

    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    scenes: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    scopes: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, amount: int, status: str, outcome: Outcome, taken: Taken) -> None:
        """Add an amount of one lot."""
        self.statuses[status] += amount
        for scope, statuses in self.scopes.items():
            for what, part in _split(amount, status, taken.get((outcome.id, scope), _NOTHING)):
                statuses[what] += part
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
            "by_use": {
                scope: {name: amount_text(amount) for name, amount in statuses.items()}
                for scope, statuses in self.scopes.items()
            },
        }


def _split(
    amount: int, status: str, shares: tuple[Fraction, Fraction]
) -> Iterable[tuple[str, int]]:
    """Return what a lot of `amount` is in one scope; the parts add up to it.

    What was consumed stays so when the outcome is revoked; what was only reserved does not. A share
    that is no whole hundredth is rounded up, so that no more is shown as available than there is.
    """
    consumed = math.ceil(amount * shares[0])
    reserved = math.ceil(amount * (shares[0] + shares[1])) - consumed
    if status != "available":
        return (("consumed", consumed), (status, amount - consumed))
    rest = amount - consumed - reserved
    return (("consumed", consumed), ("reserved", reserved), ("available", rest))


def _tally(scopes: Iterable[str]) -> Tally:
    return Tally(scopes={scope: dict.fromkeys(STATUSES, 0) for scope in scopes})


def _texts(groups: dict[str, int]) -> dict[str, str]:
    return {name: amount_text(groups[name]) for name in sorted(groups)}


def balance(outcomes: Iterable[Outcome], as_of: AsOf, taken: Taken | None = None) -> dict[str, Any]:
    """Return the balance of one learner: systems and class-hours, verified and self-declared.

    `taken` is what decisions use by then. Each scope in which they use something is shown by itself
    under `by_use`, and all lots are in it: what nothing uses is available there.

    >>> balance([], AsOf())
    {'lots': 0, 'systems': [], 'class_hours': {}}
    """
    systems: dict[str, dict[str, Tally]] = {}
    hours: dict[str, Tally] = {}
    lots = 0
    taken = taken or {}
    scopes = sorted({scope for _, scope in taken})
    for outcome in outcomes:
        if not as_of.shows(outcome):
            continue
        lots += 1
        status = as_of.status(outcome)
        basis = "verified" if outcome.is_verified else "self_declared"
        for credit in outcome.credits:
            tally = systems.setdefault(credit["system"], {}).setdefault(basis, _tally(scopes))
            tally.add(hundredths(credit["amount"]), status, outcome, taken)
        total_hours = outcome.hours_theory + outcome.hours_practice
        if total_hours:
            hours.setdefault(basis, _tally(scopes)).add(total_hours, status, outcome, taken)
    return {
        "lots": lots,
        "systems": [
            {"system": system} | {basis: tally.document() for basis, tally in sorted(bases.items())}
            for system, bases in sorted(systems.items())
        ],
        "class_hours": {basis: tally.document() for basis, tally in sorted(hours.items())},
    }
