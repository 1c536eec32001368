"""Headings as institutions write them, and which row of a sheet is the one that has them.

The list is documented in docs/sheets.md, which a test compares with this module.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from creditbank.errors.sheets import SheetHeadingRepeated, SheetHeadingsMissing

ROWS_SEARCHED: Final = 30
"""A heading stands within so many rows, below titles and instructions."""

HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "source_id": ("流水号", "业务流水号", "报送流水号", "记录编号", "source id", "record id"),
    "name": ("姓名", "学员姓名", "学生姓名", "考生姓名", "劳动者姓名", "name", "learner name"),
    "document_kind": ("证件类型", "证件种类", "身份证件类型", "document kind", "document type"),
    "document_number": ("证件号码", "证件号", "证件编号", "身份证件号码", "document number"),
    "document_country": (
        *("签发国", "签发国家", "护照签发国", "签发国代码", "签发国家代码"),
        *("issuing country", "issuing state", "country of issue"),
    ),
    "resident_id": (
        *("身份证号", "身份证号码", "居民身份证号", "居民身份证号码", "公民身份号码"),
        *("resident id", "resident id number"),
    ),
    "account": ("账户", "学分银行账户", "账户号", "account"),
    "module": ("模块代码", "模块编号", "模块编码", "module", "module code", "module id"),
    "version": ("版本", "模块版本", "版本号", "version", "module version"),
    "offering": ("班次", "班次代码", "班次编号", "开班编号", "offering", "class"),
    "hours_theory": ("理论学时", "理论课时", "学习学时", "theory hours"),
    "hours_practice": ("实操学时", "实操课时", "实训学时", "实践学时", "practice hours"),
    "hours_online": ("线上学时", "其中线上学时", "网络学时", "online hours"),
    "begun_on": (
        *("开始日期", "开班日期", "培训开始日期", "开始时间", "培训开始时间"),
        *("start date", "begun on"),
    ),
    "ended_on": (
        *("结束日期", "结业日期", "培训结束日期", "结束时间", "培训结束时间"),
        *("end date", "ended on"),
    ),
    "assessed_on": (
        *("评价日期", "考核日期", "考试日期", "鉴定日期", "考核时间", "考试时间"),
        *("assessment date", "assessed on"),
    ),
    "score_theory": ("理论成绩", "理论分数", "理论知识成绩", "理论考试成绩", "theory score"),
    "score_operation": ("操作成绩", "实操成绩", "技能成绩", "操作技能成绩", "operation score"),
    "score_comprehensive": ("综合评审成绩", "comprehensive score"),
    "passed_theory": ("理论是否合格", "theory passed"),
    "passed_operation": ("操作是否合格", "实操是否合格", "operation passed"),
    "passed_comprehensive": ("综合评审是否合格", "comprehensive passed"),
    "passed": (
        *("是否合格", "是否通过", "合格情况", "评价结果", "考核结果", "考试结果"),
        *("passed", "result"),
    ),
    "sitting": ("考试性质", "考核性质", "考试类型", "sitting"),
    "attempt": ("考核次数", "考试次数", "第几次", "attempt"),
    "event": ("评价场次", "考核场次", "考试场次", "assessment event"),
    "certified_on": ("发证日期", "颁证日期", "date of issue"),
    "certificate_number": ("证书编号", "证书号码", "certificate number"),
}
"""What each column may be called. `resident_id` is a document number that names its kind."""

STAGE_COLUMNS: Final = ("hours_theory", "hours_practice", "assessed_on", "certified_on")

_REMARK: Final = re.compile(r"[(\[【〔].*?[)\]】〕]")
_BETWEEN_WORDS: Final = re.compile(r"[\s_*:\-]+")


@dataclass(frozen=True, slots=True)
class Headings:
    """The heading row: its position from zero, each column's position, headings not used."""

    row: int
    columns: dict[str, int]
    unused: tuple[str, ...]


def heading_key(text: str) -> str:
    """Return the form in which headings are compared.

    Compatibility forms are unified (NFKC), case is folded; remarks in brackets, white space, line
    breaks, underscores, hyphens, colons and asterisks are dropped.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _BETWEEN_WORDS.sub("", _REMARK.sub("", plain))


_BY_KEY: Final = {heading_key(name): code for code, names in HEADINGS.items() for name in names}


def find_headings(rows: Sequence[Sequence[Any]]) -> Headings:
    """Return the row that has the headings, the lowest of those that have most of them.

    Raises `SheetHeadingsMissing` if none has what is needed, and `SheetHeadingRepeated`.
    """
    found = [_recognise(rows, number) for number in range(min(len(rows), ROWS_SEARCHED))]
    best = max(range(len(found)), key=lambda number: (len(found[number]), number), default=None)
    missing = _missing(set() if best is None else set(found[best].values()))
    if best is None or missing:
        raise SheetHeadingsMissing(rows=ROWS_SEARCHED, missing=missing)
    return Headings(best, _columns(found[best], best), _unused(rows[best], found[best]))


def has_headings(rows: Sequence[Sequence[Any]]) -> bool:
    """Return whether a row has the headings that are needed."""
    return any(
        not _missing(set(_recognise(rows, number).values()))
        for number in range(min(len(rows), ROWS_SEARCHED))
    )


def column_letter(position: int) -> str:
    """Return a column as spreadsheet programs name it: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _recognise(rows: Sequence[Sequence[Any]], number: int) -> dict[int, str]:
    """Return which columns of a row are headings, by position.

    A heading may be split over two rows: 成绩 above, 理论 and 操作 below.
    """
    above = rows[number - 1] if number else ()
    found = {}
    for position, cell in enumerate(rows[number]):
        own = _key_of(cell)
        upper = _key_of(above[position]) if position < len(above) else ""
        code = _BY_KEY.get(own) or _BY_KEY.get(own + upper) or _BY_KEY.get(upper + own)
        if own and code:
            found[position] = code
    return found


def _key_of(cell: Any) -> str:
    return heading_key(cell) if isinstance(cell, str) else ""


def _missing(codes: set[str]) -> list[str]:
    """Return what has to be there and is not, by the code of the first choice."""
    missing = []
    if "account" not in codes:
        by_kind = {"document_kind", "document_number"} <= codes
        if not by_kind and "resident_id" not in codes:
            missing += [code for code in ("document_kind", "document_number") if code not in codes]
        if "name" not in codes:
            missing.append("name")
    if "module" not in codes:
        missing.append("module")
    if codes.isdisjoint(STAGE_COLUMNS):
        missing.append(STAGE_COLUMNS[0])
    return missing


def _columns(found: dict[int, str], row: int) -> dict[str, int]:
    columns: dict[str, int] = {}
    for position, code in found.items():
        same = columns.get(code, columns.get(_TWIN.get(code, "")))
        if same is not None:
            names = ", ".join(column_letter(one) for one in (same, position))
            shown = "document_number" if code in _TWIN else code
            raise SheetHeadingRepeated(row=row + 1, columns=names, column=shown)
        columns[code] = position
    return columns


_TWIN: Final = {"resident_id": "document_number", "document_number": "resident_id"}


def _unused(cells: Sequence[Any], found: dict[int, str]) -> tuple[str, ...]:
    return tuple(
        cell.strip()
        for position, cell in enumerate(cells)
        if position not in found and isinstance(cell, str) and cell.strip()
    )
