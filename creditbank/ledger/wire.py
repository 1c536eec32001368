"""Text forms that the C2SP formats share. Each function raises ValueError; parsers name their own.

Every form has exactly one text for a value, so that parsing and formatting again gives the same
bytes.
"""

from __future__ import annotations

import base64
import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)


def encode_base64(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes:
    """Return the bytes whose standard, padded base64 is `text`; spare bits must be zero."""
    data = base64.b64decode(text, validate=True)
    if encode_base64(data) != text:
        raise ValueError("base64")
    return data


def decode_decimal(text: str, maximum: int) -> int:
    """Return the number 0 … `maximum` of ASCII digits without sign or leading zeros."""
    if not _DECIMAL.fullmatch(text) or int(text) > maximum:
        raise ValueError("decimal")
    return int(text)


def decode_lines(data: bytes) -> str:
    """Return UTF-8 text whose only control character (below U+0020) is the newline."""
    return check_lines(data.decode())


def check_lines(text: str) -> str:
    """Return `text` if it is whole lines of UTF-8 without other control characters."""
    text.encode()  # lone surrogates raise UnicodeEncodeError, a ValueError
    if not text.endswith("\n") or _CONTROL.search(text):
        raise ValueError("lines")
    return text


def is_line(line: str) -> bool:
    """Return whether `line` is one line of UTF-8 text, not empty, without its newline."""
    try:
        return bool(line) and "\n" not in line and bool(check_lines(line + "\n"))
    except ValueError:
        return False


def is_key_name(name: str) -> bool:
    """Return whether `name` is not empty and has no Unicode space, control or plus sign."""
    return bool(name) and not any(
        character.isspace() or character < " " or character == "+" for character in name
    )
