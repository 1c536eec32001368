"""What the reference that tries everything knows: what may count, and how much caps let through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from creditbank.domain.conversion.facts import Case, OutcomeFact, PriorUse
from creditbank.domain.registers import Programme, Registers
from creditbank.domain.rules.condition import Amount, Cap
from creditbank.domain.rules.rule import Use
from creditbank.domain.rules.rulebook import Rulebook, SameContent
from creditbank.domain.rules.target import CourseTarget
from tests.brute_parts import Aim, cents, leaves, selects

UNLIMITED = 1 << 40


def share_of(use: PriorUse) -> Fraction:
    return Fraction(1) if use.whole else Fraction(use.amount, use.of)


@dataclass
class Known:
    """A rulebook with the frames above it, the programme it speaks of, and one case.

    `generous`: what nobody has said yet counts as said.
    """

    books: Sequence[Rulebook]
    registers: Registers
    case: Case
    generous: bool = False

    def __post_init__(self) -> None:
        self.facts = {fact.id: fact for fact in self.case.outcomes}
        (self.programme,) = (one for one in self.registers.values() if isinstance(one, Programme))
        self.courses = {course.code: course for course in self.programme.courses}
        self.rules = {rule.id: rule for rule in self.books[0].rules}
        self.alive = [fact for fact in self.case.outcomes if not self._excluded(fact)]

    # --- which outcomes --------------------------------------------------------------------------

    def _excluded(self, fact: OutcomeFact) -> bool:
        return any(
            one.outcomes is not None and selects(one.outcomes, fact)
            for book in self.books
            for one in book.bounds.excluded
        )

    def countable(self, condition: Amount, use: Use | None) -> list[OutcomeFact]:
        """Return what a condition may count; `use` is None where bounds require something."""
        gone = self._beaten(use.scope) if use is not None else set()
        return [
            fact for fact in self.alive if selects(condition.select, fact) and fact.id not in gone
        ]

    def _beaten(self, scope: str) -> set[str]:
        """Return the outcomes that do not count beside others of the same content."""
        gone: set[str] = set()
        for group in self.groups():
            ordered = sorted(group, key=self._height, reverse=True)
            used = [fact for fact in ordered if self._used(fact, scope)]
            counting = [fact for fact in ordered if self._counts_anywhere(fact)]
            for keeper in (used or counting)[:1]:
                gone |= {fact.id for fact in group if fact is not keeper}
        return gone

    def groups(self) -> Iterator[list[OutcomeFact]]:
        """Yield the outcomes of the same content, where there are several."""
        for book in self.books:
            for same in book.bounds.same_content:
                yield from self._alike(same)

    def _alike(self, same: SameContent) -> Iterator[list[OutcomeFact]]:
        sets: dict[Any, list[OutcomeFact]] = {}
        for fact in self.alive:
            key = getattr(fact, same.each) if same.each else ""
            if key is not None and any(selects(one, fact) for one in same.members):
                sets.setdefault(key, []).append(fact)
        yield from (some for some in sets.values() if len(some) > 1)

    def _height(self, fact: OutcomeFact) -> Any:
        most = max(fact.credits.values(), default=0)
        rank = -1 if fact.level is None else fact.level[1]
        return rank, most, fact.class_hours, fact.achieved_on, fact.id

    def _used(self, fact: OutcomeFact, scope: str) -> bool:
        return any(use.sharing != "free" for use in self.uses(fact.id, scope))

    def _counts_anywhere(self, fact: OutcomeFact) -> bool:
        conditions = (one for rule in self.rules.values() for _, one in leaves(rule.needs))
        return any(selects(one.select, fact) for one in conditions)

    # --- what earlier decisions took -------------------------------------------------------------

    def uses(self, outcome: str, scope: str) -> list[PriorUse]:
        return [one for one in self.case.prior_uses if (one.outcome, one.scope) == (outcome, scope)]

    def gone(self, outcome: str, scope: str) -> Fraction:
        uses = self.uses(outcome, scope)
        return sum((share_of(one) for one in uses if one.sharing == "exclusive"), Fraction(0))

    def layer(self, outcome: str, scope: str) -> Fraction:
        uses = self.uses(outcome, scope)
        shares = (share_of(one) for one in uses if one.sharing == "shared")
        return max(shares, default=Fraction(0))

    def sharers(self, outcome: str, scope: str) -> int:
        uses = [one for one in self.uses(outcome, scope) if one.sharing == "shared"]
        named = {(one.rule, one.target) for one in uses if one.target}
        return len(named) + len([one for one in uses if not one.target])

    def left(self, aim: Aim, outcome: str) -> Fraction:
        """Return the share of an outcome that a target may still claim."""
        use = aim.rule.use
        if use.sharing == "free":
            return Fraction(1)
        left = 1 - self.gone(outcome, use.scope)
        if use.sharing == "exclusive":
            return left - self.layer(outcome, use.scope)
        for one in self.uses(outcome, use.scope):
            if one.sharing == "shared" and not self._willing(aim, one.rule):
                return Fraction(0)
        full = self.sharers(outcome, use.scope) >= (use.up_to or 1)
        return Fraction(0) if full else left

    def _willing(self, aim: Aim, other: str) -> bool:
        names = aim.rule.use.with_rules
        theirs = self.rules[other].use.with_rules if other in self.rules else ()
        if other == aim.rule.id:
            return True
        return (not names or other in names) and (not theirs or aim.rule.id in theirs)

    # --- targets ---------------------------------------------------------------------------------

    def aims(self) -> Iterator[Aim]:
        """Yield the targets that are decided by their conditions."""
        before = {one.target for one in self.case.prior_grants}
        for rule in self.books[0].rules:
            target = rule.target
            if isinstance(target, CourseTarget):
                for course in self.programme.courses:
                    key = f"course:{self.programme.id}:{course.code}"
                    if course.code in target.courses and key not in before:
                        credit = cents(course.credit.amount)
                        yield Aim(rule, key, credit, course.category, self.programme.id)
            elif target.kind == "elective":
                key = f"elective:{target.programme}:{target.bucket.zh}"
                yield Aim(rule, key, programme=self.programme.id)
            elif target.kind == "transfer":
                yield Aim(rule, f"transfer:*:{target.system}")
            elif target.kind == "exemption":
                yield Aim(rule, f"exemption:{target.of.zh}")

    def system_of(self, aim: Aim) -> str | None:
        """Return the credit system that a target gives credit of; None if it gives none."""
        if aim.bucket is not None:
            return aim.bucket.system
        code = aim.key.rpartition(":")[2]
        return self.courses[code].credit.system if aim.amount is not None else None

    def granted_before(self, key: str) -> int:
        return sum(one.granted for one in self.case.prior_grants if one.target == key)

    # --- caps ------------------------------------------------------------------------------------

    def caps_on(self, condition: Amount, aim: Aim | None) -> Iterator[tuple[Cap, Rulebook]]:
        """Yield the caps on what counts at a condition."""
        yield from ((cap, self.books[0]) for cap in condition.caps)
        for book in self.books if aim is not None else ():
            for cap in book.bounds.caps:
                on = not cap.category or (aim is not None and aim.category in cap.category)
                if on and cap.share is not None and cap.share.of == "target":
                    yield cap, book

    def most_at(self, cap: Cap, condition: Amount, aim: Aim | None) -> int:
        """Return how much a cap lets through at a condition."""
        if cap.share is not None and cap.share.of == "target":
            own = cents(condition.at_least)
            if aim is not None and condition.unit.system == self.system_of(aim):
                own = aim.amount or (cents(aim.bucket.at_most) if aim.bucket else own)
            return own * cents(cap.share.percent) // 10000
        return self.most(cap)

    def most(self, cap: Cap) -> int:
        if cap.limit is not None:
            return cents(cap.limit)
        if cap.share is None:
            return self._supplied(cap.evidence or "")
        assert self.programme.total_credits is not None
        base = cents(self.programme.total_credits.amount)
        if cap.share.of == "category":
            among = (one for one in self.courses.values() if one.category in cap.category)
            base = sum(cents(one.credit.amount) for one in among)
        return base * cents(cap.share.percent) // 10000

    def _supplied(self, name: str) -> int:
        amounts = [cents(one.value["amount"]) for one in self.case.evidence if one.id == name]
        return min(amounts, default=UNLIMITED if self.generous else 0)

    def groups_of(self, cap: Cap, outcomes: Iterable[str]) -> list[set[str]]:
        """Return the outcomes of each group that a cap makes of those that it is on."""
        found: dict[Any, set[str]] = {}
        for one in outcomes:
            fact = self.facts[one]
            if cap.over is None or selects(cap.over, fact):
                found.setdefault(self._group(cap, fact), set()).add(one)
        return list(found.values())

    def _group(self, cap: Cap, fact: OutcomeFact) -> Any:
        day = fact.achieved_on
        match cap.per:
            case None:
                return ""
            case "issuer" | "type" | "certificate_kind":
                return getattr(fact, cap.per)
            case "outcome":
                return fact.id
            case "year":
                return day.year
            case "term":  # of the calendar of small rulebooks: spring from March, autumn else
                return (day.year, 1) if 3 <= day.month < 9 else (day.year - (day.month < 3), 2)
            case "content":
                alike = next((some for some in self.groups() if fact in some), None)
                top = max(alike, key=self._height).id if alike else None
                return top or fact.equivalence_group or fact.id
