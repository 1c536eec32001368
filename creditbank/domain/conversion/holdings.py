"""What a learner has to bring: outcomes that count at all, and what earlier decisions left of them.

Excluded outcomes count for nothing; of outcomes of the same content only the highest does, and
none beside one that an earlier decision used.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from creditbank.domain.conversion.books import Chain, title_text
from creditbank.domain.conversion.facts import Case, OutcomeFact, PriorUse
from creditbank.domain.conversion.problem import Use
from creditbank.domain.conversion.selecting import Test, compiled
from creditbank.domain.registers import Registers
from creditbank.domain.rules.rulebook import SameContent
from creditbank.domain.rules.selection import Selection

WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes of the same content, the highest first; `gone` says why the others do not count."""

    rulebook: str
    id: str
    text: dict[str, str]
    members: tuple[str, ...]

    def reason(self, by: str) -> dict[str, Any]:
        """Return why a member does not count beside the outcome `by`."""
        return {
            "code": "same_content",
            "rulebook": self.rulebook,
            "same_content": self.id,
            "text": self.text,
            "by": by,
        }


class Holdings:
    """The outcomes of a case on the day of the decision, in order of their ids."""

    def __init__(self, case: Case, chain: Chain, registers: Registers) -> None:
        self.case = case
        self.chain = chain
        self.registers = registers
        self._tests: dict[tuple[int, bool], tuple[Selection, Test]] = {}
        achieved = (fact for fact in case.outcomes if fact.achieved_on <= case.on)
        self.outcomes = sorted(achieved, key=lambda fact: fact.id)
        self.by_id = {fact.id: fact for fact in self.outcomes}
        self.excluded = dict(self._excluded())
        self._uses: dict[tuple[str, str], list[PriorUse]] = {}
        for use in case.prior_uses:
            self._uses.setdefault((use.outcome, use.scope), []).append(use)

    def test(self, selection: Selection, *, inner: bool = False) -> Test:
        """Return the test that a selection makes on the day of the decision."""
        key = (id(selection), inner)
        if key not in self._tests:
            made = compiled(selection, self.case.on, self.registers, inner=inner)
            self._tests[key] = (selection, made)  # kept with it, so that its id stays its own
        return self._tests[key][1]

    def selected(self, selection: Selection) -> list[OutcomeFact]:
        """Return the outcomes that a selection speaks of and that are not excluded."""
        test = self.test(selection)
        return [fact for fact in self.outcomes if test(fact) and fact.id not in self.excluded]

    def _excluded(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for book in self.chain.books:
            for one in book.rulebook.bounds.excluded:
                if one.outcomes is None:
                    continue
                test = self.test(one.outcomes, inner=True)
                reason = {"code": "excluded", "rulebook": book.id, "excluded": one.id}
                for fact in self.outcomes:
                    if test(fact):
                        yield fact.id, reason | {"text": title_text(one.text)}

    # --- what earlier decisions took ---------------------------------------------------------

    def uses(self, outcome: str, scope: str) -> list[PriorUse]:
        """Return what earlier decisions took of an outcome in a scope."""
        return self._uses.get((outcome, scope), [])

    def exclusive_share(self, outcome: str, scope: str) -> Fraction:
        """Return the share of an outcome that earlier decisions took for themselves alone."""
        return sum(
            (share_of(use) for use in self.uses(outcome, scope) if use.sharing == "exclusive"),
            Fraction(0),
        )

    def shared_share(self, outcome: str, scope: str) -> Fraction:
        """Return the share on which earlier decisions lie on top of one another."""
        shares = (share_of(use) for use in self.uses(outcome, scope) if use.sharing == "shared")
        return max(shares, default=Fraction(0))

    def sharers(self, outcome: str, scope: str) -> int:
        """Return how many targets of earlier decisions share an outcome."""
        shared = [use for use in self.uses(outcome, scope) if use.sharing == "shared"]
        named = {(use.rule, use.target) for use in shared if use.target is not None}
        return len(named) + sum(use.target is None for use in shared)

    def sharers_at_most(
        self, outcome: str, scope: str, allowed: Callable[[str], int | None]
    ) -> int | None:
        """Return how many may share an outcome by what the rules that do already say.

        `allowed` returns how many a rule of the rulebook lets share, None if there is none such.
        """
        rules = {use.rule for use in self.uses(outcome, scope) if use.sharing == "shared"}
        return min((most for rule in rules if (most := allowed(rule)) is not None), default=None)

    def share_left(
        self,
        outcome: str,
        use: Use,
        named: Callable[[str], frozenset[str]],
        allowed: Callable[[str], int | None],
    ) -> Fraction:
        """Return the share of an outcome that a rule may still claim, 0 if none.

        `named` returns the rules that another sharing rule of the rulebook names, `allowed` how
        many targets it lets share.
        """
        if use.sharing == "free":
            return WHOLE
        left = WHOLE - self.exclusive_share(outcome, use.scope)
        if use.sharing == "exclusive":
            return max(Fraction(0), left - self.shared_share(outcome, use.scope))
        earlier = [one for one in self.uses(outcome, use.scope) if one.sharing == "shared"]
        if any(not use.shares_with(one.rule, named(one.rule)) for one in earlier):
            return Fraction(0)
        most = self.sharers_at_most(outcome, use.scope, allowed)
        room = use.up_to if most is None else min(most, use.up_to)
        full = self.sharers(outcome, use.scope) >= room
        return Fraction(0) if full else max(Fraction(0), left)

    # --- the same content ----------------------------------------------------------------------

    @cached_property
    def groups(self) -> list[Group]:
        """The groups of the same content that have several members, in the order of the books."""
        found = []
        for book in self.chain.books:
            for same in book.rulebook.bounds.same_content:
                for members in self._alike(same):
                    ordered = tuple(fact.id for fact in sorted(members, key=height, reverse=True))
                    found.append(Group(book.id, same.id, title_text(same.text), ordered))
        return found

    def _alike(self, same: SameContent) -> list[list[OutcomeFact]]:
        tests = [self.test(one, inner=True) for one in same.members]
        sets: dict[Any, list[OutcomeFact]] = {}
        for fact in self.outcomes:
            if fact.id in self.excluded or not any(test(fact) for test in tests):
                continue
            key = getattr(fact, same.each) if same.each is not None else ""
            if key is not None:
                sets.setdefault(key, []).append(fact)
        return [members for members in sets.values() if len(members) > 1]

    def beaten(
        self, scope: str, counting: frozenset[str], gates: Container[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """Return the outcomes that do not count in a scope for their content, and why.

        The highest of those that some rule counts (`counting`) counts; where an earlier decision
        used one of a group, that one alone. An outcome that would first have to be achieved
        (`gates`) is beaten by what is there and higher, and beats nothing yet: see `superseding`.
        """
        gone: dict[str, dict[str, Any]] = {}
        for group in self.groups:
            used = [one for one in group.members if _taken(self.uses(one, scope))]
            there = [one for one in group.members if one in counting and one not in gates]
            keeper = next(iter(used or there), None)
            if keeper is None:
                continue
            place = group.members.index(keeper)
            for number, one in enumerate(group.members):
                higher = not used and one in gates and number < place
                if one != keeper and not higher:
                    gone.setdefault(one, group.reason(keeper))
        return gone

    def superseding(self, counting: frozenset[str], gates: Container[str]) -> list[tuple[str, str]]:
        """Return (outcome to be achieved, outcome that does not count beside it) of the groups.

        As in `beaten`, only what some rule counts stands above another.
        """
        return [
            (one, lower)
            for group in self.groups
            for number, one in enumerate(group.members)
            if one in gates and one in counting
            for lower in group.members[number + 1 :]
        ]


def height(fact: OutcomeFact) -> tuple[int, int, int, Any, str]:
    """Return what the highest of outcomes of the same content is found by.

    Rank of level, then amount (credit of the system that gives most, then class-hours), then the
    latest; the id, so that there is always one.
    """
    rank = fact.level[1] if fact.level is not None else -1
    most = max(fact.credits.values(), default=0)
    return rank, most, fact.class_hours, fact.achieved_on, fact.id


def share_of(use: PriorUse) -> Fraction:
    """Return the share of the outcome that a use took."""
    if use.whole:
        return WHOLE
    return Fraction(min(use.amount, use.of), use.of) if use.of else Fraction(0)


def _taken(uses: Iterable[PriorUse]) -> bool:
    return any(use.sharing != "free" and share_of(use) for use in uses)
