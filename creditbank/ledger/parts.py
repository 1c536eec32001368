"""Parts as they are stored together: one canonical object `{name: {salt, value}}`.

An audit reads every part of every entry, so the canonical form is checked here with one parse and
one encoding for all parts of an object, instead of those and a recursion for each part.
`canonical.decode` accepts exactly the same bytes; a test holds the two to each other.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import orjson

from creditbank.errors.ledger import MalformedPart, NotCanonical
from creditbank.ledger.canonical import MAX_DEPTH, MAX_INTEGER, encode
from creditbank.ledger.entry import PARTS, SALT_BYTES

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*\Z")
_NAMES_KEPT_MAX: Final = 10_000  # a log of ours has some hundred member names
_OPENING: Final = {name: b'"%s":{"salt":"' % name.encode() for name in PARTS}
_VALUE: Final = b'","value":'
_SORTED: Final = orjson.OPT_SORT_KEYS


class ReadPart(NamedTuple):
    """A part as read: its salt, its canonical bytes and their value."""

    salt: bytes
    data: bytes
    value: Any


class PartReader:
    """Reads joined parts. It remembers names of members, and orders of parts, that are of the form.

    Both are few, however many parts are read.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._orders: set[tuple[str, ...]] = set()

    def read(self, data: bytes) -> dict[str, ReadPart]:
        """Return the parts whose joined bytes are `data`, by name.

        Raises:
            NotCanonical: if `data` is not canonical JSON, or a part in it is not.
            MalformedPart: if it is not an object of known parts with their salts.
        """
        try:
            members = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise NotCanonical(reason="syntax") from None
        # Brackets bound the depth from above, and few parts have that many.
        doubtful = data.count(b"{") + data.count(b"[") > MAX_DEPTH or b"\\u0000" in data
        parts = {}
        joined = b""
        try:
            for name, member in members.items():
                text, value = member["salt"], member["value"]
                if doubtful or not self._is_plain(value):
                    encode(value)  # says what is wrong, or that it only looked so
                salt, part = bytes.fromhex(text), orjson.dumps(value, option=_SORTED)
                parts[name] = ReadPart(salt, part, value)
                joined += b"%b%b%b%b}," % (_OPENING[name], salt.hex().encode(), _VALUE, part)
                if len(salt) != SALT_BYTES:
                    raise MalformedPart(reason="salt_length")
        except (AttributeError, KeyError, TypeError, ValueError):
            raise MalformedPart(reason="members") from None
        if b"{%b}" % joined[:-1] != data or not self._is_ordered(tuple(parts)):
            raise NotCanonical(reason="form")
        return parts

    def _is_ordered(self, names: tuple[str, ...]) -> bool:
        if names not in self._orders:
            if list(names) != sorted(names):
                return False
            self._orders.add(names)
        return True

    def _is_plain(self, value: Any) -> bool:
        """Return whether everything in `value` is of the profile, as far as can be told fast."""
        names = self._names
        waiting = [value] if type(value) is dict or type(value) is list else [[value]]
        while waiting:
            value = waiting.pop()
            if type(value) is dict:
                if not value.keys() <= names and not self._learn(value):
                    return False
                value = value.values()
            for item in value:
                kind = type(item)
                if kind is str or kind is bool:
                    continue
                if kind is dict or kind is list:
                    waiting.append(item)
                elif kind is not int or not -MAX_INTEGER <= item <= MAX_INTEGER:
                    return False
        return True

    def _learn(self, members: dict[str, Any]) -> bool:
        if len(self._names) > _NAMES_KEPT_MAX:
            self._names.clear()
        good = [name for name in members if _NAME.match(name)]
        self._names.update(good)
        return len(good) == len(members)
