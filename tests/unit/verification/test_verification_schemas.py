"""Documents and reports are of their published schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from creditbank.domain.registers import schema_text
from creditbank.domain.verification import verify
from creditbank.domain.verification.schemas import verification_schemas
from tests.proof_scene import KEYS, WITNESSES, standard_log

PUBLISHED = Path(__file__).parents[3] / "schemas" / "verification"
SCHEMAS = verification_schemas()


def validator(name: str) -> Any:
    return Draft202012Validator(SCHEMAS[name])


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_published_schema_is_what_the_code_reads_or_writes(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    published = (PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(SCHEMAS[name])


def test_nothing_else_is_published_there() -> None:
    names = {f"{name}.schema.json" for name in SCHEMAS}
    assert {path.name for path in PUBLISHED.glob("*.json")} == names


def test_documents_are_of_their_schemas() -> None:
    log = standard_log()
    validator("receipt.v1").validate(log.receipt(4))
    validator("receipt.v1").validate(log.receipt(4, {"act"}) | {"erased": ["person"]})
    validator("statement.v1").validate(log.statement())
    assert not validator("receipt.v1").is_valid(log.statement())
    assert not validator("statement.v1").is_valid(log.statement() | {"more": 1})


def test_reports_are_of_their_schema() -> None:
    log = standard_log()
    first = log.chains["la-aaaaaaaaaaaaaaaa"][1]
    log.revoke(first, outcome="a" * 32)
    documents: list[Any] = [
        log.statement(),
        log.receipt(4, set()),
        log.receipt(5, checkpoint=log.checkpoint(witnesses=WITNESSES[:1])),
        log.receipt(4) | {"format": "other"},
        {},
        b"",
    ]
    for document in documents:
        for keys in (KEYS, [*KEYS, WITNESSES[0].key], []):
            validator("report.v1").validate(verify(document, keys).document())
