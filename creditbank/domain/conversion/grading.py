"""The grade to record (成绩) for a target: fixed, the original one, or the average."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from creditbank.domain.conversion.facts import OutcomeFact
from creditbank.domain.conversion.selecting import scores_on, value_on
from creditbank.domain.registers import Registers, Scale
from creditbank.domain.rules.target import Grade
from creditbank.domain.units import amount_text


def grade_of(
    grade: Grade, used: Sequence[OutcomeFact], registers: Registers
) -> dict[str, str] | None:
    """Return the grade to record as {"scale", "mark"}; None if no score can be read.

    An outcome with scores of its parts only counts with their mean. Of several outcomes,
    `original` takes the lowest and `average` the mean, each outcome weighing the same; a mean is
    rounded half up to two places, or to the nearest rank, the lower one if it lies between two.
    """
    if grade.record == "fixed":
        return {"scale": grade.scale, "mark": grade.mark or ""}
    found = registers.get(("scale", grade.scale))
    scale = found if isinstance(found, Scale) else None
    values = [value for fact in used if (value := _value(fact, scale, grade.scale)) is not None]
    if not values:
        return None
    result = min(values) if grade.record == "original" else Fraction(sum(values), len(values))
    return {"scale": grade.scale, "mark": _mark(result, scale)}


def _value(fact: OutcomeFact, scale: Scale | None, scale_id: str) -> Fraction | None:
    read = [value_on(scale, score.value) for score in scores_on(fact, scale_id)]
    values = [value for value in read if value is not None]
    return Fraction(sum(values), len(values)) if values else None


def _mark(value: Fraction, scale: Scale | None) -> str:
    if scale is None or not scale.ranks:
        return amount_text((2 * value.numerator + value.denominator) // (2 * value.denominator))
    return min(scale.ranks, key=lambda rank: (abs(rank.rank - value), rank.rank)).title.zh
