"""Earlier outcomes instead of later ones, by exchange, where a problem is too large to prove more.

An outcome that nothing uses may stand in for a used one that is equal in everything that any
condition looks at. Each exchange makes the whole earlier, so they come to an end, always the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from creditbank.domain.conversion.problem import Goal, Item, Leaf, Problem, Row, tie_weight

_Place = tuple[int, str]


def prefer_earlier(problem: Problem, goals: Sequence[Goal], rows: Sequence[Row]) -> list[Row]:
    """Return the rows with every outcome exchanged for the earliest that is equal and unused."""
    leaves = {(goal.place, leaf.path): leaf for goal in goals for leaf in goal.leaves}
    names = {goal.place: goal.name for goal in goals}
    likeness = _Likeness(problem)
    used = [row.outcome for row in rows]
    found = []
    for row in sorted(rows, key=lambda row: (row.goal, row.path, row.outcome)):
        place: _Place = (row.goal, row.path)
        leaf = leaves[place]
        own = next(item for item in leaf.items if item.outcome == row.outcome)
        best = own
        if used.count(row.outcome) == 1:
            wanted = likeness.of(row.goal, leaf, own)
            free = [
                item
                for item in leaf.items
                if item.outcome not in used and likeness.of(row.goal, leaf, item) == wanted
            ]

            name = names[row.goal]
            ranked = {_order(item, name, leaf.path): item for item in [own, *free]}
            best = ranked[min(ranked)]
        used[used.index(row.outcome)] = best.outcome
        found.append(replace(row, outcome=best.outcome))
    return found


def _order(item: Item, name: str, path: str) -> tuple[int, int, str]:
    return item.day, tie_weight(item.outcome, name, path), item.outcome


class _Likeness:
    """What must be equal for one outcome to stand in for another at a leaf."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.events = {one for event in problem.events for one in event}

    def of(self, place: int, leaf: Leaf, item: Item) -> Hashable:
        one = item.outcome
        if one in self.events:
            return one  # alike only to itself
        return (
            (item.of, item.available, item.share),
            tuple(one in floor.members for floor in leaf.floors),
            tuple(one in limit.members for limit in leaf.limits),
            tuple(
                outcomes is not None and one in outcomes
                for ceiling in self.problem.ceilings
                for goal, outcomes in ceiling.triggers
                if goal == place
            ),
        )
