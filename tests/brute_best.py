"""The best of all ways for all targets together, by trying everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from tests.brute_facts import Known
from tests.brute_force import Ways
from tests.brute_parts import Aim, Answer, Option, Piece, cents, leaves, unit_of, weight, whole

Key = tuple[str, str]


@dataclass
class Load:
    """What one way of meeting a target takes of each outcome in its scope."""

    exclusive: dict[Key, Fraction] = field(default_factory=dict)
    shared: dict[Key, Fraction] = field(default_factory=dict)
    once: set[Key] = field(default_factory=set)


class BruteForce:
    """Every way, for the rules of one rulebook under its frames."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.aims = list(known.aims())
        self.ways = [Ways(known, number, aim) for number, aim in enumerate(self.aims)]
        self.units = sorted({unit_of(c) for aim in self.aims for _, c in leaves(aim.rule.needs)})

    def required(self) -> bool:
        """Return whether what the books require for any target holds."""
        return all(
            book.bounds.requires is None or _Required(self.known, book.bounds.requires).holds()
            for book in self.known.books
        )

    def best(self, order: Sequence[int], *, preferred: bool, most: int = 1 << 30) -> Answer | None:
        """Return the best of all ways; None if there are more than `most` to look at.

        With `preferred` the targets are met in this order, else whichever grant the most.
        """
        if not self.required():
            return Answer(frozenset(), {}, frozenset())
        options = [(number, self.ways[number].options()) for number in order]
        total = 1
        for _, some in options:
            total *= len(some) + 1
        if total > most:
            return None
        search = _Search(self, order, preferred=preferred)
        search.go([(n, [(one, self._load(n, one)) for one in some]) for n, some in options], {}, [])
        taken = search.taken
        pieces = frozenset(piece for option in taken.values() for piece in option.pieces)
        return Answer(frozenset(taken), {n: one.granted for n, one in taken.items()}, pieces)

    def _load(self, number: int, option: Option) -> Load:
        aim, load = self.aims[number], Load()
        use = aim.rule.use
        for piece in option.pieces:
            key = (piece.outcome, use.scope)
            if use.sharing != "free":
                table = load.exclusive if use.sharing == "exclusive" else load.shared
                table[key] = table.get(key, Fraction(0)) + self._share(aim, piece)
            event = self.known.facts[piece.outcome].assessment_event
            if event is not None and aim.rule.one_event == "counts_once":
                load.once.add((event, piece.outcome))
        return load

    def _share(self, aim: Aim, piece: Piece) -> Fraction:
        if aim.rule.use.surplus == "kept":
            condition = self.ways[piece.target].leaves[piece.path]
            return Fraction(piece.engaged, whole(condition, self.known.facts[piece.outcome]))
        return self.known.left(aim, piece.outcome)


class _Required:
    """What bounds require: outcomes are looked at and not used."""

    def __init__(self, known: Known, condition: Any) -> None:
        self.known = known
        self.condition = condition

    def holds(self, condition: Any = None) -> bool:
        condition = condition or self.condition
        if condition.kind in {"all", "any"}:
            held = [self.holds(one) for one in condition.of]
            return all(held) if condition.kind == "all" else sum(held) >= condition.count
        if condition.kind == "amount":
            facts = self.known.countable(condition, None)
            return sum(whole(condition, one) for one in facts) >= cents(condition.at_least)
        return Ways.given(self, condition)  # type: ignore[arg-type]


