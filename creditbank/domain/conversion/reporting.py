"""From an allotment to results: verdicts, grants, grades, rows and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from creditbank.domain.conversion.books import Book
from creditbank.domain.conversion.budget import Budget
from creditbank.domain.conversion.coupling import counted_towards
from creditbank.domain.conversion.framing import Framer
from creditbank.domain.conversion.grading import grade_of
from creditbank.domain.conversion.limiting import describe
from creditbank.domain.conversion.nearing import Left, NearMiss, near_miss
from creditbank.domain.conversion.problem import (
    Allotment,
    Ceiling,
    Goal,
    Problem,
    Row,
    Truth,
)
from creditbank.domain.conversion.results import Counted, TargetResult, Verdict
from creditbank.domain.conversion.targets import Aim
from creditbank.domain.conversion.tracing import Told, Tracer, header, lacking_of, open_of
from creditbank.domain.rules.condition import Condition
from creditbank.domain.units import amount_text, hundredths


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a book requires for any target at all."""

    book: Book
    condition: Condition
    goal: Goal


@dataclass
class Report:
    """Everything that results are written from.

    `made` is what is decided in `decided_problem`; `hoped` and `problem` are the same as they would
    be if all that is missing were supplied.
    """

    framer: Framer
    decided_problem: Problem
    problem: Problem
    made: Allotment
    hoped: Allotment
    required: Sequence[Requirement]
    required_hold: Truth
    budget: Budget
    try_quick: bool = True
    waiting: frozenset[int] = frozenset()
    """Places of goals under a cap whose amount nobody has supplied."""

    @cached_property
    def tracer(self) -> Tracer:
        """Writes the trees."""
        return Tracer(self.framer)

    @cached_property
    def goals(self) -> dict[int, Goal]:
        """The goals by their places."""
        return {goal.place: goal for goal in self.problem.goals}

    @cached_property
    def _left(self) -> Left:
        """What the targets that are met leave for the others."""
        return Left(self.goals, self.problem, self.made)

    @cached_property
    def _granting(self) -> dict[str, str]:
        """Which rule grants a course now, by the key of the course."""
        return {
            goal.key: goal.use.rule
            for goal in self.problem.goals
            if goal.place in self.made.met and goal.key.startswith("course:")
        }

    def barred(self, aim: Aim, bar: tuple[Verdict, dict[str, Any]]) -> TargetResult:
        """Return the result of a target that is not decided by its conditions."""
        trace = self._head(aim, bar[0]) | {"reasons": [bar[1]]}
        return self._result(aim, bar[0], trace)

    def decided(self, place: int, aim: Aim) -> TargetResult:
        """Return the result of a target by its conditions."""
        if place in self.made.met:
            return self._met(place, aim)
        if place in self.made.undecided or place in self.hoped.undecided:
            trace = self._head(aim, Verdict.UNDECIDED)
            return self._result(aim, Verdict.UNDECIDED, trace | {"reasons": [{"code": "budget"}]})
        if place in self.hoped.met:
            return self._needs_evidence(place, aim)
        return self._not_met(place, aim)

    def _head(self, aim: Aim, verdict: Verdict) -> dict[str, Any]:
        case = self.framer.holdings.case
        head = header(self.framer.chain, aim)
        return head | {
            "on": case.on.isoformat(),
            "scope": aim.rule.use.scope,
            "verdict": verdict.value,
        }

    def _result(self, aim: Aim, verdict: Verdict, trace: dict[str, Any]) -> TargetResult:
        return TargetResult(
            rulebook=self.framer.chain.own.id,
            rule=aim.rule.id,
            rule_version=aim.rule.version,
            target=aim.key,
            verdict=verdict,
            scope=aim.rule.use.scope,
            trace=trace,
        )

    # --- met -----------------------------------------------------------------------------------

    def _met(self, place: int, aim: Aim) -> TargetResult:
        goal = next(one for one in self.decided_problem.goals if one.place == place)
        rows = [row for row in self.made.rows if row.goal == place]
        granted = self.made.granted.get(place)
        trace = self._head(aim, Verdict.MET) | self._trees(aim, Told(goal, rows, {}, met=True))
        system = goal.grant.system if goal.grant is not None else None
        if granted is not None and system is not None:
            trace |= {"granted": amount_text(granted), "system": system}
        grade = self._grade(aim, rows)
        trace |= {"grade": grade} if grade is not None else {}
        bounds = self._bounds(place)
        trace |= {"bounds": bounds} if bounds else {}
        trace |= {"reasons": [{"code": "preference_unproven"}]} if place in self.made.loose else {}
        return TargetResult(
            rulebook=self.framer.chain.own.id,
            rule=aim.rule.id,
            rule_version=aim.rule.version,
            target=aim.key,
            verdict=Verdict.MET,
            scope=aim.rule.use.scope,
            granted=granted,
            system=system,
            grade=grade,
            counted=tuple(_counted(goal, row) for row in rows),
            trace=trace,
        )

    def _grade(self, aim: Aim, rows: Sequence[Row]) -> dict[str, str] | None:
        if aim.grade is None:
            return None
        holdings = self.framer.holdings
        used = [holdings.by_id[one] for one in sorted({row.outcome for row in rows})]
        return grade_of(aim.grade, used, holdings.registers)

    def _trees(self, aim: Aim, told: Told) -> dict[str, Any]:
        document: dict[str, Any] = {"needs": self.tracer.tree(told, aim.rule.needs)}
        if self.required:
            document["requires"] = self._requires
        return document

    @cached_property
    def _requires(self) -> list[dict[str, Any]]:
        """The trees of what is required for any target, the same for all of them."""
        found = []
        for one in self.required:
            miss = near_miss(Problem((one.goal,)), one.goal, self.budget, try_quick=self.try_quick)
            told = Told(one.goal, miss.rows, miss.lacking, met=not miss.lacking)
            found.append(self.tracer.requirement(told, one.book, one.condition))
        return found

    # --- needs evidence --------------------------------------------------------------------------

    def _needs_evidence(self, place: int, aim: Aim) -> TargetResult:
        """Return what would be granted, and what must be supplied; nothing is counted yet."""
        goal = self.goals[place]
        rows = [row for row in self.hoped.rows if row.goal == place]
        trees = self._trees(aim, Told(goal, rows, {}, met=True))
        wanted = open_of(trees["needs"])
        for required in trees.get("requires", ()):
            wanted += open_of(required["needs"])
        if not wanted and place not in self.waiting:
            return self._not_met(place, aim)
        trace = self._head(aim, Verdict.NEEDS_EVIDENCE) | trees | {"evidence": wanted}
        granted = self.hoped.granted.get(place)
        if granted is not None:
            trace["would_grant"] = amount_text(granted)
        return self._result(aim, Verdict.NEEDS_EVIDENCE, trace)

    # --- not met ---------------------------------------------------------------------------------

    def _not_met(self, place: int, aim: Aim) -> TargetResult:
        goal = self.goals[place]
        left = self._left.goal(goal)
        miss = near_miss(self.problem, left, self.budget, try_quick=self.try_quick)
        trees = self._trees(aim, Told(left, miss.rows, miss.lacking, met=False))
        trace = self._head(aim, Verdict.NOT_MET) | trees
        trace |= self._missing(miss, trees)
        reasons = list(self._reasons(goal, left, miss))
        if not miss.proven:
            reasons.append({"code": "nearest_unknown"})
        trace |= {"reasons": reasons} if reasons else {}
        bounds = self._bounds(place)
        trace |= {"bounds": bounds} if bounds else {}
        return self._result(aim, Verdict.NOT_MET, trace)

    def _missing(self, miss: NearMiss, trees: dict[str, Any]) -> dict[str, Any]:
        """Return what would have been enough: the amounts together, and condition by condition."""
        lacking = lacking_of(trees["needs"])
        for required in trees.get("requires", ()):
            lacking += lacking_of(required["needs"])
        amounts = sum(hundredths(one["missing"]) for one in lacking if one["kind"] == "amount")
        document: dict[str, Any] = {"missing": amount_text(amounts)} if miss.proven else {}
        return document | ({"lacking": lacking} if lacking else {})

    def _reasons(self, goal: Goal, left: Goal, miss: NearMiss) -> list[dict[str, Any]]:
        """Return what stands in the way beside the conditions."""
        reasons: list[dict[str, Any]] = []
        if self.required_hold is Truth.NO:
            reasons.append({"code": "requirement_not_met"})
        if goal.key in self._granting:
            rule = self._granting[goal.key]
            reasons.append({"code": "granted_by_another_rule", "rule": rule})
        if goal.grant is not None and goal.grant.follows and goal.grant.amount < goal.grant.step:
            reasons.append({"code": "bucket_full"})
        if miss.lacking or not miss.proven:  # with enough left, it is not what stands in the way
            reasons += self._used_elsewhere(goal, left)
        for ceiling in self._ceilings_on(goal.place):
            if self._room(ceiling) < _least_granted(goal):
                reasons.append({"code": "cap_in_bounds"} | describe(ceiling))
        return reasons

    def _used_elsewhere(self, goal: Goal, left: Goal) -> list[dict[str, Any]]:
        before = _offered(goal)
        now = _offered(left)
        lost = sorted(one for one in before if now.get(one, 0) < before[one])
        if not lost:
            return []
        keys = {self.goals[row.goal].key for row in self.made.rows if row.outcome in set(lost)}
        return [{"code": "used_elsewhere", "outcomes": lost[:20], "targets": sorted(keys)}]

    # --- caps in bounds --------------------------------------------------------------------------

    def _ceilings_on(self, place: int) -> list[Ceiling]:
        return [
            one
            for one in self.problem.ceilings
            if place in {trigger[0] for trigger in one.triggers}
        ]

    def _room(self, ceiling: Ceiling) -> int:
        now = counted_towards(ceiling, self.made.rows, self.made.granted)
        return max(0, ceiling.most - ceiling.used - now)

    def _bounds(self, place: int) -> list[dict[str, Any]]:
        """Return the caps in bounds that the target stands under, and how far they are used."""
        found = []
        for ceiling in self._ceilings_on(place):
            now = counted_towards(ceiling, self.made.rows, self.made.granted)
            found.append(
                describe(ceiling)
                | {
                    "limit": amount_text(ceiling.most),
                    "used_before": amount_text(ceiling.used),
                    "granted_now": amount_text(now),
                    "room": amount_text(self._room(ceiling)),
                    "system": ceiling.system,
                }
            )
        return found


def _least_granted(goal: Goal) -> int:
    if goal.grant is None:
        return 0
    return goal.grant.step if goal.grant.follows else goal.grant.amount


def _offered(goal: Goal) -> dict[str, int]:
    return {item.outcome: item.available for leaf in goal.leaves for item in leaf.items}


def _counted(goal: Goal, row: Row) -> Counted:
    leaf = next(leaf for leaf in goal.leaves if leaf.path == row.path)
    item = next(item for item in leaf.items if item.outcome == row.outcome)
    taken = 0 if goal.use.sharing == "free" else row.engaged
    return Counted(row.outcome, leaf.name, leaf.unit, row.counted, item.of, taken)
