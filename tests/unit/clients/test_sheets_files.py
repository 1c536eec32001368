"""Sheets as they come: encodings, formats, headings, merged cells, damage."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.clients.sheets import read_sheet
from creditbank.domain.submissions import OUTCOME
from creditbank.errors.sheets import (
    SheetHeadingRepeated,
    SheetHeadingsMissing,
    SheetUnreadable,
)
from tests.unit.clients.sheet_files import HEADINGS, csv_text, row, xlsx
from tests.unit.clients.sheet_reading import GOOD, only, reason, refusal, sheet_of
from tests.unit.clients.xls_writer import encrypted, xls

# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_of_every_encoding_and_delimiter_is_the_same(encoding: str, delimiter: str) -> None:
    text = csv_text([HEADINGS, row(1)], delimiter)
    assert only(read_sheet(text.encode(encoding))) == GOOD


def test_a_row_is_what_the_published_form_accepts() -> None:
    (outcome,) = sheet_of(row(1)).outcomes
    assert OUTCOME.validate_python(outcome) == outcome


def test_xlsx_with_numbers_and_dates_is_the_same() -> None:
    cells = row(
        1,
        理论学时=8,
        实操学时=16.0,
        开始日期=dt.date(2026, 1, 5),
        结束日期=dt.datetime.fromisoformat("2026-01-20T09:30"),
        评价日期=20260121,
        理论成绩=88,
        操作成绩=75.5,
        是否合格=True,
    )
    assert only(read_sheet(xlsx([HEADINGS, cells]))) == GOOD


def test_xls_is_the_same() -> None:
    cells = row(1, 理论学时=8.0, 开始日期=dt.date(2026, 1, 5), 操作成绩=75.5)
    cells[0] = 1.0
    assert only(read_sheet(xls([HEADINGS, cells]))) == GOOD


def test_titles_above_and_notes_below_are_no_records(tmp_path: Path) -> None:
    width = len(HEADINGS)
    rows = [
        ["某校模块成果汇总表", *[""] * (width - 1)],
        ["填报单位:某校", "", "", "填报日期:2026-01-31", *[""] * (width - 4)],
        [],
        HEADINGS,
        row(1),
        [],
        row(2),
        ["填表人:赵某", *[""] * (width - 1)],
    ]
    path = tmp_path / "sheet.csv"
    path.write_bytes(csv_text(rows).encode("gb18030"))
    sheet = read_sheet(path)
    assert (sheet.heading_row, sheet.skipped, sheet.unused) == (4, (8,), ("序号",))
    assert [good.number for good in sheet.good] == [5, 7]


def test_merged_cells_say_the_same_in_all_their_rows() -> None:
    first, second, third = row(1), row(2, 模块代码=None), row(3, 模块代码=None)
    note = ["以上共三人", *[None] * (len(HEADINGS) - 1)]
    title = ["成果汇总表", *[None] * (len(HEADINGS) - 1)]
    data = xlsx([title, HEADINGS, first, second, third, note], merged=["A1:M1", "E3:E5", "A6:M6"])
    sheet = read_sheet(data)
    assert [outcome["module"]["id"] for outcome in sheet.outcomes] == ["GD-AI-VQI"] * 3
    assert sheet.skipped == (6,)


def test_a_merged_range_beyond_the_content_is_passed_over() -> None:
    assert only(read_sheet(xls([HEADINGS, [1.0, *row(1)[1:]]], [(7, 9, 0, 2)]))) == GOOD


def test_headings_over_two_rows_are_put_together() -> None:
    upper = [*HEADINGS[:10], "成绩", "成绩", "是否合格"]
    lower = [*HEADINGS[:10], "理论", "操作", "是否合格"]
    data = xlsx(
        [upper, lower, row(1)],
        merged=["K1:L1", "M1:M2", *(f"{letter}1:{letter}2" for letter in "ABCDEFGHIJ")],
    )
    sheet = read_sheet(data)
    assert (only(sheet), sheet.heading_row) == (GOOD, 2)


def test_headings_are_understood_with_remarks_and_line_breaks() -> None:
    headings = [*HEADINGS]
    headings[1], headings[3], headings[7] = "* 姓 名", "证件号码(必填)", '"开始日期\n(年-月-日)"'
    assert only(sheet_of(row(1), headings=headings)) == GOOD


def test_english_headings_are_understood() -> None:
    headings = [
        *("No", "Name", "Document kind", "Document number", "Module code", "Theory hours"),
        *("practice_hours", "Start date", "End date", "Assessment date", "Theory score"),
        *("Operation score", "Passed"),
    ]
    cells = row(1, 证件类型="Resident ID", 是否合格="yes", 开始日期="2026-01-05")
    assert only(sheet_of(cells, headings=headings)) == GOOD


def test_a_heading_may_name_the_kind_of_document() -> None:
    headings = [heading for heading in HEADINGS if heading != "证件类型"]
    headings[2] = "身份证号码"
    cells = row(1)
    del cells[2]
    assert only(sheet_of(cells, headings=headings)) == GOOD
    cells[2] = 4.401061990010113e17
    assert refusal(read_sheet(xlsx([headings, cells])))[1] == "document_number"


def test_an_account_stands_in_the_place_of_a_document() -> None:
    headings = ["账户", "模块代码", "评价日期", "是否合格"]
    sheet = sheet_of(["la-abcdefghijklmnop", "M", "2026-01-21", "合格"], headings=headings)
    assert only(sheet)["learner"] == {"account": "la-abcdefghijklmnop"}


def test_the_sheet_that_has_the_headings_is_read() -> None:
    cover = {"说明": [["请先阅读"]], "空": []}
    data = xlsx([["封面"]], further=cover | {"成果": [HEADINGS, row(1)]})
    sheet = read_sheet(data)
    assert (sheet.name, only(sheet)) == ("成果", GOOD)
    two = xlsx([HEADINGS, row(1)], further={"二班": [HEADINGS, row(2)]})
    with pytest.raises(SheetUnreadable) as refused:
        read_sheet(two)
    assert reason(refused.value) == "several_sheets"
    assert read_sheet(two, sheet="二班").outcomes[0]["learner"]["name"] == "学员2"
    with pytest.raises(SheetUnreadable) as refused:
        read_sheet(two, sheet="三班")
    assert reason(refused.value) == "sheet_name"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty_file"),
        (b",,,\r\n\r\n", "empty_file"),
        (xlsx([]), "empty_file"),
        (b"\xff\xfe\x00", "encoding"),
        (b"\x80\xff\xff", "encoding"),
        (b"name\x00,x\r\n", "not_a_sheet"),
        (b"PK\x03\x04 not a zip", "not_a_sheet"),
        (xls([HEADINGS])[:700], "not_a_sheet"),
        (encrypted(), "encrypted"),
        (b"  <HTML><table><tr><td>x</td></tr></table>", "html"),
        ('姓名,"备注\r\n张三,x\r\n'.encode(), "quotes"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(SheetUnreadable) as refused:
        read_sheet(data)
    assert reason(refused.value) == why


def test_a_file_that_cannot_be_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SheetUnreadable) as refused:
        read_sheet(tmp_path / "missing.xlsx")
    assert reason(refused.value) == "file_missing"
    monkeypatch.setattr("creditbank.clients.sheets.BYTES_MAX", 10)
    monkeypatch.setattr("creditbank.clients.tables.BYTES_MAX", 10)
    (tmp_path / "large.csv").write_bytes(b"x" * 11)
    for source in (tmp_path / "large.csv", b"x" * 11):
        with pytest.raises(SheetUnreadable) as refused:
            read_sheet(source)
        assert reason(refused.value) == "file_too_large"


@given(st.integers(8, 8000), st.dictionaries(st.integers(4, 8000), st.integers(0, 255), max_size=6))
def test_a_damaged_workbook_is_refused_or_read_and_never_fails_otherwise(
    length: int, damage: dict[int, int]
) -> None:
    for whole in (_XLSX, _XLS):
        broken = bytearray(whole[:length])
        for position, byte in damage.items():
            broken[position % len(broken)] = byte
        with suppress(SheetUnreadable, SheetHeadingsMissing):
            assert read_sheet(bytes(broken)).heading_row == 1


_XLSX, _XLS = xlsx([HEADINGS, row(1)]), xls([HEADINGS, row(1)[:0]])


# --- headings -------------------------------------------------------------------------------------


def test_missing_headings_are_named() -> None:
    with pytest.raises(SheetHeadingsMissing) as refused:
        sheet_of(headings=["序号", "姓名", "证件号码", "理论成绩"])
    assert refused.value.fields["missing"] == ["document_kind", "module", "hours_theory"]
    with pytest.raises(SheetHeadingsMissing) as refused:
        sheet_of(headings=["备注"])
    assert refused.value.fields["missing"] == [
        *("document_kind", "document_number", "name", "module", "hours_theory")
    ]


@pytest.mark.parametrize(
    ("second", "columns", "column"),
    [("学员姓名", "B, N", "name"), ("身份证号", "D, N", "document_number")],
)
def test_two_columns_of_one_meaning_are_refused(second: str, columns: str, column: str) -> None:
    with pytest.raises(SheetHeadingRepeated) as refused:
        sheet_of([*row(1), "x"], headings=[*HEADINGS, second])
    assert refused.value.fields == {"row": 1, "columns": columns, "column": column}


def test_columns_beyond_z_are_lettered_as_spreadsheets_do() -> None:
    with pytest.raises(SheetHeadingRepeated) as refused:
        sheet_of(headings=[*HEADINGS, *["备注"] * 14, "姓名"])
    assert refused.value.fields["columns"] == "B, AB"
