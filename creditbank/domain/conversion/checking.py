"""Checking an evaluation without a solver: how an old decision is derived again.

Everything that a result claims is held against the rules and the facts, with none of the code that
found it: which outcome may count where, the sums, caps, shares, grants, grades. Whether something
better would have been possible is the only thing that this does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from creditbank.domain.conversion.books import Chain, rule_in_force
from creditbank.domain.conversion.evaluating import Books, Converter
from creditbank.domain.conversion.evidence import Supplied
from creditbank.domain.conversion.facts import Case
from creditbank.domain.conversion.framing import Framer
from creditbank.domain.conversion.grading import grade_of
from creditbank.domain.conversion.holdings import Holdings
from creditbank.domain.conversion.limiting import Limiter
from creditbank.domain.conversion.problem import (
    Branch,
    Given,
    Goal,
    Item,
    Leaf,
    Node,
    Truth,
)
from creditbank.domain.conversion.results import Counted, Evaluation, TargetResult, Verdict
from creditbank.domain.conversion.targets import Aim
from creditbank.domain.registers import Registers


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a result claims and that does not hold: a code, with target and place."""

    code: str
    target: str
    where: str = ""


def check(
    case: Case, books: Books, registers: Registers, evaluation: Evaluation
) -> list[Violation]:
    """Return everything that the targets which are met claim against the rules; empty if nothing.

    `books` are the versions that the decision names, `registers` those in force on its day.
    """
    return list(_Check(Converter(books, registers), case, evaluation).violations())


@dataclass
class _Met:
    """A result that is met, with the goal that it should meet."""

    result: TargetResult
    aim: Aim
    goal: Goal
    leaves: dict[str, Leaf] = field(default_factory=dict)

    def rows(self, leaf: Leaf) -> list[Counted]:
        return [one for one in self.result.counted if one.condition == leaf.name]

    def item(self, row: Counted) -> Item | None:
        leaf = self.leaves.get(row.condition)
        items = leaf.items if leaf is not None else ()
        return next((item for item in items if item.outcome == row.outcome), None)


