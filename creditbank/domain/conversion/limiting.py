"""Caps: what they are on, how much they let through, and what earlier decisions used of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.domain.conversion.books import Book, term_of, title_text
from creditbank.domain.conversion.evidence import Supplied
from creditbank.domain.conversion.facts import OutcomeFact, PriorGrant
from creditbank.domain.conversion.holdings import Holdings
from creditbank.domain.conversion.problem import Ceiling, Goal, Item, Limit
from creditbank.domain.conversion.targets import Aim, course_of_key, programme_of_key
from creditbank.domain.registers import Programme
from creditbank.domain.rules.condition import Amount, Cap, Unit
from creditbank.domain.rules.rule import Evidence
from creditbank.domain.units import hundredths
from creditbank.errors.conversion import RuleNotEvaluable


def credit_of_target(aim: Aim | None, unit: Unit) -> int:
    """Return the credit of the course or bucket that is the target, in hundredths.

    Raises RuleNotEvaluable if it has none in the credit system of the unit.
    """
    grant = aim.grant(0) if aim is not None else None
    if grant is not None and unit.system == grant.system:
        return grant.amount
    rule = aim.rule.id if aim is not None else "—"
    key = aim.key if aim is not None else "—"
    raise RuleNotEvaluable(rule=rule, kind="target", id=key, member=f"credit in {unit.system}")


@dataclass(frozen=True, slots=True)
class Limiter:
    """Makes limits and ceilings of the caps of one case."""

    holdings: Holdings
    supplied: Supplied
    generous: bool

    def limits(
        self, condition: Amount, items: Sequence[Item], aim: Aim | None, book: Book
    ) -> Iterator[Limit]:
        """Yield the limits on what is counted at a condition, those that may bind."""
        for cap in condition.caps:
            yield from self._limits(cap, condition, items, aim, book)
        if aim is None:
            return
        for above in self.holdings.chain.books:
            for cap in above.rulebook.bounds.caps:
                if cap.share is not None and cap.share.of == "target" and _is_on(cap, aim):
                    yield from self._limits(cap, condition, items, aim, above)

    def _limits(
        self, cap: Cap, condition: Amount, items: Sequence[Item], aim: Aim | None, book: Book
    ) -> Iterator[Limit]:
        test = self.holdings.test(cap.over) if cap.over is not None else None
        facts = [self.holdings.by_id[item.outcome] for item in items]
        chosen = [fact for fact in facts if test is None or test(fact)]
        available = {item.outcome: item.available for item in items}
        for group, members in self._groups(cap, chosen, book).items():
            most = self._most(cap, condition, aim, book, group)
            if most is None and self.generous:
                continue
            if sum(available[one] for one in members) > (most or 0):
                text = title_text(cap.text)
                is_open = most is None
                yield Limit(cap.id, book.id, text, most or 0, members, group or None, is_open)

    def _most(
        self, cap: Cap, condition: Amount, aim: Aim | None, book: Book, group: str
    ) -> int | None:
        """Return how much a cap in a condition lets through; None if nobody has said."""
        if cap.limit is not None:
            return hundredths(cap.limit)
        if cap.evidence is not None:
            return self._supplied(cap, aim, book, group)
        share = cap.share
        assert share is not None  # noqa: S101  # one of the three is, as the record sees to
        if share.of == "target":
            base = _own_amount(condition, aim)
        else:
            programme = aim.programme if aim is not None else None
            base = _programme_total(programme, condition.unit.system, cap, book)
        return base * hundredths(share.percent) // 100_00

    def _supplied(self, cap: Cap, aim: Aim | None, book: Book, group: str) -> int | None:
        rule = aim.rule if aim is not None else None
        declared = self.holdings.chain.evidence(rule, book)
        found: Evidence | None = next((one for one in declared if one.id == cap.evidence), None)
        return self.supplied.amount(found, group if cap.per == "outcome" else None)

    # --- groups --------------------------------------------------------------------------------

    def _groups(
        self, cap: Cap, facts: Iterable[OutcomeFact], book: Book
    ) -> dict[str, frozenset[str]]:
        """Return the outcomes of each group that a cap makes; one group "" without `per`."""
        key = self._key(cap, book)
        found: dict[str, set[str]] = {}
        for fact in facts:
            found.setdefault(key(fact), set()).add(fact.id)
        return {group: frozenset(found[group]) for group in sorted(found)}

    def _key(self, cap: Cap, book: Book) -> Callable[[OutcomeFact], str]:
        """Return what tells the group of an outcome."""
        calendar = self.holdings.chain.calendar(book) if cap.per == "term" else ()
        keys: dict[str | None, Callable[[OutcomeFact], str]] = {
            None: lambda fact: "",  # noqa: ARG005  # all outcomes make one group
            "issuer": lambda fact: fact.issuer or "—",
            "type": lambda fact: fact.type,
            "certificate_kind": lambda fact: fact.certificate_kind or "—",
            "outcome": lambda fact: fact.id,
            "year": lambda fact: str(fact.achieved_on.year),
            "term": lambda fact: term_of(fact.achieved_on, calendar),
            "content": self._content,
        }
        return keys[cap.per]

    def _content(self, fact: OutcomeFact) -> str:
        for group in self.holdings.groups:
            if fact.id in group.members:
                return f"{group.rulebook}/{group.id}/{group.members[0]}"
        return fact.equivalence_group or fact.id

    # --- bounds ----------------------------------------------------------------------------------

    def ceilings(self, goals: Sequence[Goal], aims: Sequence[Aim]) -> Iterator[Ceiling]:
        """Yield the caps on what is granted for all goals together, those that may bind.

        What earlier decisions granted counts where it was granted under the book. A share of a
        programme is of the programme, so there it counts under whichever rulebook it was.
        """
        for depth, book in enumerate(self.holdings.chain.books):
            below = {one.id for one in self.holdings.chain.books[: depth + 1]}
            earlier = [
                grant
                for grant in self.holdings.case.prior_grants
                if grant.rulebook in below or book.id in grant.under
            ]
            for cap in book.rulebook.bounds.caps:
                if cap.share is None:
                    yield from self._ceilings(cap, book, goals, aims, earlier)
                elif cap.share.of != "target":
                    everything = self.holdings.case.prior_grants
                    yield from self._ceilings(cap, book, goals, aims, everything)
        yield from self._buckets(goals)

    def _buckets(self, goals: Sequence[Goal]) -> Iterator[Ceiling]:
        """Yield what several rules may grant together into the same bucket: the most of them."""
        by_key: dict[str, list[Goal]] = {}
        for goal in goals:
            if goal.grant is not None and goal.grant.whole:
                by_key.setdefault(goal.key, []).append(goal)
        earlier = self.holdings.case.prior_grants
        for key, some in by_key.items():
            grants = [goal.grant for goal in some if goal.grant is not None]
            if len(some) > 1:
                yield Ceiling(
                    cap="bucket",
                    rulebook=self.holdings.chain.own.id,
                    text={},
                    system=grants[0].system,
                    most=max(grant.whole for grant in grants),
                    used=sum(one.granted for one in earlier if one.target == key),
                    triggers=tuple((goal.place, None) for goal in some),
                )

    def _ceilings(
        self,
        cap: Cap,
        book: Book,
        goals: Sequence[Goal],
        aims: Sequence[Aim],
        earlier: Sequence[PriorGrant],
    ) -> Iterator[Ceiling]:
        wholes: dict[tuple[str, str], list[Goal]] = {}
        for goal in goals:
            aim = aims[goal.place]
            if goal.grant is None or not _is_on(cap, aim):
                continue
            programme = aim.programme.id if aim.programme is not None else ""
            if cap.share is not None and not programme:
                continue  # what belongs to no programme takes no share of one
            whole = programme if cap.share is not None else ""
            wholes.setdefault((goal.grant.system, whole), []).append(goal)
        for (system, whole), some in wholes.items():
            same = [
                grant
                for grant in earlier
                if grant.system == system and self._concerns(cap, grant, whole)
            ]
            yield from self._of_whole(cap, book, some, aims, same)

    def _concerns(self, cap: Cap, grant: PriorGrant, whole: str) -> bool:
        """Return whether an earlier grant counts towards a cap on `whole`, a programme or all."""
        if whole and programme_of_key(grant.target) != whole:
            return False
        if not cap.category:
            return True
        named = course_of_key(grant.target)
        programme = self.holdings.registers.get(("programme", named[0])) if named else None
        if named is None or not isinstance(programme, Programme):
            return False
        return any(
            course.code == named[1] and course.category in cap.category
            for course in programme.courses
        )

    def _of_whole(
        self,
        cap: Cap,
        book: Book,
        goals: Sequence[Goal],
        aims: Sequence[Aim],
        earlier: Sequence[PriorGrant],
    ) -> Iterator[Ceiling]:
        aim = aims[goals[0].place]
        system = next(goal.grant.system for goal in goals if goal.grant is not None)
        test = self.holdings.test(cap.over) if cap.over is not None else None
        usable = {item.outcome for goal in goals for leaf in goal.leaves for item in leaf.items}
        usable |= {one for grant in earlier for one in grant.outcomes}
        known = self.holdings.by_id
        facts = [known[one] for one in sorted(usable) if one in known]
        chosen = [fact for fact in facts if test is None or test(fact)]
        plain = test is None and cap.per is None
        groups = {"": frozenset[str]()} if plain else self._groups(cap, chosen, book)
        for group, members in groups.items():
            most = self._room(cap, aim, book, group, system)
            if most is None and self.generous:
                continue
            used = [grant.granted for grant in earlier if plain or members & {*grant.outcomes}]
            triggers = tuple(_triggers(goals, None if plain else members))
            reach = sum(_grants_at_most(goals, place) for place, _ in triggers)
            if triggers and sum(used) + reach > (most or 0):
                yield Ceiling(
                    cap=cap.id,
                    rulebook=book.id,
                    text=title_text(cap.text),
                    system=system,
                    most=most or 0,
                    used=sum(used),
                    triggers=triggers,
                    group=group or None,
                    open=most is None,
                )

    def _room(self, cap: Cap, aim: Aim, book: Book, group: str, system: str) -> int | None:
        """Return how much a cap in bounds lets through, earlier grants included."""
        if cap.limit is not None:
            return hundredths(cap.limit)
        if cap.evidence is not None:
            return self._supplied(cap, None, book, group)
        assert cap.share is not None  # noqa: S101  # one of the three is, as the record sees to
        if cap.share.of == "category":
            base = _category_total(aim.programme, cap, system)
        else:
            base = _programme_total(aim.programme, system, cap, book)
        return base * hundredths(cap.share.percent) // 100_00


def _own_amount(condition: Amount, aim: Aim | None) -> int:
    """Return what a share of the target is a share of: its credit, or else what is needed."""
    grant = aim.grant(0) if aim is not None else None
    if grant is not None and grant.system == condition.unit.system:
        return grant.amount
    return hundredths(condition.at_least)


def _programme_total(programme: Programme | None, system: str | None, cap: Cap, book: Book) -> int:
    total = programme.total_credits if programme is not None else None
    if total is None or total.system != system:
        raise RuleNotEvaluable(
            rule=f"{book.id}/{cap.id}",
            kind="programme",
            id=programme.id if programme is not None else "—",
            member="total_credits",
        )
    return hundredths(total.amount)


def _category_total(programme: Programme | None, cap: Cap, system: str) -> int:
    courses = programme.courses if programme is not None else ()
    return sum(
        hundredths(course.credit.amount)
        for course in courses
        if course.category in cap.category and course.credit.system == system
    )


def _is_on(cap: Cap, aim: Aim) -> bool:
    if not cap.category:
        return True
    return aim.course is not None and aim.course.category in cap.category


def _triggers(
    goals: Sequence[Goal], members: frozenset[str] | None
) -> Iterator[tuple[int, frozenset[str] | None]]:
    for goal in goals:
        if members is None:
            yield goal.place, None
            continue
        own = {item.outcome for leaf in goal.leaves for item in leaf.items}
        if own & members:
            yield goal.place, frozenset(own & members)


def _grants_at_most(goals: Sequence[Goal], place: int) -> int:
    return sum(goal.grant.amount for goal in goals if goal.place == place and goal.grant)


def describe(limit: Limit | Ceiling) -> dict[str, Any]:
    """Return what a trace says of a limit."""
    document: dict[str, Any] = {"cap": limit.cap, "rulebook": limit.rulebook}
    document |= {"text": limit.text} if limit.text else {}
    document |= {"group": limit.group} if limit.group is not None else {}
    return document | ({"needs_evidence": True} if limit.open else {})
