"""The published contracts under `schemas/`: written from the code, and checked against it.

`python -m creditbank.schemas write` regenerates them, `check` fails if one is out of step. What a
release has published never changes: another shape is another version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from creditbank.api.app import openapi_document
from creditbank.domain.kinds import kind_schemas
from creditbank.domain.registers import register_schemas
from creditbank.domain.submissions import OUTCOME
from creditbank.domain.verification.schemas import verification_schemas

FOLDER = Path(__file__).resolve().parent.parent / "schemas"


def documents() -> dict[str, str]:
    """Return every generated file's text by its path below `schemas/`."""
    schemas = {f"kinds/{name}.schema.json": schema for name, schema in kind_schemas().items()}
    schemas |= {
        f"registers/{name}.schema.json": schema for name, schema in register_schemas().items()
    }
    schemas |= {
        f"verification/{name}.schema.json": schema
        for name, schema in verification_schemas().items()
    }
    schemas["submissions/outcome.v1.schema.json"] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:creditbank:schema:submission:outcome:1",
    } | OUTCOME.json_schema()
    schemas["openapi.json"] = openapi_document()
    return {path: _text(schema) for path, schema in schemas.items()}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check; return the exit status."""
    stale = []
    for path, text in documents().items():
        file = FOLDER / path
        if arguments == ["write"]:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(path)
    for path in stale:
        print(f"schemas/{path} is out of step; run `make schemas`", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
