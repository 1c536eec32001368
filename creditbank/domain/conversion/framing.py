"""From rules and facts to a problem: which outcome may count where, and how much is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from creditbank.domain.conversion.books import Book, Chain
from creditbank.domain.conversion.evidence import Finding, Supplied
from creditbank.domain.conversion.facts import OutcomeFact
from creditbank.domain.conversion.holdings import Holdings
from creditbank.domain.conversion.limiting import Limiter, credit_of_target
from creditbank.domain.conversion.problem import (
    Branch,
    Ceiling,
    Floor,
    Given,
    Goal,
    Grant,
    Item,
    Leaf,
    Node,
    Problem,
    Truth,
    Use,
)
from creditbank.domain.conversion.selecting import scores_on
from creditbank.domain.conversion.targets import Aim
from creditbank.domain.rules.condition import (
    Age,
    AllOf,
    Amount,
    AnyOf,
    Condition,
    Evidenced,
    Holds,
    Unit,
    Work,
)
from creditbank.domain.rules.rule import Evidence, Rule
from creditbank.domain.units import hundredths
from creditbank.errors.conversion import RuleNotEvaluable

_EPOCH: Final = date(1900, 1, 1)
FREE: Final = Use(scope="", sharing="free", keeps=True)
"""How what bounds require looks at outcomes: it takes nothing."""


def unit_name(unit: Unit) -> str:
    """Return a unit as results name it."""
    return unit.measure if unit.system is None else f"{unit.measure}:{unit.system}"


def whole_of(fact: OutcomeFact, condition: Amount) -> int:
    """Return what all of an outcome is in the unit of a condition, in hundredths."""
    match condition.unit.measure:
        case "credit":
            return fact.credits.get(condition.unit.system or "", 0)
        case "class_hours":
            return fact.class_hours
        case "outcomes":
            return 100
        case "worth":
            return hundredths(condition.worth or "0.00")


def _each(condition: Amount) -> int | None:
    """Return what every outcome amounts to at a condition, where that is the same for all."""
    if condition.unit.measure == "outcomes":
        return 100
    return hundredths(condition.worth) if condition.worth is not None else None


def use_of(rule: Rule) -> Use:
    """Return how a rule uses outcomes."""
    use = rule.use
    return Use(
        scope=use.scope,
        sharing=use.sharing,
        keeps=use.surplus == "kept",
        up_to=use.up_to or 1,
        rule=rule.id,
        with_rules=frozenset(use.with_rules),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a condition stands: in the needs of a target, or in the bounds of a book."""

    book: Book
    use: Use
    aim: Aim | None = None
    grant: Grant | None = None

    @property
    def rule(self) -> Rule | None:
        return self.aim.rule if self.aim is not None else None


