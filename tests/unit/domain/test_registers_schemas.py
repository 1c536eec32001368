"""The published schemas of register documents are those that the classes make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from creditbank.domain.registers import KINDS, register_schemas, schema_text

SCHEMAS = register_schemas()
PUBLISHED = Path(__file__).parents[3] / "schemas" / "registers"


def test_there_is_one_schema_for_each_kind() -> None:
    names = {f"{name}.schema.json" for name in SCHEMAS}
    assert names == {f"{kind}.v1.schema.json" for kind in KINDS}
    assert {path.name for path in PUBLISHED.glob("*.json")} == names


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_published_schema_is_what_the_class_makes(name: str) -> None:
    """`make schemas` writes them; a schema that refuses older documents gets a new version."""
    published = (PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(SCHEMAS[name])


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_valid_closed_and_without_null(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    kind, _ = name.split(".")
    assert schema["$id"] == f"urn:creditbank:schema:register:{kind}:v1"
    nodes = list(_nodes(schema))
    assert all(node.get("type") != "null" for node in nodes)
    assert all(node.get("default", "") is not None for node in nodes)
    assert all(node["additionalProperties"] is False for node in nodes if "properties" in node)


def _nodes(value: Any) -> list[dict[str, Any]]:
    """Return every object inside `value`, and `value` itself if it is one."""
    if isinstance(value, list):
        return [node for item in value for node in _nodes(item)]
    if not isinstance(value, dict):
        return []
    inner = [node for item in value.values() for node in _nodes(item)]
    return [value, *inner] if "properties" not in value.get("properties", {}) else inner
