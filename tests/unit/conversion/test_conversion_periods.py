from datetime import date

import pytest

from creditbank.domain.conversion.periods import (
    age_on,
    before,
    months_of,
    runs_of,
    worked_months,
)


@pytest.mark.parametrize(
    ("period", "months"), [("P5Y", 60), ("P18M", 18), ("P1Y6M", 18), ("nonsense", 0)]
)
def test_a_period_is_months(period: str, months: int) -> None:
    assert months_of(period) == months


def test_a_month_before_the_last_of_a_long_month_is_the_last_of_a_short_one() -> None:
    assert before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert before(date(2026, 1, 15), 13) == date(2024, 12, 15)


def test_periods_that_touch_are_one_run() -> None:
    periods = [
        (date(2022, 1, 1), date(2022, 12, 31)),
        (date(2020, 1, 1), date(2020, 6, 30)),
        (date(2020, 7, 1), date(2020, 12, 31)),
        (date(2020, 3, 1), date(2020, 4, 1)),
        (date(2030, 1, 1), date(2031, 1, 1)),
    ]
    runs = runs_of(periods, None, date(2026, 1, 1))
    assert runs == [
        (date(2020, 1, 1), date(2020, 12, 31)),
        (date(2022, 1, 1), date(2022, 12, 31)),
    ]
    assert worked_months(runs, continuous=True) == 12
    assert worked_months(runs, continuous=False) == 24


def test_work_counts_from_a_day_on() -> None:
    periods = [(date(2020, 1, 1), date(2025, 12, 31))]
    assert runs_of(periods, date(2024, 1, 1), date(2024, 6, 30)) == [
        (date(2024, 1, 1), date(2024, 6, 30))
    ]


def test_days_that_fill_no_month_are_added_up() -> None:
    runs = [
        (date(2020, 1, 1), date(2020, 1, 20)),
        (date(2021, 1, 1), date(2021, 1, 10)),
        (date(2022, 1, 31), date(2022, 2, 28)),
    ]
    assert worked_months(runs, continuous=False) == 1 + 1
    assert worked_months([], continuous=True) == 0


def test_years_of_age_are_full_on_the_birthday() -> None:
    assert age_on(date(2010, 9, 1), date(2026, 8, 31)) == 15
    assert age_on(date(2010, 9, 1), date(2026, 9, 1)) == 16
