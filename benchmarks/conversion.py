"""What conversion costs, each figure beside a naive way to the same answer in the same run.

The naive ways: rule after rule, the earliest outcomes first (quick and sometimes wrong); one
integer model of everything, as it comes, for the same solver; module after module by what it adds
per class-hour. The numbers are those that the issue asks for.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from creditbank.domain.conversion import (
    Case,
    Converter,
    OutcomeFact,
    Request,
    Score,
    Verdict,
    find_path,
)
from creditbank.domain.conversion.budget import Budget, Undecided
from creditbank.domain.conversion.evaluating import Run
from creditbank.domain.conversion.model import Model
from creditbank.domain.conversion.problem import Given, Goal, Leaf, Problem, Row, Truth, nodes_of
from creditbank.domain.conversion.solving import Solver, levels_of
from creditbank.domain.registers import Module, Registers, parse_register
from creditbank.domain.rules.rulebook import Rulebook
from tests.conversions import (
    ON,
    SYSTEM,
    amount,
    book,
    case,
    course,
    elective,
    grade,
    programme,
    registers,
    rule,
)

Say = Callable[[str, str, str], None]

_CREDITS = (83, 100, 133, 150, 167, 200, 300)
_SCENES = ("制造", "物流", "零售", "金融", "服务", "农业")
_ISSUERS = ("甲校", "乙校", "丙校", "丁校")
_SOME = 0.3
"""The part of made-up things that have what only some have."""

_NAIVE_EFFORT = 2_000
_NAIVE_TIMES = 5
_STEPS_MAX = 40


def learners(count: int, outcomes: int, seed: int) -> list[Case]:
    """Return made-up learners, each with so many outcomes."""
    random = Random(seed)  # noqa: S311  # the same at every run
    return [
        case(*(_outcome(random, f"{number}-{place:02d}") for place in range(outcomes)))
        for number in range(count)
    ]


def _outcome(random: Random, name: str) -> OutcomeFact:
    credit = random.choice(_CREDITS)
    return OutcomeFact(
        id=name,
        type=random.choice(("module", "module", "online_course", "academic_course")),
        achieved_on=date(2024, 1, 1) + timedelta(days=random.randrange(900)),
        scene=random.choice(_SCENES),
        issuer=random.choice(_ISSUERS),
        level=("gd-qf-7", random.randint(2, 4)),
        scores=(Score("percent-100", f"{random.randint(60, 99)}.00"),),
        credits={SYSTEM: credit},
        class_hours=credit * 16,
    )


def _select(random: Random, scenes: int) -> dict[str, Any]:
    found: dict[str, Any] = {"scene": random.sample(_SCENES, scenes)}
    if random.random() < _SOME:
        found["issuer"] = random.sample(_ISSUERS, 2)
    return found


def _requirements(random: Random, count: int) -> dict[str, Any]:
    """Return so many requirements: amounts, one of them with a part at a higher level, and more."""
    inner: list[dict[str, Any]] = []
    for _, kind in zip(range(count), cycle(("plain", "part", "cap", "holds")), strict=False):
        if kind == "holds":
            inner.append({"kind": "holds", "select": _select(random, 3), "count": 2})
            continue
        one = amount(random.choice(("2.00", "2.50", "3.00", "4.00")), select=_select(random, 2))
        if kind == "part":
            where = {"level": {"scale": "gd-qf-7", "at_least": 3}}
            one["least"] = [{"at_least": "1.00", "where": where}]
        if kind == "cap":
            cap = {"id": "online", "text": {"zh": "线上上限"}, "limit": "1.00"}
            one["caps"] = [cap | {"over": {"type": ["online_course"]}}]
        inner.append(one)
    return {"kind": "all", "of": inner}


def competing(seed: int) -> Rulebook:
    """Return five courses with four requirements each, over the same outcomes."""
    random = Random(seed)  # noqa: S311  # the same at every run
    rules = [rule(f"r{n}", course(f"C{n}"), _requirements(random, 4)) for n in range(5)]
    return book(*rules)


def many_rules(count: int) -> Rulebook:
    """Return rules as a province's colleges have them: most do not concern a given worker."""
    random = Random(7)  # noqa: S311  # the same at every run
    rules = []
    for number in range(count):
        name = f"r{number}"
        select = _select(random, 1) | {"course": [f"K{random.randrange(400)}"]}
        if number % 10 == 0:
            select = _select(random, 1)
        if number % 3 == 0:
            needs = {
                "kind": "any",
                "of": [
                    amount("2.00", select=select),
                    amount("60.00", "class_hours", select=select),
                ],
            }
            free = {"use": {"scope": "grade", "sharing": "free", "effect": "recognise"}}
            rules.append(rule(name, grade(number % 5 + 1), needs, **free))
        elif number % 3 == 1:
            rules.append(rule(name, course(f"C{number % 5}"), amount("2.00", select=select)))
        else:
            bucket = {"bucket": {"zh": f"选修{number}"}}
            rules.append(rule(name, elective("4.00", **bucket), amount("1.00", select=select)))
    return book(*rules)


def catalogue(count: int) -> list[Module]:
    """Return modules of 15 to 30 class-hours, a third of them with a prerequisite."""
    random = Random(3)  # noqa: S311  # the same at every run
    found = []
    for number in range(count):
        before = [f"M{random.randrange(number)}"] if number and random.random() < _SOME else []
        hours = random.randint(15, 30)
        document = {
            "id": f"M{number}",
            "version": "1",
            "valid_from": "2026-01-01",
            "region": "440000",
            "title": {"zh": f"模块{number}"},
            "kind": "micro",
            "scene": random.choice(_SCENES),
            "level": {"scale": "gd-qf-7", "rank": random.randint(2, 4)},
            "hours": {"theory": f"{hours}.00", "practice": "0.00"},
            "credits": [{"system": SYSTEM, "amount": f"{hours / 18:.2f}"}],
            "stages": [{"stage": "study"}, {"stage": "assessment"}],
            "assessment": {
                "parts": [{"part": "theory", "scale": "percent-100", "pass_mark": "60.00"}]
            },
            "prerequisites": before,
        }
        module = parse_register("module", document)
        assert isinstance(module, Module)  # noqa: S101  # parsed as one
        found.append(module)
    return found


# --- naive ways ----------------------------------------------------------------------------------


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

    def _solver(self, *, soft: bool) -> Any:  # noqa: ARG002  # nothing is tuned here
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
    inner = [amount(one, select=_select(random, 2) | {"issuer": []}) for one in ("4.00", "3.00")]
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
        needs = amount(random.choice(("1.50", "2.00", "3.00")), select=_select(random, 1))
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
