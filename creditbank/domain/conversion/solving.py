"""Solving a model, one objective after the other, within a budget of deterministic effort.

What is better: goals met in the order of preference, or whichever grant the most; then the most
granted; then the least taken, the least engaged, the earliest achieved; then weights that no order
of input can change; and last, where caps cut, as much counted as they let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.conversion.budget import Budget, Undecided
from creditbank.domain.conversion.model import Lack, Model, rows_of
from creditbank.domain.conversion.preferring import prefer_earlier
from creditbank.domain.conversion.problem import Allotment, tie_weight

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_PREFERENCES_AT_ONCE: Final = 30
_SPAN_MAX: Final = 1 << 52
_UNIT: Final = 1000
_EACH: Final = 2
"""What a solution costs besides: to build the model and to begin."""

_LARGE: Final = 80
"""Places where outcomes may count; above it a model is solved objective by objective."""

_HUGE: Final = 200
"""Above it preferences are seen to by exchange, since proving them takes most of the time."""

_HEAVY: Final = 2_000
"""For every so many places the solver's unit is reckoned once more: it takes that much longer."""

_PREFERENCE_EFFORT: Final = 60
"""Effort for each preference between allotments of the same result and the same cost."""


class Kind(IntEnum):
    """What an objective is about."""

    RESULT = 0
    """What is met and granted. It must be proven."""
    THRIFT = 1
    """How much is taken for it. It must be proven."""
    PREFERENCE = 2
    """Which of allotments of the same result and the same cost: so far as the effort goes."""
    COUNT = 3
    """How much of what is used counts, where caps cut."""


@dataclass(frozen=True, slots=True)
class Level:
    """One objective; `span` is more than its value can vary by."""

    expression: Any
    span: int
    maximise: bool = False
    kind: Kind = Kind.RESULT

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
        yield Level(sum(parts), span, kind=Kind.PREFERENCE)


def thrift_of(model: Model) -> Iterator[Level]:
    """Yield the objectives that choose between allotments of the same result."""
    units = sorted({slot.leaf.unit for slot in model.slots})
    slots = {unit: [slot for slot in model.slots if slot.leaf.unit == unit] for unit in units}
    spans = {unit: sum(slot.item.available for slot in slots[unit]) + 1 for unit in units}
    for unit in units:
        if unit in model.taken:
            yield Level(sum(model.taken[unit]), 2 * spans[unit], kind=Kind.THRIFT)
    if any(slot.goal.use.sharing != "exclusive" for slot in model.slots):
        for unit in units:
            engaged = sum(slot.engaged for slot in slots[unit])
            yield Level(engaged, spans[unit], kind=Kind.THRIFT)
    if model.slots:
        yield from _preferences_of(model, sum(spans.values()))


def _preferences_of(model: Model, total: int) -> Iterator[Level]:
    """Yield the objectives that choose between allotments of the same result and cost."""
    first = min(slot.item.day for slot in model.slots)
    last = max(slot.item.day for slot in model.slots)
    days = sum(slot.engaged * (slot.item.day - first) for slot in model.slots)
    yield Level(days, total * (last - first) + 1, kind=Kind.PREFERENCE)
    weights = [
        tie_weight(slot.item.outcome, slot.goal.name, slot.leaf.path) for slot in model.slots
    ]
    ties = sum(slot.engaged * weight for slot, weight in zip(model.slots, weights, strict=True))
    yield Level(ties, total << 24, kind=Kind.PREFERENCE)
    if any(slot.cut for slot in model.slots):
        cut = [
            (slot, weight) for slot, weight in zip(model.slots, weights, strict=True) if slot.cut
        ]
        counted = sum(slot.counted for slot, _ in cut)
        yield Level(counted, total, maximise=True, kind=Kind.COUNT)
        weighed = sum(slot.counted * weight for slot, weight in cut)
        yield Level(weighed, total << 24, kind=Kind.COUNT)


def shortfall_of(model: Model) -> Iterator[Level]:
    """Yield the objectives of a near miss: first what no outcome can make up for.

    Of what is equally little, weights that no order of input can change choose what is told.
    """
    others = [lack.amount for lack in model.lacks if lack.weight == 0]
    if others:
        yield Level(sum(others), len(others) + 1)
    amounts = [lack for lack in model.lacks if lack.weight]
    if amounts:
        span = sum(lack.weight * lack.most for lack in amounts) + 1
        yield Level(sum(lack.weight * lack.amount for lack in amounts), span)
    if len(model.lacks) > 1:
        ties = [tie_weight("", lack.goal.name, lack.node.path) for lack in model.lacks]
        told = sum(tie * lack.amount for tie, lack in zip(ties, model.lacks, strict=True))
        yield Level(told, (sum(lack.most for lack in model.lacks) << 24) + 1)
    yield from thrift_of(model)


