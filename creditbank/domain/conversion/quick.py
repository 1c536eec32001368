"""The quick way: a goal by itself, without what couples it to others and without its limits.

That is a relaxation. If the goal cannot be met so, it cannot be met at all; and an optimum that
happens to keep what was left out is the optimum of the whole. Otherwise the solver is asked.
The order of what is better is the solver's: least taken, least engaged, earliest, tie weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from creditbank.domain.conversion.budget import Budget
from creditbank.domain.conversion.problem import (
    Allotment,
    Given,
    Goal,
    Item,
    Leaf,
    Limit,
    Node,
    Row,
    Truth,
    tie_weight,
)

_SUMS_MAX: Final = 4_000
"""So many different sums of outcomes are looked at; with more, the solver is quicker."""


class NotQuick(Exception):
    """The quick way does not lead to a proven answer here."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of meeting a goal costs; compared from the first member on."""

    taken: tuple[int, ...]
    engaged: tuple[int, ...]
    days: int = 0
    ties: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            tuple(map(sum, zip(self.taken, other.taken, strict=True))),
            tuple(map(sum, zip(self.engaged, other.engaged, strict=True))),
            self.days + other.days,
            self.ties + other.ties,
        )

    def order(self) -> tuple[object, ...]:
        """Return what costs are compared by."""
        return (self.taken, self.engaged, self.days, self.ties)


Way = tuple[Cost, tuple[Row, ...]]


def quick(goal: Goal, budget: Budget) -> Allotment | None:
    """Return the best way to meet a goal by itself; None if there is none.

    Raises NotQuick where that cannot be told without the solver, Undecided when the budget is
    spent.
    """
    if not possible(goal):
        return None
    feeding = [leaf for leaf in goal.leaves if leaf.feeds]
    if goal.grant is not None and goal.grant.follows and not fed_plainly(goal.root, feeding):
        raise NotQuick
    way = Quick(goal, budget).way(goal.root)
    if way is None:
        return None
    for leaf in goal.leaves:
        check_leaf(leaf, way[1])
    counted = sum(row.counted for row in way[1] for leaf in feeding if row.path == leaf.path)
    grant = goal.grant
    if grant is None:
        return Allotment(frozenset({goal.place}), {}, way[1])
    granted = grant.of(counted)
    needed = feeding[0].need if feeding and not feeding[0].soft else 0
    if grant.follows and granted < grant.step * grant.fewest(needed):
        return None
    return Allotment(frozenset({goal.place}), {goal.place: granted}, way[1])


def fed_plainly(root: Node, feeding: Sequence[Leaf]) -> bool:
    """Return whether one leaf alone feeds the grant, and is needed in any case."""
    return len(feeding) == 1 and always_needed(root, feeding[0])


def always_needed(node: Node, leaf: Leaf) -> bool:
    """Return whether a leaf must hold wherever the node does."""
    if node is leaf:
        return True
    if isinstance(node, Leaf | Given) or node.count < len(node.children):
        return False
    return any(always_needed(child, leaf) for child in node.children)


# --- whether it could be met at all --------------------------------------------------------------


def possible(goal: Goal) -> bool:
    """Return False if the goal cannot be met, whatever the others do. True proves nothing."""
    if goal.grant is not None and goal.grant.follows:
        most = sum(reach(leaf) for leaf in goal.leaves if leaf.feeds)
        if goal.grant.of(most) == 0:
            return False
    return _possible(goal.root)


def _possible(node: Node) -> bool:
    if isinstance(node, Given):
        return node.truth is Truth.YES
    if isinstance(node, Leaf):
        return node.soft or (reach(node) >= node.need and _floors_within_reach(node))
    return sum(map(_possible, node.children)) >= node.count


def reach(leaf: Leaf, members: frozenset[str] | None = None) -> int:
    """Return more than can be counted at a leaf by nothing, less by no more than is proven."""
    amounts = {
        item.outcome: item.available
        for item in leaf.items
        if members is None or item.outcome in members
    }
    bounds = [sum(amounts.values())]
    if leaf.counted_at_most is not None:
        bounds.append(leaf.counted_at_most)
    if leaf.outcomes_at_most is not None:
        bounds.append(sum(sorted(amounts.values(), reverse=True)[: leaf.outcomes_at_most]))
    caps: dict[tuple[str, str], int] = {}
    for limit in leaf.limits:  # the groups of one cap do not overlap
        key = (limit.rulebook, limit.cap)
        caps[key] = caps.get(key, bounds[0]) - _excess(limit, amounts)
    return min(*bounds, *caps.values()) if caps else min(bounds)


def _excess(limit: Limit, amounts: dict[str, int]) -> int:
    return max(0, sum(amounts.get(one, 0) for one in limit.members) - limit.most)


def _floors_within_reach(leaf: Leaf) -> bool:
    return all(reach(leaf, floor.members) >= floor.least for floor in leaf.floors)


# --- the best way --------------------------------------------------------------------------------


