"""What is to be decided, freed of rules and facts: goals, their trees, and what couples them.

All amounts are hundredths, each of the unit of its leaf. Whatever solves a problem (the quick way,
the solver) reads only this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any


class Truth(StrEnum):
    """Whether something beside the outcomes holds."""

    YES = "yes"
    NO = "no"
    OPEN = "open"
    """Nobody has said so yet, or not somebody whose word it takes."""


@dataclass(frozen=True, slots=True)
class Item:
    """An outcome that may be counted at a leaf.

    Of the `of` that it amounts to, `available` may still be counted. `share` is what it claims
    of the outcome when it is claimed as a whole: all that earlier decisions left of it.
    """

    outcome: str
    of: int
    available: int
    share: Fraction
    day: int
    """The day it was achieved, as a number."""

    gated: bool = False
    """Whether it would have to be achieved first."""


@dataclass(frozen=True, slots=True)
class Floor:
    """At least so much from some of the outcomes."""

    least: int
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much from some of the outcomes: one group of a cap. None: not known yet."""

    cap: str
    rulebook: str
    text: dict[str, str]
    most: int
    members: frozenset[str]
    group: str | None = None
    open: bool = False
    """The amount has not been supplied: nothing counts here until it is."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An amount of a unit from some outcomes.

    `feeds` the amount that the goal grants. Where it is `soft`, less than the need will do.
    """

    path: str
    name: str
    unit: str
    need: int
    items: tuple[Item, ...]
    feeds: bool = False
    soft: bool = False
    counted_at_most: int | None = None
    outcomes_at_most: int | None = None
    each: int | None = None
    """What every outcome amounts to, where that is the same for all."""

    floors: tuple[Floor, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def in_wholes(self) -> bool:
        """Whether an outcome counts as one or not at all."""
        return self.unit == "outcomes"

    def outcomes_for(self, amount: int) -> int:
        """Return how many outcomes such an amount takes at least."""
        return -(-amount // self.each) if self.each else min(1, amount)


@dataclass(frozen=True, slots=True)
class Given:
    """A condition that outcomes are not used for. `detail` says in the trace what was found.

    In a path, each of `gates`, outcomes to be achieved, would make one less lacking.
    """

    path: str
    truth: Truth
    detail: dict[str, Any] = field(default_factory=dict, compare=False)
    lacking: int = 1
    """How many more would have been needed."""

    gates: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Branch:
    """So many of its children must hold: all of them, or at least `count`."""

    path: str
    kind: str
    count: int
    children: tuple[Node, ...]


Node = Leaf | Given | Branch


@dataclass(frozen=True, slots=True)
class Grant:
    """What a goal grants: `amount`, or by what is counted, up to it; in one credit system.

    `step` and `rounding` say in which steps a counted amount is granted. A cap in bounds may make
    it less than what is counted, but not less than the whole steps of what a condition needs, nor
    of `whole`, the amount before earlier decisions granted some of it.
    """

    amount: int
    system: str
    follows: bool = False
    step: int = 1
    rounding: str = "down"
    whole: int = 0

    def of(self, counted: int) -> int:
        """Return what is granted where so much is counted."""
        if not self.follows:
            return self.amount
        steps, rest = divmod(counted, self.step)
        if self.rounding == "half_up" and 2 * rest >= self.step:
            steps += 1
        if self.rounding == "half_even" and 2 * rest + steps % 2 > self.step:
            steps += 1
        return min(steps, self.amount // self.step) * self.step

    def fewest(self, need: int) -> int:
        """Return how many steps at least are granted where `need` was needed and is there."""
        return max(1, min(need, self.whole) // self.step)

    def least(self) -> int:
        """Return the least that has to be counted for one step of it."""
        if self.rounding == "down":
            return self.step
        return self.step // 2 + (1 if self.rounding == "half_even" or self.step % 2 else 0)


@dataclass(frozen=True, slots=True)
class Use:
    """How a goal uses outcomes; see `rules.rule.Use`."""

    scope: str
    sharing: str
    keeps: bool
    """Whether what is left over stays with the outcome."""

    up_to: int = 1
    rule: str = ""
    with_rules: frozenset[str] = frozenset()

    def shares_with(self, rule: str, others: frozenset[str]) -> bool:
        """Return whether this rule and `rule`, which names `others`, may share an outcome."""
        if rule == self.rule:
            return True
        return (not self.with_rules or rule in self.with_rules) and (
            not others or self.rule in others
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """One target to be met or not, at `place` among those that are asked for."""

    place: int
    key: str
    root: Node
    use: Use
    grant: Grant | None = None
    once: bool = True
    """Whether outcomes of one assessment event count once."""

    leaves: tuple[Leaf, ...] = field(init=False, compare=False)
    """Every leaf of the tree, in order."""

    def __post_init__(self) -> None:
        """Find the leaves: they are asked for more often than anything else."""
        found = tuple(node for node in nodes_of(self.root) if isinstance(node, Leaf))
        object.__setattr__(self, "leaves", found)

    @property
    def name(self) -> str:
        """What tells the goal from all others of a rulebook: the rule and the target."""
        return f"{self.use.rule}|{self.key}"

    def engaged(self, item: Item, counted: int) -> int:
        """Return how much of the outcome is engaged where `counted` of it is counted."""
        if not counted:
            return 0
        return counted if self.use.keeps else item.available


def nodes_of(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, in order."""
    yield node
    if isinstance(node, Branch):
        for child in node.children:
            yield from nodes_of(child)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A cap on what is granted for several goals together: one group of a cap in bounds.

    `used` was granted earlier. `triggers` says of each goal on which outcomes it depends whether
    the goal counts; None if it counts in any case.
    """

    cap: str
    rulebook: str
    text: dict[str, str]
    system: str
    most: int
    used: int
    triggers: tuple[tuple[int, frozenset[str] | None], ...]
    group: str | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Goals, and everything that lets one stand in the way of another.

    `exclusive` and `shared` are the shares of an outcome that earlier decisions took in a scope,
    `events` the assessment events, each with its outcomes where there are several.
    `preferred`: goals are met in their order, otherwise whichever grant the most.
    """

    goals: tuple[Goal, ...]
    ceilings: tuple[Ceiling, ...] = ()
    exclusive: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    shared: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    events: tuple[frozenset[str], ...] = ()
    sharers: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many targets of earlier decisions share an outcome in a scope."""

    sharers_at_most: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many may, by what the rules of those say."""

    superseding: tuple[tuple[str, str], ...] = ()
    """In a path: (outcome to be achieved, outcome of the same content that it then supersedes)."""

    preferred: bool = False

    def once_groups(self) -> list[list[Goal]]:
        """Return the goals that grant the same course, where there are several."""
        by_key: dict[str, list[Goal]] = {}
        for goal in self.goals:
            if goal.key.startswith("course:"):
                by_key.setdefault(goal.key, []).append(goal)
        return [group for group in by_key.values() if len(group) > 1]


@dataclass(frozen=True, slots=True)
class Row:
    """`counted` of an outcome counts at a leaf of a goal, and `engaged` of it is claimed."""

    goal: int
    path: str
    outcome: str
    counted: int
    engaged: int


@dataclass(frozen=True, slots=True)
class Allotment:
    """Which goals are met, what each grants, and which outcome counts where."""

    met: frozenset[int]
    granted: dict[int, int]
    rows: tuple[Row, ...]
    undecided: frozenset[int] = frozenset()
    loose: frozenset[int] = frozenset()
    """Goals for which it was not proven that no earlier outcomes would have done as well."""


@lru_cache(maxsize=1 << 16)
def tie_weight(outcome: str, name: str, path: str) -> int:
    """Return the weight of the last tie-break: 24 bits that no order of input can change."""
    text = f"{outcome}\0{name}\0{path}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:3])
