"""Registers (目录): dated, versioned documents that say what exists.

`parse_register` reads a document, `Register.document` gives its normal form, `resolve` chooses the
version in force on a date, and `check_credits` and `check_references` hold a document against the
registers that it names.
"""

from __future__ import annotations

from creditbank.domain.registers.assessment import Assessment, AssessmentPart
from creditbank.domain.registers.certificate_kind import CertificateKind
from creditbank.domain.registers.checks import check_credits, check_references
from creditbank.domain.registers.credit_system import CreditSystem, HoursPerCredit
from creditbank.domain.registers.institution import (
    Evaluator,
    EvaluatorScope,
    Institution,
    Licence,
    SigningKey,
)
from creditbank.domain.registers.module import Module, ModuleKind, Skill, Stage
from creditbank.domain.registers.occupation import (
    AbilitySpecification,
    ApplicationConditions,
    Occupation,
    OccupationStandard,
    ReferenceHours,
    WorkType,
)
from creditbank.domain.registers.programme import Course, Major, Programme, ProgrammeModule
from creditbank.domain.registers.reading import KINDS, parse_register, resolve, version_order
from creditbank.domain.registers.register import (
    Citation,
    Credit,
    Hours,
    Level,
    OccupationRef,
    Reference,
    Register,
    Registers,
    Title,
)
from creditbank.domain.registers.scale import Scale, ScaleRank, ScoreRange
from creditbank.domain.registers.schemas import register_schemas, schema_text
from creditbank.domain.registers.teaching import Authorisation, Offering

__all__ = [
    "KINDS",
    "AbilitySpecification",
    "ApplicationConditions",
    "Assessment",
    "AssessmentPart",
    "Authorisation",
    "CertificateKind",
    "Citation",
    "Course",
    "Credit",
    "CreditSystem",
    "Evaluator",
    "EvaluatorScope",
    "Hours",
    "HoursPerCredit",
    "Institution",
    "Level",
    "Licence",
    "Major",
    "Module",
    "ModuleKind",
    "Occupation",
    "OccupationRef",
    "OccupationStandard",
    "Offering",
    "Programme",
    "ProgrammeModule",
    "Reference",
    "ReferenceHours",
    "Register",
    "Registers",
    "Scale",
    "ScaleRank",
    "ScoreRange",
    "SigningKey",
    "Skill",
    "Stage",
    "Title",
    "WorkType",
    "check_credits",
    "check_references",
    "parse_register",
    "register_schemas",
    "resolve",
    "schema_text",
    "version_order",
]
