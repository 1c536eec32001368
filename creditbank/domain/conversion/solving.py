"""Solving a model, one objective after the other, within a budget of deterministic effort.

What is better: goals met in the order of preference, or whichever grant the most; then the most
granted; then the least taken, the least engaged, the earliest achieved; then weights that no order
of input can change; and last, where caps cut, as much counted as they let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.conversion.model import Lack, Model, rows_of
from creditbank.domain.conversion.problem import Allotment, tie_weight

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_PREFERENCES_AT_ONCE: Final = 30
_SPAN_MAX: Final = 1 << 40
_UNIT: Final = 1000


class Undecided(Exception):
    """The budget was spent before the answer was proven."""


@dataclass(slots=True)
class Budget:
    """Effort that may be spent, in thousandths of the solver's deterministic unit.

    The same problem costs the same effort on every machine; one unit takes about a second.
    """

    limit: int = 8_000
    spent: int = 0

    @property
    def left(self) -> int:
        """How much may still be spent."""
        return max(0, self.limit - self.spent)


@dataclass(frozen=True, slots=True)
class Level:
    """One objective; `span` is more than its value can vary by."""

    expression: Any
    span: int
    maximise: bool = False

    def plainly(self) -> Any:
        """Return the expression to be made as small as possible."""
        return -self.expression if self.maximise else self.expression


def levels_of(model: Model) -> Iterator[Level]:
    """Yield the objectives of an evaluation, the first the most important."""
    order = [model.met[goal.place] for goal in model.goals]
    if model.problem.preferred:
        for start in range(0, len(order), _PREFERENCES_AT_ONCE):
            part = order[start : start + _PREFERENCES_AT_ONCE]
            weighed = sum((1 << (len(part) - 1 - n)) * on for n, on in enumerate(part))
            yield Level(weighed, 1 << len(part), maximise=True)
    systems = sorted({goal.grant.system for goal in model.goals if goal.grant is not None})
    for system in systems:
        grants = [goal for goal in model.goals if goal.grant and goal.grant.system == system]
        span = sum(goal.grant.amount for goal in grants if goal.grant) + 1
        yield Level(sum(model.granted[goal.place] for goal in grants), span, maximise=True)
    if not model.problem.preferred:
        yield Level(sum(order), len(order) + 1, maximise=True)
    yield from thrift_of(model)
    yield from _between_goals(model)


def _between_goals(model: Model) -> Iterator[Level]:
    """Yield the objective that chooses between goals which grant the same and take the same."""
    if len(model.goals) > 1:
        parts, span = [], 1
        for goal in model.goals:
            weight = tie_weight("", goal.name, "")
            follows = goal.grant is not None and goal.grant.follows
            parts.append((model.granted if follows else model.met)[goal.place] * weight)
            span += weight * (goal.grant.amount if goal.grant and follows else 1)
        yield Level(sum(parts), span)


def thrift_of(model: Model) -> Iterator[Level]:
    """Yield the objectives that choose between allotments of the same result."""
    units = sorted({slot.leaf.unit for slot in model.slots})
    slots = {unit: [slot for slot in model.slots if slot.leaf.unit == unit] for unit in units}
    spans = {unit: sum(slot.item.available for slot in slots[unit]) + 1 for unit in units}
    for unit in units:
        if unit in model.taken:
            yield Level(sum(model.taken[unit]), 2 * spans[unit])
    if any(slot.goal.use.sharing != "exclusive" for slot in model.slots):
        for unit in units:
            yield Level(sum(slot.engaged for slot in slots[unit]), spans[unit])
    if not model.slots:
        return
    first = min(slot.item.day for slot in model.slots)
    last = max(slot.item.day for slot in model.slots)
    days = sum(slot.engaged * (slot.item.day - first) for slot in model.slots)
    total = sum(spans.values())
    yield Level(days, total * (last - first) + 1)
    weights = [
        tie_weight(slot.item.outcome, slot.goal.name, slot.leaf.path) for slot in model.slots
    ]
    ties = sum(slot.engaged * weight for slot, weight in zip(model.slots, weights, strict=True))
    yield Level(ties, total << 24)
    cut = [slot for slot in model.slots if slot.counted is not slot.engaged]
    if any(slot.leaf.limits or slot.leaf.counted_at_most is not None for slot in cut):
        yield Level(sum(slot.counted for slot in cut), total, maximise=True)
        parts = [
            slot.counted * weight
            for slot, weight in zip(model.slots, weights, strict=True)
            if slot.counted is not slot.engaged
        ]
        yield Level(sum(parts), total << 24)


def shortfall_of(model: Model) -> Iterator[Level]:
    """Yield the objectives of a near miss: first what no outcome can make up for."""
    others = [lack.amount for lack in model.lacks if lack.weight == 0]
    if others:
        yield Level(sum(others), len(others) + 1)
    amounts = [lack for lack in model.lacks if lack.weight]
    if amounts:
        span = sum(lack.weight * _most(lack) for lack in amounts) + 1
        yield Level(sum(lack.weight * lack.amount for lack in amounts), span)
    yield from thrift_of(model)


def _most(lack: Lack) -> int:
    return int(lack.amount.proto.domain[-1])


class Solver:
    """Solves one model for several objectives in turn."""

    def __init__(self, model: Model, budget: Budget) -> None:
        from ortools.sat.python import cp_model

        self._cp = cp_model
        self.model = model
        self.budget = budget
        self.values: cp_model.CpSolver | None = None

    def run(self, levels: Iterator[Level]) -> bool:
        """Return whether there is a solution; then `value` tells it.

        Raises Undecided when the budget is spent.
        """
        for level in _merged(levels):
            if not self._minimise(level):
                return False
        return self.values is not None or self._minimise(Level(0, 1))

    def value(self, expression: Any) -> int:
        """Return the value of an expression in the best solution found."""
        if isinstance(expression, int):
            return expression
        if self.values is None:
            raise Undecided
        return int(self.values.value(expression))

    def _minimise(self, level: Level) -> bool:
        if self.values is not None and isinstance(level.expression, int):
            return True
        cp, expression = self.model.cp, level.plainly()
        if not isinstance(expression, int):
            cp.minimize(expression)
        solver = self._solver()
        status = solver.solve(cp)
        self.budget.spent += int(solver.response_proto.deterministic_time * _UNIT) + 1
        if status == self._cp.INFEASIBLE:
            return False
        if status != self._cp.OPTIMAL:
            raise Undecided
        self.values = solver
        if not isinstance(expression, int):
            best = solver.value(expression)
            cp.clear_objective()  # type: ignore[no-untyped-call]
            cp.add(expression == best)
            self._hint(solver)
        return True

    def _solver(self) -> cp_model.CpSolver:
        if self.budget.left == 0:
            raise Undecided
        solver = self._cp.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1
        parameters.random_seed = 0
        parameters.max_deterministic_time = self.budget.left / _UNIT
        return solver

    def _hint(self, solver: cp_model.CpSolver) -> None:
        """Begin the next search at the solution found."""
        cp = self.model.cp
        cp.clear_hints()  # type: ignore[no-untyped-call]
        for index, value in enumerate(solver.response_proto.solution):
            cp.add_hint(cp.get_int_var_from_proto_index(index), value)


def _merged(levels: Iterator[Level]) -> Iterator[Level]:
    """Yield the objectives, neighbours made one where their values cannot run into each other."""
    waiting: Level | None = None
    for level in levels:
        if waiting is None:
            waiting = level
        elif waiting.span * level.span <= _SPAN_MAX:
            both = waiting.plainly() * level.span + level.plainly()
            waiting = Level(both, waiting.span * level.span)
        else:
            yield waiting
            waiting = level
    if waiting is not None:
        yield waiting


def solve(model: Model, budget: Budget) -> Allotment:
    """Return the best allotment of a model's goals.

    Raises Undecided when the budget is spent first.
    """
    solver = Solver(model, budget)
    solver.run(levels_of(model))
    met = frozenset(place for place, on in model.met.items() if solver.value(on))
    granted = {
        place: solver.value(amount) for place, amount in model.granted.items() if place in met
    }
    return Allotment(met, granted, tuple(rows_of(model, solver.value)))


def lacks_of(solver: Solver, lacks: Sequence[Lack]) -> dict[str, int]:
    """Return how much is lacking at which node, by its path."""
    found = {lack.node.path: solver.value(lack.amount) for lack in lacks}
    return {path: amount for path, amount in found.items() if amount}
