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
    def _lefts(self) -> list[tuple[Allotment, Left]]:
        """What the targets that are met leave for the others: now, and were all supplied."""
        all_made = [self.made] if self.hoped is self.made else [self.made, self.hoped]
        return [(made, Left(self.goals, self.problem, made)) for made in all_made]

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
        left, miss, reasons = self._in_the_way(self.goals[place])
        trees = self._trees(aim, Told(left, miss.rows, miss.lacking, met=False))
        trace = self._head(aim, Verdict.NOT_MET) | trees
        trace |= self._missing(miss, trees)
        trace |= {"reasons": reasons} if reasons else {}
        bounds = self._bounds(place)
        trace |= {"bounds": bounds} if bounds else {}
        return self._result(aim, Verdict.NOT_MET, trace)

    def _in_the_way(self, goal: Goal) -> tuple[Goal, NearMiss, list[dict[str, Any]]]:
        """Return what is left for a target, what it lacks, and what else stands in its way.

        Where nothing does beside the targets that are met, it is one that evidence is missing for.
        """
        for made, lefts in self._lefts:
            left = lefts.goal(goal)
            miss = near_miss(lefts.problem, left, self.budget, try_quick=self.try_quick)
            reasons = self._reasons(goal, left, miss, made)
            if miss.lacking or reasons:
                break
        return left, miss, reasons

    def _missing(self, miss: NearMiss, trees: dict[str, Any]) -> dict[str, Any]:
        """Return what would have been enough: the amounts together, and condition by condition."""
        lacking = lacking_of(trees["needs"])
        for required in trees.get("requires", ()):
            lacking += lacking_of(required["needs"])
        amounts = sum(hundredths(one["missing"]) for one in lacking if one["kind"] == "amount")
        document: dict[str, Any] = {"missing": amount_text(amounts)} if miss.proven else {}
        return document | ({"lacking": lacking} if lacking else {})

    def _reasons(
        self, goal: Goal, left: Goal, miss: NearMiss, made: Allotment
    ) -> list[dict[str, Any]]:
        """Return what stands in the way beside the conditions."""
        reasons: list[dict[str, Any]] = []
        if self.required_hold is Truth.NO:
            reasons.append({"code": "requirement_not_met"})
        rules = [self.goals[place].use.rule for place in self._granting(goal, made)]
        reasons += [{"code": "granted_by_another_rule", "rule": rule} for rule in rules]
        if _bucket_full(goal):
            reasons.append({"code": "bucket_full"})
        if miss.lacking or not miss.proven:  # with enough left, it is not what stands in the way
            reasons += self._used_elsewhere(goal, left, made)
        for ceiling in self._ceilings_on(goal.place):
            if _room(ceiling, made) < _least_granted(goal):
                reasons.append({"code": "cap_in_bounds"} | describe(ceiling))
        return reasons if miss.proven else [*reasons, {"code": "nearest_unknown"}]

    def _granting(self, goal: Goal, made: Allotment) -> list[int]:
        """Return the places of targets that grant the course that a target is."""
        is_course = goal.key.startswith("course:")
        return [one for one in sorted(made.met) if is_course and self.goals[one].key == goal.key]

    def _used_elsewhere(self, goal: Goal, left: Goal, made: Allotment) -> list[dict[str, Any]]:
        before = _offered(goal)
        now = _offered(left)
        lost = sorted(one for one in before if now.get(one, 0) < before[one])
        if not lost:
            return []
        keys = {self.goals[row.goal].key for row in made.rows if row.outcome in set(lost)}
        return [{"code": "used_elsewhere", "outcomes": lost[:20], "targets": sorted(keys)}]

    # --- caps in bounds --------------------------------------------------------------------------

    def _ceilings_on(self, place: int) -> list[Ceiling]:
        return [
            one
            for one in self.problem.ceilings
            if place in {trigger[0] for trigger in one.triggers}
        ]

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
                    "room": amount_text(_room(ceiling, self.made)),
                    "system": ceiling.system,
                }
            )
        return found


def _room(ceiling: Ceiling, made: Allotment) -> int:
    now = counted_towards(ceiling, made.rows, made.granted)
    return max(0, ceiling.most - ceiling.used - now)


def _bucket_full(goal: Goal) -> bool:
    """Return whether a bucket has no room for the least that the target would be granted."""
    grant = goal.grant
    return grant is not None and grant.follows and grant.amount < _least_granted(goal)


def _least_granted(goal: Goal) -> int:
    """Return the least that a target is granted if it is met."""
    grant = goal.grant
    if grant is None or not grant.follows:
        return grant.amount if grant is not None else 0
    needs = [0 if leaf.soft else leaf.need for leaf in goal.leaves if leaf.feeds]
    return grant.step * grant.fewest(min(needs, default=0))


def _offered(goal: Goal) -> dict[str, int]:
    return {item.outcome: item.available for leaf in goal.leaves for item in leaf.items}


def _counted(goal: Goal, row: Row) -> Counted:
    leaf = next(leaf for leaf in goal.leaves if leaf.path == row.path)
    item = next(item for item in leaf.items if item.outcome == row.outcome)
    taken = 0 if goal.use.sharing == "free" else row.engaged
    return Counted(row.outcome, leaf.name, leaf.unit, row.counted, item.of, taken)
