"""Targets: what a rule gives when its condition holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Discriminator

from creditbank.domain.identifiers import Uscc
from creditbank.domain.registers.faults import Fault
from creditbank.domain.registers.members import Line, Many, RegisterId
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Level, OccupationRef, Title
from creditbank.domain.rules.selection import Category
from creditbank.domain.rules.unions import kind, tag
from creditbank.domain.units import AmountText

Nature = Literal["compulsory", "elective"]


class Grade(Record):
    """The grade to record (成绩): one fixed mark, the original one, or the average of them.

    `original` and `average` need a score on `scale` of every outcome that is used.
    """

    record: Literal["fixed", "original", "average"]
    scale: RegisterId
    mark: Line | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fixed grade without its mark, and a mark beside another."""
        yield from super().contradictions()
        if (self.record == "fixed") != (self.mark is not None):
            yield Fault("/mark", "missing" if self.mark is None else "unknown_member")


class Step(Record):
    """In which steps an amount is granted, and where between them it ends up."""

    of: AmountText
    rounding: Literal["down", "half_even", "half_up"] = "down"


class CourseTarget(Record):
    """Courses of a programme: each one that matches is a target by itself (课程置换).

    A course is granted at most once, by whichever rule.
    """

    kind: Literal["course"]
    programme: RegisterId
    courses: Many[Line] = ()
    nature: Many[Nature] = ()
    category: Many[Category] = ()
    excluded: Many[Line] = ()
    """Codes of courses that are never granted."""

    grade: Grade | None = None


class ElectiveTarget(Record):
    """Credits of an elective bucket of a programme; how many follows from what is counted."""

    kind: Literal["elective"]
    programme: RegisterId
    bucket: Title
    system: RegisterId
    at_most: AmountText
    step: Step | None = None
    grade: Grade | None = None


class ExemptionTarget(Record):
    """A part of an assessment or of a course that need not be taken (免考、免修)."""

    kind: Literal["exemption"]
    of: Title


class GradeTarget(Record):
    """Conditions met for applying for a grade (申报资格); never the grade itself."""

    kind: Literal["grade"]
    occupation: OccupationRef
    level: Level


class TransferTarget(Record):
    """Credits recognised by another institution (横向转移); the amount follows."""

    kind: Literal["transfer"]
    to: Uscc | None = None
    system: RegisterId
    at_most: AmountText
    step: Step | None = None


class StackTarget(Record):
    """A larger qualification that modules add up to (纵向累积): a micro-major, a module stack."""

    kind: Literal["stack"]
    programme: RegisterId


Target = Annotated[
    Annotated[CourseTarget, tag("course")]
    | Annotated[ElectiveTarget, tag("elective")]
    | Annotated[ExemptionTarget, tag("exemption")]
    | Annotated[GradeTarget, tag("grade")]
    | Annotated[TransferTarget, tag("transfer")]
    | Annotated[StackTarget, tag("stack")],
    Discriminator(kind),
]