class Quick:
    """The cheapest ways for the nodes of one goal to hold."""

    def __init__(self, goal: Goal, budget: Budget) -> None:
        self.goal = goal
        self.budget = budget
        self.units = sorted({leaf.unit for leaf in goal.leaves})
        self.none: Way = (Cost((0,) * len(self.units), (0,) * len(self.units)), ())

    def way(self, node: Node) -> Way | None:
        """Return the cheapest way for a node to hold; None if there is none."""
        if isinstance(node, Given):
            return self.none if node.truth is Truth.YES else None
        if isinstance(node, Leaf):
            return self._cover(node)
        ways = [self.way(child) for child in node.children]
        found = sorted((way for way in ways if way is not None), key=lambda way: way[0].order())
        if len(found) < node.count:
            return None
        total = self.none
        for cost, rows in found[: node.count]:
            total = (total[0] + cost, total[1] + rows)
        return total

    def _cover(self, leaf: Leaf) -> Way | None:
        """Return the cheapest rows that reach what is needed, or what grants the most."""
        total = sum(item.available for item in leaf.items)
        most = total if leaf.counted_at_most is None else min(total, leaf.counted_at_most)
        need = 0 if leaf.soft else leaf.need
        if leaf.feeds:
            need = max(need, self._enough(most))
        if most < need:
            return None
        if need == 0:
            if any(floor.least for floor in leaf.floors):
                raise NotQuick
            return self.none
        if self.goal.use.keeps and not leaf.in_wholes:
            chosen = self._poured(leaf, need)
        else:
            items = self._picked(leaf, need)
            chosen = [(item, item.available) for item in items]
        return self.priced(leaf, chosen)

    def _enough(self, most: int) -> int:
        """Return the least that has to be counted so that as much is granted as for `most`."""
        grant = self.goal.grant
        if grant is None:
            raise NotQuick
        highest, low, high = grant.of(most), 0, most
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if grant.of(middle) == highest else (middle + 1, high)
        return low

    def _order(self, leaf: Leaf, item: Item) -> tuple[int, int, str]:
        return item.day, tie_weight(item.outcome, self.goal.name, leaf.path), item.outcome

    def _poured(self, leaf: Leaf, need: int) -> list[tuple[Item, int]]:
        """Return the earliest outcomes, the last of them in part: what is left over is kept."""
        chosen = []
        for item in sorted(leaf.items, key=lambda item: self._order(leaf, item)):
            amount = min(item.available, need)
            need -= amount
            chosen.append((item, amount))
            if need == 0:
                break
        return chosen

    def _picked(self, leaf: Leaf, need: int) -> list[Item]:
        """Return the whole outcomes that reach `need` with the least over it."""
        items = sorted(leaf.items, key=lambda item: self._order(leaf, item))
        sizes = {item.available for item in items}
        if len(sizes) == 1:
            return items[: -(-need // sizes.pop())]
        unit = gcd(*sizes)
        sums: dict[int, tuple[int, int, tuple[Item, ...]]] = {0: (0, 0, ())}
        best = 1 << 62
        for item in items:
            weight = tie_weight(item.outcome, self.goal.name, leaf.path)
            for size, (days, ties, before) in list(sums.items()):
                reached = size + item.available
                if size >= need or reached > best:
                    continue
                way = (
                    days + item.available // unit * item.day,
                    ties + item.available // unit * weight,
                    (*before, item),
                )
                if reached not in sums or way[:2] < sums[reached][:2]:
                    sums[reached] = way
                if reached >= need:
                    best = min(best, reached)
            self.budget.reckon(len(sums))
            if len(sums) > _SUMS_MAX:
                raise NotQuick
        return list(sums[best][2])

    def priced(self, leaf: Leaf, chosen: Sequence[tuple[Item, int]]) -> Way:
        """Return the rows that count so much of each outcome at a leaf, and what they cost."""
        goal, place = self.goal, self.units.index(leaf.unit)
        rows = []
        engaged = days = ties = 0
        for item, counted in chosen:
            amount = goal.engaged(item, counted)
            engaged += amount
            days += amount * item.day
            ties += amount * tie_weight(item.outcome, goal.name, leaf.path)
            rows.append(Row(goal.place, leaf.path, item.outcome, counted, amount))
        at = tuple(engaged if n == place else 0 for n in range(len(self.units)))
        taken = tuple(0 for _ in self.units) if goal.use.sharing == "free" else at
        return Cost(taken, at, days, ties), tuple(rows)


def check_leaf(leaf: Leaf, rows: Sequence[Row]) -> None:
    """Return if rows keep what the quick way left out of their leaf; raises NotQuick."""
    counted = {row.outcome: row.counted for row in rows if row.path == leaf.path}
    if not counted:
        return
    total = sum(counted.values())
    kept = (
        (leaf.counted_at_most is None or total <= leaf.counted_at_most)
        and (leaf.outcomes_at_most is None or len(counted) <= leaf.outcomes_at_most)
        and all(_among(floor.members, counted) >= floor.least for floor in leaf.floors)
        and all(_among(limit.members, counted) <= limit.most for limit in leaf.limits)
    )
    if not kept:
        raise NotQuick


def _among(members: frozenset[str], counted: dict[str, int]) -> int:
    return sum(amount for outcome, amount in counted.items() if outcome in members)
