"""Finding the credential in an SVG that a stranger sends, without building a document of it.

A tree of 16 MiB of elements would take gigabytes. This one reads forward, keeps nothing but the
credential, and stops behind it; what declares entities is no badge.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

ELEMENT: Final = "openbadges:credential"
MAX_SVG_BYTES: Final = 4 * 1024 * 1024
MAX_ELEMENTS: Final = 50_000
"""Elements before the credential, which is to stand directly after the first (OB 3.0, 5.3.2)."""

_CHUNK_BYTES: Final = 64 * 1024


class _Stop(Exception):  # a signal inside this module, never seen outside
    """Nothing more is to be read."""


class _Reading:
    """One pass over a picture."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._elements = 0
        self._inside = False
        self._text: list[str] = []
        self.found: str | None = None

    def read(self, raw: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._declared
        try:
            for at in range(0, len(raw), _CHUNK_BYTES):
                parser.Parse(raw[at : at + _CHUNK_BYTES], False)  # noqa: FBT003  # not keyword
        except (_Stop, expat.ExpatError):
            return

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self._most or self._inside:
            raise _Stop
        if name == ELEMENT:
            self._inside = True
            if "verify" in attributes:
                self.found = attributes["verify"]
                raise _Stop

    def _end(self, name: str) -> None:
        if name == ELEMENT:
            self.found = "".join(self._text).strip() or None
            raise _Stop

    def _characters(self, text: str) -> None:
        if self._inside:
            self._text.append(text)

    def _declared(self, *_declaration: object) -> None:
        raise _Stop


def find_credential(raw: bytes) -> str | None:
    """Return the text of the first credential element, None if there is none within the limits."""
    if len(raw) > MAX_SVG_BYTES:
        return None
    reading = _Reading(MAX_ELEMENTS)
    reading.read(raw)
    return reading.found
