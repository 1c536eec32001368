"""What a request of the bank is, and how it is written.

Apart from the requests themselves, which are in `calls` and the modules beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import orjson
from pydantic import BaseModel

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Document = Mapping[str, Any]
When = str | date | datetime


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and the reading of its answer. The body is personal and stays out of `repr`."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    read: Callable[[bytes], T] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


def read_as(model: type[M]) -> Callable[[bytes], M]:
    """Return what reads an answer as a type."""
    return model.model_validate_json


def read_nothing(_data: bytes) -> None:
    """Read an answer that says no more than that it was done."""


def to_body(document: Document) -> bytes:
    """Return a document as the bytes of a body."""
    try:
        return orjson.dumps(document)
    except TypeError:
        # Half of a character cannot be written as UTF-8. Escaped, it reaches the bank, which
        # names its place instead of refusing all ten thousand rows.
        return json.dumps(document).encode()


def given(**members: Any) -> dict[str, Any]:
    """Return the members that are given."""
    return {name: value for name, value in members.items() if value is not None}


def shown(size: int | None, parts: Sequence[str]) -> dict[str, str]:
    """Return the query by which a proof is asked for."""
    query = {} if size is None else {"size": str(size)}
    return query | ({"parts": ",".join(parts)} if parts else {})


def page(after: int | None, limit: int | None) -> dict[str, str]:
    """Return the query by which a page is asked for."""
    return {name: str(value) for name, value in given(after=after, limit=limit).items()}


def time_text(when: When | None) -> str | None:
    """Return a date as YYYY-MM-DD, a time in UTC; raises ValueError for a time without a zone."""
    if not isinstance(when, datetime):
        return when.isoformat() if isinstance(when, date) else when
    if when.tzinfo is None:
        raise ValueError("a time needs its zone")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_step(text: str) -> str:
    """Return a text as a step of a path."""
    return quote(text, safe="")


def learner_path(account: str, what: str = "") -> str:
    """Return the path of a learner, or of something of theirs."""
    return f"/v1/learners/{path_step(account)}" + (f"/{what}" if what else "")
