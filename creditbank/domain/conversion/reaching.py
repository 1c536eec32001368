"""Sums of whole outcomes: what can be reached, and the least that has to be used for it.

They say nothing that the conditions do not say already, and tell the solver at once what it would
otherwise find out by trying. Sums are held as the bits of one integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import gcd
from typing import Final

from creditbank.domain.conversion.problem import Leaf

_SUMS_MAX: Final = 1 << 20
_PAIRS_MAX: Final = 8_000
_LIMITS_MAX: Final = 8


def reachable(leaf: Leaf, need: int) -> int:
    """Return the least sum of whole outcomes that is not below `need`; `need` if there is none."""
    if leaf.limits or leaf.counted_at_most is not None:
        return need
    sizes = _Sizes(leaf)
    least = sizes.first(sizes.all, need)
    return need if least is None else least


def least_used(leaf: Leaf) -> int:
    """Return the least that whole outcomes come to wherever enough counts at a leaf.

    Each part of what is counted of which there must be some, and each limit, is looked at by
    itself: where several bind together it may take more.
    """
    sizes = _Sizes(leaf)
    found = [leaf.need]
    for floor in leaf.floors:
        found += sizes.beside(floor.members, floor.least, None)
    for limit in leaf.limits[:_LIMITS_MAX]:
        found += sizes.beside(limit.members, 0, limit.most)
    return max(found)


class _Sizes:
    """The outcomes of a leaf, by their amounts in the largest unit that measures them all."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        sizes = [item.available for item in leaf.items]
        self.unit = gcd(*sizes) or 1
        self.few = sum(sizes) // self.unit <= _SUMS_MAX
        self.all = self._sums(item.outcome for item in leaf.items)

    def _sums(self, outcomes: Iterable[str]) -> int:
        """Return the sums that some of these outcomes come to, 0 if there are too many."""
        chosen, sums = frozenset(outcomes), 1
        if not self.few:
            return 0
        for item in self.leaf.items:
            if item.outcome in chosen:
                sums |= sums << item.available // self.unit
        return sums

    def first(self, sums: int, need: int) -> int | None:
        """Return the least of the sums that is not below `need`; None if there is none."""
        start = max(0, -(-need // self.unit))
        above = sums >> start
        return (start + (above & -above).bit_length() - 1) * self.unit if above else None

    def beside(self, members: frozenset[str], least: int, most: int | None) -> Iterator[int]:
        """Yield how much is used at least, where of the members `least` to `most` counts.

        More of them than `most` may be used: it is lost then.
        """
        if sum(item.available for item in self.leaf.items) // self.unit > _PAIRS_MAX:
            return
        inner = self._sums(members)
        outer = self._sums(item.outcome for item in self.leaf.items if item.outcome not in members)
        best: int | None = None
        used = self.first(inner, least)
        while used is not None and (best is None or used < best):
            counted = used if most is None else min(used, most)
            rest = self.first(outer, self.leaf.need - counted)
            if rest is not None and (best is None or used + rest < best):
                best = used + rest
            used = self.first(inner, used + 1)
        if best is not None:
            yield best
