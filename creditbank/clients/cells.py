"""One cell at a time: texts, dates, class-hours, scores and words as sheets have them.

Every function raises one of our errors; which column it was, its caller knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from creditbank.clients.headings import heading_key
from creditbank.clients.tables import Cell
from creditbank.domain.civil_time import parse_written_date
from creditbank.domain.countries import country_code
from creditbank.domain.identifiers import DocumentKind
from creditbank.domain.plain_text import to_halfwidth
from creditbank.domain.units import amount_text, hundredths
from creditbank.errors.identifiers import InvalidDate, InvalidDocument
from creditbank.errors.sheets import SheetCellInvalid

_FORMULA_ERROR: Final = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NUM!|NAME\?|NULL!|GETTING_DATA)")
_ATTEMPTS: Final = re.compile(r"[1-9][0-9]{0,2}")
_MARK: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,2})?")


def _words(**choices: str) -> dict[str, str]:
    return {heading_key(word): code for code, words in choices.items() for word in words.split("|")}


KINDS: Final = _words(
    resident_id="居民身份证|身份证|二代身份证|第二代居民身份证|resident id|resident identity card",
    residence_permit_hk_mo_tw="港澳台居民居住证|居住证|residence permit",
    mainland_travel_permit_hk_mo="港澳居民来往内地通行证|回乡证|港澳通行证",
    mainland_travel_permit_tw="台湾居民来往大陆通行证|台胞证",
    foreign_permanent_resident_id="外国人永久居留身份证|永久居留身份证|外国人永久居留证",
    passport="护照|普通护照|passport",
) | {heading_key(kind.value): kind.value for kind in DocumentKind}
SITTINGS: Final = _words(
    first="正考|初考|首次|first",
    resit="补考|重考|resit",
    absent="缺考|absent",
    transferred="转入|成绩转入|transferred",
)
VERDICTS: Final = _words(
    yes="是|合格|通过|及格|优|优秀|良|良好|中|中等|yes|y|true|pass|passed|1|√|✓",
    no="否|不合格|不通过|未通过|不及格|no|n|false|fail|failed|0|×|✗|x",
    absent="缺考|absent",
)
_GRADES: Final = {
    **dict.fromkeys(("优", "优秀", "良", "良好", "中", "中等", "及格"), ("letter-5", True)),
    "不及格": ("letter-5", False),
    **dict.fromkeys(("合格", "通过"), ("pass-fail", True)),
    **dict.fromkeys(("不合格", "不通过", "未通过"), ("pass-fail", False)),
}
"""Marks that say by themselves whether they pass, each with the register of its scale."""


def text(cell: Cell) -> str:
    """Return a cell as text, without white space around it.

    A number is written out in full, never with an exponent. Raises `SheetCellInvalid` for the
    error of a formula.
    """
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, str):
        if _FORMULA_ERROR.fullmatch(cell.strip()):
            raise SheetCellInvalid(reason="formula_error")
        return cell.strip()
    return str(cell)


def code(cell: Cell) -> str:
    """Return a code or a number that stands as text, half-width, without a keeping apostrophe."""
    return to_halfwidth(text(cell)).lstrip("'")


def document_number(cell: Cell, kind: DocumentKind) -> str:
    """Return the number of an identity document.

    A cell that holds it as a number has lost digits, those beyond the fifteenth or leading zeros:
    raises `InvalidDocument`, whose reason says what to do.
    """
    if not isinstance(cell, str):
        raise InvalidDocument(kind=kind.value, reason="spreadsheet_number")
    return code(cell)


def country(cell: Cell) -> str:
    """Return the code of the state that issued a passport; raises `InvalidDocument`."""
    found = country_code(code(cell))
    if found is None:
        raise InvalidDocument(kind=DocumentKind.PASSPORT.value, reason="country")
    return found


def day(cell: Cell) -> str:
    """Return a date as YYYY-MM-DD, from a date cell or written as people write it.

    Raises `InvalidDate`. A time of day is dropped, where the cell itself is a date.
    """
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return parse_written_date(cell.isoformat()).isoformat()
    if isinstance(cell, (str, int, float)) and not isinstance(cell, bool):
        return parse_written_date(text(cell)).isoformat()
    raise InvalidDate(reason="form")


def hours(cell: Cell) -> str:
    """Return class-hours with two places; raises `InvalidAmount`."""
    return amount_text(hundredths(to_halfwidth(text(cell))))


def attempt(cell: Cell) -> int:
    """Return the number of an attempt; raises `SheetCellInvalid`."""
    digits = code(cell)
    if _ATTEMPTS.fullmatch(digits) is None:
        raise SheetCellInvalid(reason="whole_number")
    return int(digits)


def choice(cell: Cell, words: Mapping[str, str]) -> str:
    """Return what a word stands for; raises `SheetCellInvalid` for any other word."""
    found = words.get(heading_key(text(cell)))
    if found is None:
        raise SheetCellInvalid(reason="choice")
    return found


def score(cell: Cell) -> dict[str, str] | None:
    """Return a score with its scale, None where the cell says that the learner was absent.

    Marks in digits are of the scale percent-100. Raises `SheetCellInvalid` for anything else.
    """
    mark = to_halfwidth(text(cell))
    if SITTINGS.get(heading_key(mark)) == "absent":
        return None
    if _MARK.fullmatch(mark):
        return {"scale": "percent-100", "value": mark}
    if mark in _GRADES:
        return {"scale": _GRADES[mark][0], "value": mark}
    raise SheetCellInvalid(reason="score_form")


def score_passes(mark: Mapping[str, Any], pass_mark: str) -> bool:
    """Return whether a score passes, by itself or held against `pass_mark`."""
    if mark["scale"] == "percent-100":
        return hundredths(mark["value"]) >= hundredths(pass_mark)
    return _GRADES[mark["value"]][1]
