"""Programmes: college plans (培养方案), micro-majors (微专业), module stacks (模块组合)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from creditbank.domain.identifiers import Uscc
from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import Line, Many, RegisterId, Year
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Credit, Hours, Reference, Register, Title
from creditbank.domain.units import hundredths


class Major(Record):
    """A major by its code (专业代码), which means something only within an edition."""

    edition: Year
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,6}[A-Z]{0,2}$")]


class Course(Record):
    """A course of a college's plan."""

    code: Line
    title: Title
    nature: Literal["compulsory", "elective"]
    """必修 · 选修."""

    credit: Credit
    category: Literal["public", "major_basic", "major_core", "extension"] | None = None
    """公共 · 专业基础 · 专业核心 · 拓展."""

    hours: Hours | None = None
    term: Annotated[int, Field(ge=1, le=20)] | None = None
    """The term in which the plan has it, counted from the first."""

    module: RegisterId | None = None
    """The module that the course is given as."""


class ProgrammeModule(Record):
    """A module of a programme."""

    module: RegisterId
    required: bool = True


class Programme(Register):
    """A programme; only a college gives a micro-major, any other stack is a module stack."""

    register_kind: ClassVar[str] = "programme"

    kind: Literal["micro_major", "vocational", "module_stack"]
    institution: Uscc | None = None
    major: Major | None = None
    cohort: Year | None = None
    """年级: the year of entry for which the plan is made."""

    courses: Many[Course] = ()
    modules: Many[ProgrammeModule] = ()
    total_credits: Credit | None = None
    """The credits that complete it."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield what its kind needs and lacks, what is named twice, and totals that cannot be."""
        yield from super().contradictions()
        for member in self._needed():
            if getattr(self, member) is None:
                yield Fault(f"/{member}", "missing")
        if not self.courses and not self.modules:
            yield Fault("/modules" if self.kind == "module_stack" else "/courses", "missing")
        yield from repeated("/courses", (course.code for course in self.courses))
        yield from repeated("/modules", (item.module for item in self.modules))
        if self.total_credits is not None:
            yield from self._total_faults(self.total_credits)

    def _needed(self) -> tuple[str, ...]:
        return {
            "micro_major": ("institution",),
            "vocational": ("institution", "major", "cohort"),
            "module_stack": (),
        }[self.kind]

    def _total_faults(self, total: Credit) -> Iterator[Fault]:
        others = [course.credit.system != total.system for course in self.courses]
        if any(others):
            # Amounts of different systems are never added, so there is no total to compare with.
            yield Fault(f"/courses/{others.index(True)}/credit/system", "other_than_total")
            return
        if self.modules:
            return
        goal = hundredths(total.amount)
        if self._credits("compulsory") > goal:
            yield Fault("/total_credits", "below_compulsory_courses")
        if self._credits("compulsory", "elective") < goal:
            yield Fault("/total_credits", "above_all_courses")

    def _credits(self, *natures: str) -> int:
        """Return the credits of the courses of these natures, in hundredths."""
        return sum(
            hundredths(item.credit.amount) for item in self.courses if item.nature in natures
        )

    def references(self) -> Iterator[Reference]:
        """Yield the institution, the modules and the credit systems."""
        if self.institution is not None:
            yield Reference("/institution", "institution", self.institution)
        for position, course in enumerate(self.courses):
            where = f"/courses/{position}"
            yield Reference(f"{where}/credit/system", "credit_system", course.credit.system)
            if course.module is not None:
                yield Reference(f"{where}/module", "module", course.module)
        for position, item in enumerate(self.modules):
            yield Reference(f"/modules/{position}/module", "module", item.module)
        if self.total_credits is not None:
            system = self.total_credits.system
            yield Reference("/total_credits/system", "credit_system", system)
