"""Selections: which outcomes a rule speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import StringConstraints

from creditbank.domain.registers.faults import Fault
from creditbank.domain.registers.members import CivilDate, Line, Many, Rank, RegisterId, StageName
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import OccupationRef

OutcomeType = Literal[
    "module", "academic_course", "self_study_exam", "online_course", "certificate", "achievement"
]
Verification = Literal["self_declared", "original_seen", "national_query", "issuer"]
IssuerRole = Literal["college", "training", "assessor", "enterprise", "authority"]
Category = Literal["public", "major_basic", "major_core", "extension"]
"""课程类别: 公共 · 专业基础 · 专业核心 · 拓展."""

Period = Annotated[
    str, StringConstraints(pattern=r"^P([1-9][0-9]?Y([1-9][0-9]?M)?|[1-9][0-9]{0,2}M)$")
]
"""A period of ISO 8601 in years and months: P5Y, P18M."""


class LevelRange(Record):
    """Levels of one scale, both ends included; a higher rank is a higher level."""

    scale: RegisterId
    at_least: Rank | None = None
    at_most: Rank | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield a range that is empty or says nothing."""
        yield from super().contradictions()
        if self.at_least is None and self.at_most is None:
            yield Fault("/at_least", "missing")
        elif self.at_most is not None and self.at_most < (self.at_least or 0):
            yield Fault("/at_most", "below_at_least")


class ScoreFloor(Record):
    """The lowest score that counts, as a mark of its scale or the title of a rank of it."""

    scale: RegisterId
    at_least: Line


class Selection(Record):
    """Outcomes for which every member holds; of a member with several values, one of them.

    Without members it selects every verified outcome. Nothing self-declared is selected unless
    `verification` says so.
    """

    type: Many[OutcomeType] = ()
    module: Many[RegisterId] = ()
    equivalence_group: Many[RegisterId] = ()
    common_core: bool | None = None
    scene: Many[Line] = ()
    occupation: Many[OccupationRef] = ()
    level: LevelRange | None = None
    issuer: Many[Line] = ()
    """Codes of the institutions that awarded it; of a certificate, of its issuer."""

    issuer_role: Many[IssuerRole] = ()
    stage: Many[StageName] = ()
    """Stages that it must have, all of them."""

    score: ScoreFloor | None = None
    certificate_kind: Many[RegisterId] = ()
    course: Many[Line] = ()
    """Course codes."""

    course_title: Many[Line] = ()
    delivery: Many[Literal["online", "onsite", "mixed"]] = ()
    system: Many[RegisterId] = ()
    """Has credit in one of these systems."""

    verification: Verification = "original_seen"
    """核实等级: at least this."""

    achieved_within: Period | None = None
    """Not longer ago than this on the day of the decision."""

    achieved_from: CivilDate | None = None
    achieved_to: CivilDate | None = None
    any_of: Many[Selection] = ()
    none_of: Many[Selection] = ()