@dataclass(slots=True)
class Framer:
    """Makes goals of the aims of one case.

    `generous`: what nobody has said yet counts as said. `gates`: outcomes that would first have
    to be achieved.
    """

    holdings: Holdings
    supplied: Supplied
    generous: bool = False
    gates: frozenset[str] = frozenset()
    _eligible: dict[Any, tuple[Item, ...]] = field(default_factory=dict)
    _beaten: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _selected: dict[int, list[OutcomeFact]] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        """The rulebook and its frames."""
        return self.holdings.chain

    def goal(self, place: int, aim: Aim) -> Goal:
        """Return the goal of an aim, as the one at `place`."""
        use = use_of(aim.rule)
        grant = aim.grant(self._granted_before(aim))
        at = _Place(self.chain.own, use, aim, grant)
        return Goal(
            place=place,
            key=aim.key,
            root=self._node(aim.rule.needs, "needs", at),
            use=use,
            grant=self._fixed(grant, aim),
            once=aim.rule.one_event == "counts_once",
        )

    def problem(
        self, goals: tuple[Goal, ...], ceilings: tuple[Ceiling, ...], preferred: bool
    ) -> Problem:
        """Return the problem that goals make together with what earlier decisions took."""
        scopes = {goal.use.scope for goal in goals}
        uses = {(one.outcome, one.scope) for one in self.holdings.case.prior_uses}
        keys = sorted(key for key in uses if key[1] in scopes)
        exclusive = {key: self.holdings.exclusive_share(*key) for key in keys}
        shared = {key: self.holdings.shared_share(*key) for key in keys}
        most = {key: self.sharers_at_most(*key) for key in keys}
        events: dict[str, set[str]] = {}
        for fact in self.holdings.outcomes:
            if fact.assessment_event is not None:
                events.setdefault(fact.assessment_event, set()).add(fact.id)
        return Problem(
            goals=goals,
            ceilings=ceilings,
            exclusive={key: share for key, share in exclusive.items() if share},
            shared={key: share for key, share in shared.items() if share},
            events=tuple(frozenset(events[key]) for key in sorted(events) if len(events[key]) > 1),
            sharers={key: count for key in keys if (count := self.holdings.sharers(*key))},
            sharers_at_most={key: limit for key, limit in most.items() if limit is not None},
            superseding=tuple(self._superseding()),
            preferred=preferred,
        )

    def _superseding(self) -> list[tuple[str, str]]:
        if not (self.gates and self.holdings.groups):
            return []
        return self.holdings.superseding(self._counting(), self.gates)

    def requirement(self, book: Book) -> Goal | None:
        """Return what a book requires for any target at all, as a goal; None if nothing."""
        condition = book.rulebook.bounds.requires
        if condition is None:
            return None
        root = self._node(condition, "requires", _Place(book, FREE))
        return Goal(place=0, key=f"requires:{book.id}", root=root, use=FREE, once=False)

    def _granted_before(self, aim: Aim) -> int:
        earlier = self.holdings.case.prior_grants
        return sum(one.granted for one in earlier if one.target == aim.key)

    def _fixed(self, grant: Grant | None, aim: Aim) -> Grant | None:
        """Return the grant; a fixed amount, where nothing is counted in its credit system."""
        if grant is None or not grant.follows:
            return grant
        conditions = list(_amounts_of(aim.rule.needs))
        if any(_feeds(condition, grant) for condition in conditions):
            return grant
        if grant.of(grant.amount) == 0:
            return grant  # the bucket is full, and nothing more can feed it
        return Grant(grant.of(grant.amount), grant.system, whole=grant.whole)

    # --- the tree ----------------------------------------------------------------------------

    def _node(self, condition: Condition, path: str, at: _Place) -> Node:
        match condition:
            case AllOf() | AnyOf():
                inner = enumerate(condition.of)
                children = tuple(self._node(one, f"{path}/of/{n}", at) for n, one in inner)
                count = len(children) if isinstance(condition, AllOf) else condition.count
                return Branch(path, condition.kind, count, children)
            case Amount():
                return self._leaf(condition, path, at)
            case Holds():
                return self._holds(condition, path)
            case _:
                return self._given(condition, path, at)

    def _leaf(self, condition: Amount, path: str, at: _Place) -> Leaf:
        items = self._items(condition, at)
        total = sum(item.available for item in items)
        feeds = at.grant is not None and _feeds(condition, at.grant)
        limiter = Limiter(self.holdings, self.supplied, self.generous)
        limits = limiter.limits(condition, items, at.aim, at.book)
        most = hundredths(condition.counted_at_most) if condition.counted_at_most else None
        return Leaf(
            path=path,
            name=condition.id or path,
            unit=unit_name(condition.unit),
            need=self._need(condition, at.aim),
            items=items,
            feeds=feeds,
            soft=feeds and at.rule is not None and at.rule.partial,
            counted_at_most=most if most is not None and most < total else None,
            outcomes_at_most=condition.outcomes_at_most,
            each=_each(condition),
            floors=tuple(self._floors(condition, items)),
            limits=tuple(limits),
        )

    def _need(self, condition: Amount, aim: Aim | None) -> int:
        need = hundredths(condition.at_least)
        if condition.of_target is None:
            return need
        credit = credit_of_target(aim, condition.unit)
        return max(need, -(-credit * hundredths(condition.of_target) // 100_00))

    def _floors(self, condition: Amount, items: tuple[Item, ...]) -> Iterator[Floor]:
        for least in condition.least:
            test = self.holdings.test(least.where)
            by_id = self.holdings.by_id
            members = frozenset(item.outcome for item in items if test(by_id[item.outcome]))
            yield Floor(hundredths(least.at_least), members)

    # --- items -------------------------------------------------------------------------------

    def _items(self, condition: Amount, at: _Place) -> tuple[Item, ...]:
        """Return what may count, computed once for all courses of a rule."""
        key = (id(condition), at.use.scope)
        if key not in self._eligible:
            found = (self._item(fact, condition, at) for fact in self._countable(condition, at))
            self._eligible[key] = tuple(item for item in found if item is not None)
        return self._eligible[key]

    def _countable(self, condition: Amount, at: _Place) -> Iterator[OutcomeFact]:
        grade = at.aim.grade if at.aim is not None else None
        gone = self.beaten(at.use.scope) if at.use is not FREE else {}
        for fact in self.select(condition):
            if fact.id in gone:
                continue
            if grade is None or grade.record == "fixed" or scores_on(fact, grade.scale):
                yield fact

    def _item(self, fact: OutcomeFact, condition: Amount, at: _Place) -> Item | None:
        of = whole_of(fact, condition)
        share = self.holdings.share_left(fact.id, at.use, self.named, self._allowed)
        available = int(of * share)
        if condition.unit.measure == "outcomes" and share != 1:
            available = 0
        if available <= 0:
            return None
        day = (fact.achieved_on - _EPOCH).days
        return Item(fact.id, of, available, share, day, gated=fact.id in self.gates)

    def select(self, condition: Amount | Holds) -> list[OutcomeFact]:
        """Return the outcomes that a condition speaks of."""
        found = self._selected.get(id(condition))
        if found is None:
            found = self._selected[id(condition)] = self.holdings.selected(condition.select)
        return found

    def sharers_at_most(self, outcome: str, scope: str) -> int | None:
        """Return how many may share an outcome by what the rules that do already say."""
        return self.holdings.sharers_at_most(outcome, scope, self._allowed)

    def _allowed(self, rule: str) -> int | None:
        found = (one for one in self.chain.own.rulebook.rules if one.id == rule)
        return next((one.use.up_to for one in found), None)

    def named(self, rule: str) -> frozenset[str]:
        """Return the rules with which a sharing rule of the rulebook says that it shares."""
        for one in self.chain.own.rulebook.rules:
            if one.id == rule:
                return frozenset(one.use.with_rules)
        return frozenset()

    def beaten(self, scope: str) -> dict[str, dict[str, Any]]:
        """Return the outcomes that do not count in a scope beside others of the same content."""
        if scope not in self._beaten:
            found: dict[str, dict[str, Any]] = {}
            if self.holdings.groups:
                found = self.holdings.beaten(scope, self._counting(), self.gates)
            self._beaten[scope] = found
        return self._beaten[scope]

    def _counting(self) -> frozenset[str]:
        """Return the outcomes that some rule of the rulebook counts."""
        rules = self.chain.own.rulebook.rules
        conditions = (one for rule in rules for one in _amounts_of(rule.needs))
        return frozenset(fact.id for one in conditions for fact in self.select(one))

    # --- what outcomes are not used for --------------------------------------------------------

    def _holds(self, condition: Holds, path: str) -> Given:
        facts = self.select(condition)
        there = [fact.id for fact in facts if fact.id not in self.gates]
        lacking = max(0, condition.count - len(there))
        detail = {"needed": condition.count, "counted": len(there), "missing": lacking}
        gates = frozenset(fact.id for fact in facts if fact.id in self.gates)
        truth = Truth.NO if lacking else Truth.YES
        return Given(path, truth, detail | {"held": there[:20]}, lacking, gates)

    def _given(self, condition: Work | Age | Evidenced, path: str, at: _Place) -> Given:
        wanted = list(self.chain.evidence(at.rule, at.book))
        match condition:
            case Work():
                finding = self._work(condition, wanted)
            case Age():
                finding = self.supplied.age(wanted, condition.years)
            case Evidenced():
                finding = self.supplied.holds(_declared(condition.evidence, wanted, at))
        if finding.truth is not Truth.OPEN:
            return Given(path, finding.truth, finding.detail, finding.lacking)
        truth = Truth.YES if self.generous else Truth.OPEN
        return Given(path, truth, finding.detail | {"open": True}, finding.lacking)

    def _work(self, condition: Work, wanted: list[Evidence]) -> Finding:
        since = None
        if condition.after is not None:
            days = [fact.achieved_on for fact in self.holdings.selected(condition.after)]
            if not days:
                return Finding(Truth.NO, {"after": "none"})
            since = min(days)
        return self.supplied.work(wanted, condition, since)


def _declared(name: str, wanted: list[Evidence], at: _Place) -> Evidence:
    for evidence in wanted:
        if evidence.id == name:
            return evidence
    rule = at.rule.id if at.rule is not None else at.book.id
    raise RuleNotEvaluable(rule=rule, kind="evidence", id=name, member="kind")


def _amounts_of(condition: Condition) -> Iterator[Amount]:
    if isinstance(condition, AllOf | AnyOf):
        for one in condition.of:
            yield from _amounts_of(one)
    elif isinstance(condition, Amount):
        yield condition


def _feeds(condition: Amount, grant: Grant) -> bool:
    return grant.follows and condition.unit.system == grant.system
