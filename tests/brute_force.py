"""Conversion by trying everything: a reference that shares no code with the engine.

It reads small rulebooks (selections by scene and issuer, amounts, holds, caps, floors) and tries
every way to count outcomes; only the weights of the last tie-break are the engine's, since they are
part of what is specified.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from creditbank.domain.conversion.facts import Case, OutcomeFact
from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Cap, Condition, Holds
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget
from tests.brute_parts import (
    Aim,
    Answer,
    Option,
    Piece,
    allowed,
    cents,
    leaves,
    selects,
    stepped,
    unit_of,
    weight,
    whole,
)


class BruteForce:
    """Every way, for the rules of one rulebook, courses with their credits, and one case."""

    def __init__(self, book: Rulebook, worths: dict[str, int], case: Case, total: int) -> None:
        self.book = book
        self.case = case
        self.total = total
        self.facts = {fact.id: fact for fact in case.outcomes}
        self.aims = list(self._aims(worths))

    def _aims(self, worths: dict[str, int]) -> Iterator[Aim]:
        for rule in self.book.rules:
            target = rule.target
            if isinstance(target, CourseTarget):
                for code in target.courses:
                    yield Aim(rule, f"course:{target.programme}:{code}", worths[code])
            else:
                assert isinstance(target, ElectiveTarget)
                yield Aim(rule, f"elective:{target.programme}:{target.bucket.zh}", None)

    # --- one target --------------------------------------------------------------------------

    def left(self, aim: Aim, outcome: str) -> Fraction:
        use = aim.rule.use
        if use.sharing == "free":
            return Fraction(1)
        taken = [one for one in self.case.prior_uses if one.outcome == outcome]
        return 1 - sum((Fraction(one.amount, one.of) for one in taken), Fraction(0))

    def options(self, number: int) -> list[Option]:
        aim = self.aims[number]
        slots: list[list[Piece | None]] = []
        for path, condition in leaves(aim.rule.needs):
            slots += [
                list(self._pieces(number, path, condition, fact))
                for fact in self.case.outcomes
                if selects(condition.select, fact)
            ]
        found = []
        for choice in itertools.product(*slots):
            pieces = tuple(piece for piece in choice if piece is not None)
            if self._holds(aim, aim.rule.needs, "needs", pieces) and self._within(aim, pieces):
                found += [Option(granted, pieces) for granted in self._granted(aim, pieces)]
        return found

    def _pieces(
        self, number: int, path: str, condition: Amount, fact: OutcomeFact
    ) -> Iterator[Piece | None]:
        aim = self.aims[number]
        yield None
        left = self.left(aim, fact.id)
        available = int(whole(condition, fact) * left)
        if condition.unit.measure == "outcomes":
            counts = [100] if left == 1 else []
        elif aim.rule.use.surplus == "kept" or condition.caps or condition.counted_at_most:
            counts = list(range(1, available + 1))
        else:
            counts = [available] if available else []
        for counted in counts:
            kept = aim.rule.use.surplus == "kept"
            yield Piece(number, path, fact.id, counted, counted if kept else available)

    def _granted(self, aim: Aim, pieces: Sequence[Piece]) -> list[int]:
        """Return what the pieces may grant: all that they are worth, or less for a cap's sake."""
        target = aim.rule.target
        if aim.amount is not None:
            return [aim.amount]
        assert isinstance(target, ElectiveTarget)
        by_path = dict(leaves(aim.rule.needs))
        feeding = {path for path, one in by_path.items() if one.unit.system == target.system}
        most = cents(target.at_most)
        step = cents(target.step.of) if target.step else 1
        if not feeding:
            return [stepped(most, target, most)] if most >= step else []
        counted = sum(piece.counted for piece in pieces if piece.path in feeding)
        least = step
        for path in {piece.path for piece in pieces} & feeding:
            if not aim.rule.partial:
                least = max(least, min(self._need(aim, by_path[path]), most) // step * step)
        return list(range(least, stepped(counted, target, most) + 1, step))

    def _need(self, aim: Aim, condition: Amount) -> int:
        need = cents(condition.at_least)
        if condition.of_target is not None:
            need = max(need, -(-(aim.amount or 0) * cents(condition.of_target) // 10000))
        return need

    def _holds(self, aim: Aim, condition: Condition, path: str, pieces: Sequence[Piece]) -> bool:
        if isinstance(condition, AllOf | AnyOf):
            held = [
                self._holds(aim, inner, f"{path}/of/{n}", pieces)
                for n, inner in enumerate(condition.of)
            ]
            return all(held) if isinstance(condition, AllOf) else sum(held) >= condition.count
        if isinstance(condition, Holds):
            return sum(selects(condition.select, f) for f in self.case.outcomes) >= condition.count
        assert isinstance(condition, Amount)
        own = [piece for piece in pieces if piece.path == path]
        need = self._need(aim, condition)
        target = aim.rule.target
        soft = (
            aim.rule.partial
            and isinstance(target, ElectiveTarget)
            and condition.unit.system == target.system
        )
        if sum(piece.counted for piece in own) < need and not soft:
            return False
        return all(
            sum(p.counted for p in own if selects(least.where, self.facts[p.outcome]))
            >= cents(least.at_least)
            for least in condition.least
        )

    def _within(self, aim: Aim, pieces: Sequence[Piece]) -> bool:
        """Return whether the pieces keep the caps of every condition that counts something."""
        for path, condition in leaves(aim.rule.needs):
            own = [piece for piece in pieces if piece.path == path]
            if own and not self._holds(aim, condition, path, pieces):
                return False  # nothing counts at a condition that does not hold
            most = condition.counted_at_most
            if most is not None and sum(piece.counted for piece in own) > cents(most):
                return False
            if condition.outcomes_at_most and len(own) > condition.outcomes_at_most:
                return False
            for cap in condition.caps:
                base = aim.amount if aim.amount is not None else self._bucket(aim)
                if condition.unit.system is None:
                    base = cents(condition.at_least)
                for group in self._groups(cap, [piece.outcome for piece in own]):
                    counted = sum(piece.counted for piece in own if piece.outcome in group)
                    if counted > allowed(cap, base, self.total):
                        return False
        return True

    def _bucket(self, aim: Aim) -> int:
        assert isinstance(aim.rule.target, ElectiveTarget)
        return cents(aim.rule.target.at_most)

    def _groups(self, cap: Cap, outcomes: Sequence[str]) -> list[set[str]]:
        groups: dict[Any, set[str]] = {}
        for one in outcomes:
            fact = self.facts[one]
            if cap.over is None or selects(cap.over, fact):
                key = {"issuer": fact.issuer, "outcome": fact.id, None: ""}[cap.per]
                groups.setdefault(key, set()).add(one)
        return list(groups.values())

    # --- all targets -------------------------------------------------------------------------

    def best(self, requested: Sequence[int] | None = None) -> Answer:
        order = list(range(len(self.aims))) if requested is None else list(requested)
        ways: list[list[tuple[int, Option | None]]] = [
            [(number, None), *((number, one) for one in self.options(number))] for number in order
        ]
        found, best = None, None
        for choice in itertools.product(*ways):
            taken = {number: option for number, option in choice if option is not None}
            if not self._together(taken):
                continue
            value = self._value(taken, order, preferred=requested is not None)
            if best is None or value < best:
                found, best = taken, value
        assert found is not None
        pieces = frozenset(piece for option in found.values() for piece in option.pieces)
        granted = {number: option.granted for number, option in found.items()}
        return Answer(frozenset(found), granted, pieces)

    def _together(self, taken: dict[int, Option]) -> bool:
        keys = [self.aims[n].key for n in taken if self.aims[n].key.startswith("course:")]
        if len(keys) != len(set(keys)):
            return False
        pieces = [piece for option in taken.values() for piece in option.pieces]
        return (
            self._conserved(pieces)
            and self._fed_once(pieces)
            and self._events_once(pieces)
            and self._under_caps(taken)
            and self._bucket_kept(taken)
        )

    def _share(self, piece: Piece) -> Fraction:
        aim = self.aims[piece.target]
        condition = dict(leaves(aim.rule.needs))[piece.path]
        if aim.rule.use.surplus == "kept":
            return Fraction(piece.engaged, whole(condition, self.facts[piece.outcome]))
        return self.left(aim, piece.outcome)

    def _conserved(self, pieces: Sequence[Piece]) -> bool:
        for outcome in {piece.outcome for piece in pieces}:
            own = [piece for piece in pieces if piece.outcome == outcome]
            exclusive = Fraction(0)
            layers: dict[int, Fraction] = {}
            for piece in own:
                sharing = self.aims[piece.target].rule.use.sharing
                if sharing == "exclusive":
                    exclusive += self._share(piece)
                elif sharing == "shared":
                    before = layers.get(piece.target, Fraction(0))
                    layers[piece.target] = before + self._share(piece)
            earlier = [one for one in self.case.prior_uses if one.outcome == outcome]
            gone = sum((Fraction(one.amount, one.of) for one in earlier), Fraction(0))
            if exclusive + max(layers.values(), default=Fraction(0)) > 1 - gone:
                return False
            if not self._willing(list(layers)):
                return False
        return True

    def _willing(self, targets: Sequence[int]) -> bool:
        rules = [self.aims[number].rule for number in targets]
        for one in rules:
            if len(rules) > (one.use.up_to or 1):
                return False
            for other in rules:
                names = one.use.with_rules
                if other.id != one.id and names and other.id not in names:
                    return False
        return True

    def _fed_once(self, pieces: Sequence[Piece]) -> bool:
        shares: dict[tuple[int, str], Fraction] = {}
        for piece in pieces:
            aim = self.aims[piece.target]
            condition = dict(leaves(aim.rule.needs))[piece.path]
            target = aim.rule.target
            if isinstance(target, ElectiveTarget) and condition.unit.system == target.system:
                key = (piece.target, piece.outcome)
                of = whole(condition, self.facts[piece.outcome])
                shares[key] = shares.get(key, Fraction(0)) + Fraction(piece.counted, of)
        return all(share <= 1 for share in shares.values())

    def _events_once(self, pieces: Sequence[Piece]) -> bool:
        events: dict[str, set[str]] = {}
        for piece in pieces:
            event = self.facts[piece.outcome].assessment_event
            if event is not None and self.aims[piece.target].rule.one_event == "counts_once":
                events.setdefault(event, set()).add(piece.outcome)
        return all(len(members) == 1 for members in events.values())

    def _under_caps(self, taken: dict[int, Option]) -> bool:
        for cap in self.book.bounds.caps:
            all_used = [p.outcome for option in taken.values() for p in option.pieces]
            groups: list[set[str] | None] = [*self._groups(cap, all_used)]
            if cap.over is None and cap.per is None:
                groups = [None]
            for group in groups:
                granted = sum(
                    option.granted
                    for option in taken.values()
                    if group is None or group & {piece.outcome for piece in option.pieces}
                )
                if granted > allowed(cap, 0, self.total):
                    return False
        return True

    def _bucket_kept(self, taken: dict[int, Option]) -> bool:
        by_key: dict[str, list[int]] = {}
        for number in taken:
            if self.aims[number].amount is None:
                by_key.setdefault(self.aims[number].key, []).append(number)
        return all(
            sum(taken[number].granted for number in numbers)
            <= max(self._bucket(aim) for aim in self.aims if aim.key == key)
            for key, numbers in by_key.items()
        )

    def _value(self, taken: dict[int, Option], order: Sequence[int], *, preferred: bool) -> Any:
        """Return what is compared, the smallest being the best."""
        pieces = [piece for option in taken.values() for piece in option.pieces]
        granted = -sum(option.granted for option in taken.values())
        result = (
            ([number not in taken for number in order], granted)
            if preferred
            else (granted, -len(taken))
        )
        units = sorted({unit_of(c) for aim in self.aims for _, c in leaves(aim.rule.needs)})
        by_unit = {unit: self._taken(pieces, unit) for unit in units}
        engaged = dict.fromkeys(units, 0)
        days = ties = counted = weighed = 0
        for piece in pieces:
            aim = self.aims[piece.target]
            condition = dict(leaves(aim.rule.needs))[piece.path]
            engaged[unit_of(condition)] += piece.engaged
            day = (self.facts[piece.outcome].achieved_on - date(2000, 1, 1)).days
            heavy = weight(piece.outcome, f"{aim.rule.id}|{aim.key}", piece.path)
            days += day * piece.engaged
            ties += heavy * piece.engaged
            if aim.rule.use.surplus == "forfeited":
                counted += piece.counted
                weighed += heavy * piece.counted
        between = 0
        for number, option in taken.items():
            aim = self.aims[number]
            heavy = weight("", f"{aim.rule.id}|{aim.key}", "")
            between += heavy * (option.granted if self._follows(aim) else 1)
        engaged_all = list(engaged.values())
        return (
            *(result, list(by_unit.values()), engaged_all),
            *(days, ties, -counted, weighed, between),
        )

    def _follows(self, aim: Aim) -> bool:
        system = getattr(aim.rule.target, "system", None)
        return any(one.unit.system == system for _, one in leaves(aim.rule.needs) if system)

    def _taken(self, pieces: Sequence[Piece], unit: str) -> int:
        total = 0
        layers: dict[str, dict[int, int]] = {}
        for piece in pieces:
            aim = self.aims[piece.target]
            condition = dict(leaves(aim.rule.needs))[piece.path]
            if unit_of(condition) != unit:
                continue
            if aim.rule.use.sharing == "exclusive":
                total += piece.engaged
            elif aim.rule.use.sharing == "shared":
                own = layers.setdefault(piece.outcome, {})
                own[piece.target] = own.get(piece.target, 0) + piece.engaged
        return total + sum(max(own.values()) for own in layers.values())
