"""Near misses: the least that would have been enough for a goal, beside what is decided already.

What no outcome can make up for (years of work, a paper) weighs more than any amount; amounts are
compared by their hundredths, a credit like sixteen class-hours. At a condition, what is lacking is
the amount of a suitable outcome that no cap cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from creditbank.domain.conversion.binding import TooLarge
from creditbank.domain.conversion.budget import Budget, Undecided
from creditbank.domain.conversion.model import Model, rows_of, weight_of
from creditbank.domain.conversion.problem import (
    Allotment,
    Given,
    Goal,
    Item,
    Leaf,
    Node,
    Problem,
    Row,
    Truth,
    tie_weight,
)
from creditbank.domain.conversion.quick import Cost, NotQuick, Quick, check_leaf, fed_plainly, reach
from creditbank.domain.conversion.solving import (
    Solver,
    lacks_of,
    shortfall_of,
)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What is lacking at which node (by path): an amount at a leaf, 1 at anything else.

    `rows` is what would count. `proven` is false where the budget did not last.
    """

    lacking: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    proven: bool = True


def near_miss(problem: Problem, goal: Goal, budget: Budget, *, try_quick: bool = True) -> NearMiss:
    """Return the least that would have been enough for a goal by itself."""
    if try_quick:
        try:
            return _Near(_granting_something(goal), problem.events, budget).found()
        except NotQuick:
            pass
        except Undecided:
            return NearMiss(proven=False)
    alone = replace(problem, goals=(goal,), ceilings=())
    try:
        model = Model(alone, (goal,), lenient=True)
        model.cp.add(model.met[goal.place] == 1)
        solver = Solver(model, budget)
        if not solver.run(shortfall_of(model)):
            return NearMiss(proven=False)  # the rule contradicts itself: nothing would be enough
        rows = tuple(rows_of(model, solver.value))
        return NearMiss(lacks_of(solver, model.lacks), rows)
    except (Undecided, TooLarge):
        return NearMiss(proven=False)


def _granting_something(goal: Goal) -> Goal:
    """Return the goal with a need in the place of its grant: enough for one step of it.

    Raises NotQuick where it is not one condition alone that feeds the grant.
    """
    grant = goal.grant
    feeding = [leaf for leaf in goal.leaves if leaf.feeds]
    if grant is None or not feeding:
        return replace(goal, grant=None)
    if not fed_plainly(goal.root, feeding):
        raise NotQuick
    least = grant.least()

    def needing(leaf: Leaf) -> Leaf:
        need = 0 if leaf.soft else leaf.need
        return replace(leaf, need=max(need, least) if leaf.feeds else need, soft=False)

    return replace(goal, grant=None, root=mapped(goal.root, needing))


_Key = tuple[str, str]


class Left:
    """What an allotment leaves for goals that are not met in it."""

    def __init__(self, goals: Mapping[int, Goal], problem: Problem, made: Allotment) -> None:
        self.goals = goals
        self._events = problem.events
        self._shared_before = problem.shared
        self._exclusive: dict[_Key, Fraction] = {}
        self._layers: dict[_Key, dict[int, Fraction]] = {}
        self._used: dict[str, set[str]] = {}
        items = _items_of(goals, made)
        for row in made.rows:
            self._take(row, items[row.goal, row.path, row.outcome])
        self.problem = self._beside(problem)
        """The problem as if the targets that are met had been decided before."""

    def _take(self, row: Row, item: Item) -> None:
        goal = self.goals[row.goal]
        use, key = goal.use, (row.outcome, goal.use.scope)
        share = Fraction(row.engaged, item.of) if use.keeps else item.share
        if use.sharing == "exclusive":
            self._exclusive[key] = self._exclusive.get(key, Fraction(0)) + share
        elif use.sharing == "shared":
            layers = self._layers.setdefault(key, {})
            layers[row.goal] = layers.get(row.goal, Fraction(0)) + share
        if goal.once:
            self._used.setdefault(use.scope, set()).add(row.outcome)

    def _beside(self, problem: Problem) -> Problem:
        exclusive, shared = dict(problem.exclusive), dict(problem.shared)
        for key, share in self._exclusive.items():
            exclusive[key] = exclusive.get(key, Fraction(0)) + share
        for key, layers in self._layers.items():
            shared[key] = max(shared.get(key, Fraction(0)), *layers.values())
        return replace(problem, exclusive=exclusive, shared=shared)

    def goal(self, goal: Goal) -> Goal:
        """Return the goal with what is left for it."""
        if not (self._exclusive or self._layers or self._used):
            return goal
        used = self._used.get(goal.use.scope, set())
        gone = {one for event in self._events if event & used for one in event - used}

        def left(leaf: Leaf) -> Leaf:
            kept = [
                item
                for item in (self._left(goal, one) for one in leaf.items)
                if item.available
                and not (leaf.in_wholes and item.share < 1)
                and not (goal.once and item.outcome in gone)
            ]
            return leaf if kept == [*leaf.items] else replace(leaf, items=tuple(kept))

        return replace(goal, root=mapped(goal.root, left))

    def _left(self, goal: Goal, item: Item) -> Item:
        key = (item.outcome, goal.use.scope)
        taken = key in self._exclusive or key in self._layers
        if not taken or goal.use.sharing == "free":
            return item
        share = max(Fraction(0), self._share(key, item, goal))
        return replace(item, share=share, available=min(item.available, int(item.of * share)))

    def _share(self, key: _Key, item: Item, goal: Goal) -> Fraction:
        left = item.share - self._exclusive.get(key, Fraction(0))
        layers = self._layers.get(key, {})
        if goal.use.sharing == "exclusive":
            before = self._shared_before.get(key, Fraction(0))
            return left + before - max(before, *layers.values(), Fraction(0))
        others = [self.goals[place].use for place in layers]
        willing = all(goal.use.shares_with(one.rule, one.with_rules) for one in others)
        room = min(one.up_to for one in (*others, goal.use))
        earlier = self.problem.sharers.get(key, 0)
        return left if willing and len(others) + earlier < room else Fraction(0)


