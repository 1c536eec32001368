"""The integer model of a problem, for the CP-SAT solver of OR-Tools.

Every amount is an integer, so every answer is exact. The solver is imported when it is needed:
that takes longer than most evaluations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.conversion.problem import (
    Branch,
    Ceiling,
    Given,
    Goal,
    Grant,
    Item,
    Leaf,
    Node,
    Problem,
    Row,
    Truth,
)

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

VARIABLES_MAX: Final = 30_000
COMMON_MAX: Final = 1 << 40
"""The greatest common denominator of shares that the solver is given."""


class TooLarge(Exception):
    """The model is too large to be solved within any budget."""


@dataclass(slots=True)
class Slot:
    """The variables of one item at one leaf.

    `used`: 0 or 1. `counted` and `engaged` are amounts, each an expression of one variable.
    """

    goal: Goal
    leaf: Leaf
    item: Item
    used: Any
    counted: Any
    engaged: Any


@dataclass(slots=True)
class Lack:
    """In a near miss: how much would be enough at a node; `weight` when branches are compared."""

    goal: Goal
    node: Leaf | Given
    amount: Any
    weight: int


@dataclass(slots=True)
class Model:
    """The model of some goals of a problem. With `lenient`, what is lacking may be made up for."""

    problem: Problem
    goals: Sequence[Goal]
    lenient: bool = False
    gates: dict[str, Any] = field(default_factory=dict)
    cp: cp_model.CpModel = field(init=False)
    met: dict[int, Any] = field(default_factory=dict)
    granted: dict[int, Any] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    lacks: list[Lack] = field(default_factory=list)
    taken: dict[str, list[Any]] = field(default_factory=dict)
    """What is taken, by unit."""

    fed: list[tuple[Leaf, Any]] = field(default_factory=list)
    """Leaves of the goal being built that feed its grant and need something, with when they do."""

    def __post_init__(self) -> None:
        """Build everything; raises TooLarge."""
        from ortools.sat.python import cp_model

        size = sum(len(leaf.items) for goal in self.goals for leaf in goal.leaves())
        if size > VARIABLES_MAX:
            raise TooLarge
        self.cp = cp_model.CpModel()
        for goal in self.goals:
            self._add_goal(goal)
        self._add_capacities()
        self._add_events()
        self._add_once()
        self._add_ceilings()
        self._add_superseded()

    # --- one goal ------------------------------------------------------------------------------

    def _bool(self) -> Any:
        return self.cp.new_bool_var("")

    def _int(self, most: int) -> Any:
        return self.cp.new_int_var(0, most, "")

    def _add_goal(self, goal: Goal) -> None:
        on = self._bool()
        self.met[goal.place] = on
        before = len(self.slots)
        self.fed = []
        self._add_node(goal, goal.root, on)
        own = self.slots[before:]
        grant = goal.grant
        if grant is None:
            return
        if not grant.follows:
            self.granted[goal.place] = grant.amount * on
            return
        self.granted[goal.place] = self._add_grant(grant, own, on)
        self._add_fed_once(own)

    def _add_grant(self, grant: Grant, own: Sequence[Slot], on: Any) -> Any:
        """Return what is granted: whole steps of what is counted, and some of it if met at all."""
        step, fed = grant.step, [slot.counted for slot in own if slot.leaf.feeds]
        steps = self._int(grant.amount // step)
        if grant.rounding == "down":
            self.cp.add(step * steps <= sum(fed))
        elif grant.rounding == "half_up":
            self.cp.add(2 * step * steps <= 2 * sum(fed) + step * on)
        else:
            half, odd = self._int(grant.amount // step), self._bool()
            self.cp.add(steps == 2 * half + odd)
            self.cp.add(2 * step * steps + odd <= 2 * sum(fed) + step * on)
        self.cp.add(steps >= on)
        self.cp.add(steps <= grant.amount // step * on)
        for leaf, there in self.fed:
            self.cp.add(steps >= grant.fewest(leaf.need) * there)
        return step * steps

    def _add_fed_once(self, own: Sequence[Slot]) -> None:
        """An outcome feeds a grant at most once as a whole, though its use takes nothing."""
        for slots in _by_outcome(slot for slot in own if slot.leaf.feeds):
            if len(slots) > 1:
                whole = _common(slot.item.of for slot in slots)
                parts = [whole // slot.item.of * slot.counted for slot in slots]
                self.cp.add(sum(parts) <= whole)

    def _add_node(self, goal: Goal, node: Node, on: Any) -> None:
        """Make `node` hold if `on`, and count nothing below it otherwise."""
        if isinstance(node, Leaf):
            self._add_leaf(goal, node, on)
        elif isinstance(node, Given):
            self._add_given(goal, node, on)
        elif node.count == len(node.children):
            for child in node.children:
                self._add_node(goal, child, on)
        else:
            self._add_any(goal, node, on)

    def _add_any(self, goal: Goal, node: Branch, on: Any) -> None:
        chosen = [self._bool() for _ in node.children]
        self.cp.add(sum(chosen) >= node.count * on)
        for child, one in zip(node.children, chosen, strict=True):
            self.cp.add(one <= on)
            self._add_node(goal, child, one)

    def _add_given(self, goal: Goal, node: Given, on: Any) -> None:
        if node.truth is Truth.YES:
            return
        if node.gates:
            missing = node.lacking * on - sum(self.gates[gate] for gate in sorted(node.gates))
            self.cp.add(missing <= 0)
        elif self.lenient:
            self.lacks.append(Lack(goal, node, on, weight=0))
        else:
            self.cp.add(on == 0)

    def _add_leaf(self, goal: Goal, leaf: Leaf, on: Any) -> None:
        slots = [self._slot(goal, leaf, item, on) for item in leaf.items]
        self.slots += slots
        total = sum(slot.counted for slot in slots)
        enough: Any = 0
        if self.lenient:
            enough = self._int(max([leaf.need, *(floor.least for floor in leaf.floors)]))
            self.lacks.append(Lack(goal, leaf, enough, weight_of(leaf.unit)))
        if leaf.need and not leaf.soft:
            self.cp.add(total + enough >= leaf.need * on)
            if leaf.feeds:
                self.fed.append((leaf, on))
        for floor in leaf.floors:
            among = sum(slot.counted for slot in slots if slot.item.outcome in floor.members)
            self.cp.add(among + enough >= floor.least * on)
        for limit in leaf.limits:
            among = sum(slot.counted for slot in slots if slot.item.outcome in limit.members)
            self.cp.add(among <= limit.most)
        if leaf.counted_at_most is not None:
            self.cp.add(total <= leaf.counted_at_most)
        if leaf.outcomes_at_most is not None:
            self.cp.add(sum(slot.used for slot in slots) <= leaf.outcomes_at_most)

    def _slot(self, goal: Goal, leaf: Leaf, item: Item, on: Any) -> Slot:
        used, most = self._bool(), item.available
        self.cp.add(used <= on)
        if item.gate is not None:
            self.cp.add(used <= self.gates[item.gate])
        cut = bool(leaf.limits) or leaf.counted_at_most is not None
        if leaf.in_wholes or not (goal.use.keeps or cut):
            return Slot(goal, leaf, item, used, most * used, most * used)
        counted = self._int(most)
        self.cp.add(counted <= most * used)
        # What is used counts for something: an outcome claimed for nothing would be a waste.
        self.cp.add(counted >= used)
        engaged = counted if goal.use.keeps else most * used
        return Slot(goal, leaf, item, used, counted, engaged)

    # --- what couples them ---------------------------------------------------------------------

    def _add_capacities(self) -> None:
        """No outcome is taken more than once over in a scope."""
        taking = (slot for slot in self.slots if slot.goal.use.sharing != "free")
        by_place: dict[tuple[str, str], list[Slot]] = {}
        for slot in taking:
            by_place.setdefault((slot.item.outcome, slot.goal.use.scope), []).append(slot)
        for key in sorted(by_place):
            self._add_capacity(key, by_place[key])

    def _add_capacity(self, key: tuple[str, str], slots: Sequence[Slot]) -> None:
        exclusive = [slot for slot in slots if slot.goal.use.sharing == "exclusive"]
        shared = [slot for slot in slots if slot.goal.use.sharing == "shared"]
        for slot in exclusive:
            self.taken.setdefault(slot.leaf.unit, []).append(slot.engaged)
        gone = self.problem.exclusive.get(key, Fraction(0))
        layer = self.problem.shared.get(key, Fraction(0))
        if shared:
            self._add_layer_taken(shared, layer)
            self._add_sharers(key, shared)
        if len(slots) == 1:
            return  # what may be counted of it is bounded already
        shares = [slot.item.share for slot in slots]
        whole = _common([*(slot.item.of for slot in slots), *_denominators(gone, layer, *shares)])
        room = whole - _times(whole, gone)
        parts = [self._part(slot, whole) for slot in exclusive]
        if not shared:
            self.cp.add(sum(parts) <= room - _times(whole, layer))
            return
        room = max(room, _times(whole, layer))
        top = self._int(whole)
        self.cp.add(top >= _times(whole, layer))
        for some in _by_goal(shared):
            self.cp.add(top >= sum(self._part(slot, whole) for slot in some))
        self.cp.add(sum(parts) + top <= room)

    def _part(self, slot: Slot, whole: int) -> Any:
        """Return what a slot takes, where all of the outcome is `whole`."""
        if slot.goal.use.keeps:
            return whole // slot.item.of * slot.engaged
        return _times(whole, slot.item.share) * slot.used

    def _add_layer_taken(self, shared: Sequence[Slot], layer: Fraction) -> None:
        """What goals share they take once; what earlier ones took already is no new loss."""
        units: dict[str, list[Slot]] = {}
        for slot in shared:
            units.setdefault(slot.leaf.unit, []).append(slot)
        for unit, slots in units.items():
            of = slots[0].item.of
            most = max(slot.item.of for slot in slots) * len(slots)
            top = self._int(most)
            self.cp.add(top >= int(of * layer))
            for some in _by_goal(slots):
                self.cp.add(top >= sum(slot.engaged for slot in some))
            self.taken.setdefault(unit, []).append(top)

    def _add_sharers(self, key: tuple[str, str], shared: Sequence[Slot]) -> None:
        """Only willing targets share an outcome, and not more of them than each allows."""
        goals = list(_by_goal(shared))
        uses = [self._any_of([slot.used for slot in some]) for some in goals]
        earlier = self.problem.sharers.get(key, 0)
        for n, some in enumerate(goals):
            own = some[0].goal.use
            if len(goals) + earlier > own.up_to:
                free = len(goals) + earlier
                self.cp.add(sum(uses) + earlier <= own.up_to + free * (1 - uses[n]))
            for m in range(n):
                other = goals[m][0].goal.use
                if not own.shares_with(other.rule, other.with_rules):
                    self.cp.add(uses[n] + uses[m] <= 1)

    def _any_of(self, used: Sequence[Any]) -> Any:
        if len(used) == 1:
            return used[0]
        one = self._bool()
        self.cp.add_max_equality(one, used)
        return one

    def _add_events(self) -> None:
        """Outcomes of one assessment event count once, for all goals whose rules say so."""
        scopes: dict[str, dict[str, list[Any]]] = {}
        for slot in self.slots:
            if slot.goal.once:
                uses = scopes.setdefault(slot.goal.use.scope, {})
                uses.setdefault(slot.item.outcome, []).append(slot.used)
        for scope in sorted(scopes):
            for event in self.problem.events:
                members = [scopes[scope][one] for one in sorted(event) if one in scopes[scope]]
                if len(members) > 1:
                    self.cp.add(sum(map(self._any_of, members)) <= 1)

    def _add_once(self) -> None:
        """A course is granted once, by whichever rule."""
        for group in self.problem.once_groups():
            among = [self.met[goal.place] for goal in group if goal.place in self.met]
            if len(among) > 1:
                self.cp.add(sum(among) <= 1)

    def _add_ceilings(self) -> None:
        for ceiling in self.problem.ceilings:
            parts = list(self._counting_towards(ceiling))
            if parts:
                self.cp.add(sum(parts) <= max(0, ceiling.most - ceiling.used))

    def _counting_towards(self, ceiling: Ceiling) -> Iterator[Any]:
        for place, outcomes in ceiling.triggers:
            if place not in self.met:
                continue
            granted = self.granted[place]
            if outcomes is None:
                yield granted
                continue
            used = [
                slot.used
                for slot in self.slots
                if slot.goal.place == place and slot.item.outcome in outcomes
            ]
            most = next(
                goal.grant.amount for goal in self.goals if goal.place == place and goal.grant
            )
            part = self._int(most)
            for one in used:
                self.cp.add(part >= granted - most * (1 - one))
            yield part

    def _add_superseded(self) -> None:
        """An outcome does not count once a module of the same content, and higher, is taken."""
        for gate, outcome in self.problem.superseded:
            for slot in self.slots:
                if slot.item.outcome == outcome and slot.goal.use.scope:
                    self.cp.add(slot.used + self.gates[gate] <= 1)


def weight_of(unit: str) -> int:
    """Return what a unit weighs when shortfalls are compared: a credit like sixteen class-hours."""
    return 1 if unit == "class_hours" else 16


def _by_goal(slots: Iterable[Slot]) -> Iterator[list[Slot]]:
    found: dict[int, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.goal.place, []).append(slot)
    yield from found.values()


def _by_outcome(slots: Iterable[Slot]) -> Iterator[list[Slot]]:
    found: dict[str, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.item.outcome, []).append(slot)
    yield from found.values()


def _common(numbers: Iterable[int]) -> int:
    """Return the least common multiple; raises TooLarge if the solver could not reckon with it."""
    whole = lcm(*numbers)
    if whole > COMMON_MAX:
        raise TooLarge
    return whole


def _denominators(*shares: Fraction) -> list[int]:
    return [share.denominator for share in shares]


def _times(whole: int, share: Fraction) -> int:
    return int(whole * share)


def rows_of(model: Model, value: Any) -> list[Row]:
    """Return the rows that a solution has, by `value`, which evaluates an expression."""
    rows = []
    for slot in model.slots:
        counted = int(value(slot.counted))
        if counted:
            engaged = int(value(slot.engaged))
            rows.append(Row(slot.goal.place, slot.leaf.path, slot.item.outcome, counted, engaged))
    return rows