class _Search:
    def __init__(self, brute: BruteForce, order: Sequence[int], *, preferred: bool) -> None:
        self.brute = brute
        self.known = brute.known
        self.aims = brute.aims
        self.order = order
        self.preferred = preferred
        self.best: Any = None
        self.taken: dict[int, Option] = {}

    def go(self, rest: Any, taken: dict[int, Option], loads: list[tuple[int, Load]]) -> None:
        """Try every option of the targets that are left, beside those that are taken."""
        if not rest:
            self._weigh(taken)
            return
        (number, options), *others = rest
        self.go(others, taken, loads)
        for option, load in options:
            there = [*loads, (number, load)]
            if self._fits(there) and self._granted_once(number, taken):
                self.go(others, taken | {number: option}, there)

    def _weigh(self, taken: dict[int, Option]) -> None:
        value = self._result(taken)
        if self.best is not None and value > self.best[0]:
            return
        if not self._under_caps(taken):
            return
        whole_value = (value, self._rest(taken))
        if self.best is None or whole_value < self.best:
            self.best, self.taken = whole_value, taken

    # --- what is allowed -------------------------------------------------------------------------

    def _granted_once(self, number: int, taken: dict[int, Option]) -> bool:
        key = self.aims[number].key
        return not key.startswith("course:") or all(self.aims[n].key != key for n in taken)

    def _fits(self, loads: Sequence[tuple[int, Load]]) -> bool:
        keys = {key for _, load in loads for key in (*load.exclusive, *load.shared)}
        return all(self._conserved(key, loads) for key in keys) and self._events_once(loads)

    def _conserved(self, key: Key, loads: Sequence[tuple[int, Load]]) -> bool:
        exclusive = sum((load.exclusive.get(key, Fraction(0)) for _, load in loads), Fraction(0))
        layers = {number: load.shared[key] for number, load in loads if key in load.shared}
        top = max([self.known.layer(*key), *layers.values()])
        if exclusive + top > 1 - self.known.gone(*key):
            return False
        rules = [self.aims[number].rule for number in layers]
        count = len(rules) + self.known.sharers(*key)
        for one in rules:
            if count > (one.use.up_to or 1):
                return False
            for other in rules:
                names = one.use.with_rules
                if other.id != one.id and names and other.id not in names:
                    return False
        return True

    def _events_once(self, loads: Sequence[tuple[int, Load]]) -> bool:
        events: dict[Key, set[str]] = {}
        for number, load in loads:
            scope = self.aims[number].rule.use.scope
            for event, outcome in load.once:
                events.setdefault((event, scope), set()).add(outcome)
        return all(len(members) == 1 for members in events.values())

    # --- caps in bounds --------------------------------------------------------------------------

    def _under_caps(self, taken: dict[int, Option]) -> bool:
        return self._buckets_kept(taken) and all(
            self._under(cap, book, taken)
            for book in self.known.books
            for cap in book.bounds.caps
            if cap.share is None or cap.share.of != "target"
        )

    def _under(self, cap: Any, book: Any, taken: dict[int, Option]) -> bool:
        """Return whether a cap is kept, in every group and of every whole that it is on."""
        wholes: dict[Key, list[int]] = {}
        for number in taken:
            aim = self.aims[number]
            whole_of = self._whole(cap, aim)
            if whole_of is not None:
                wholes.setdefault(whole_of, []).append(number)
        for whole_of, numbers in wholes.items():
            earlier = [one for one in self._earlier(cap, book) if self._in(one, whole_of)]
            for now, before in self._by_group(cap, {n: taken[n] for n in numbers}, earlier):
                if now > max(0, self.known.most(cap) - before):
                    return False
        return True

    def _whole(self, cap: Any, aim: Aim) -> Key | None:
        """Return credit system and programme of what a cap adds a target up in; None: not on it."""
        if self.known.system_of(aim) is None:
            return None
        if cap.category and aim.category not in cap.category:
            return None
        if cap.share is not None and aim.programme is None:
            return None
        return self.known.system_of(aim) or "", (
            aim.programme or ""
        ) if cap.share is not None else ""

    def _earlier(self, cap: Any, book: Any) -> Iterator[Any]:
        books = list(self.known.books)
        below = {one.id for one in books[: books.index(book) + 1]}
        for one in self.known.case.prior_grants:
            if cap.share is not None or one.rulebook in below or book.id in one.under:
                course = self.known.courses.get(one.target.rpartition(":")[2])
                category = course.category if course is not None else None
                if not cap.category or category in cap.category:
                    yield one

    def _in(self, grant: Any, whole_of: Key) -> bool:
        kind, programme, *_ = grant.target.split(":")
        own = programme if kind in {"course", "elective", "stack"} else None
        return grant.system == whole_of[0] and (not whole_of[1] or own == whole_of[1])

    def _by_group(
        self, cap: Any, taken: dict[int, Option], earlier: Sequence[Any]
    ) -> Iterator[tuple[int, int]]:
        if cap.over is None and cap.per is None:
            now = sum(option.granted for option in taken.values())
            yield now, sum(one.granted for one in earlier)
            return
        used = {piece.outcome for option in taken.values() for piece in option.pieces}
        known = used | {o for one in earlier for o in one.outcomes if o in self.known.facts}
        for group in self.known.groups_of(cap, sorted(known)):
            now = sum(
                option.granted
                for option in taken.values()
                if group & {piece.outcome for piece in option.pieces}
            )
            yield now, sum(one.granted for one in earlier if group & set(one.outcomes))

    def _buckets_kept(self, taken: dict[int, Option]) -> bool:
        by_key: dict[str, list[int]] = {}
        for number in taken:
            if self.aims[number].bucket is not None:
                by_key.setdefault(self.aims[number].key, []).append(number)
        for key, numbers in by_key.items():
            asked = (self.aims[number] for number in self.order)
            most = max(cents(aim.bucket.at_most) for aim in asked if aim.bucket and aim.key == key)
            granted = sum(taken[number].granted for number in numbers)
            if granted > max(0, most - self.known.granted_before(key)):
                return False
        return True

    # --- what is better --------------------------------------------------------------------------

    def _result(self, taken: dict[int, Option]) -> Any:
        """Return what is met and granted; the smallest is the best."""
        systems: dict[str, int] = {}
        for number in self.order:
            whole_of = self.known.system_of(self.aims[number])
            if whole_of is not None:
                granted = taken[number].granted if number in taken else 0
                systems[whole_of] = systems.get(whole_of, 0) - granted
        granted_all = [systems[one] for one in sorted(systems)]
        if self.preferred:
            return [number not in taken for number in self.order], granted_all
        return granted_all, -len(taken)

    def _rest(self, taken: dict[int, Option]) -> Any:
        """Return the cost, and what chooses between allotments of the same result and cost."""
        engaged = dict.fromkeys(self.brute.units, 0)
        days = ties = counted = weighed = between = 0
        for number, option in taken.items():
            aim = self.aims[number]
            name = f"{aim.rule.id}|{aim.key}"
            for piece in option.pieces:
                engaged[self._unit(piece)] += piece.engaged
                day = (self.known.facts[piece.outcome].achieved_on - date(2000, 1, 1)).days
                heavy = weight(piece.outcome, name, piece.path)
                days += day * piece.engaged
                ties += heavy * piece.engaged
                if aim.rule.use.surplus == "forfeited":
                    counted += piece.counted
                    weighed += heavy * piece.counted
            between += weight("", name, "") * (option.granted if aim.follows else 1)
        takes = [self._taken(taken, unit) for unit in self.brute.units]
        return takes, list(engaged.values()), days, ties, -counted, weighed, between

    def _unit(self, piece: Piece) -> str:
        return unit_of(self.brute.ways[piece.target].leaves[piece.path])

    def _taken(self, taken: dict[int, Option], unit: str) -> int:
        """Return how much is taken, where targets that share take what they share once."""
        total = 0
        layers: dict[Key, dict[int, int]] = {}
        for number in self.order:
            use = self.aims[number].rule.use
            for piece in taken[number].pieces if number in taken else ():
                if self._unit(piece) != unit:
                    continue
                if use.sharing == "exclusive":
                    total += piece.engaged
                elif use.sharing == "shared":
                    own = layers.setdefault((piece.outcome, use.scope), {})
                    own[number] = own.get(number, 0) + piece.engaged
        for (outcome, scope), some in layers.items():
            before = int(self._of(outcome, unit, scope) * self.known.layer(outcome, scope))
            total += max(0, max(some.values()) - before)
        return total

    def _of(self, outcome: str, unit: str, scope: str) -> int:
        """Return what all of an outcome is in a unit, for the first target that shares it."""
        fact = self.known.facts[outcome]
        for number in self.order:
            use = self.aims[number].rule.use
            for condition in self.brute.ways[number].leaves.values():
                counts = fact in self.known.countable(condition, use)
                shares = (use.sharing, use.scope, unit_of(condition)) == ("shared", scope, unit)
                if shares and counts:
                    return whole(condition, fact)
        raise AssertionError(outcome)
