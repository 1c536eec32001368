"""The published schemas of what verification reads and writes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.forms import DOCUMENTS, RECEIPT, STATEMENT, PartName
from creditbank.domain.verification.report import Level, Result

StateCode = Literal["passed", "noted", "skipped", "undecided", "failed"]
Index = Annotated[int, Field(ge=0)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class FindingShape(_Shape):
    """Something that a step found; `message` is in the language that was asked for."""

    answer: Answer
    state: Literal["noted", "undecided", "failed"]
    message: str
    indexes: list[int]
    """The entries that it concerns, or the certificates in a record, counted from one; empty if
    it concerns the document."""


class StepShape(_Shape):
    """One check: what was checked, against what, and what it found."""

    number: Annotated[int, Field(ge=1)]
    check: str
    state: StateCode
    title: str
    against: str
    findings: list[FindingShape]


class EntryShape(_Shape):
    """What is known of one entry. In a statement, `standing` says what became of it."""

    index: int
    leaf_hash: str
    at: str | None = None
    kind: str | None = None
    org: str | None = None
    signature: Literal["signed", "unsigned", "unchecked"] | None = None
    standing: Literal["stands", "revoked", "superseded", "award_ended"] | None = None
    by: Index | None = None
    shown: list[PartName]
    hidden: list[PartName]
    erased: list[PartName]


class CredentialShape(_Shape):
    """What is known of one certificate: only what its signature covers.

    `standing` is what its status lists say, absent where they could not be read.
    """

    id: str
    kind: Literal["open_badge", "clr", "decision", "sd_jwt_vc", "credential"]
    issuer: str
    issuer_name: str | None = None
    name: str | None = None
    holder: str | None = None
    subject: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    standing: Literal["stands", "revoked", "suspended"] | None = None
    messages: list[Literal["superseded", "erased"]]
    countersigned_by: list[str]
    shown: list[str]


class Verification(_Shape):
    """The report on a document: its result, every answer, and the steps in their order."""

    format: Literal["creditbank-verification/1"]
    result: Result
    answers: list[Answer]
    document_kind: (
        Literal["receipt", "statement", "open_badge", "clr", "decision", "sd_jwt_vc", "credential"]
        | None
    ) = None
    bank: str | None = None
    size: Index | None = None
    root: str | None = None
    level: Level | None = None
    as_of: str | None = None
    """The newest time that a signature on the tree head, or on the certificate, states."""

    signed_by: list[str]
    """The keys whose signatures held: name and ID, or verification methods."""

    entries: list[EntryShape]
    credentials: list[CredentialShape] | None = None
    """The certificate and, after it, those in it; absent for receipts and statements."""

    steps: list[StepShape]


_NAMES = {"receipt.v1": RECEIPT, "statement.v1": STATEMENT}


def verification_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of receipt, statement and report by name, such as `receipt.v1`."""
    schemas = {name: DOCUMENTS[name_of].json_schema() for name, name_of in _NAMES.items()}
    schemas["report.v1"] = Verification.model_json_schema(mode="serialization")
    return {name: _identified(name, schema) for name, schema in schemas.items()}


def _identified(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:creditbank:schema:verification:{name}",
    } | schema
