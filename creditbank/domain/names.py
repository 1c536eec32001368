"""People's names, for comparison only: what is kept is the name as received."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from creditbank.domain.plain_text import text_fault, without_invisible
from creditbank.errors.identifiers import InvalidName

_LONGEST: Final = 200
# Names of several parts are joined by a dot that every keyboard writes differently.
_DOTS: Final = dict.fromkeys(map(ord, ".。•‧・∙⋅●▪"), "·")
_APOSTROPHES: Final = dict.fromkeys(map(ord, "\u2018\u2019\u02bc`"), "'")
_HYPHENS: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_SAME: Final = _DOTS | _APOSTROPHES | _HYPHENS
_VARIATION_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def normalise_name(name: str, *, where: str | None = None) -> str:
    """Return the form of `name` in which two writings of it are compared.

    Compatibility forms are unified (NFKC), case is folded, spaces, invisible characters and
    variation selectors are dropped, and the dots, apostrophes and hyphens of different keyboards
    become one. Raises InvalidName if nothing is left, if the name is longer than 200 characters
    (before or after), or has a control character, half a character, or one that changes the
    direction of writing.
    """
    if fault := "too_long" if len(name) > _LONGEST else text_fault(name):
        raise InvalidName(where=where, reason=fault)
    text = name
    # dropping a character can bring two others together that compose, so until nothing changes
    while (folded := _fold(text)) != text:
        text = folded
    if not 0 < len(text) <= _LONGEST:
        raise InvalidName(where=where, reason="too_long" if text else "empty")
    return text


def _fold(text: str) -> str:
    """Return `text` after one round of folding and dropping."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _VARIATION_SELECTORS.sub("", without_invisible(text)).translate(_SAME)
