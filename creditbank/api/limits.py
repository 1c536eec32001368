"""How many requests one token may send, and how often somebody may try to sign in.

Moving windows, kept by each server process.
"""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from creditbank.errors.access import RateLimited


class RateLimit:
    """`per_minute` requests of one origin in any sixty seconds; 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage()) if per_minute else None

    def check(self, key: str) -> None:
        """Count a request; raise `RateLimited`, which says how long to wait in seconds."""
        if self._window is None or self._window.hit(self._item, key):
            return
        free_at, _remaining = self._window.get_window_stats(self._item, key)
        retry_after = max(1, math.ceil(free_at - time.time()))
        raise RateLimited(limit=f"{self._per_minute} / min", retry_after=retry_after)


class SignInLimits:
    """Attempts to sign in: per client address, and per account or document that is named."""

    def __init__(self, *, per_address: int, per_account: int) -> None:
        self._address, self._account = RateLimit(per_address), RateLimit(per_account)

    def check(self, address: str | None, account: str) -> None:
        """Count an attempt, whether it will be right or wrong; raise `RateLimited`.

        What one address is refused does not count for the account, lest anybody keep a learner out.
        """
        self._address.check(_neighbourhood(address or ""))
        self._account.check(account)


def _neighbourhood(address: str) -> str:
    """Return an address, of IPv6 the network that one customer gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
