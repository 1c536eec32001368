"""Occupations (职业) with their standards, and specifications of single abilities beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from creditbank.domain.identifiers import OccupationCode
from creditbank.domain.registers.assessment import Assessment
from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import AtLeastOne, Line, Many, Rank, RegisterId, Year
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import (
    Citation,
    OccupationRef,
    Reference,
    Register,
    Title,
)
from creditbank.domain.units import AmountText


class WorkType(Record):
    """A 工种 of the occupation."""

    title: Title
    code: Line | None = None


class OccupationStandard(Record):
    """The national standard (国家职业标准) that the grades are assessed by."""

    title: Line
    version: Year


class ReferenceHours(Record):
    """Training hours that the standard gives for a grade (培训参考学时).

    A reference for whoever plans the training; it is not a condition of applying for the grade.
    """

    rank: Rank
    hours: AmountText


class ApplicationConditions(Record):
    """What a person needs to apply for a grade (申报条件), in the words of the source."""

    rank: Rank
    any_of: AtLeastOne[Title]
    """One of these is enough."""

    source: Citation


class Occupation(Register):
    """An occupation; its id is edition and code, as in 2015-4-04-05-05."""

    register_kind: ClassVar[str] = "occupation"

    edition: Year
    """Edition of the national classification (职业分类大典) that the code belongs to."""

    code: OccupationCode
    scale: RegisterId
    """The scale of its grades; every rank below is a place on it."""

    work_types: Many[WorkType] = ()
    standard: OccupationStandard | None = None
    reference_hours: Many[ReferenceHours] = ()
    conditions: Many[ApplicationConditions] = ()
    entry_education: Title | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield an id that is not edition and code, and grades given twice."""
        yield from super().contradictions()
        if self.id != OccupationRef(edition=self.edition, code=self.code).register_id:
            yield Fault("/id", "not_edition_and_code")
        yield from repeated("/reference_hours", (item.rank for item in self.reference_hours))
        yield from repeated("/conditions", (item.rank for item in self.conditions))

    def references(self) -> Iterator[Reference]:
        """Yield the scale, with each rank that is used."""
        yield Reference("/scale", "scale", self.scale)
        for position, item in enumerate(self.reference_hours):
            yield Reference(f"/reference_hours/{position}", "scale", self.scale, rank=item.rank)
        for position, condition in enumerate(self.conditions):
            yield Reference(f"/conditions/{position}", "scale", self.scale, rank=condition.rank)


class AbilitySpecification(Register):
    """A specification for assessing one ability (专项职业能力考核规范)."""

    register_kind: ClassVar[str] = "ability_specification"

    code: Line | None = None
    occupation: OccupationRef | None = None
    """The occupation that the ability belongs to, if there is one."""

    hours: AmountText | None = None
    """Fewest class-hours of training that it asks for."""

    assessment: Assessment | None = None

    def references(self) -> Iterator[Reference]:
        """Yield the occupation and the scales of the assessment."""
        if self.occupation is not None:
            yield Reference("/occupation", "occupation", self.occupation.register_id)
        if self.assessment is not None:
            yield from self.assessment.references("/assessment")
