"""Source ids of sheets that have none, and what else a sheet tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.clients.sheets import Sheet, column_of, read_sheet
from creditbank.errors.identifiers import InvalidOrganisationCode
from tests.unit.clients.sheet_files import HEADINGS, resident_id, row, xlsx
from tests.unit.clients.sheet_reading import GOOD, sheet_of

# --- derived source ids ---------------------------------------------------------------------------


def source_ids(sheet: Sheet) -> dict[str, str]:
    return {outcome["learner"]["name"]: outcome["source_id"] for outcome in sheet.outcomes}


@given(st.permutations(range(1, 9)))
def test_a_re_sorted_sheet_has_the_same_source_ids(order: list[int]) -> None:
    usual = source_ids(sheet_of(*(row(number) for number in range(1, 9))))
    assert source_ids(sheet_of(*(row(number) for number in order))) == usual
    assert len(set(usual.values())) == 8


def test_the_same_row_has_the_same_source_id_in_every_format_and_writing() -> None:
    plain = source_ids(sheet_of(row(1)))
    assert source_ids(read_sheet(xlsx([HEADINGS, row(1, 理论学时=8)]))) == plain
    assert (
        source_ids(sheet_of(row(1, 证件号码=f" {resident_id(1)}", 模块代码="GD-AI-VQI"))) == plain
    )


def test_a_changed_result_keeps_the_source_id_so_that_the_bank_can_show_what_differs() -> None:
    plain = source_ids(sheet_of(row(1)))
    assert source_ids(sheet_of(row(1, 理论成绩="90", 结束日期="2026-01-19"))) == plain


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("班次", "A", "B"),
        ("版本", "1", "2"),
        ("考试性质", "正考", "补考"),
        ("考核次数", "1", "2"),
        ("评价场次", "甲", "乙"),
    ],
)
def test_another_class_version_or_attempt_has_another_source_id(
    heading: str, first: str, second: str
) -> None:
    one, two = sheet_of([*row(1), first], [*row(1), second], headings=[*HEADINGS, heading]).outcomes
    assert one["source_id"] != two["source_id"]


def test_two_resits_on_different_days_have_different_source_ids() -> None:
    cells = [[*row(1, 评价日期=day), "补考"] for day in ("2026-01-21", "2026-01-28")]
    one, two = sheet_of(*cells, headings=[*HEADINGS, "考试性质"]).outcomes
    assert one["source_id"] != two["source_id"]


def test_the_institution_is_part_of_a_derived_source_id() -> None:
    uscc = "91449999000000001D"
    assert source_ids(sheet_of(row(1), institution=uscc)) != source_ids(sheet_of(row(1)))
    assert source_ids(sheet_of(row(1), institution=uscc.lower())) == source_ids(
        sheet_of(row(1), institution=uscc)
    )
    with pytest.raises(InvalidOrganisationCode):
        sheet_of(row(1), institution="91449999000000001X")


# --- what else a sheet tells ----------------------------------------------------------------------


def test_nothing_personal_is_in_the_representation() -> None:
    sheet = sheet_of(row(1), row(2, 证件号码=resident_id(3)[:-1]))
    assert resident_id(1) not in repr(sheet)
    assert resident_id(3)[:-1] not in repr(sheet)
    assert "学员" not in repr(sheet)


def test_the_digest_is_that_of_the_file() -> None:
    assert sheet_of(row(1)).digest == sheet_of(row(1)).digest != sheet_of(row(2)).digest


@pytest.mark.parametrize(
    ("pointer", "column"),
    [
        ("/stages/0/hours", "hours_theory"),
        ("/stages/1", "hours_practice"),
        ("/stages/1/begun_on", "begun_on"),
        ("/stages/2/on", "assessed_on"),
        ("/stages/2/parts", "passed"),
        ("/module/version", "version"),
        ("/module", "module"),
        ("/learner/name", "name"),
        ("/learner", "document_number"),
        ("/source_id", "source_id"),
        ("/verification", None),
        (None, None),
    ],
)
def test_a_place_in_the_submission_is_a_column_of_the_sheet(
    pointer: str | None, column: str | None
) -> None:
    assert column_of(GOOD, pointer) == column
