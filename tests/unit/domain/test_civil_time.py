from datetime import date

import pytest

from creditbank.domain.civil_time import (
    civil_clock,
    civil_date,
    day_end,
    day_start,
    parse_date,
    parse_written_date,
)
from creditbank.errors.identifiers import InvalidDate


def test_a_civil_day_begins_at_sixteen_hours_universal_time() -> None:
    start = 1_772_294_400  # 2026-02-28T16:00:00Z
    assert civil_date(start) == date(2026, 3, 1)
    assert civil_date(start - 1) == date(2026, 2, 28)
    assert day_start(date(2026, 3, 1)) == start
    assert day_end(date(2026, 3, 1)) == start + 86_400


def test_a_day_with_summer_time_has_twenty_three_hours() -> None:
    day = date(1988, 4, 17)
    assert day_end(day) - day_start(day) == 23 * 3600


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2199, 12, 31)])
def test_the_first_and_the_last_day(day: date) -> None:
    assert civil_date(day_start(day)) == day
    assert civil_date(day_end(day) - 1) == day


def test_no_second_outside_the_years() -> None:
    for second in (day_start(date(1900, 1, 1)) - 1, day_end(date(2199, 12, 31)), 10**30, -(10**30)):
        with pytest.raises(InvalidDate) as caught:
            civil_date(second)
        assert caught.value.fields == {"reason": "range"}
    for day in (date.min, date.max):
        with pytest.raises(InvalidDate):
            day_start(day)
        with pytest.raises(InvalidDate):
            day_end(day)


def test_reads_the_form_of_the_interfaces() -> None:
    assert parse_date("2026-03-01") == date(2026, 3, 1)
    assert parse_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("2026-3-1", "form"),
        ("2026-03-01T00:00:00Z", "form"),
        ("20260301", "form"),
        (" 2026-03-01", "form"),
        ("2026-03-01\n", "form"),
        ("２０２６-03-01", "form"),
        ("2026-W09-7", "form"),
        ("2026-02-29", "day"),
        ("2026-13-01", "day"),
        ("0000-01-01", "day"),
        ("1899-12-31", "range"),
        ("2200-01-01", "range"),
    ],
)
def test_refuses_other_forms_and_days(text: str, reason: str) -> None:
    with pytest.raises(InvalidDate) as caught:
        parse_date(text, where="/completed_on")
    assert caught.value.fields == {"reason": reason}
    assert caught.value.where == "/completed_on"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "2026-3-1",
        "2026/3/1",
        "2026.03.01",
        "2026年3月1日",
        "2026 年 3 月 1 日",
        "2026年03月01号",
        "20260301",
        "２０２６．３．１",
        "  2026/03/01  ",
        "2026-03-01 00:00:00",
        "2026-03-01T00:00:00.000",
        "2026/3/1 0:00",
    ],
)
def test_reads_dates_as_people_write_them(text: str) -> None:
    assert parse_written_date(text) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("　", "empty"),
        ("3/1/2026", "form"),
        ("26-3-1", "form"),
        ("2026-3/1", "form"),
        ("2026年3月", "form"),
        ("2026-03-01 08:30:00", "form"),
        ("2026-3-1" + " " * 200 + "x", "form"),
        ("46082", "form"),
        ("2026-02-30", "day"),
        ("18991231", "range"),
    ],
)
def test_refuses_dates_that_could_be_several(text: str, reason: str) -> None:
    with pytest.raises(InvalidDate) as caught:
        parse_written_date(text)
    assert caught.value.fields == {"reason": reason}


def test_people_read_the_time_of_the_clock_in_beijing() -> None:
    assert civil_clock(1_772_294_400) == "2026-03-01 00:00:00"
    assert civil_clock(day_start(date(1988, 7, 1))) == "1988-07-01 00:00:00"  # summer time
