"""The integer model of a problem, for the CP-SAT solver of OR-Tools.

Every amount is an integer, so every answer is exact. The solver is imported when it is needed:
that takes longer than most evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.conversion.binding import TooLarge, bind, by_outcome, common
from creditbank.domain.conversion.problem import (
    Branch,
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
from creditbank.domain.conversion.reaching import least_used, reachable

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SLOTS_MAX: Final = 8_000
"""Places where outcomes may count, in one model."""


@dataclass(slots=True)
class Slot:
    """The variables of one item at one leaf.

    `used`: 0 or 1. `counted` and `engaged` are amounts, each an expression of one variable; where
    the slot is `cut`, less may be counted than is engaged.
    """

    goal: Goal
    leaf: Leaf
    item: Item
    used: Any
    counted: Any
    engaged: Any
    cut: bool = False


@dataclass(slots=True)
class Lack:
    """In a near miss: how much would be enough at a node; `weight` when branches are compared."""

    goal: Goal
    node: Leaf | Given
    amount: Any
    weight: int
    most: int = 1


@dataclass(slots=True)
class Model:
    """The model of some goals of a problem. With `lenient`, what is lacking may be made up for."""

    problem: Problem
    goals: Sequence[Goal]
    lenient: bool = False
    to_achieve: Sequence[str] = ()
    """Outcomes that would have to be achieved first: `gates` says which of them are."""

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

    made_up: list[Any] = field(default_factory=list)
    """What is made up for at leaves of the goal being built that feed its grant."""

    def __post_init__(self) -> None:
        """Build everything; raises TooLarge."""
        from ortools.sat.python import cp_model

        size = sum(len(leaf.items) for goal in self.goals for leaf in goal.leaves)
        if size > SLOTS_MAX:
            raise TooLarge
        self.cp = cp_model.CpModel()
        self.gates = {one: self.bool_var() for one in self.to_achieve}
        for goal in self.goals:
            self._add_goal(goal)
        bind(self)

    # --- one goal ------------------------------------------------------------------------------

    def bool_var(self) -> Any:
        """Return a new variable that is 0 or 1."""
        return self.cp.new_bool_var("")

    def int_var(self, most: int) -> Any:
        """Return a new variable from 0 to `most`."""
        return self.cp.new_int_var(0, most, "")

    def _add_goal(self, goal: Goal) -> None:
        on = self.bool_var()
        self.met[goal.place] = on
        before = len(self.slots)
        self.fed, self.made_up = [], []
        self._add_node(goal, goal.root, on)
        own = self.slots[before:]
        grant = goal.grant
        if grant is None:
            return
        if not grant.follows:
            self.granted[goal.place] = grant.amount * on
            return
        self._add_fed_once(own)
        if not self.lenient:
            self.granted[goal.place] = self._add_grant(grant, own, on)
        elif self.made_up:  # enough for anything to be granted at all
            fed = [slot.counted for slot in own if slot.leaf.feeds]
            self.cp.add(sum(fed) + sum(self.made_up) >= grant.least() * on)

    def _add_grant(self, grant: Grant, own: Sequence[Slot], on: Any) -> Any:
        """Return what is granted: whole steps of what is counted, and some of it if met at all."""
        step, fed = grant.step, [slot.counted for slot in own if slot.leaf.feeds]
        steps = self.int_var(grant.amount // step)
        if grant.rounding == "down":
            self.cp.add(step * steps <= sum(fed))
        elif grant.rounding == "half_up":
            self.cp.add(2 * step * steps <= 2 * sum(fed) + step * on)
        else:
            half, odd = self.int_var(grant.amount // step), self.bool_var()
            self.cp.add(steps == 2 * half + odd)
            self.cp.add(2 * step * steps + odd <= 2 * sum(fed) + step * on)
        self.cp.add(steps >= on)
        self.cp.add(steps <= grant.amount // step * on)
        for leaf, there in self.fed:
            self.cp.add(steps >= grant.fewest(leaf.need) * there)
        return step * steps

    def _add_fed_once(self, own: Sequence[Slot]) -> None:
        """An outcome feeds a grant at most once as a whole, though its use takes nothing."""
        for slots in by_outcome(slot for slot in own if slot.leaf.feeds):
            if len(slots) > 1:
                whole = common(slot.item.of for slot in slots)
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
        chosen = [self.bool_var() for _ in node.children]
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
        enough: Any = self._add_enough(goal, leaf, slots, on) if self.lenient else 0
        if leaf.need and not leaf.soft:
            need = leaf.need if self.lenient or goal.use.keeps else reachable(leaf, leaf.need)
            self.cp.add(total + enough >= need * on)
            if leaf.feeds:
                self.fed.append((leaf, on))
            if (leaf.floors or leaf.limits) and not (self.lenient or goal.use.keeps):
                self.cp.add(sum(slot.engaged for slot in slots) >= least_used(leaf) * on)
        for floor in leaf.floors:
            among = sum(slot.counted for slot in slots if slot.item.outcome in floor.members)
            self.cp.add(among + enough >= floor.least * on)
        for limit in leaf.limits:
            among = sum(slot.counted for slot in slots if slot.item.outcome in limit.members)
            self.cp.add(among <= limit.most)
        if leaf.counted_at_most is not None:
            self.cp.add(total <= leaf.counted_at_most)
        if leaf.outcomes_at_most is not None and leaf.outcomes_at_most < len(slots):
            self.cp.add(sum(slot.used for slot in slots) <= leaf.outcomes_at_most)

    def _add_enough(self, goal: Goal, leaf: Leaf, slots: Sequence[Slot], on: Any) -> Any:
        """Return the amount of a suitable outcome that would make up for what is lacking."""
        needs = [0 if leaf.soft else leaf.need, *(floor.least for floor in leaf.floors)]
        if leaf.feeds and goal.grant is not None:
            needs.append(goal.grant.least())
        most = max(needs)
        enough = self.int_var(most)
        self.cp.add(enough <= most * on)
        self.lacks.append(Lack(goal, leaf, enough, weight_of(leaf.unit), most))
        if leaf.feeds:
            self.made_up.append(enough)
        if leaf.outcomes_at_most is not None:  # it needs a place beside those that count
            added = self.int_var(leaf.outcomes_for(most))
            self.cp.add((leaf.each or most) * added >= enough)
            self.cp.add(sum(slot.used for slot in slots) + added <= leaf.outcomes_at_most)
        return enough

    def _slot(self, goal: Goal, leaf: Leaf, item: Item, on: Any) -> Slot:
        used, most = self.bool_var(), item.available
        self.cp.add(used <= on)
        if item.gated:
            self.cp.add(used <= self.gates[item.outcome])
        cut = bool(leaf.limits) or leaf.counted_at_most is not None
        if leaf.in_wholes or not (goal.use.keeps or cut):
            return Slot(goal, leaf, item, used, most * used, most * used)
        counted = self.int_var(most)
        self.cp.add(counted <= most * used)
        # What is used counts for something: an outcome claimed for nothing would be a waste.
        self.cp.add(counted >= used)
        if goal.use.keeps:
            return Slot(goal, leaf, item, used, counted, counted)
        return Slot(goal, leaf, item, used, counted, most * used, cut=True)


def weight_of(unit: str) -> int:
    """Return what a unit weighs when shortfalls are compared: a credit like sixteen class-hours."""
    return 1 if unit == "class_hours" else 16


def rows_of(model: Model, value: Any) -> list[Row]:
    """Return the rows that a solution has, by `value`, which evaluates an expression."""
    rows = []
    for slot in model.slots:
        counted = int(value(slot.counted))
        if counted:
            engaged = int(value(slot.engaged))
            rows.append(Row(slot.goal.place, slot.leaf.path, slot.item.outcome, counted, engaged))
    return rows
