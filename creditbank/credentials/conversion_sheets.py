"""The conversion sheet as a page: HTML to print from a browser, or PDF.

The PDF is archival (PDF/A-3a) and accessible (PDF/UA-1), set with the one font that ships. A value
is only ever shown, never obeyed: text that looks like markup is text.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from creditbank.credentials import typesetting

Pair = tuple[str, str]

_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` are shares of the line, 0 for as wide as its content."""

    caption: str
    widths: tuple[int, ...]
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule as it reads, where it stands, and why its condition holds."""

    title: str
    rule: str
    citation: str
    why: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that stands on a sheet, in the words of one language. `created`: unix seconds."""

    locale: str
    heading: str
    status: str
    created: int
    rows: tuple[Pair, ...]
    reasons: tuple[Reason, ...]
    tables: tuple[Table, ...]
    note: str
    footer: str


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def sheet_html(sheet: Sheet) -> str:
    """Return the sheet as a page of HTML, complete in itself, to be printed on A4."""
    language = "zh-CN" if sheet.locale == "zh_CN" else "en"
    return (
        _environment().get_template("conversion_sheet.html").render(language=language, sheet=sheet)
    )


def sheet_pdf(sheet: Sheet) -> bytes:
    """Return the sheet as PDF; the same sheet gives the same bytes."""
    chinese = sheet.locale == "zh_CN"
    data: dict[str, Any] = typesetting.settable_all(asdict(sheet))
    data |= {
        "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else None,
        "font": typesetting.FAMILY[sheet.locale],
        "date": list(datetime.fromtimestamp(sheet.created, UTC).timetuple()[:6]),
    }
    if typesetting.MISSING_TYPE in json.dumps(data, ensure_ascii=False):
        data["note"] = f"{typesetting.MISSING_TYPE} · {data['note']}"
    return typesetting.pdf("conversion_sheet.typ", data, {}, created=sheet.created)
