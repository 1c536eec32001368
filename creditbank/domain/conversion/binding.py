"""What couples goals, as constraints of the integer model: shares, events, courses, caps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.conversion.problem import Ceiling

if TYPE_CHECKING:
    from creditbank.domain.conversion.model import Model, Slot

COMMON_MAX: Final = 1 << 40
"""The greatest common denominator of shares that the solver is given."""


class TooLarge(Exception):
    """The model is too large to be solved within any budget."""


def bind(model: Model) -> None:
    """Add every constraint between the goals of a model; raises TooLarge."""
    _add_capacities(model)
    _add_events(model)
    _add_once(model)
    _add_ceilings(model)
    _add_superseding(model)


def _add_capacities(model: Model) -> None:
    """No outcome is taken more than once over in a scope."""
    taking = (slot for slot in model.slots if slot.goal.use.sharing != "free")
    by_place: dict[tuple[str, str], list[Slot]] = {}
    for slot in taking:
        by_place.setdefault((slot.item.outcome, slot.goal.use.scope), []).append(slot)
    for key in sorted(by_place):
        _add_capacity(model, key, by_place[key])


def _add_capacity(model: Model, key: tuple[str, str], slots: Sequence[Slot]) -> None:
    exclusive = [slot for slot in slots if slot.goal.use.sharing == "exclusive"]
    shared = [slot for slot in slots if slot.goal.use.sharing == "shared"]
    for slot in exclusive:
        model.taken.setdefault(slot.leaf.unit, []).append(slot.engaged)
    gone = model.problem.exclusive.get(key, Fraction(0))
    layer = model.problem.shared.get(key, Fraction(0))
    if shared:
        _add_layer_taken(model, shared, layer)
        _add_sharers(model, key, shared)
    if len(slots) == 1:
        return  # what may be counted of it is bounded already
    shares = [slot.item.share for slot in slots]
    whole = common([*(slot.item.of for slot in slots), *_denominators(gone, layer, *shares)])
    room = whole - _times(whole, gone)
    parts = [_part(slot, whole) for slot in exclusive]
    if not shared:
        model.cp.add(sum(parts) <= room - _times(whole, layer))
        return
    room = max(room, _times(whole, layer))
    top = model.int_var(whole)
    model.cp.add(top >= _times(whole, layer))
    for some in _by_goal(shared):
        model.cp.add(top >= sum(_part(slot, whole) for slot in some))
    model.cp.add(sum(parts) + top <= room)


def _part(slot: Slot, whole: int) -> Any:
    """Return what a slot takes, where all of the outcome is `whole`."""
    if slot.goal.use.keeps:
        return whole // slot.item.of * slot.engaged
    return _times(whole, slot.item.share) * slot.used


def _add_layer_taken(model: Model, shared: Sequence[Slot], layer: Fraction) -> None:
    """What goals share they take once; what earlier ones took already is no new loss."""
    units: dict[str, list[Slot]] = {}
    for slot in shared:
        units.setdefault(slot.leaf.unit, []).append(slot)
    for unit, slots in units.items():
        of = slots[0].item.of
        most = max(slot.item.of for slot in slots) * len(slots)
        top = model.int_var(most)
        model.cp.add(top >= int(of * layer))
        for some in _by_goal(slots):
            model.cp.add(top >= sum(slot.engaged for slot in some))
        model.taken.setdefault(unit, []).append(top)


def _add_sharers(model: Model, key: tuple[str, str], shared: Sequence[Slot]) -> None:
    """Only willing targets share an outcome, and not more of them than each allows."""
    goals = list(_by_goal(shared))
    uses = [_any_of(model, [slot.used for slot in some]) for some in goals]
    earlier = model.problem.sharers.get(key, 0)
    most = model.problem.sharers_at_most.get(key)
    if most is not None and len(goals) + earlier > most:
        model.cp.add(sum(uses) + earlier <= most)
    for n, some in enumerate(goals):
        own = some[0].goal.use
        if len(goals) + earlier > own.up_to:
            free = len(goals) + earlier
            model.cp.add(sum(uses) + earlier <= own.up_to + free * (1 - uses[n]))
        for m in range(n):
            other = goals[m][0].goal.use
            if not own.shares_with(other.rule, other.with_rules):
                model.cp.add(uses[n] + uses[m] <= 1)


def _any_of(model: Model, used: Sequence[Any]) -> Any:
    if len(used) == 1:
        return used[0]
    one = model.bool_var()
    model.cp.add_max_equality(one, used)
    return one


def _add_events(model: Model) -> None:
    """Outcomes of one assessment event count once, for all goals whose rules say so."""
    scopes: dict[str, dict[str, list[Any]]] = {}
    for slot in model.slots:
        if slot.goal.once:
            uses = scopes.setdefault(slot.goal.use.scope, {})
            uses.setdefault(slot.item.outcome, []).append(slot.used)
    for scope in sorted(scopes):
        for event in model.problem.events:
            members = [scopes[scope][one] for one in sorted(event) if one in scopes[scope]]
            if len(members) > 1:
                model.cp.add(sum(_any_of(model, some) for some in members) <= 1)


def _add_once(model: Model) -> None:
    """A course is granted once, by whichever rule."""
    for group in model.problem.once_groups():
        among = [model.met[goal.place] for goal in group if goal.place in model.met]
        if len(among) > 1:
            model.cp.add(sum(among) <= 1)


def _add_ceilings(model: Model) -> None:
    for ceiling in model.problem.ceilings:
        parts = list(_counting_towards(model, ceiling))
        if parts:
            model.cp.add(sum(parts) <= max(0, ceiling.most - ceiling.used))


def _counting_towards(model: Model, ceiling: Ceiling) -> Iterator[Any]:
    for place, outcomes in ceiling.triggers:
        if place not in model.met:
            continue
        granted = model.granted[place]
        if outcomes is None:
            yield granted
            continue
        used = [
            slot.used
            for slot in model.slots
            if slot.goal.place == place and slot.item.outcome in outcomes
        ]
        most = next(goal.grant.amount for goal in model.goals if goal.place == place and goal.grant)
        part = model.int_var(most)
        for one in used:
            model.cp.add(part >= granted - most * (1 - one))
        yield part


def _add_superseding(model: Model) -> None:
    """An outcome does not count beside a higher one of the same content that is achieved."""
    for higher, lower in model.problem.superseding:
        for slot in model.slots:
            if slot.item.outcome == lower and slot.goal.use.scope:
                model.cp.add(slot.used + model.gates[higher] <= 1)


def _by_goal(slots: Iterable[Slot]) -> Iterator[list[Slot]]:
    found: dict[int, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.goal.place, []).append(slot)
    yield from found.values()


def by_outcome(slots: Iterable[Slot]) -> Iterator[list[Slot]]:
    """Yield the slots of each outcome."""
    found: dict[str, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.item.outcome, []).append(slot)
    yield from found.values()


def common(numbers: Iterable[int]) -> int:
    """Return the least common multiple; raises TooLarge if the solver could not reckon with it."""
    whole = lcm(*numbers)
    if whole > COMMON_MAX:
        raise TooLarge
    return whole


def _denominators(*shares: Fraction) -> list[int]:
    return [share.denominator for share in shares]


def _times(whole: int, share: Fraction) -> int:
    return int(whole * share)
