"""What conversion costs, each figure beside a naive way to the same answer in the same run.

The naive ways: rule after rule, the earliest outcomes first (quick and sometimes wrong); one
integer model of everything, as it comes, for the same solver; module after module by what it adds
per class-hour.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random
from typing import Any

from benchmarks.conversion_cases import (
    catalogue,
    competing,
    learners,
    many_rules,
    selection,
)
from creditbank.domain.conversion import (
    Case,
    Converter,
    Request,
    Verdict,
    find_path,
)
from creditbank.domain.conversion.budget import Budget, Undecided
from creditbank.domain.conversion.evaluating import Run
from creditbank.domain.conversion.model import Model
from creditbank.domain.conversion.problem import Given, Goal, Leaf, Problem, Row, Truth, nodes_of
from creditbank.domain.conversion.solving import Kind, Solver, levels_of
from creditbank.domain.registers import Module, Registers
from creditbank.domain.rules.rulebook import Rulebook
from tests.conversions import (
    ON,
    SYSTEM,
    amount,
    book,
    course,
    elective,
    programme,
    registers,
    rule,
)

Say = Callable[[str, str, str], None]

_NAIVE_EFFORT = 2_000
_NAIVE_TIMES = 5
_STEPS_MAX = 40


def greedily(problem: Problem) -> int:
    """Return how many targets are met rule after rule, the earliest outcomes first."""
    gone: set[str] = set()
    met = 0
    for goal in problem.goals:
        rows = _greedy_rows(goal, gone)
        if rows is not None:
            met += 1
            gone |= {row.outcome for row in rows}
    return met


def _greedy_rows(goal: Goal, gone: set[str]) -> list[Row] | None:
    rows: list[Row] = []
    for node in nodes_of(goal.root):
        if isinstance(node, Given) and node.truth is not Truth.YES:
            return None
        if not isinstance(node, Leaf):
            continue
        need, used = node.need, {row.outcome for row in rows}
        for item in sorted(node.items, key=lambda item: item.day):
            if need <= 0:
                break
            if item.outcome not in gone | used:
                rows.append(Row(goal.place, node.path, item.outcome, item.available, 0))
                need -= item.available
        if need > 0:
            return None
    return rows


class _PlainSolver(Solver):
    """The solver as it comes, on everything at once."""

    def _solver(self, kind: Kind) -> Any:  # noqa: ARG002  # nothing is tuned here
        solver = self._cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = self.budget.left / 1000
        if not self.budget.left:
            raise Undecided
        return solver


def plainly(problem: Problem) -> bool:
    """Return whether one model of everything was solved within a budget above the engine's."""
    try:
        solver = _PlainSolver(Model(problem, problem.goals), Budget(_NAIVE_EFFORT))
        solver.run(levels_of(solver.model))
    except Undecided:
        return False
    return solver.proven


# --- measuring -----------------------------------------------------------------------------------


def _times(work: Iterable[Callable[[], object]]) -> list[float]:
    times = []
    for one in work:
        started = time.perf_counter()
        one()
        times.append(time.perf_counter() - started)
    return sorted(times)


def _append(found: list[Any], work: Callable[[], Any]) -> None:
    found.append(work())


