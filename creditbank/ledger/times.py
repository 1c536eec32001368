"""Times of the ledger: whole seconds of UTC, as unix seconds inside and as text in entries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from creditbank.errors.ledger import NotCanonical

MAX_TIME: Final = 253_402_300_799  # 9999-12-31T23:59:59Z

_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z", re.ASCII
)


# Entries of a batch share their second, and an audit meets them in order.
@lru_cache(maxsize=256)
def format_time(unix_seconds: int) -> str:
    """Return `YYYY-MM-DDTHH:MM:SSZ` for seconds since 1970-01-01T00:00:00Z.

    Raises:
        NotCanonical: if the time lies before 1970 or after 9999.
    """
    if not 0 <= unix_seconds <= MAX_TIME:
        raise NotCanonical(reason="time")
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=256)
def parse_time(text: str) -> int:
    """Return the unix seconds of `YYYY-MM-DDTHH:MM:SSZ`; there are no leap seconds.

    Raises:
        NotCanonical: if the text has another form, names no moment, or lies before 1970.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise NotCanonical(reason="time")
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise NotCanonical(reason="time") from None
    seconds = int(moment.timestamp())
    if seconds < 0:
        raise NotCanonical(reason="time")
    return seconds
