"""Reading JSON that strangers send: nothing repeated, nothing endless, nothing that JSON lacks."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from creditbank.errors.verification import MalformedDocument

MAX_CREDENTIAL_BYTES: Final = 256 * 1024
MAX_LIST_BYTES: Final = 4 * 1024 * 1024
"""A status list, as it is sent: 2^17 positions, chosen so badly that nothing compresses."""
MAX_EMBEDDED: Final = 64
"""Certificates in one record."""
MAX_DEPTH: Final = 64
MAX_MEMBERS: Final = 20_000
"""Members of objects and items of arrays, all together."""

_MAX_DIGITS: Final = 400


def read_json(data: bytes | str, *, most: int = MAX_CREDENTIAL_BYTES) -> Any:
    """Return the JSON value of untrusted bytes.

    Raises:
        MalformedDocument: if it is no JSON in UTF-8, repeats a member, has a constant that JSON
            lacks or half of a surrogate pair, nests deeper than `MAX_DEPTH`, has more than
            `MAX_MEMBERS` members, or is longer than `most` bytes.
    """
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(raw) > most:
        raise MalformedDocument(reason="size")
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=_integer,
        )
    except RecursionError:
        raise MalformedDocument(reason="depth") from None
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are
        raise MalformedDocument(reason="syntax") from None
    check_json(value)
    return value


def check_json(value: Any) -> None:
    """Return if a parsed value keeps to depth, number of members and whole characters.

    Raises:
        MalformedDocument: if not.
    """
    left, seen = [(value, 1)], 0
    while left:
        item, depth = left.pop()
        if isinstance(item, str) and not _is_whole(item):
            raise MalformedDocument(reason="surrogate")
        if not isinstance(item, dict | list):
            continue
        if depth > MAX_DEPTH:
            raise MalformedDocument(reason="depth")
        seen += len(item)
        if seen > MAX_MEMBERS:
            raise MalformedDocument(reason="size")
        if isinstance(item, dict):
            left.extend((name, depth) for name in item)
        left.extend((one, depth + 1) for one in (item.values() if isinstance(item, dict) else item))


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedDocument(reason="duplicate_member")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise MalformedDocument(reason="integer_range")
    return int(digits)


def _refuse(_text: str) -> NoReturn:
    raise MalformedDocument(reason="syntax")
