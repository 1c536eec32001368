"""Cells as they are written, and how a bad one is named."""

from __future__ import annotations

import datetime as dt

import pytest

from creditbank.clients.sheets import read_sheet
from creditbank.errors.identifiers import InvalidDate, InvalidDocument
from creditbank.errors.sheets import SheetCellInvalid
from tests.unit.clients.sheet_files import HEADINGS, resident_id, row, xlsx
from tests.unit.clients.sheet_reading import GOOD, only, reason, refusal, sheet_of


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("4.40106E+17", "spreadsheet_number"),
        ("440106199001011000", "digits_lost"),
        (resident_id(1)[:-1] + ("1" if resident_id(1)[-1] != "1" else "2"), "check_digit"),
    ],
)
def test_a_number_that_lost_digits_is_refused_in_csv(number: str, why: str) -> None:
    place, column, error = refusal(sheet_of(row(2), row(1, 证件号码=number), row(3)))
    assert isinstance(error, InvalidDocument)
    assert (place, column, reason(error)) == (3, "document_number", why)
    assert number not in str(error)


def test_a_number_kept_as_a_number_is_refused_in_workbooks() -> None:
    data = xlsx([["汇总表"], HEADINGS, row(1, 证件号码=int(resident_id(3)[:17] + "0"))])
    place, column, error = refusal(read_sheet(data))
    assert isinstance(error, InvalidDocument)
    assert (place, column, reason(error)) == (3, "document_number", "spreadsheet_number")


@pytest.mark.parametrize("written", ["'{}", '="{}"', "\t{} ", "{}"])
def test_what_programs_put_around_digits_to_keep_them_is_taken_off(written: str) -> None:
    number = resident_id(1)
    assert only(sheet_of(row(1, 证件号码=written.format(number)))) == GOOD


@pytest.mark.parametrize(
    ("word", "kind", "number"),
    [
        ("居民身份证", "resident_id", resident_id(1)),
        ("回乡证", "mainland_travel_permit_hk_mo", "H12345678"),
        ("台胞证", "mainland_travel_permit_tw", "12345678"),
        ("foreign_permanent_resident_id", "foreign_permanent_resident_id", "USA123456789012"),
    ],
)
def test_kinds_of_documents_have_words(word: str, kind: str, number: str) -> None:
    learner = only(sheet_of(row(1, 证件类型=word, 证件号码=number)))["learner"]
    assert learner["document"] == {"kind": kind, "number": number}


@pytest.mark.parametrize("word", ["护照", "passport"])
def test_a_passport_has_the_country_that_issued_it(word: str) -> None:
    passport, headings = row(1, 证件类型=word, 证件号码="E12345678"), [*HEADINGS, "签发国"]
    learner = only(sheet_of([*passport, "kaz"], headings=headings))["learner"]
    assert learner["document"] == {"kind": "passport", "number": "E12345678", "country": "KAZ"}
    for country, why in (("", "cell_missing"), ("哈萨克斯坦", "country")):
        _, column, error = refusal(sheet_of([*passport, country], headings=headings))
        assert (column, reason(error)) == ("document_country", why)


@pytest.mark.parametrize(
    ("changes", "column", "why"),
    [
        ({"证件类型": "学生证"}, "document_kind", "choice"),
        ({"证件类型": ""}, "document_kind", "cell_missing"),
        ({"证件号码": ""}, "document_number", "cell_missing"),
        ({"姓名": " "}, "name", "cell_missing"),
        ({"模块代码": ""}, "module", "cell_missing"),
        ({"模块代码": "#N/A"}, "module", "formula_error"),
        ({"开始日期": "1/5/26"}, "begun_on", "form"),
        ({"开始日期": ""}, "begun_on", "cell_missing"),
        ({"结束日期": "2026-02-30"}, "ended_on", "day"),
        ({"评价日期": ""}, "assessed_on", "cell_missing"),
        ({"理论学时": "八"}, "hours_theory", "form"),
        ({"理论学时": "-8"}, "hours_theory", "sign"),
        ({"实操学时": "8.005"}, "hours_practice", "places"),
        ({"理论成绩": "八十"}, "score_theory", "score_form"),
        ({"理论成绩": "88.885"}, "score_theory", "score_form"),
        ({"是否合格": "也许"}, "passed", "choice"),
        ({"是否合格": ""}, "passed", "cell_missing"),
    ],
)
def test_a_bad_cell_is_named_by_row_column_and_reason(
    changes: dict[str, str], column: str, why: str
) -> None:
    sheet = sheet_of(row(1), row(2, **changes), row(3))
    place, found, error = refusal(sheet)
    assert (place, found, reason(error)) == (3, column, why)
    assert len(sheet.outcomes) == 2
    if isinstance(error, SheetCellInvalid):
        assert error.fields["column"] == column


