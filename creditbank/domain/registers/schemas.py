"""The published JSON Schemas of register documents, generated from the classes.

A schema says what a member looks like. What members say about each other, such as the class-hours
of a micro module, stands in the classes only; the reason codes of `register-invalid` name it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from creditbank.domain.registers.reading import KINDS

VERSION: Final = 1
"""Version of every register schema; a change that refuses older documents raises it."""


class _WithoutNull(GenerateJsonSchema):
    """JSON Schema (draft 2020-12) of the canonical profile, where absent is not null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        return {name: value for name, value in made.items() if (name, value) != ("default", None)}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # no titles at all
        return False


def register_schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each kind of register by its name, such as `module.v1`."""
    return {f"{kind}.v{VERSION}": _schema(kind) for kind in sorted(KINDS)}


def _schema(kind: str) -> dict[str, Any]:
    made = KINDS[kind].model_json_schema(
        ref_template=DEFAULT_REF_TEMPLATE, schema_generator=_WithoutNull
    )
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:creditbank:schema:register:{kind}:v{VERSION}",
        **made,
    }


def schema_text(schema: dict[str, Any]) -> str:
    """Return `schema` as it is written to `schemas/`: sorted, indented, with a last newline."""
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
