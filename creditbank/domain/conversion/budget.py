"""The effort that an evaluation may take: deterministic, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_SUMS_A_UNIT: Final = 2_000


class Undecided(Exception):
    """The budget was spent before the answer was proven."""


@dataclass(slots=True)
class Budget:
    """Effort that may be spent, in thousandths of the solver's deterministic unit.

    The same problem costs the same effort on every machine; one unit takes about a second.
    """

    limit: int = 3_000
    spent: int = 0
    sums: int = 0

    @property
    def left(self) -> int:
        """How much may still be spent."""
        return max(0, self.limit - self.spent)

    def reckon(self, sums: int) -> None:
        """Spend what so many sums of outcomes cost, looked at without the solver.

        Raises Undecided when the budget is spent.
        """
        self.sums += sums
        while self.sums >= _SUMS_A_UNIT:
            self.sums -= _SUMS_A_UNIT
            self.spent += 1
        if self.left == 0:
            raise Undecided
