"""Who gets what: the quick way where goals do not stand in each other's way, else the solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from creditbank.domain.conversion.binding import TooLarge
from creditbank.domain.conversion.budget import Budget, Undecided
from creditbank.domain.conversion.coupling import compatible, components, shares_layers
from creditbank.domain.conversion.model import Model
from creditbank.domain.conversion.problem import Allotment, Goal, Problem, Row
from creditbank.domain.conversion.quick import NotQuick, possible, quick
from creditbank.domain.conversion.solving import solve


def allot(problem: Problem, budget: Budget, *, try_quick: bool = True) -> Allotment:
    """Return the best allotment for all goals of a problem.

    Goals for which the budget did not last are `undecided`. Whether the quick way is tried
    (`try_quick`) makes no difference to the answer.
    """
    barred = set(_over_ceilings(problem))
    able = [goal for goal in problem.goals if goal.place not in barred and possible(goal)]
    parts = []
    for group in components(problem, able):
        try:
            found = _alone(problem, group, budget) if try_quick else None
            parts.append(found or solve(Model(problem, group), budget))
        except (Undecided, TooLarge):
            places = frozenset(goal.place for goal in group)
            parts.append(Allotment(frozenset(), {}, (), places))
    return _joined(parts)


def _over_ceilings(problem: Problem) -> Iterator[int]:
    """Yield the places of goals that grant more than some cap in bounds has room for."""
    grants = {goal.place: goal.grant for goal in problem.goals}
    for ceiling in problem.ceilings:
        room = max(0, ceiling.most - ceiling.used)
        for place, outcomes in ceiling.triggers:
            grant = grants[place]
            least = 1 if grant is None or grant.follows else grant.amount
            if outcomes is None and least > room:
                yield place


def _alone(problem: Problem, goals: Sequence[Goal], budget: Budget) -> Allotment | None:
    """Return the allotment that each goal would choose by itself; None unless that is the best."""
    if shares_layers(problem, goals):
        return None
    try:
        tried = (quick(goal, budget) for goal in goals)
        found = [one for one in tried if one is not None]
    except NotQuick:
        return None
    together = _joined(found)
    met = [goal for goal in goals if goal.place in together.met]
    granted = {place: together.granted.get(place, 0) for place in together.met}
    return together if compatible(problem, met, together.rows, granted) else None


def _joined(parts: Iterable[Allotment]) -> Allotment:
    met: set[int] = set()
    granted: dict[int, int] = {}
    rows: list[Row] = []
    undecided: set[int] = set()
    loose: set[int] = set()
    for part in parts:
        met |= part.met
        granted |= part.granted
        rows += part.rows
        undecided |= part.undecided
        loose |= part.loose
    ordered = sorted(rows, key=lambda row: (row.goal, row.path, row.outcome))
    return Allotment(
        frozenset(met), granted, tuple(ordered), frozenset(undecided), frozenset(loose)
    )
