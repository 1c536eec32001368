"""The path to a target: the smallest set of modules that would reach it (一人一策).

Smallest by class-hours, then by number. Prerequisites and caps are respected, and nothing is in it
that no condition counts or no prerequisite asks for. A module is taken to be passed at its pass
mark, or at the score that a condition demands; the path says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import gcd
from typing import Any, Final

from creditbank.domain.conversion.binding import TooLarge
from creditbank.domain.conversion.budget import Budget, Undecided
from creditbank.domain.conversion.candidates import Candidate, Virtual, takeable, virtual_outcomes
from creditbank.domain.conversion.evaluating import EFFORT, Books, Converter, Run
from creditbank.domain.conversion.evidence import Supplied
from creditbank.domain.conversion.facts import Case, Request
from creditbank.domain.conversion.framing import Framer
from creditbank.domain.conversion.holdings import Holdings
from creditbank.domain.conversion.limiting import Limiter
from creditbank.domain.conversion.model import Model
from creditbank.domain.conversion.problem import Goal, Leaf, Problem, tie_weight
from creditbank.domain.conversion.quick import always_needed
from creditbank.domain.conversion.results import Evaluation, TargetResult, Verdict
from creditbank.domain.conversion.solving import Kind, Level, Solver
from creditbank.domain.conversion.targets import Aim, asked_for
from creditbank.domain.conversion.usefulness import by_module, of_use, without
from creditbank.domain.registers import Module, Registers
from creditbank.domain.units import amount_text
from creditbank.errors.conversion import ConversionTooLarge

MODULES_MAX: Final = 2_000
_SUMS_MAX: Final = 2_000
_UNREACHED: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Step:
    """A module of a path. `counts`: a condition counts it; otherwise it is a prerequisite only.

    `assumed` are the scores at which it is taken to be passed, each {scale, value, part};
    `demanded`: a condition demands more than passing.
    """

    module: str
    version: str
    title: dict[str, str]
    class_hours: int
    counts: bool
    prerequisite_of: tuple[str, ...] = ()
    issuer: str | None = None
    assumed: tuple[dict[str, str], ...] = ()
    demanded: bool = False

    def document(self) -> dict[str, Any]:
        """Return the step as plain JSON."""
        document: dict[str, Any] = {
            "module": self.module,
            "version": self.version,
            "title": self.title,
            "class_hours": amount_text(self.class_hours),
            "counts": self.counts,
            "prerequisite_of": list(self.prerequisite_of),
            "assumed": list(self.assumed),
            "demanded": self.demanded,
        }
        return document | ({} if self.issuer is None else {"issuer": self.issuer})


@dataclass(frozen=True, slots=True)
class Path:
    """Modules in an order that respects prerequisites, and the evaluation that they lead to.

    `verdict` is MET where they suffice, NEEDS_EVIDENCE where besides them something is to be
    supplied, NOT_MET where no modules suffice, UNDECIDED where the budget did not last.
    """

    target: str
    verdict: Verdict
    steps: tuple[Step, ...]
    evaluation: Evaluation
    reasons: tuple[dict[str, Any], ...] = ()
    effort: int = 0

    @property
    def class_hours(self) -> int:
        """Class-hours of all modules, in hundredths."""
        return sum(step.class_hours for step in self.steps)

    @property
    def count(self) -> int:
        """How many modules there are."""
        return len(self.steps)

    @property
    def result(self) -> TargetResult:
        """The result that the path leads to, with its reasons."""
        return self.evaluation.results[0]

    def document(self) -> dict[str, Any]:
        """Return the path as plain JSON of the canonical profile."""
        return {
            "target": self.target,
            "verdict": self.verdict.value,
            "steps": [step.document() for step in self.steps],
            "class_hours": amount_text(self.class_hours),
            "count": self.count,
            "reasons": list(self.reasons),
            "leads_to": self.result.document(),
        }


def find_path(
    case: Case,
    books: Books,
    registers: Registers,
    target: Request,
    modules: Iterable[Module | Candidate],
    *,
    effort: int = EFFORT,
) -> Path:
    """Return the smallest set of modules with which a learner would reach a target.

    `modules` are those that may be taken, each by itself or as a Candidate that says by whom it
    is given; those not in force on the day of the case are passed over. Raises as `evaluate`, and
    ConversionTooLarge for too many modules.
    """
    candidates = [one if isinstance(one, Candidate) else Candidate(one) for one in modules]
    if len(candidates) > MODULES_MAX:
        raise ConversionTooLarge(what="modules", count=len(candidates), limit=MODULES_MAX)
    return _Search(Converter(books, registers), case, target, candidates, Budget(effort)).path()


@dataclass
class _Search:
    converter: Converter
    case: Case
    target: Request
    candidates: Sequence[Candidate]
    budget: Budget
    chosen: list[Virtual] = field(default_factory=list)

    def path(self) -> Path:
        now = self._evaluated(())
        result = now.results[0]
        if result.verdict is not Verdict.NOT_MET or not self._aim_is_live():
            return self._made(now, result.verdict)
        try:
            chosen = self._search()
        except (Undecided, TooLarge):
            return self._made(now, Verdict.UNDECIDED, ({"code": "budget"},))
        if chosen is None:
            return self._unreachable(now)
        self.chosen = chosen
        then = self._evaluated(chosen)
        return self._made(then, then.results[0].verdict)

    def _evaluated(self, virtual: Sequence[Virtual]) -> Evaluation:
        facts = (*self.case.outcomes, *(one.fact for one in virtual))
        there = replace(self.case, outcomes=facts)
        return self.converter.evaluate(there, (self.target,), effort=self.budget.limit)

    def _aim(self) -> Aim:
        return asked_for(self.converter.aims, (self.target,), self.converter.chain.own.id)[0]

    def _aim_is_live(self) -> bool:
        run = Run(self.converter, self.case, [self._aim()], Budget(0), preferred=True)
        return bool(run.live)

    def _made(
        self, evaluation: Evaluation, verdict: Verdict, reasons: tuple[dict[str, Any], ...] = ()
    ) -> Path:
        first = evaluation.results[0]
        return Path(
            target=first.target,
            verdict=verdict,
            steps=tuple(self._steps(first)),
            evaluation=evaluation,
            reasons=reasons or tuple(first.trace.get("reasons", ())),
            effort=self.budget.spent,
        )

    def _unreachable(self, now: Evaluation) -> Path:
        """Return the path that does not exist: what would be lacking with every module taken."""
        virtual = self._virtual()
        first = {one.candidate.module.id: one for one in reversed(virtual)}
        then = self._evaluated(list(first.values()))
        lacking = then.results[0].trace.get("lacking", ())
        reason: dict[str, Any] = {"code": "no_modules_suffice"}
        return self._made(now, Verdict.NOT_MET, (reason | {"lacking": list(lacking)},))

    # --- the search ------------------------------------------------------------------------------

    def _virtual(self) -> list[Virtual]:
        """Return the outcomes that taking the candidates would bring."""
        taken = takeable(self.candidates, self.case)
        bounds = [book.rulebook.bounds.requires for book in self.converter.chain.books]
        conditions = [self._aim().rule.needs, *(one for one in bounds if one is not None)]
        return virtual_outcomes(taken, self.case, conditions, self.converter.registers)

    def _search(self) -> list[Virtual] | None:
        """Return the outcomes of the smallest set, None if no set suffices."""
        virtual = self._virtual()
        facts = (*self.case.outcomes, *(one.fact for one in virtual))
        there = replace(self.case, outcomes=facts)
        holdings = Holdings(there, self.converter.chain, self.converter.registers)
        gates = frozenset(one.fact.id for one in virtual)
        supplied = Supplied(self.case.evidence, self.case.on)
        framer = Framer(holdings, supplied, generous=True, gates=gates)
        aim = self._aim()
        goals = [framer.goal(0, aim)]
        for book in self.converter.chain.books:
            goal = framer.requirement(book)
            if goal is not None:
                goals.append(replace(goal, place=len(goals)))
        limiter = Limiter(holdings, supplied, generous=True)
        ceilings = tuple(limiter.ceilings(goals[:1], [aim]))
        problem = framer.problem(tuple(goals), ceilings, preferred=True)
        return self._smallest(problem, goals, of_use(virtual, goals))

    def _smallest(
        self, problem: Problem, goals: Sequence[Goal], virtual: Sequence[Virtual]
    ) -> list[Virtual] | None:
        kept = {one.fact.id for one in virtual}
        goals = [without(goal, kept) for goal in goals]
        pairs = tuple(pair for pair in problem.superseding if pair[0] in kept)
        problem = replace(problem, goals=tuple(goals), superseding=pairs)
        model = Model(problem, goals, to_achieve=[one.fact.id for one in virtual])
        for goal in goals:
            model.cp.add(model.met[goal.place] == 1)
        self._bind(model, virtual)
        _add_least_hours(model, virtual)
        solver = Solver(model, self.budget)
        if not solver.run(_levels(model, virtual)):
            return None
        return [one for one in virtual if solver.value(model.gates[one.fact.id])]

    def _bind(self, model: Model, virtual: Sequence[Virtual]) -> None:
        """A module is taken once, and after its prerequisites."""
        taken: dict[str, Any] = {}
        for module, some in by_module(virtual).items():
            taken[module] = sum(model.gates[one.fact.id] for one in some)
            if len(some) > 1:
                model.cp.add(taken[module] <= 1)
        achieved = {fact.module for fact in self.case.outcomes}
        for one in virtual:
            for before in one.candidate.module.prerequisites:
                if before not in achieved:
                    model.cp.add(model.gates[one.fact.id] <= taken[before])

    # --- the steps -------------------------------------------------------------------------------

    def _steps(self, result: TargetResult) -> Iterator[Step]:
        """Yield the chosen modules, prerequisites first, then the shorter ones."""
        counted = set(_outcomes_in(result.trace))
        modules = {one.candidate.module.id: one for one in self.chosen}
        waiting = sorted(
            self.chosen,
            key=lambda one: (one.candidate.module.hours.total, one.candidate.module.id),
        )
        done: set[str] = set()
        while waiting:
            ready = next(
                one
                for one in waiting
                if not (set(one.candidate.module.prerequisites) & modules.keys()) - done
            )
            waiting.remove(ready)
            done.add(ready.candidate.module.id)
            yield _step(ready, counted, self.chosen)


def _step(one: Virtual, counted: set[str], chosen: Sequence[Virtual]) -> Step:
    module = one.candidate.module
    needed_by = (
        other.candidate.module.id
        for other in chosen
        if module.id in other.candidate.module.prerequisites
    )
    title = {"zh": module.title.zh} | ({"en": module.title.en} if module.title.en else {})
    return Step(
        module=module.id,
        version=module.version,
        title=title,
        class_hours=module.hours.total,
        counts=one.fact.id in counted,
        prerequisite_of=tuple(sorted(needed_by)),
        issuer=one.candidate.issuer,
        assumed=tuple(
            {"scale": score.scale, "value": score.value}
            | ({"part": score.part} if score.part is not None else {})
            for score in one.fact.scores
        ),
        demanded=one.raised,
    )


def _add_least_hours(model: Model, virtual: Sequence[Virtual]) -> None:
    """Tell the solver how many class-hours each condition takes at least, whatever the others do.

    It would find that out by itself, by trying: these are sums of whole modules.
    """
    hours = {one.fact.id: one.candidate.module.hours.total for one in virtual}
    for goal in model.goals:
        for leaf in goal.leaves:
            if leaf.soft or not always_needed(goal.root, leaf):
                continue
            least = least_hours(leaf, hours)
            slots = [slot for slot in model.slots if slot.goal is goal and slot.leaf is leaf]
            gated = [slot for slot in slots if slot.item.gated]
            if least and gated:
                model.cp.add(sum(hours[one.item.outcome] * one.used for one in gated) >= least)


def least_hours(leaf: Leaf, hours: Mapping[str, int]) -> int:
    """Return the fewest class-hours with which enough could be counted at a leaf by itself.

    What is there already costs none. 0 where that cannot be told quickly.
    """
    if not leaf.need:
        return 0
    unit = gcd(leaf.need, *(item.available for item in leaf.items))
    if leaf.need // unit > _SUMS_MAX:
        return 0
    there = sum(item.available for item in leaf.items if not item.gated)
    need = (leaf.need - there) // unit
    costs = [0] + [_UNREACHED] * max(0, need)
    for item in leaf.items:
        if not item.gated:
            continue
        size, cost = item.available // unit, hours[item.outcome]
        for reached in range(need, 0, -1):
            costs[reached] = min(costs[reached], costs[max(0, reached - size)] + cost)
    return costs[-1] if costs[-1] < _UNREACHED else 0


def _levels(model: Model, virtual: Sequence[Virtual]) -> Iterator[Level]:
    """Yield class-hours, number, scores above passing, and what chooses between the rest."""
    gates = [(model.gates[one.fact.id], one) for one in virtual]
    hours = [one.candidate.module.hours.total for one in virtual]
    weighed = sum(gate * amount for (gate, _), amount in zip(gates, hours, strict=True))
    yield Level(weighed, sum(hours) + 1)
    yield Level(sum(gate for gate, _ in gates), len(gates) + 1)
    yield Level(sum(gate for gate, one in gates if one.raised), len(gates) + 1)
    ties = [tie_weight(one.fact.id, "path", "") for one in virtual]
    total = sum(gate * tie for (gate, _), tie in zip(gates, ties, strict=True))
    yield Level(total, sum(ties) + 1, kind=Kind.PREFERENCE)


def _outcomes_in(node: Any) -> Iterator[str]:
    """Yield the outcomes that a trace says count or are held."""
    if isinstance(node, list):
        for one in node:
            yield from _outcomes_in(one)
    elif isinstance(node, Mapping):
        for name, value in node.items():
            if name == "outcomes" and isinstance(value, list):
                yield from (one["outcome"] for one in value)
            elif name == "held":
                yield from value
            else:
                yield from _outcomes_in(value)
