"""Certificate kinds (证书种类): what certificates there are, and who must confirm one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import Many, RegisterId, Role
from creditbank.domain.registers.register import Reference, Register

NumberFormat = Literal["skill_level_22", "skill_level_master_22", "qualification_16"]
"""Formats that a certificate number can be checked against."""

Confirmer = Literal[
    "issuer",
    "national_query",
    "labour_authority",
    "education_authority",
    "industry_authority",
    "project_applicant",
]
"""Who may have to confirm a certificate before it is relied on."""


class CertificateKind(Register):
    """A kind of certificate. It has no credit of its own: the receiver's rule gives it."""

    register_kind: ClassVar[str] = "certificate_kind"

    issued_by: Many[Role] = ()
    """Roles of the institutions that issue it."""

    scale: RegisterId | None = None
    """The scale of its grades; absent if it has none."""

    occupation_bound: bool = False
    """Whether it is for one occupation, so that the occupation must be named."""

    number_formats: Many[NumberFormat] = ()
    """Known formats of its number; a number of another format is kept as unrecognised."""

    confirmed_by: Many[Confirmer] = ()
    """Everyone whose confirmation it needs."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield what is named twice."""
        yield from super().contradictions()
        yield from repeated("/issued_by", self.issued_by)
        yield from repeated("/number_formats", self.number_formats)
        yield from repeated("/confirmed_by", self.confirmed_by)

    def references(self) -> Iterator[Reference]:
        """Yield the scale."""
        if self.scale is not None:
            yield Reference("/scale", "scale", self.scale)
