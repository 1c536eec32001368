"""Types of single members of register documents, each narrower than the JSON type it is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType  # part of typing from Python 3.12 on

from creditbank.domain.checked import checked
from creditbank.domain.civil_time import parse_date
from creditbank.domain.plain_text import text_fault, without_invisible
from creditbank.domain.registers.faults import Fault, faulty
from creditbank.errors.ledger import NotCanonical
from creditbank.ledger import canonical

T = TypeVar("T")

_DATE: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
# What `text_fault` lets pass, for readers of the schema.
_READABLE: Final = r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+$"


def _civil_date(value: object) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("type", "a date is text")
    return checked(parse_date)(value)


def _readable(text: str) -> str:
    reason = text_fault(text) or (None if without_invisible(text) else "empty")
    if reason is not None:
        raise PydanticCustomError("text", "not a line of text", {"reason": reason})
    return text


def _canonical(value: Any) -> Any:
    try:
        canonical.encode(value)
    except NotCanonical as error:
        raise faulty([Fault(error.where or "", str(error.fields["reason"]))]) from None
    return value


def _at_least_one(items: tuple[T, ...]) -> tuple[T, ...]:
    if not items:
        raise PydanticCustomError("too_few", "at least one item")
    return items


def _object_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object whose members have names of the profile."""
    return {
        "type": "object",
        "patternProperties": {"^[a-z][a-z0-9_]{0,63}$": values},
        "additionalProperties": False,
    }


Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A JSON array, kept in its order."""

# Not min_length: pydantic counts only the items without fault, and would report a fault twice.
AtLeastOne = Annotated[
    tuple[T, ...],
    Field(strict=False, json_schema_extra={"minItems": 1}),
    AfterValidator(_at_least_one),
]
"""A JSON array with at least one item."""

CivilDate = Annotated[
    date,
    BeforeValidator(_civil_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _DATE}),
]
"""A day of the calendar in China (Asia/Shanghai), `YYYY-MM-DD`."""

Line = TypeAliasType(
    "Line",
    Annotated[
        str,
        Field(max_length=200, json_schema_extra={"pattern": _READABLE}),
        AfterValidator(_readable),
    ],
)
"""A name or a heading, kept as received."""

Text = TypeAliasType(
    "Text",
    Annotated[
        str,
        Field(max_length=2000, json_schema_extra={"pattern": _READABLE}),
        AfterValidator(_readable),
    ],
)
"""A sentence or a paragraph, kept as received."""

MemberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""A name that the canonical profile allows for a member of an object."""

RegisterId = TypeAliasType(
    "RegisterId",
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)],
)
"""An id that can stand in a URL path as it is."""

Version = Annotated[
    str, StringConstraints(pattern=r"^[1-9][0-9]*(\.(0|[1-9][0-9]*))*$", max_length=32)
]
"""Numbers with dots between them: 2 comes before 10, and 10 before 2026.1."""

Year = Annotated[str, StringConstraints(pattern=r"^[12][0-9]{3}$")]
"""A year as the name of an edition or a cohort."""

Rank = Annotated[int, Field(ge=0, le=99)]
"""A place on a scale, counted upwards from the lowest."""

Extensions = Annotated[
    dict[MemberName, dict[MemberName, Any]],
    AfterValidator(_canonical),
    WithJsonSchema(
        _object_of(_object_of({"type": ["string", "integer", "boolean", "array", "object"]}))
    ),
]
"""Members of others, each under a namespace of its own; canonical JSON, not interpreted."""

JsonObject = Annotated[
    dict[str, Any], AfterValidator(_canonical), WithJsonSchema({"type": "object"})
]
"""An object of canonical JSON whose reading is another's business."""

StageName = Literal["study", "training", "assessment", "certification"]
"""学 · 训 · 评 · 证 (Guangdong proposal of 2026-01-27, part 2, section 3, item 1)."""

Role = Literal["college", "training", "assessor", "enterprise", "authority", "auditor", "desk"]
"""What an institution may do; one institution often has several roles."""
