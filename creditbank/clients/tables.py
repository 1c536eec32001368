"""Files as tables of cells: CSV as it is written in China, XLS and XLSX.

A row of the table is a row of the file, empty ones included, so that a number named in an error is
the number that the spreadsheet program shows.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from creditbank.errors.sheets import SheetUnreadable

Cell = str | int | float | bool | date | datetime | time | timedelta
Rows = list[list[Cell]]

BYTES_MAX: Final = 64 * 1024 * 1024
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
# The stream in which a workbook with a password stands ([MS-OFFCRYPTO], 2.3.4.4).
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WEB_PAGES: Final = (b"<html", b"<!doctype html", b"<table", b"<meta")
_BYTE_ORDER_MARKS: Final = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_DELIMITERS: Final = ",\t;"
_LINES_LOOKED_AT: Final = 30


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a file. Its cells are personal and stay out of `repr`."""

    name: str | None
    rows: Rows = field(repr=False)


def read_tables(data: bytes) -> list[Table]:
    """Return the visible sheets of a file; CSV has one, without a name.

    Raises `SheetUnreadable` with the reason.
    """
    if len(data) > BYTES_MAX:
        raise SheetUnreadable(reason="file_too_large")
    if data.startswith(_WORKBOOKS):
        if _ENCRYPTED in data:
            raise SheetUnreadable(reason="encrypted")
        return _workbook(data)
    if data.lstrip().lower().startswith(_WEB_PAGES):
        raise SheetUnreadable(reason="html")
    return [Table(None, _csv(_decode(data)))]


def _workbook(data: bytes) -> list[Table]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [
            Table(sheet.name, _filled(workbook.get_sheet_by_name(sheet.name)))
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
    except (CalamineError, OSError, ValueError):
        raise SheetUnreadable(reason="not_a_sheet") from None
    except BaseException as error:
        # On a damaged XLS the library gives up in its own way, which is not even an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise SheetUnreadable(reason="not_a_sheet") from None


def _filled(sheet: CalamineSheet) -> Rows:
    """Return a sheet's cells, each cell of a merged range with the content of the range."""
    rows: Rows = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top >= len(rows) or left >= len(rows[top]):
            continue
        content = rows[top][left]
        for row in rows[top : bottom + 1]:
            for position in range(left, min(right + 1, len(row))):
                row[position] = content
    return rows


def _decode(data: bytes) -> str:
    """Return text by its byte order mark; else UTF-8, and if it is not that, GB18030."""
    marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark))
    for encoding in (*marked, "utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # GB18030 makes a text of almost anything, but not without such characters.
        if "\x00" in text or "\ufffd" in text:
            raise SheetUnreadable(reason="not_a_sheet")
        return text
    raise SheetUnreadable(reason="encoding")


def _csv(text: str) -> Rows:
    counts = Counter("".join(text.splitlines()[:_LINES_LOOKED_AT]))
    delimiter = max(_DELIMITERS, key=lambda one: counts[one])
    try:
        # strict: a stray quotation mark would otherwise swallow the rows below it
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [[_unwrapped(cell) for cell in row] for row in reader]
    except csv.Error:
        raise SheetUnreadable(reason="quotes") from None


def _unwrapped(cell: str) -> str:
    """Return a cell without what programs put around digits to keep them: ="0123"."""
    wrapped = cell.startswith('="') and cell.endswith('"') and len(cell) > len('=""')
    return cell[2:-1] if wrapped else cell
