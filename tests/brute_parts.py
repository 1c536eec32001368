"""The small parts of the reference that tries everything: amounts, selections, weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from creditbank.domain.conversion.facts import OutcomeFact
from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Condition
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.selection import Selection
from creditbank.domain.rules.target import ElectiveTarget, TransferTarget


def cents(text: str) -> int:
    return round(float(text) * 100)


@dataclass(frozen=True)
class Piece:
    """`counted` of an outcome at the condition at `path` of one target."""

    target: int
    path: str
    outcome: str
    counted: int
    engaged: int


@dataclass(frozen=True)
class Aim:
    """A target; `amount` is the credit of a course."""

    rule: Rule
    key: str
    amount: int | None = None
    category: str | None = None
    programme: str | None = None

    @property
    def bucket(self) -> ElectiveTarget | TransferTarget | None:
        target = self.rule.target
        return target if isinstance(target, ElectiveTarget | TransferTarget) else None

    def feeds(self, condition: Amount) -> bool:
        return self.bucket is not None and condition.unit.system == self.bucket.system

    @property
    def follows(self) -> bool:
        return any(self.feeds(one) for _, one in leaves(self.rule.needs))


@dataclass(frozen=True)
class Option:
    """One way to meet one target."""

    granted: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Answer:
    met: frozenset[int]
    granted: dict[int, int]
    pieces: frozenset[Piece]


def selects(selection: Selection, fact: OutcomeFact) -> bool:
    """Return whether an outcome is selected, by the few members that small rulebooks use."""
    return (
        (not selection.scene or fact.scene in selection.scene)
        and (not selection.issuer or fact.issuer in selection.issuer)
        and (not selection.type or fact.type in selection.type)
        and (not selection.any_of or any(selects(one, fact) for one in selection.any_of))
        and not any(selects(one, fact) for one in selection.none_of)
    )


def whole(condition: Amount, fact: OutcomeFact) -> int:
    unit = condition.unit
    if unit.measure == "credit":
        return fact.credits.get(unit.system or "", 0)
    if unit.measure == "class_hours":
        return fact.class_hours
    return 100 if unit.measure == "outcomes" else cents(condition.worth or "0")


def unit_of(condition: Amount) -> str:
    return ":".join(filter(None, (condition.unit.measure, condition.unit.system)))


def leaves(condition: Condition, path: str = "needs") -> Iterator[tuple[str, Amount]]:
    if isinstance(condition, AllOf | AnyOf):
        for number, inner in enumerate(condition.of):
            yield from leaves(inner, f"{path}/of/{number}")
    elif isinstance(condition, Amount):
        yield path, condition


def stepped(counted: int, target: ElectiveTarget | TransferTarget, most: int) -> int:
    step = cents(target.step.of) if target.step else 1
    rounding = target.step.rounding if target.step else "down"
    exact = Fraction(counted, step)
    steps = int(exact)
    rest = exact - steps
    if (rounding == "half_up" and rest >= Fraction(1, 2)) or (
        rounding == "half_even"
        and (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and steps % 2 == 1))
    ):
        steps += 1
    return min(steps, most // step) * step


def weight(outcome: str, name: str, path: str) -> int:
    digest = hashlib.sha256(f"{outcome}\0{name}\0{path}".encode()).digest()
    return int.from_bytes(digest[:3], "big")
