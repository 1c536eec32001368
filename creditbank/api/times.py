"""Moments as requests name them: a UTC time, or a civil date (Asia/Shanghai)."""

from __future__ import annotations

from typing import Final

from creditbank.domain.civil_time import day_end, parse_date
from creditbank.errors.identifiers import InvalidDate
from creditbank.errors.ledger import NotCanonical
from creditbank.ledger.times import parse_time

_DATE_LENGTH: Final = len("YYYY-MM-DD")


def end_of(text: str, *, where: str) -> int:
    """Return the unix second at which `text` is over: that time, or the end of that civil day.

    Raises `InvalidDate`.
    """
    if len(text) == _DATE_LENGTH:
        return day_end(parse_date(text, where=where))
    try:
        return parse_time(text)
    except NotCanonical:
        raise InvalidDate(where=where, reason="form") from None


def last_of(text: str, *, where: str) -> int:
    """Return the last unix second that `text` covers: that time, or that civil day's last second.

    Raises `InvalidDate`.
    """
    end = end_of(text, where=where)
    return end - 1 if len(text) == _DATE_LENGTH else end
