"""Periods of years and months: P5Y, P18M; and the time somebody has worked."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

_PERIOD: Final = re.compile(r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?")
_DAYS_IN_A_MONTH: Final = 30
"""What is left over of several runs of work is added up in months of thirty days."""

Run = tuple[date, date]
"""First and last day of work, both included."""


def months_of(period: str) -> int:
    """Return the months of a period of the form that selections and conditions have.

    >>> months_of("P1Y6M")
    18
    """
    match = _PERIOD.fullmatch(period)
    years, months = (int(part or 0) for part in match.groups()) if match else (0, 0)
    return years * 12 + months


def before(day: date, months: int) -> date:
    """Return the day so many months before `day`; the month's last, if it has no such day.

    >>> before(date(2026, 3, 31), 1)
    datetime.date(2026, 2, 28)
    """
    place = day.year * 12 + day.month - 1 - months
    year, month = max(place // 12, 1), place % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def runs_of(periods: Iterable[Run], since: date | None, until: date) -> list[Run]:
    """Return the unbroken runs that the periods make up, cut to `since` … `until`, in order."""
    runs: list[Run] = []
    for first, last in sorted(periods):
        begin = max(first, since) if since else first
        end = min(last, until)
        if begin > end:
            continue
        if runs and begin <= runs[-1][1] + timedelta(days=1):
            runs[-1] = (runs[-1][0], max(runs[-1][1], end))
        else:
            runs.append((begin, end))
    return runs


def worked_months(runs: Sequence[Run], *, continuous: bool) -> int:
    """Return the full months of work: of the longest run, or of all runs together.

    Days that do not fill a month are added up over the runs, thirty to the month.
    """
    measured = [_months_and_days(run) for run in runs]
    if continuous:
        return max((months for months, _ in measured), default=0)
    days = sum(days for _, days in measured)
    return sum(months for months, _ in measured) + days // _DAYS_IN_A_MONTH


def _months_and_days(run: Run) -> tuple[int, int]:
    first, after = run[0], run[1] + timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    while before(after, months) < first:
        months -= 1
    return months, (before(after, months) - first).days


def age_on(born: date, on: date) -> int:
    """Return the full years of age (周岁) on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
