"""The least that would have been enough for one target, by trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Condition
from tests.brute_facts import Known
from tests.brute_force import Ways
from tests.brute_parts import Aim, Piece, cents, stepped, unit_of, whole

Shortfall = tuple[int, int]
"""How many conditions no outcome makes up for, and the amounts that are lacking, weighed."""


def weight_of(unit: str) -> int:
    return 1 if unit == "class_hours" else 16


class Nearest:
    """Looks for the least shortfall of one target by itself."""

    def __init__(self, known: Known, aim: Aim) -> None:
        self.ways = Ways(known, 0, aim)
        self.known = known
        self.aim = aim
        self.at = {path: self.ways.at_leaf(path, lenient=True) for path in self.ways.leaves}

    def shortfall(self) -> Shortfall | None:
        """Return the least shortfall of all ways; None if nothing would be enough."""
        found = []
        for others, active in self._choices(self.aim.rule.needs, "needs"):
            for choice in itertools.product(*(self.at[path] for path in active)):
                pieces = tuple(itertools.chain(*choice))
                if self._allowed(pieces):
                    lack = self._lack(active, pieces)
                    found += [] if lack is None else [(others, lack)]
        return min(found, default=None)

    def count(self) -> int:
        """Return how many ways there are to look at."""
        total = 0
        for _, active in self._choices(self.aim.rule.needs, "needs"):
            some = 1
            for path in active:
                some *= len(self.at[path])
            total += some
        return total

    def _choices(self, condition: Condition, path: str) -> Iterator[tuple[int, list[str]]]:
        """Yield how many other conditions would have to hold, and which amounts are aimed at."""
        if isinstance(condition, Amount):
            yield 0, [path]
        elif isinstance(condition, AllOf | AnyOf):
            count = len(condition.of) if isinstance(condition, AllOf) else condition.count
            sets = (
                itertools.combinations(range(len(condition.of)), some)
                for some in range(count, len(condition.of) + 1)  # more may feed what is granted
            )
            for places in itertools.chain(*sets):
                inner = [list(self._choices(condition.of[n], f"{path}/of/{n}")) for n in places]
                for some in itertools.product(*inner):
                    paths = [one for _, active in some for one in active]
                    yield sum(others for others, _ in some), paths
        else:
            yield (0 if self.ways.given(condition) else 1), []

    def _allowed(self, pieces: Sequence[Piece]) -> bool:
        """Return whether no outcome and no event counts twice."""
        if not self.ways.alone(pieces):
            return False
        events: dict[str, set[str]] = {}
        shares: dict[str, Fraction] = {}
        use = self.aim.rule.use
        for piece in pieces:
            fact = self.known.facts[piece.outcome]
            if fact.assessment_event is not None and self.aim.rule.one_event == "counts_once":
                events.setdefault(fact.assessment_event, set()).add(fact.id)
            share = self.known.left(self.aim, fact.id)
            if use.surplus == "kept":
                share = Fraction(piece.engaged, whole(self.ways.leaves[piece.path], fact))
            shares[fact.id] = shares.get(fact.id, Fraction(0)) + share
        if any(len(some) > 1 for some in events.values()):
            return False
        return use.sharing == "free" or all(
            share
            <= 1
            - self.known.gone(one, use.scope)
            - (self.known.layer(one, use.scope) if use.sharing == "exclusive" else 0)
            for one, share in shares.items()
        )

    def _lack(self, active: Sequence[str], pieces: Sequence[Piece]) -> int | None:
        """Return how much is lacking, weighed; None if so nothing could be made up for."""
        conditions = self.ways.leaves
        own = {path: [one for one in pieces if one.path == path] for path in active}
        lacks = {path: self._lack_at(conditions[path], own[path]) for path in active}
        ways = [lacks]
        if self.aim.follows:
            feeding = [path for path in active if self.aim.feeds(conditions[path])]
            fed = sum(lacks[path] + sum(one.counted for one in own[path]) for path in feeding)
            short = max(0, self._least() - fed)
            ways = [lacks | {path: lacks[path] + short} for path in feeding]
        totals = [
            sum(lack * weight_of(unit_of(conditions[path])) for path, lack in way.items())
            for way in ways
            if all(self._has_place(conditions[path], own[path], way[path]) for path in active)
        ]
        return min(totals, default=None)

    def _lack_at(self, condition: Amount, own: Sequence[Piece]) -> int:
        counted = sum(piece.counted for piece in own)
        needs = [] if self.ways.soft(condition) else [self.ways.need(condition) - counted]
        needs += [cents(one.at_least) - self.ways.among(one.where, own) for one in condition.least]
        return max(0, *needs) if needs else 0

    def _has_place(self, condition: Amount, own: Sequence[Piece], lack: int) -> bool:
        """Return whether what is lacking could be added beside so many outcomes."""
        each: Any = {"outcomes": 100, "worth": cents(condition.worth or "0")}
        added = -(-lack // each.get(condition.unit.measure, max(1, lack)))
        most = condition.outcomes_at_most
        return most is None or len(own) + added <= most

    def _least(self) -> int:
        """Return the least that has to count for anything to be granted."""
        bucket = self.aim.bucket
        assert bucket is not None
        most = 10_000
        return next(n for n in range(1, most) if stepped(n, bucket, most))