def _spread(times: Sequence[float]) -> str:
    worst = times[min(len(times) - 1, len(times) * 99 // 100)]
    return f"{statistics.median(times) * 1000:,.1f} / {worst * 1000:,.1f} ms"


def _ratio(naive: Sequence[float], ours: Sequence[float]) -> str:
    return f"ratio {statistics.median(naive) / statistics.median(ours):,.1f}"


def _runs(rules: Sequence[Rulebook], cases: Sequence[Case], known: Registers) -> list[Run]:
    found = []
    for one, there in zip(rules, cases, strict=True):
        converter = Converter([one], known)
        run = Run(converter, there, converter.aims, Budget(), preferred=False)
        found.append(run)
    return found


def measure_one(say: Say, known: Registers, count: int = 30) -> None:
    """One evaluation: 60 outcomes, 20 requirements, 5 competing targets."""
    rules = [competing(seed) for seed in range(count)]
    cases = learners(count, 60, 1)
    converters = [Converter([one], known) for one in rules]
    results: list[Any] = []

    def evaluating(converter: Converter, there: Case) -> Callable[[], None]:
        return lambda: results.append(converter.evaluate(there))

    evaluating(converters[0], cases[0])()  # imports the solver
    results.clear()
    ours = _times(map(evaluating, converters, cases))
    say("one evaluation: 60 outcomes, 20 requirements, 5 targets", _spread(ours), "p50 / p99")
    problems = [run.strict_problem for run in _runs(rules, cases, known)]
    few = problems[:_NAIVE_TIMES]
    solved: list[bool] = []
    plain = _times(partial(_append, solved, partial(plainly, problem)) for problem in few)
    say("  one model for the solver as it comes", _spread(plain), _ratio(plain, ours))
    say("  of these decided and proven", f"{sum(solved)} of {len(few)}", "")
    met = sum(one.verdict is Verdict.MET for result in results for one in result.results)
    undecided = sum(one.verdict is Verdict.UNDECIDED for r in results for one in r.results)
    greedy_met: list[int] = []
    greedy = _times(partial(_append, greedy_met, partial(greedily, one)) for one in problems)
    say("  rule after rule, earliest first", _spread(greedy), "caps and parts ignored")
    say("  targets met: engine, rule after rule", f"{met}, {sum(greedy_met)}", f"of {5 * count}")
    say("  undecided", str(undecided), f"of {5 * count}")


def measure_many_rules(say: Say, known: Registers, count: int = 30) -> None:
    """One worker against 300 rules."""
    rules = many_rules(300)
    converter = Converter([rules], known)
    cases = learners(count, 60, 2)
    ours = _times(partial(converter.evaluate, there) for there in cases)
    say("one worker against 300 rules", _spread(ours), "p50 / p99")
    few = cases[:_NAIVE_TIMES]

    def naive(there: Case) -> None:
        fresh = Converter([rules], known)
        run = Run(fresh, there, fresh.aims, Budget(), preferred=False, try_quick=False)
        plainly(run.strict_problem)

    plain = _times(partial(naive, there) for there in few)
    say("  one model for the solver as it comes", _spread(plain), _ratio(plain, ours))


def measure_path(say: Say, known: Registers, count: int = 15) -> None:
    """A path over 200 modules."""
    modules = catalogue(200)
    cases = learners(count, 3, 5)
    rules = [book(rule("r", course("C0"), _path_needs(seed))) for seed in range(count)]
    paths: list[Any] = []

    def ours(rulebook: Rulebook, there: Case) -> Callable[[], None]:
        return lambda: paths.append(find_path(there, [rulebook], known, Request("r"), modules))

    ours(rules[0], cases[0])()
    paths.clear()
    times = _times(map(ours, rules, cases))
    say("a path over 200 modules", _spread(times), "p50 / p99")
    found: list[int | None] = []
    naive = _times(
        partial(_append, found, partial(_greedy_path, rulebook, there, known, modules))
        for rulebook, there in zip(rules, cases, strict=True)
    )
    say("  module after module, most missing credit per hour", _spread(naive), _ratio(naive, times))
    pairs = [(p.class_hours, hours) for p, hours in zip(paths, found, strict=True) if hours]
    best, greedy = sum(one for one, _ in pairs), sum(hours for _, hours in pairs)
    if best:
        say("  class-hours it sends people to, above the smallest", f"{greedy / best - 1:.1%}", "")


def _path_needs(seed: int) -> dict[str, Any]:
    random = Random(seed)  # noqa: S311  # the same at every run
    inner = [amount(one, select=selection(random, 2) | {"issuer": []}) for one in ("4.00", "3.00")]
    where = {"level": {"scale": "gd-qf-7", "at_least": 3}}
    inner[0]["least"] = [{"at_least": "2.00", "where": where}]
    return {"kind": "all", "of": inner}


def _greedy_path(
    rulebook: Rulebook, there: Case, known: Registers, modules: Sequence[Module]
) -> int | None:
    """Return the class-hours of a path that adds what shortens the shortfall most per hour."""
    from creditbank.domain.conversion.candidates import Candidate, virtual_outcomes

    converter = Converter([rulebook], known)
    candidates = [Candidate(module) for module in modules]
    virtual = virtual_outcomes(candidates, there, (), known)
    by_module = {one.candidate.module.id: one for one in virtual}
    taken: list[str] = []
    while True:
        facts = (*there.outcomes, *(by_module[one].fact for one in taken))
        result = converter.evaluate(Case(on=ON, outcomes=facts)).results[0]
        if result.verdict is Verdict.MET:
            return sum(by_module[one].candidate.module.hours.total for one in taken)
        lacking = {name for one in result.trace["lacking"] for name in [one["id"]]}
        best = _next_module(converter, by_module, taken, lacking)
        if best is None or len(taken) > _STEPS_MAX:
            return None
        taken += [one for one in best if one not in taken]


def _next_module(
    converter: Converter, by_module: dict[str, Any], taken: Sequence[str], lacking: set[str]
) -> list[str] | None:
    facts = tuple(one.fact for name, one in by_module.items() if name not in taken)
    run = Run(converter, Case(on=ON, outcomes=facts), converter.aims, Budget(), preferred=False)
    wanted = {
        item.outcome
        for leaf in run.strict_problem.goals[0].leaves
        if leaf.name in lacking
        for item in leaf.items
    }
    ranked = []
    for name, one in by_module.items():
        if one.fact.id in wanted and name not in taken:
            chain = _with_prerequisites(name, by_module, taken)
            hours = sum(by_module[step].candidate.module.hours.total for step in chain)
            ranked.append((-one.fact.credits[SYSTEM] / hours, name, chain))
    return min(ranked)[2] if ranked else None


def _with_prerequisites(name: str, by_module: dict[str, Any], taken: Sequence[str]) -> list[str]:
    chain: list[str] = []
    for before in by_module[name].candidate.module.prerequisites:
        if before not in taken:
            chain += _with_prerequisites(before, by_module, taken)
    return [*chain, name]


def measure_bulk(say: Say, known: Registers, count: int = 400) -> None:
    """Learners per second in bulk: an intake against a college's twenty rules."""
    rules = _college()
    cases = learners(count, 8, 9)
    converter = Converter([rules], known)
    started = time.perf_counter()
    for there in cases:
        converter.evaluate(there)
    ours = count / (time.perf_counter() - started)
    say("intake: learners per second, 8 outcomes, 20 rules", f"{ours:,.0f}/s", "")
    few = cases[:30]
    started = time.perf_counter()
    for there in few:
        fresh = Converter([rules], known)
        run = Run(fresh, there, fresh.aims, Budget(), preferred=False, try_quick=False)
        plainly(run.strict_problem)
        run.results()
    naive = len(few) / (time.perf_counter() - started)
    say("  rulebook and model anew for each, solver as it comes", f"{naive:,.0f}/s", "")
    say("  bulk against it", "", f"ratio {ours / naive:.1f}")


def _college() -> Rulebook:
    random = Random(11)  # noqa: S311  # the same at every run
    rules = []
    for number in range(20):
        needs = amount(random.choice(("1.50", "2.00", "3.00")), select=selection(random, 1))
        if number % 2:
            bucket = {"bucket": {"zh": f"选修{number}"}}
            rules.append(rule(f"r{number}", elective("4.00", **bucket), needs))
        else:
            rules.append(rule(f"r{number}", course(f"C{number % 5}"), needs))
    cap = {"id": "half", "text": {"zh": "不超过一半"}, "limit": "10.00"}
    return book(*rules, bounds={"caps": [cap]})


def measure(say: Say) -> None:
    """Print every figure of conversion."""
    plan = programme(*((f"C{n}", "2.00") for n in range(5)), total="10.00")
    known = registers(("programme", plan))
    measure_one(say, known)
    measure_many_rules(say, known)
    measure_path(say, known)
    measure_bulk(say, known)
