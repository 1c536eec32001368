"""Sheets as institutions write them, of fictitious people of a county that does not exist."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from creditbank.domain.identifiers import resident_check_digit

HEADINGS = [
    *("序号", "姓名", "证件类型", "证件号码", "模块代码", "理论学时", "实操学时"),
    *("开始日期", "结束日期", "评价日期", "理论成绩", "操作成绩", "是否合格"),
]


def resident_id(number: int) -> str:
    """Return a resident ID that passes every check and belongs to nobody."""
    body = f"44999919900101{number:03d}"
    return body + resident_check_digit(body)


def row(number: int, **changes: Any) -> list[Any]:
    """Return a row of somebody who passed, with cells changed by heading."""
    cells = dict(
        zip(
            HEADINGS,
            [
                *(number, f"学员{number}", "居民身份证", resident_id(number), "GD-AI-VQI"),
                *("8", "16", "2026年1月5日", "2026/1/20", "2026.1.21", "88", "75.5", "合格"),
            ],
            strict=True,
        )
    )
    assert cells.keys() >= changes.keys()
    return list((cells | changes).values())


def csv_text(rows: Sequence[Sequence[Any]], delimiter: str = ",") -> str:
    """Return rows as CSV."""
    return "\r\n".join(delimiter.join(str(cell) for cell in cells) for cells in rows) + "\r\n"


def xlsx(
    rows: Sequence[Sequence[Any]], merged: Sequence[str] = (), further: dict[str, Any] | None = None
) -> bytes:
    """Return rows as a workbook; `further` are sheets by name after the first."""
    book = openpyxl.Workbook()
    sheets = {"Sheet1": rows, **(further or {})}
    for name, content in sheets.items():
        sheet = book.active if name == "Sheet1" else book.create_sheet(name)
        for cells in content:
            sheet.append(cells)
    for cells_range in merged:
        book.worksheets[0].merge_cells(cells_range)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
