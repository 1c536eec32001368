"""What lets goals stand in each other's way: who competes with whom, and whether anybody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from creditbank.domain.conversion.problem import Ceiling, Goal, Item, Problem, Row

Key = tuple[str, str]


def components(problem: Problem, goals: Sequence[Goal]) -> list[list[Goal]]:
    """Return the goals in groups that have nothing to do with each other, in their order."""
    parent = {goal.place: goal.place for goal in goals}

    def find(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for places in _links(problem, goals):
        known = [place for place in places if place in parent]
        for place in known[1:]:
            one, other = find(known[0]), find(place)
            parent[max(one, other)] = min(one, other)
    groups: dict[int, list[Goal]] = {}
    for goal in goals:
        groups.setdefault(find(goal.place), []).append(goal)
    return list(groups.values())


def _links(problem: Problem, goals: Sequence[Goal]) -> Iterator[list[int]]:
    """Yield places of goals that one thing couples."""
    by_outcome: dict[Key, list[int]] = {}
    by_event: dict[tuple[str, int], list[int]] = {}
    events = {one: n for n, event in enumerate(problem.events) for one in event}
    for goal in goals:
        for outcome in {item.outcome for leaf in goal.leaves for item in leaf.items}:
            if goal.use.sharing != "free":
                by_outcome.setdefault((outcome, goal.use.scope), []).append(goal.place)
            if goal.once and outcome in events:
                by_event.setdefault((goal.use.scope, events[outcome]), []).append(goal.place)
    yield from by_outcome.values()
    yield from by_event.values()
    for group in problem.once_groups():
        yield [goal.place for goal in group]
    for ceiling in problem.ceilings:
        yield [place for place, _ in ceiling.triggers]


def shares_layers(problem: Problem, goals: Sequence[Goal]) -> bool:
    """Return whether goals may lie on top of one another in an outcome, or on earlier ones.

    Then using the same outcome costs less than using two, which no goal sees by itself.
    """
    seen: set[Key] = set()
    for goal in goals:
        if goal.use.sharing != "shared":
            continue
        outcomes = {item.outcome for leaf in goal.leaves for item in leaf.items}
        keys = {(outcome, goal.use.scope) for outcome in outcomes}
        if keys & seen or any(key in problem.shared for key in keys):
            return True
        seen |= keys
    return False


def compatible(
    problem: Problem, goals: Sequence[Goal], rows: Sequence[Row], granted: dict[int, int]
) -> bool:
    """Return whether what each goal would take by itself can be taken together."""
    places = {goal.place: goal for goal in goals}
    return (
        _within_capacity(problem, places, rows)
        and _events_once(problem, places, rows)
        and _fed_once(places, rows)
        and all(sum(g.place in granted for g in group) <= 1 for group in problem.once_groups())
        and _under_ceilings(problem, rows, granted)
    )


def _items(goals: Iterable[Goal]) -> dict[tuple[int, str, str], Item]:
    return {
        (goal.place, leaf.path, item.outcome): item
        for goal in goals
        for leaf in goal.leaves
        for item in leaf.items
    }


def _within_capacity(problem: Problem, places: dict[int, Goal], rows: Sequence[Row]) -> bool:
    """Return whether no outcome is taken more than once over.

    Goals that share an outcome are not let through here at all: see `shares_layers`.
    """
    by_key: dict[Key, list[Row]] = {}
    for row in rows:
        use = places[row.goal].use
        if use.sharing != "free":
            by_key.setdefault((row.outcome, use.scope), []).append(row)
    crowded = {key: some for key, some in by_key.items() if len(some) > 1}
    items = _items(places.values()) if crowded else {}
    for key, some in crowded.items():
        shares = (
            _share(items[row.goal, row.path, row.outcome], row, places[row.goal]) for row in some
        )
        left = 1 - problem.exclusive.get(key, Fraction(0)) - problem.shared.get(key, Fraction(0))
        if sum(shares, Fraction(0)) > left:
            return False
    return True


def _share(item: Item, row: Row, goal: Goal) -> Fraction:
    return Fraction(row.engaged, item.of) if goal.use.keeps else item.share


def _events_once(problem: Problem, places: dict[int, Goal], rows: Sequence[Row]) -> bool:
    scopes: dict[str, set[str]] = {}
    for row in rows:
        goal = places[row.goal]
        if goal.once:
            scopes.setdefault(goal.use.scope, set()).add(row.outcome)
    return all(len(used & event) <= 1 for used in scopes.values() for event in problem.events)


def _fed_once(places: dict[int, Goal], rows: Sequence[Row]) -> bool:
    """Return whether no outcome feeds a grant at several leaves, which only the solver weighs."""
    feeding = {
        (goal.place, leaf.path) for goal in places.values() for leaf in goal.leaves if leaf.feeds
    }
    fed = [(row.goal, row.outcome) for row in rows if (row.goal, row.path) in feeding]
    return len(fed) == len(set(fed))


def _under_ceilings(problem: Problem, rows: Sequence[Row], granted: dict[int, int]) -> bool:
    for ceiling in problem.ceilings:
        if counted_towards(ceiling, rows, granted) > max(0, ceiling.most - ceiling.used):
            return False
    return True


def counted_towards(ceiling: Ceiling, rows: Sequence[Row], granted: dict[int, int]) -> int:
    """Return how much of what is granted now counts towards a cap in bounds."""
    total = 0
    for place, outcomes in ceiling.triggers:
        used = (row.outcome for row in rows if row.goal == place)
        if place in granted and (outcomes is None or not outcomes.isdisjoint(used)):
            total += granted[place]
    return total
