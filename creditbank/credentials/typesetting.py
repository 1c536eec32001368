"""Typesetting with typst: the font, which characters it has, and one call per template.

The Chinese font comes from a package and no other font is looked for, so that a page is the same
everywhere. A character that the font lacks would make PDF/A impossible: it is set as the geta mark
〓, the printer's sign for a missing type, and the caller says so on the page.
"""

from __future__ import annotations

import json
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst
from noto_cjk_sans_otc import FONT_PATH

FAMILY: Final = {"zh_CN": "Noto Sans CJK SC", "en": "Noto Sans CJK SC"}
MISSING_TYPE: Final = "〓"

_TEMPLATES: Final = Path(__file__).parent / "templates"
_FORMAT_12: Final = 12
_TTC_OFFSETS: Final = 12


@cache
def fonts() -> typst.Fonts:
    """Return the one font of printed pages, found once; no font of the system is used."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(str(FONT_PATH)).parent)],
    )


@cache
def _template(name: str) -> bytes:
    return (_TEMPLATES / name).read_bytes()


def _arguments(
    template: str, data: Mapping[str, Any], inputs: Mapping[str, str] | None
) -> dict[str, Any]:
    values = {"data": json.dumps(data, ensure_ascii=False)} | dict(inputs or {})
    return {
        "input": _template(template),
        "root": str(_TEMPLATES),
        "font_paths": fonts(),
        "sys_inputs": values,
    }


def pdf(
    template: str, data: Mapping[str, Any], inputs: Mapping[str, str], *, created: int
) -> bytes:
    """Return a tagged PDF/A-3a that is also PDF/UA-1; `created` in unix seconds.

    The same arguments give the same bytes.
    """
    arguments = _arguments(template, data, inputs)
    made: bytes = typst.compile(
        **arguments, format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=created
    )
    return made


def svg(template: str, data: Mapping[str, Any], *, created: int) -> bytes:
    """Return a picture as SVG, its letters as outlines."""
    arguments = _arguments(template, data, None)
    made: bytes = typst.compile(**arguments, format="svg", timestamp=created)
    return made


def png(template: str, data: Mapping[str, Any], *, created: int, ppi: float) -> bytes:
    """Return a picture as PNG; `ppi` are pixels to the inch."""
    arguments = _arguments(template, data, None)
    made: bytes = typst.compile(**arguments, format="png", ppi=ppi, timestamp=created)
    return made


def settable(text: str) -> str:
    """Return `text` with what cannot be set as 〓; control and format characters are dropped."""
    kept = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            kept.append(" ")
        elif unicodedata.category(character) in {"Cc", "Cf"}:
            continue  # direction overrides could make a page read as something else
        else:
            kept.append(character if has_type(character) else MISSING_TYPE)
    return "".join(kept)


def settable_all(value: Any) -> Any:
    """Return a JSON value in which every text is `settable`."""
    if isinstance(value, str):
        return settable(value)
    if isinstance(value, Mapping):
        return {name: settable_all(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [settable_all(member) for member in value]
    return value


def has_type(character: str) -> bool:
    """Return whether the font has a glyph for the character."""
    starts, ends = _coverage()
    place = bisect_right(starts, ord(character)) - 1
    return place >= 0 and ord(character) <= ends[place]


@cache
def _coverage() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return first and last code point of every range that the font covers (OpenType, cmap)."""
    wanted = next(font for font in fonts().fonts() if font.family == FAMILY["zh_CN"])
    data = Path(str(FONT_PATH)).read_bytes()
    (face,) = struct.unpack_from(">I", data, _TTC_OFFSETS + 4 * wanted.index)
    cmap = _table(data, face, b"cmap")
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    for number in range(count):
        (offset,) = struct.unpack_from(">I", data, cmap + 8 + 8 * number)
        kind, groups = struct.unpack_from(">H10xI", data, cmap + offset)
        if kind == _FORMAT_12:
            found = [
                struct.unpack_from(">II", data, cmap + offset + 16 + 12 * group)
                for group in range(groups)
            ]
            return tuple(first for first, _ in found), tuple(last for _, last in found)
    raise LookupError("the font has no Unicode table")


def _table(data: bytes, face: int, tag: bytes) -> int:
    """Return where a table of a face starts in the font file."""
    (count,) = struct.unpack_from(">H", data, face + 4)
    for number in range(count):
        name, offset = struct.unpack_from(">4s4xI", data, face + 12 + 16 * number)
        if name == tag:
            return int(offset)
    raise LookupError(tag.decode())
