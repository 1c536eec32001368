"""Text as Chinese keyboards and copied documents bring it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HALF: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def to_halfwidth(text: str) -> str:
    """Return `text` with U+FF01–U+FF5E and U+3000 as their ASCII twins, stripped of white space.

    Only these: NFKC would also make digits out of superscripts and circled numbers, and those
    are slips that an identifier should not survive.
    """
    return text.translate(_HALF).strip()


def text_fault(text: str) -> str | None:
    """Return why `text` cannot be kept and shown as one line, or None if it can.

    The reasons are "surrogate" (half a character), "control" (U+0000, tabs, line ends, …) and
    "direction" (a character that lets text be displayed in another order than it is kept).
    """
    categories = {unicodedata.category(character) for character in text}
    if "Cs" in categories:
        return "surrogate"
    if "Cc" in categories:
        return "control"
    return "direction" if _DIRECTION.search(text) else None


def without_invisible(text: str) -> str:
    """Return `text` without white space and without format characters (category Cf)."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")
