"""Canonical JSON: RFC 8785 on a profile in which no two libraries can differ.

Member names match `[a-z][a-z0-9_]*`; values are strings, booleans, arrays, objects and integers
below 2^53 in magnitude. No floats and no null: an absent value is an absent member. Strings are
kept as received, without U+0000 and lone surrogates. Nesting ends at `MAX_DEPTH`, far above any
document and below the limit of every JSON library.

With ASCII names only, sorting by code point and by UTF-16 unit agree, and orjson escapes strings
as RFC 8785 does, so orjson with sorted keys yields its bytes; a test holds it to an oracle.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from creditbank.errors.ledger import NotCanonical

MAX_DEPTH: Final = 64
MAX_INTEGER: Final = 2**53 - 1

# Dates, dataclasses and subclasses have several JSON forms: whoever has one writes it as text.
_OPTIONS: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*\Z")
# An escaped NUL: an even number of backslashes before it belongs to the text itself.
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def encode(value: object) -> bytes:
    """Return the canonical bytes of `value`, after checking all of it against the profile.

    Raises:
        NotCanonical: with `reason`, and `where` as a JSON pointer to the offending value.
    """
    fault = _fault(value, MAX_DEPTH)
    if fault is not None:
        raise NotCanonical(where=fault[0], reason=fault[1])
    return _dump(value)


def encode_checked(value: object) -> bytes:
    """Return the canonical bytes of a value that a schema has already confined to the profile.

    The fast way for the append path: only U+0000, lone surrogates, integers of 2^53 and more,
    and types that JSON does not have are noticed here.

    Raises:
        NotCanonical: with `reason`.
    """
    data = _dump(value)
    if b"\\u0000" in data and _ESCAPED_NUL.search(data):
        raise NotCanonical(reason="nul")
    return data


def decode(data: bytes) -> Any:
    """Return the value of canonical `data`.

    Accepts exactly what `encode` returns: other spacing, order, escapes or number forms and
    duplicate members are refused, because the bytes are compared after encoding again.

    Raises:
        NotCanonical: with `reason`, and `where` if the fault has a place.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise NotCanonical(reason="syntax") from None
    if encode(value) != data:
        raise NotCanonical(reason="form")
    return value


def _dump(value: object) -> bytes:
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError:
        raise NotCanonical(reason="type") from None


def _fault(value: object, depth: int) -> tuple[str, str] | None:
    """Return pointer and reason of the first fault in `value`, or None."""
    kind = type(value)
    if kind is str:
        reason = _text_fault(value)  # type: ignore[arg-type]
        return None if reason is None else ("", reason)
    if kind is bool:
        return None
    if kind is int:
        return None if -MAX_INTEGER <= value <= MAX_INTEGER else ("", "integer_range")  # type: ignore[operator]
    if kind is dict:
        return _object_fault(value, depth)  # type: ignore[arg-type]
    if kind is list or kind is tuple:
        return _array_fault(value, depth)  # type: ignore[arg-type]
    return ("", {float: "float", type(None): "null"}.get(kind, "type"))


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "nul"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "surrogate"
    return None


def _object_fault(members: dict[object, object], depth: int) -> tuple[str, str] | None:
    if depth == 0:
        return ("", "depth")
    for name, member in members.items():
        if type(name) is not str or not _NAME.match(name):
            return ("", "member_name")
        fault = _fault(member, depth - 1)
        if fault is not None:
            return (f"/{name}{fault[0]}", fault[1])
    return None


def _array_fault(items: list[object], depth: int) -> tuple[str, str] | None:
    if depth == 0:
        return ("", "depth")
    for position, item in enumerate(items):
        fault = _fault(item, depth - 1)
        if fault is not None:
            return (f"/{position}{fault[0]}", fault[1])
    return None