def test_a_time_of_day_is_no_date() -> None:
    _, column, error = refusal(read_sheet(xlsx([HEADINGS, row(1, 开始日期=dt.time(9, 30))])))
    assert (column, type(error)) == ("begun_on", InvalidDate)


def test_dates_without_hours_and_rows_without_anything_are_refused() -> None:
    empty = dict.fromkeys(("评价日期", "理论成绩", "操作成绩", "是否合格"), "")
    none = empty | {"理论学时": "0", "实操学时": ""}
    assert reason(refusal(sheet_of(row(1, **none)))[2]) == "dates_without_hours"
    none |= {"开始日期": "", "结束日期": ""}
    assert reason(refusal(sheet_of(row(1, **none)))[2]) == "nothing_done"


def test_a_training_row_and_an_assessment_row_are_each_a_part_of_the_module() -> None:
    trained = row(1, **dict.fromkeys(("评价日期", "理论成绩", "操作成绩", "是否合格"), ""))
    assessed = row(1, **dict.fromkeys(("理论学时", "实操学时", "开始日期", "结束日期"), ""))
    first, second = sheet_of(trained, assessed).outcomes
    assert first["stages"] == GOOD["stages"][:2]  # type: ignore[index]  # GOOD is of mixed values
    assert second["stages"] == GOOD["stages"][2:]  # type: ignore[index]
    assert first["source_id"] != second["source_id"]


@pytest.mark.parametrize(
    ("theory", "operation", "result", "expected"),
    [
        ("88", "45", "不合格", [True, False]),
        ("59.99", "60", "否", [False, True]),
        ("优", "不及格", "不合格", [True, False]),
        ("合格", "未通过", "×", [True, False]),
        ("50", "70", "合格", [True, True]),  # the bank knows the pass mark and will say
        ("", "45", "不合格", [False]),
    ],
)
def test_parts_that_a_sheet_does_not_judge_follow_the_whole_or_the_mark(
    theory: str, operation: str, result: str, expected: list[bool]
) -> None:
    cells = row(1, 理论成绩=theory, 操作成绩=operation, 是否合格=result)
    assessment = only(sheet_of(cells))["stages"][2]
    assert [part["passed"] for part in assessment["parts"]] == expected
    assert assessment["passed"] is (result == "合格")


def test_the_pass_mark_and_the_parts_own_column_decide() -> None:
    cells = row(1, 理论成绩="65", 操作成绩="70", 是否合格="不合格")
    strict = only(sheet_of(cells, pass_mark="70.00"))["stages"][2]["parts"]
    assert [part["passed"] for part in strict] == [False, True]
    named = only(sheet_of([*cells, "合格", "不合格"], headings=[*HEADINGS, *_PARTS]))
    assert [part["passed"] for part in named["stages"][2]["parts"]] == [True, False]


_PARTS = ["理论是否合格", "操作是否合格"]


@pytest.mark.parametrize(
    "changes", [{"理论成绩": "缺考", "操作成绩": "", "是否合格": ""}, {"是否合格": "缺考"}]
)
def test_absence_is_a_result(changes: dict[str, str]) -> None:
    assessment = only(sheet_of(row(1, **changes)))["stages"][2]
    assert assessment == {
        "stage": "assessment",
        "on": "2026-01-21",
        "sitting": "absent",
        "passed": False,
    }


def test_every_further_column_finds_its_place() -> None:
    further = {
        "流水号": "2026-0001",
        "版本": "1",
        "班次": "VQI-01",
        "线上学时": "4",
        "考试性质": "补考",
        "考核次数": "2",
        "评价场次": "第3场",
        "综合评审成绩": "优秀",
        "发证日期": "2026-01-30",
        "证书编号": "Z-1",
    }
    sheet = sheet_of([*row(1), *further.values()], headings=[*HEADINGS, *further])
    outcome = only(sheet)
    assert sheet.outcomes[0]["source_id"] == "2026-0001"
    assert (outcome["module"], outcome["offering"]) == (
        {"id": "GD-AI-VQI", "version": "1"},
        "VQI-01",
    )
    study, _, assessment, certification = outcome["stages"]
    assert study["hours"] == {"theory": "8.00", "online": "4.00"}
    assert (assessment["sitting"], assessment["attempt"], assessment["event"]) == (
        *("resit", 2, "第3场"),
    )
    assert assessment["parts"][2]["score"] == {"scale": "letter-5", "value": "优秀"}
    assert certification == {"stage": "certification", "on": "2026-01-30", "number": "Z-1"}
    bad = sheet_of([*row(1), "第二次"], headings=[*HEADINGS, "考核次数"])
    assert reason(refusal(bad)[2]) == "whole_number"


def test_codes_stored_as_numbers_are_written_out() -> None:
    headings = [*HEADINGS, "流水号", "版本"]
    data = xlsx([headings, [*row(1), 20260101000123, 1]])
    (outcome,) = read_sheet(data).outcomes
    assert (outcome["source_id"], outcome["module"]["version"]) == ("20260101000123", "1")
