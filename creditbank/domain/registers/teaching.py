"""Who may teach a module, and when it is taught: authorisations (授权) and offerings (班次)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from creditbank.domain.identifiers import Uscc
from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import (
    CivilDate,
    Line,
    Many,
    RegisterId,
    StageName,
    Version,
)
from creditbank.domain.registers.register import Reference, Register


class Authorisation(Register):
    """That an institution may give a module in a region.

    Apart from the module, so that a new school needs no new version of it.
    """

    register_kind: ClassVar[str] = "authorisation"

    institution: Uscc
    module: RegisterId
    stages: Many[StageName] = ()
    """The stages it may give; absent for all of them."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield stages named twice."""
        yield from super().contradictions()
        yield from repeated("/stages", self.stages)

    def references(self) -> Iterator[Reference]:
        """Yield the institution and the module."""
        yield Reference("/institution", "institution", self.institution)
        yield Reference("/module", "module", self.module)


class Offering(Register):
    """A class in which a version of a module is given."""

    register_kind: ClassVar[str] = "offering"

    code: Line
    """The institution's own code of the class."""

    institution: Uscc
    module: RegisterId
    module_version: Version
    starts_on: CivilDate
    ends_on: CivilDate
    mode: Literal["online", "offline", "blended"]
    place: Line | None = None
    project: Line | None = None
    """The training project (项目) that it belongs to."""

    order: Line | None = None
    """The order (订单) of an employer that it was set up for."""

    employer: Uscc | None = None
    training_type: (
        Literal[
            "employment_skills",
            "pre_job",
            "entrepreneurship",
            "job_transfer",
            "upskilling",
            "other",
        ]
        | None
    ) = None
    """就业技能 · 岗前 · 创业 · 转岗 · 岗位技能提升 (Guangxi plan 2025–2027) · 其他."""

    seats: Annotated[int, Field(ge=1, le=100_000)] | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault if it ends before it starts."""
        yield from super().contradictions()
        if self.ends_on < self.starts_on:
            yield Fault("/ends_on", "before_starts_on")

    def references(self) -> Iterator[Reference]:
        """Yield the institution, the module and the employer."""
        yield Reference("/institution", "institution", self.institution)
        yield Reference("/module", "module", self.module)
        if self.employer is not None:
            yield Reference("/employer", "institution", self.employer)
