"""The engine and the reference, asked the same about a random small rulebook and case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from creditbank.domain.conversion.budget import Budget
from creditbank.domain.conversion.evaluating import Converter, Run
from creditbank.domain.conversion.framing import Framer
from creditbank.domain.conversion.problem import Allotment
from creditbank.domain.conversion.results import Evaluation, Verdict
from creditbank.domain.conversion.targets import Aim, asked_for
from creditbank.domain.registers import Registers
from tests.brute_best import BruteForce
from tests.brute_facts import Known
from tests.brute_parts import Answer, Piece
from tests.small_cases import Small, small_registers

WAYS_MAX = 20_000


@cache
def registers() -> Registers:
    return small_registers()


@dataclass
class Asked:
    """One small case, asked of the engine and of the reference."""

    small: Small

    @cached_property
    def converter(self) -> Converter:
        return Converter(list(self.small.books), registers())

    @cached_property
    def aims(self) -> Sequence[Aim]:
        return asked_for(self.converter.aims, self.small.requested, self.small.books[0].id)

    @property
    def preferred(self) -> bool:
        return bool(self.small.requested)

    def run(self, *, try_quick: bool = True) -> Run:
        there, budget = self.small.case, Budget()
        return Run(self.converter, there, self.aims, budget, self.preferred, try_quick)

    def evaluation(self, *, try_quick: bool = True) -> Evaluation:
        return Evaluation(self.run(try_quick=try_quick).results(), "test")

    def answered(self, *, generous: bool = False, try_quick: bool = True) -> Answer:
        """Return the engine's allotment, as the reference has its answers."""
        run = self.run(try_quick=try_quick)
        framer: Framer = run.generous if generous else run.strict
        _, made = run._decide(framer)
        assert not made.undecided
        return self._as_answer(made)

    def expected(self, *, generous: bool = False) -> Answer | None:
        """Return the best of all ways; None if they are too many to be tried."""
        known = Known(self.small.books, registers(), self.small.case, generous)
        best = BruteForce(known).best(self.order, preferred=self.preferred, most=WAYS_MAX)
        if best is None:
            return None
        aims = dict(zip(self.order, self.live, strict=True))
        granting = {n for n, aim in aims.items() if aim.grant(0) is not None}
        return replace(best, granted={n: g for n, g in best.granted.items() if n in granting})

    @cached_property
    def live(self) -> Sequence[Aim]:
        return self.run().live

    @cached_property
    def order(self) -> list[int]:
        """Return the numbers that the reference gives the targets, in the order asked."""
        known = Known(self.small.books, registers(), self.small.case)
        keys = [(aim.rule.id, aim.key) for aim in known.aims()]
        return [keys.index((aim.rule.id, aim.key)) for aim in self.live]

    def _as_answer(self, made: Allotment) -> Answer:
        order = self.order
        return Answer(
            frozenset(order[place] for place in made.met),
            {order[place]: granted for place, granted in made.granted.items()},
            frozenset(
                Piece(order[row.goal], row.path, row.outcome, row.counted, row.engaged)
                for row in made.rows
            ),
        )


def value(evaluation: Evaluation, *, preferred: bool) -> tuple[object, ...]:
    """Return what an evaluation makes as large as can be."""
    met = [one.verdict is Verdict.MET for one in evaluation.results]
    systems = sorted({one.system for one in evaluation.results if one.system})
    granted = [
        sum(one.granted or 0 for one in evaluation.results if one.system == system)
        for system in systems
    ]
    return (met, granted) if preferred else (granted, sum(met))
