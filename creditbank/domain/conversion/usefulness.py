"""Which modules could be of use on a path, so that the others need not be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from creditbank.domain.conversion.candidates import Virtual
from creditbank.domain.conversion.nearing import mapped
from creditbank.domain.conversion.problem import Given, Goal, Leaf, nodes_of


def of_use(virtual: Sequence[Virtual], goals: Sequence[Goal]) -> list[Virtual]:
    """Return the outcomes that some condition could count, and those of their prerequisites."""
    counting: set[str] = set()
    for goal in goals:
        for node in nodes_of(goal.root):
            if isinstance(node, Leaf):
                counting |= {item.outcome for item in node.items if item.gated}
            elif isinstance(node, Given):
                counting |= node.gates
    modules = by_module(virtual)
    wanted = {one.candidate.module.id for one in virtual if one.fact.id in counting}
    stack = sorted(wanted)
    while stack:
        some = modules.get(stack.pop(), ())
        for before in {name for one in some for name in one.candidate.module.prerequisites}:
            if before in modules and before not in wanted:
                wanted.add(before)
                stack.append(before)
    return [
        one
        for one in virtual
        if one.fact.id in counting or (one.candidate.module.id in wanted and not one.raised)
    ]


def without(goal: Goal, kept: set[str]) -> Goal:
    """Return the goal without the gates that were left out."""

    def given(node: Given) -> Given:
        return replace(node, gates=node.gates & kept)

    return replace(goal, root=mapped(goal.root, lambda leaf: leaf, given))


def by_module(virtual: Iterable[Virtual]) -> dict[str, list[Virtual]]:
    """Return the outcomes to come by the module that they are of."""
    found: dict[str, list[Virtual]] = {}
    for one in virtual:
        found.setdefault(one.candidate.module.id, []).append(one)
    return found
