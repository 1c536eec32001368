"""Scales (等级与分制): grades, levels of a framework, and scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import Line, Many, Rank
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import (
    Level,
    Reference,
    Register,
    Title,
    scale_reference,
)
from creditbank.domain.units import AmountText, hundredths


class ScaleRank(Record):
    """A place on a scale."""

    rank: Rank
    title: Title
    aliases: Many[Line] = ()
    """Other ways in which sheets and certificates write it."""

    same_as: Many[Level] = ()
    """The same grade on other scales."""


class ScoreRange(Record):
    """The scores of a scale of numbers, both ends included."""

    lowest: AmountText
    highest: AmountText

    def holds(self, mark: str) -> bool:
        """Return whether `mark` (an amount) lies within the range."""
        return hundredths(self.lowest) <= hundredths(mark) <= hundredths(self.highest)

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault unless there is more than one score."""
        yield from super().contradictions()
        if hundredths(self.highest) <= hundredths(self.lowest):
            yield Fault("/highest", "not_above_lowest")


class Scale(Register):
    """A scale: ranks from the lowest to the highest, or a range of scores."""

    register_kind: ClassVar[str] = "scale"

    kind: Literal["grade", "score"]
    """What is placed on it: a person's skill or an outcome's level; the result of an assessment."""

    ranks: Many[ScaleRank] = ()
    range: ScoreRange | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield ranks out of order, names used twice, and a scale with no or two measures."""
        yield from super().contradictions()
        if self.range is not None and (self.ranks or self.kind == "grade"):
            yield Fault("/range", "beside_ranks")
        if self.range is None and not self.ranks:
            yield Fault("/ranks", "missing")
        places = [item.rank for item in self.ranks]
        for position in range(1, len(places)):
            if places[position] <= places[position - 1]:
                yield Fault(f"/ranks/{position}/rank", "not_ascending")
        yield from repeated("/ranks", (item.title.zh for item in self.ranks))

    def at(self, rank: int) -> ScaleRank | None:
        """Return the place with this rank, None if the scale has none."""
        return next((item for item in self.ranks if item.rank == rank), None)

    def rank_of(self, name: str) -> int | None:
        """Return the rank that is written `name`, by title or alias; None if unknown."""
        for item in self.ranks:
            if name in (item.title.zh, item.title.en, *item.aliases):
                return item.rank
        return None

    def holds_mark(self, mark: str) -> bool:
        """Return whether `mark` (an amount) is a score of this scale."""
        return self.range is not None and self.range.holds(mark)

    def references(self) -> Iterator[Reference]:
        """Yield the grades on other scales."""
        for position, item in enumerate(self.ranks):
            for index, level in enumerate(item.same_as):
                yield scale_reference(f"/ranks/{position}/same_as/{index}", level)
