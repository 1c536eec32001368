"""Civil dates, which are those of Asia/Shanghai, and the moments at which they begin and end.

Dates of training, of issue and in force are civil dates; times of entries are Unix seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from creditbank.domain.plain_text import to_halfwidth
from creditbank.errors.identifiers import InvalidDate

CIVIL_ZONE: Final = ZoneInfo("Asia/Shanghai")
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)

_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WRITTEN: Final = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})"
    r"|\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]"
    r"|([0-9]{2})([0-9]{2}))"
    r"(?:[ T]+0?0:00(?::00(?:\.0+)?)?)?"
)


def day_start(day: date) -> int:
    """Return the Unix second at which `day` begins in civil time.

    Raises InvalidDate for a day outside 1900 to 2199.
    """
    _check_range(day, None)
    return int(datetime.combine(day, time(), CIVIL_ZONE).timestamp())


def day_end(day: date) -> int:
    """Return the first Unix second after `day` in civil time.

    What was recorded "by" a day was recorded before this second. Raises as `day_start`.
    """
    _check_range(day, None)
    return int(datetime.combine(day + timedelta(days=1), time(), CIVIL_ZONE).timestamp())


def civil_date(unix_seconds: int) -> date:
    """Return the civil date on which the second `unix_seconds` lies.

    Raises InvalidDate if that is outside 1900 to 2199.
    """
    if not _FIRST_SECOND <= unix_seconds < _END:
        raise InvalidDate(reason="range")
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone(CIVIL_ZONE).date()


def civil_clock(unix_seconds: int) -> str:
    """Return date and time of day in civil time, as people read them: `2026-11-22 10:27:49`."""
    moment = datetime.fromtimestamp(unix_seconds, UTC).astimezone(CIVIL_ZONE)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def parse_date(text: str, *, where: str | None = None) -> date:
    """Return the date that `text` says in the one form of the interfaces, YYYY-MM-DD.

    Raises InvalidDate for another form, a day that the calendar does not have, and a year
    outside 1900 to 2199.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise InvalidDate(where=where, reason="form" if text else "empty")
    return _date(match[1], match[2], match[3], where)


def parse_written_date(text: str, *, where: str | None = None) -> date:
    """Return the date that `text` says as people write it in sheets.

    Accepted are 2026-3-1, 2026/3/1, 2026.3.1, 2026年3月1日 and 20260301, with full-width
    characters, and followed by midnight if a spreadsheet put it there. The year comes first and
    has four digits: 3/1/26 could be any of three days. Raises as `parse_date`.
    """
    plain = to_halfwidth(text)
    match = _WRITTEN.fullmatch(plain)
    if match is None:
        raise InvalidDate(where=where, reason="form" if plain else "empty")
    month = match[3] or match[5] or match[7]
    day = match[4] or match[6] or match[8]
    return _date(match[1], month, day, where)


def _date(year: str, month: str, day: str, where: str | None) -> date:
    """Return the date of three numbers; raises InvalidDate."""
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise InvalidDate(where=where, reason="day") from None
    _check_range(found, where)
    return found


def _check_range(day: date, where: str | None) -> None:
    """Raise InvalidDate for a day outside the years the bank keeps."""
    if not EARLIEST <= day <= LATEST:
        raise InvalidDate(where=where, reason="range")


_FIRST_SECOND: Final = day_start(EARLIEST)
_END: Final = day_end(LATEST)
