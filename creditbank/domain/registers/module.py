"""Modules (模块): the smallest thing that is taught, assessed and credited by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, Literal

from creditbank.domain.registers.assessment import Assessment
from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import (
    AtLeastOne,
    CivilDate,
    Line,
    Many,
    RegisterId,
    StageName,
)
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import (
    Credit,
    Hours,
    Level,
    OccupationRef,
    Reference,
    Register,
    Title,
    scale_reference,
)
from creditbank.domain.units import AmountText, hundredths

ModuleKind = Literal[
    "micro",
    "ai_literacy_topic",
    "occupation_course",
    "specialised_ability",
    "entrepreneurship",
    "project",
    "other",
]

# Fewest and most class-hours, in hundredths. Micro: 15—30学时, Guangdong proposal of 2026-01-27,
# part 2, section 1, item 2. Specialised ability: 不低于28课时, Guangxi plan 2025–2027,
# part 3, section 2.
_HOURS: Final[dict[str, tuple[int, int | None]]] = {
    "micro": (15_00, 30_00),
    "specialised_ability": (28_00, None),
}


class Stage(Record):
    """A stage that must be gone through; several bodies may share the stages of one outcome."""

    stage: StageName
    hours: AmountText | None = None
    """Class-hours of the module that fall to this stage."""


class Skill(Record):
    """What a person who has completed the module can do."""

    title: Title
    framework: Line | None = None
    code: Line | None = None
    """The code that the framework gives the skill."""


class Module(Register):
    """A module version."""

    register_kind: ClassVar[str] = "module"

    kind: ModuleKind
    hours: Hours
    stages: AtLeastOne[Stage]
    credits: Many[Credit] = ()
    """At most one amount in each credit system; none if a receiver's rule is to give it."""

    scene: Line | None = None
    """Field of application (场景), such as AI+制造; absent if it is of use in every one."""

    assessment: Assessment | None = None
    level: Level | None = None
    occupation: OccupationRef | None = None
    specification: RegisterId | None = None
    """The specification (专项职业能力考核规范) that it trains for."""

    skills: Many[Skill] = ()
    prerequisites: Many[RegisterId] = ()
    """Modules to be completed before."""

    stacks_into: Many[RegisterId] = ()
    """Programmes that it is a part of."""

    equivalence_group: RegisterId | None = None
    """Modules of one group have the same content; a rule may count one of them only."""

    common_core: bool = False
    """Whether it is compulsory common content (公共必修课) of every programme."""

    review_due: CivilDate | None = None
    """The day by which the content is to be reviewed."""

    @property
    def stage_names(self) -> tuple[StageName, ...]:
        """The stages that the module has, in their order."""
        return tuple(item.stage for item in self.stages)

    def contradictions(self) -> Iterator[Fault]:
        """Yield class-hours out of bounds or out of step, and what is named twice or missing."""
        yield from super().contradictions()
        yield from self._hours_faults()
        yield from repeated("/credits", (credit.system for credit in self.credits))
        yield from repeated("/stages", self.stage_names)
        yield from repeated("/prerequisites", self.prerequisites)
        yield from repeated("/stacks_into", self.stacks_into)
        if self.id in self.prerequisites:
            yield Fault("/prerequisites", "names_itself")
        if self.kind == "occupation_course" and self.occupation is None:
            yield Fault("/occupation", "missing")
        if self.assessment is not None and "assessment" not in self.stage_names:
            yield Fault("/assessment", "not_a_stage")

    def _hours_faults(self) -> Iterator[Fault]:
        fewest, most = _HOURS.get(self.kind, (1, None))
        if self.hours.total < fewest:
            yield Fault("/hours", "below_minimum_of_kind")
        if most is not None and self.hours.total > most:
            yield Fault("/hours", "above_maximum_of_kind")
        stated = [hundredths(stage.hours) for stage in self.stages if stage.hours is not None]
        if stated and sum(stated) != self.hours.total:
            yield Fault("/stages", "hours_not_total")

    def references(self) -> Iterator[Reference]:
        """Yield credit systems, scales, occupation, specification and prerequisites.

        Not the programmes that it stacks into: a programme names its modules, and of two
        registers that name each other neither could be published first.
        """
        for position, credit in enumerate(self.credits):
            yield Reference(f"/credits/{position}/system", "credit_system", credit.system)
        if self.assessment is not None:
            yield from self.assessment.references("/assessment")
        if self.level is not None:
            yield scale_reference("/level", self.level)
        if self.occupation is not None:
            yield Reference("/occupation", "occupation", self.occupation.register_id)
        if self.specification is not None:
            yield Reference("/specification", "ability_specification", self.specification)
        for position, module in enumerate(self.prerequisites):
            yield Reference(f"/prerequisites/{position}", "module", module)