class Solver:
    """Solves one model for several objectives in turn."""

    def __init__(self, model: Model, budget: Budget) -> None:
        from ortools.sat.python import cp_model

        self._cp = cp_model
        self.model = model
        self.budget = budget
        self.values: cp_model.CpSolver | None = None
        self._unit = _UNIT * (1 + len(model.slots) // _HEAVY)
        self.proven = True
        """Whether every preference was proven too."""

    def run(self, levels: Iterator[Level]) -> bool:
        """Return whether there is a solution; then `value` tells it.

        Raises Undecided when the budget is spent.
        """
        size = len(self.model.slots)
        for level in _merged(levels, large=size > _LARGE):
            if level.kind is Kind.PREFERENCE and size > _HUGE and self.values is not None:
                self._settle(self.values)
            elif not self._minimise(level):
                return self.values is not None
        return self.values is not None or self._minimise(Level(0, 1))

    def value(self, expression: Any) -> int:
        """Return the value of an expression in the best solution found."""
        if isinstance(expression, int):
            return expression
        if self.values is None:
            raise Undecided
        return int(self.values.value(expression))

    def _minimise(self, level: Level) -> bool:
        """Return whether an objective was made as small as can be, which then binds the next."""
        expression = level.plainly()
        if self.values is not None and isinstance(expression, int):
            return True
        soft = level.kind >= Kind.PREFERENCE
        if soft and self.budget.left == 0:
            self.proven = False
            return False
        cp = self.model.cp
        if not isinstance(expression, int):
            cp.minimize(expression)
        solver = self._solver(level.kind)
        status = solver.solve(cp)
        effort = int(solver.response_proto.deterministic_time * self._unit)
        self.budget.spent += effort + _EACH
        found = status == self._cp.OPTIMAL or (soft and status == self._cp.FEASIBLE)
        if not found:
            if status == self._cp.INFEASIBLE or soft:
                self.proven = not soft
                return False
            raise Undecided
        self.values = solver
        if status != self._cp.OPTIMAL:
            self._settle(solver)
        if not isinstance(expression, int):
            best = solver.value(expression)
            cp.clear_objective()  # type: ignore[no-untyped-call]
            cp.add(expression <= best)
            self._hint(solver)
        return True

    def _solver(self, kind: Kind) -> cp_model.CpSolver:
        if self.budget.left == 0:
            raise Undecided
        solver = self._cp.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1
        parameters.random_seed = 0
        soft = kind >= Kind.PREFERENCE
        effort = min(self.budget.left, _PREFERENCE_EFFORT) if soft else self.budget.left
        parameters.max_deterministic_time = effort / self._unit
        if len(self.model.slots) > _LARGE:
            # Shares of amounts: the linear relaxation says more about them than propagation does.
            parameters.linearization_level = 2
            # What is taken is mostly the least that conditions take by themselves: begin there.
            # Class-hours of a path are rarely so.
            parameters.use_objective_lb_search = not (soft or self.model.to_achieve)
        return solver

    def _settle(self, solver: cp_model.CpSolver) -> None:
        """Keep the outcomes that are used: only how much of each is counted is left to choose."""
        if not self.proven:
            return
        self.proven = False
        for slot in self.model.slots:
            self.model.cp.add(slot.used == int(solver.value(slot.used)))

    def _hint(self, solver: cp_model.CpSolver) -> None:
        """Begin the next search at the solution found."""
        cp = self.model.cp
        cp.clear_hints()  # type: ignore[no-untyped-call]
        for index, value in enumerate(solver.response_proto.solution):
            cp.add_hint(cp.get_int_var_from_proto_index(index), value)


def _merged(levels: Iterator[Level], *, large: bool) -> Iterator[Level]:
    """Yield the objectives, neighbours made one where their values cannot run into each other.

    Each solution costs something to begin with; but in a large model one hard objective must not
    be mixed with an easy one, nor what must be proven with what need not be.
    """
    waiting: Level | None = None
    for level in levels:
        if waiting is None:
            waiting = level
        elif waiting.span * level.span <= _SPAN_MAX and (
            not large or waiting.kind is level.kind is Kind.RESULT
        ):
            both = waiting.plainly() * level.span + level.plainly()
            waiting = Level(both, waiting.span * level.span, kind=waiting.kind)
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
    rows = rows_of(model, solver.value)
    if solver.proven:
        return Allotment(met, granted, tuple(rows))
    rows = prefer_earlier(model.problem, model.goals, rows)
    return Allotment(met, granted, tuple(rows), loose=met)


def lacks_of(solver: Solver, lacks: Sequence[Lack]) -> dict[str, int]:
    """Return how much is lacking at which node, by its path."""
    found = {lack.node.path: solver.value(lack.amount) for lack in lacks}
    return {path: amount for path, amount in found.items() if amount}