@dataclass
class _Check:
    converter: Converter
    case: Case
    evaluation: Evaluation

    @cached_property
    def framer(self) -> Framer:
        chain, registers = self.converter.chain, self.converter.registers
        holdings = Holdings(self.case, chain, registers)
        return Framer(holdings, Supplied(self.case.evidence, self.case.on))

    @property
    def chain(self) -> Chain:
        return self.converter.chain

    def violations(self) -> Iterator[Violation]:
        met = []
        results = [one for one in self.evaluation.results if one.verdict is Verdict.MET]
        for place, result in enumerate(results):
            aim = self._aim(result)
            if aim is None:
                yield Violation("target_unknown", result.target)
                continue
            goal = self.framer.goal(place, aim)
            leaves = {leaf.name: leaf for leaf in goal.leaves}
            met.append(_Met(result, aim, goal, leaves))
        for one in met:
            yield from self._one(one)
        if met:
            yield from self._required(met[0].result.target)
        yield from self._together(met)

    def _aim(self, result: TargetResult) -> Aim | None:
        for aim in self.converter.aims:
            if (aim.rule.id, aim.key) == (result.rule, result.target):
                return aim
        return None

    # --- one result ----------------------------------------------------------------------------

    def _one(self, met: _Met) -> Iterator[Violation]:
        result, aim = met.result, met.aim
        if not rule_in_force(aim.rule, self.case.on) or self.chain.not_in_force(self.case.on):
            yield Violation("not_in_force", result.target)
        if aim.barred is not None or aim.dormant:
            yield Violation("target_barred", result.target)
        if aim.course and any(one.target == aim.key for one in self.case.prior_grants):
            yield Violation("granted_before", result.target)
        if (result.rule_version, result.scope) != (aim.rule.version, aim.rule.use.scope):
            yield Violation("rule_differs", result.target)
        for row in result.counted:
            yield from self._row(met, row)
        for leaf in met.leaves.values():
            yield from self._leaf(met, leaf)
        if not self._holds(met, met.goal.root):
            yield Violation("conditions_not_met", result.target)
        yield from self._grant(met)

    def _row(self, met: _Met, row: Counted) -> Iterator[Violation]:
        item, key = met.item(row), met.result.target
        if item is None:
            yield Violation("outcome_does_not_count", key, row.outcome)
            return
        leaf, use = met.leaves[row.condition], met.goal.use
        if row.unit != leaf.unit or row.of != item.of or not 0 < row.amount <= item.available:
            yield Violation("amount_differs", key, row.outcome)
        if leaf.in_wholes and row.amount != item.of:
            yield Violation("amount_differs", key, row.outcome)
        taken = 0 if use.sharing == "free" else row.amount if use.keeps else item.available
        if row.taken != taken:
            yield Violation("taken_differs", key, row.outcome)

    def _leaf(self, met: _Met, leaf: Leaf) -> Iterator[Violation]:
        rows, key = met.rows(leaf), met.result.target
        if len({row.outcome for row in rows}) < len(rows):
            yield Violation("outcome_counts_twice", key, leaf.name)
        if leaf.outcomes_at_most is not None and len(rows) > leaf.outcomes_at_most:
            yield Violation("too_many_outcomes", key, leaf.name)
        total = sum(row.amount for row in rows)
        if leaf.counted_at_most is not None and total > leaf.counted_at_most:
            yield Violation("cap_exceeded", key, leaf.name)
        for limit in leaf.limits:
            if sum(row.amount for row in rows if row.outcome in limit.members) > limit.most:
                yield Violation("cap_exceeded", key, limit.cap)

    def _holds(self, met: _Met, node: Node) -> bool:
        if isinstance(node, Given):
            return node.truth is Truth.YES
        if isinstance(node, Branch):
            return sum(self._holds(met, child) for child in node.children) >= node.count
        rows = met.rows(node)
        if not node.soft and sum(row.amount for row in rows) < node.need:
            return False
        return all(
            sum(row.amount for row in rows if row.outcome in floor.members) >= floor.least
            for floor in node.floors
        )

    def _grant(self, met: _Met) -> Iterator[Violation]:
        result, grant, key = met.result, met.goal.grant, met.result.target
        if grant is None:
            if result.granted is not None:
                yield Violation("grant_differs", key)
        elif result.system != grant.system or not self._granted_rightly(met):
            yield Violation("grant_differs", key)
        holdings = self.framer.holdings
        used = sorted({row.outcome for row in result.counted} & holdings.by_id.keys())
        facts = [holdings.by_id[one] for one in used]
        if met.aim.grade is not None:
            grade = grade_of(met.aim.grade, facts, holdings.registers)
            if grade != result.grade:
                yield Violation("grade_differs", key)

    def _granted_rightly(self, met: _Met) -> bool:
        grant, granted = met.goal.grant, met.result.granted
        if grant is None or granted is None:
            return False
        if not grant.follows:
            return granted == grant.amount
        feeding = [leaf for leaf in met.leaves.values() if leaf.feeds]
        counted = sum(row.amount for leaf in feeding for row in met.rows(leaf))
        needs = [leaf.need for leaf in feeding if not leaf.soft and met.rows(leaf)]
        least = max([grant.step, *(grant.step * grant.fewest(need) for need in needs)])
        shares: dict[str, Fraction] = {}
        for leaf in feeding:
            for row in met.rows(leaf):
                before = shares.get(row.outcome, Fraction(0))
                shares[row.outcome] = before + Fraction(row.amount, max(1, row.of))
        once = all(share <= 1 for share in shares.values())
        return once and granted % grant.step == 0 and least <= granted <= grant.of(counted)

    def _required(self, target: str) -> Iterator[Violation]:
        """What bounds require looks at outcomes without taking any: all that count may count."""
        for book in self.chain.books:
            goal = self.framer.requirement(book)
            if goal is not None and not _might_hold(goal.root):
                yield Violation("requirement_not_met", target, book.id)

    # --- all results together --------------------------------------------------------------------

    def _together(self, met: Sequence[_Met]) -> Iterator[Violation]:
        keys = [one.result.target for one in met if one.aim.course is not None]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield Violation("granted_twice", key)
        yield from self._conserved(met)
        yield from self._events(met)
        yield from self._bounds(met)

    def _conserved(self, met: Sequence[_Met]) -> Iterator[Violation]:
        exclusive: dict[tuple[str, str], Fraction] = {}
        layers: dict[tuple[str, str], dict[int, Fraction]] = {}
        for place, one in enumerate(met):
            use = one.goal.use
            for row in one.result.counted:
                item, key = one.item(row), (row.outcome, use.scope)
                if item is None or use.sharing == "free":
                    continue
                share = Fraction(row.amount, item.of) if use.keeps else item.share
                if use.sharing == "exclusive":
                    exclusive[key] = exclusive.get(key, Fraction(0)) + share
                else:
                    own = layers.setdefault(key, {})
                    own[place] = own.get(place, Fraction(0)) + share
        holdings = self.framer.holdings
        for key in sorted(exclusive.keys() | layers.keys()):
            shared = [holdings.shared_share(*key), *layers.get(key, {}).values()]
            taken = holdings.exclusive_share(*key) + exclusive.get(key, Fraction(0)) + max(shared)
            if taken > 1:
                yield Violation("taken_twice", key[1], key[0])
            sharing = [met[place].goal.use for place in layers.get(key, {})]
            count = len(sharing) + holdings.sharers(*key)
            willing = all(a.shares_with(b.rule, b.with_rules) for a in sharing for b in sharing)
            limits = [use.up_to for use in sharing]
            earlier = self.framer.sharers_at_most(*key) if sharing else None
            limits += [] if earlier is None else [earlier]
            if not willing or any(count > limit for limit in limits):
                yield Violation("shared_too_often", key[1], key[0])

    def _events(self, met: Sequence[_Met]) -> Iterator[Violation]:
        events: dict[tuple[str, str], set[str]] = {}
        known = self.framer.holdings.by_id
        for one in met:
            for row in one.result.counted:
                fact = known.get(row.outcome)
                if one.goal.once and fact is not None and fact.assessment_event is not None:
                    key = (one.goal.use.scope, fact.assessment_event)
                    events.setdefault(key, set()).add(row.outcome)
        for key, outcomes in sorted(events.items()):
            if len(outcomes) > 1:
                yield Violation("event_counts_twice", key[0], min(outcomes))

    def _bounds(self, met: Sequence[_Met]) -> Iterator[Violation]:
        aims = [one.aim for one in met]
        limiter = Limiter(self.framer.holdings, self.framer.supplied, generous=False)
        for ceiling in limiter.ceilings([one.goal for one in met], aims):
            total = 0
            for place, outcomes in ceiling.triggers:
                used = {row.outcome for row in met[place].result.counted}
                if outcomes is None or used & outcomes:
                    total += met[place].result.granted or 0
            if total > max(0, ceiling.most - ceiling.used):
                yield Violation("cap_exceeded", ceiling.cap, ceiling.rulebook)


def _might_hold(node: Node) -> bool:
    if isinstance(node, Given):
        return node.truth is Truth.YES
    if isinstance(node, Branch):
        return sum(map(_might_hold, node.children)) >= node.count
    return sum(item.available for item in node.items) >= node.need