def _items_of(goals: Mapping[int, Goal], made: Allotment) -> dict[tuple[int, str, str], Item]:
    return {
        (place, leaf.path, item.outcome): item
        for place in {row.goal for row in made.rows}
        for leaf in goals[place].leaves
        for item in leaf.items
    }


def mapped(
    node: Node,
    change: Callable[[Leaf], Leaf],
    given: Callable[[Given], Given] = lambda node: node,
) -> Node:
    """Return a tree with every leaf, and what outcomes are not used for, changed."""
    if isinstance(node, Leaf):
        return change(node)
    if isinstance(node, Given):
        return given(node)
    return replace(node, children=tuple(mapped(one, change, given) for one in node.children))


_Order = tuple[int, int, int]
"""What no outcome makes up for, the amounts weighed, and weights that choose between equals."""


class _Near:
    """The quick way to a near miss: every leaf by itself, where no two want the same outcome."""

    def __init__(self, goal: Goal, events: Sequence[frozenset[str]], budget: Budget) -> None:
        self.goal = goal
        self.quick = Quick(goal, budget)
        wanted = [item.outcome for leaf in goal.leaves for item in leaf.items]
        if len(wanted) != len(set(wanted)) and goal.use.sharing != "free":
            raise NotQuick
        if goal.once and any(len(event & set(wanted)) > 1 for event in events):
            raise NotQuick

    def found(self) -> NearMiss:
        """Return the near miss; raises NotQuick."""
        _, _, lacking, rows = self._at(self.goal.root)
        return NearMiss(lacking, rows)

    def _at(self, node: Node) -> tuple[_Order, Cost, dict[str, int], tuple[Row, ...]]:
        if isinstance(node, Given):
            if node.truth is Truth.YES:
                return (0, 0, 0), self.quick.none[0], {}, ()
            return (1, 0, self._tie(node)), self.quick.none[0], {node.path: 1}, ()
        if isinstance(node, Leaf):
            return self._leaf(node)
        ways = sorted(map(self._at, node.children), key=lambda way: (way[0], way[1].order()))
        others = amounts = ties = 0
        cost, lacking, rows = self.quick.none[0], dict[str, int](), tuple[Row, ...]()
        for order, its_cost, its_lacking, its_rows in ways[: node.count]:
            others, amounts, ties = others + order[0], amounts + order[1], ties + order[2]
            cost, rows = cost + its_cost, rows + its_rows
            lacking |= its_lacking
        return (others, amounts, ties), cost, lacking, rows

    def _tie(self, node: Leaf | Given) -> int:
        return tie_weight("", self.goal.name, node.path)

    def _leaf(self, leaf: Leaf) -> tuple[_Order, Cost, dict[str, int], tuple[Row, ...]]:
        lack = self._lack(leaf)
        if lack == 0:
            way = self.quick.way(leaf)
            if way is None:
                raise NotQuick
            check_leaf(leaf, way[1])
            return (0, 0, 0), way[0], {}, way[1]
        if leaf.limits or leaf.counted_at_most is not None or leaf.floors:
            raise NotQuick
        most = leaf.outcomes_at_most
        if most is not None and len(leaf.items) + leaf.outcomes_for(lack) > most:
            raise NotQuick
        everything = [(item, item.available) for item in leaf.items]
        cost, rows = self.quick.priced(leaf, everything)
        order = (0, lack * weight_of(leaf.unit), lack * self._tie(leaf))
        return order, cost, {leaf.path: lack}, rows

    def _lack(self, leaf: Leaf) -> int:
        if leaf.floors and (leaf.limits or leaf.counted_at_most or leaf.outcomes_at_most):
            raise NotQuick
        needs = [0 if leaf.soft else leaf.need - reach(leaf)]
        needs += [floor.least - reach(leaf, floor.members) for floor in leaf.floors]
        return max(0, *needs)
