"""Conversion by trying everything: a reference that shares no code with the engine.

It reads small rulebooks and finds every way to meet each target; `brute_best` finds the best of
all ways for all of them. Only the weights of the last tie-break are the engine's, since they are
part of what is specified.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

from creditbank.domain.conversion.facts import OutcomeFact
from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Condition, Evidenced, Holds
from creditbank.domain.rules.selection import Selection
from tests.brute_facts import Known
from tests.brute_parts import Aim, Option, Piece, cents, leaves, selects, stepped, whole


class Ways:
    """Every way to meet one target, the one with this number, by itself."""

    def __init__(self, known: Known, number: int, aim: Aim) -> None:
        self.known = known
        self.number = number
        self.aim = aim
        self.leaves = dict(leaves(aim.rule.needs))

    def count(self) -> int:
        """Return how many ways there are to look at."""
        total = 1
        for path, condition in self.leaves.items():
            for fact in self.known.countable(condition, self.aim.rule.use):
                total *= 1 + len(list(self._pieces(path, condition, fact)))
        return total

    def options(self) -> list[Option]:
        """Return every way: what counts where, and what is granted for it."""
        at_leaves = [self.at_leaf(path) for path in self.leaves]
        found = []
        for choice in itertools.product(*at_leaves):
            pieces = tuple(itertools.chain(*choice))
            if self._holds(self.aim.rule.needs, "needs", pieces) and self.alone(pieces):
                found += [Option(granted, pieces) for granted in self._granted(pieces)]
        return found

    # --- one condition ---------------------------------------------------------------------------

    def at_leaf(self, path: str, *, lenient: bool = False) -> list[tuple[Piece, ...]]:
        """Return what may count at a condition: nothing, or enough; anything if `lenient`."""
        condition = self.leaves[path]
        facts = self.known.countable(condition, self.aim.rule.use)
        slots = [[None, *self._pieces(path, condition, fact)] for fact in facts]
        found = []
        for choice in itertools.product(*slots):
            pieces = tuple(piece for piece in choice if piece is not None)
            if not self._within(condition, pieces):
                continue
            if lenient or not pieces or self._enough(path, condition, pieces):
                found.append(pieces)
        return found

    def _pieces(self, path: str, condition: Amount, fact: OutcomeFact) -> Iterator[Piece]:
        left, kept = self.known.left(self.aim, fact.id), self.aim.rule.use.surplus == "kept"
        available = int(whole(condition, fact) * left)
        if condition.unit.measure == "outcomes":
            counts = [100] if left == 1 else []
        elif kept or self._may_cut(condition):
            counts = list(range(1, available + 1))
        else:
            counts = [available] if available else []
        for counted in counts:
            yield Piece(self.number, path, fact.id, counted, counted if kept else available)

    def _may_cut(self, condition: Amount) -> bool:
        """Return whether a cap may let less count than there is."""
        facts = self.known.countable(condition, self.aim.rule.use)
        there = {
            one.id: int(whole(condition, one) * self.known.left(self.aim, one.id)) for one in facts
        }
        most = condition.counted_at_most
        if most is not None and sum(there.values()) > cents(most):
            return True
        for cap, _ in self.known.caps_on(condition, self.aim):
            allowed = self.known.most_at(cap, condition, self.aim)
            for group in self.known.groups_of(cap, there):
                if sum(there[one] for one in group) > allowed:
                    return True
        return False

    def _within(self, condition: Amount, pieces: Sequence[Piece]) -> bool:
        counted = {piece.outcome: piece.counted for piece in pieces}
        most = condition.counted_at_most
        if most is not None and sum(counted.values()) > cents(most):
            return False
        if condition.outcomes_at_most and len(pieces) > condition.outcomes_at_most:
            return False
        for cap, _ in self.known.caps_on(condition, self.aim):
            allowed = self.known.most_at(cap, condition, self.aim)
            for group in self.known.groups_of(cap, counted):
                if sum(counted[one] for one in group) > allowed:
                    return False
        return True

    def need(self, condition: Amount) -> int:
        need = cents(condition.at_least)
        if condition.of_target is not None:
            credit = self.aim.amount or cents(self.aim.bucket.at_most if self.aim.bucket else "0")
            need = max(need, -(-credit * cents(condition.of_target) // 10000))
        return need

    def soft(self, condition: Amount) -> bool:
        return self.aim.rule.partial and self.aim.feeds(condition)

    def _enough(self, path: str, condition: Amount, pieces: Sequence[Piece]) -> bool:
        own = [piece for piece in pieces if piece.path == path]
        if sum(piece.counted for piece in own) < self.need(condition) and not self.soft(condition):
            return False
        return all(
            self.among(least.where, own) >= cents(least.at_least) for least in condition.least
        )

    def among(self, selection: Selection, pieces: Sequence[Piece]) -> int:
        """Return how much of what counts is of selected outcomes."""
        facts = self.known.facts
        return sum(p.counted for p in pieces if selects(selection, facts[p.outcome]))

    # --- the tree --------------------------------------------------------------------------------

    def _holds(self, condition: Condition, path: str, pieces: Sequence[Piece]) -> bool:
        """Return whether a condition holds, and nothing counts below one that does not."""
        return self._held(condition, path, pieces) and not self._stray(condition, path, pieces)

    def _held(self, condition: Condition, path: str, pieces: Sequence[Piece]) -> bool:
        if isinstance(condition, AllOf | AnyOf):
            inner = enumerate(condition.of)
            held = [self._held(one, f"{path}/of/{n}", pieces) for n, one in inner]
            return all(held) if isinstance(condition, AllOf) else sum(held) >= condition.count
        if isinstance(condition, Amount):
            return self._enough(path, condition, pieces)
        return self.given(condition)

    def _stray(self, condition: Condition, path: str, pieces: Sequence[Piece]) -> bool:
        if not isinstance(condition, AllOf | AnyOf):
            return False
        for n, one in enumerate(condition.of):
            below = f"{path}/of/{n}"
            if self._held(one, below, pieces):
                if self._stray(one, below, pieces):
                    return True
            elif any(f"{piece.path}/".startswith(f"{below}/") for piece in pieces):
                return True
        return False

    def given(self, condition: Condition) -> bool:
        """Return whether a condition that outcomes are not used for holds."""
        if isinstance(condition, Holds):
            alive = self.known.alive
            return sum(selects(condition.select, fact) for fact in alive) >= condition.count
        assert isinstance(condition, Evidenced)
        said = [one for one in self.known.case.evidence if one.id == condition.evidence]
        if not said:
            return self.known.generous
        return any(one.value["holds"] for one in said)

    # --- the target by itself --------------------------------------------------------------------

    def alone(self, pieces: Sequence[Piece]) -> bool:
        """Return whether the conditions of the target do not count the same thing twice."""
        shares: dict[str, Fraction] = {}
        for piece in pieces:
            condition = self.leaves[piece.path]
            if self.aim.feeds(condition):
                of = whole(condition, self.known.facts[piece.outcome])
                shares[piece.outcome] = shares.get(piece.outcome, 0) + Fraction(piece.counted, of)
        return all(share <= 1 for share in shares.values())

    def room(self) -> int:
        """Return how much the bucket that the target feeds still takes."""
        assert self.aim.bucket is not None
        most = cents(self.aim.bucket.at_most)
        return max(0, most - self.known.granted_before(self.aim.key))

    def _granted(self, pieces: Sequence[Piece]) -> list[int]:
        """Return what the pieces may grant: all that they are worth, or less for a cap's sake."""
        bucket = self.aim.bucket
        if bucket is None:
            return [self.aim.amount or 0]
        most, room = cents(bucket.at_most), self.room()
        step = cents(bucket.step.of) if bucket.step else 1
        if not self.aim.follows:
            granted = stepped(room, bucket, room)
            return [granted] if granted else []
        fed = [piece for piece in pieces if self.aim.feeds(self.leaves[piece.path])]
        least = step
        for path in {piece.path for piece in fed}:
            if not self.aim.rule.partial:
                least = max(least, min(self.need(self.leaves[path]), most) // step * step)
        counted = sum(piece.counted for piece in fed)
        return list(range(least, stepped(counted, bucket, room) + 1, step))
