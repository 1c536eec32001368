"""How many requests one token may send: a moving window, kept by each server process."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from creditbank.errors.access import RateLimited


class RateLimit:
    """`per_minute` requests per token in any sixty seconds; 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage()) if per_minute else None

    def check(self, token_id: str) -> None:
        """Count a request; raise `RateLimited`, which says how long to wait in seconds."""
        if self._window is None or self._window.hit(self._item, token_id):
            return
        free_at, _remaining = self._window.get_window_stats(self._item, token_id)
        retry_after = max(1, math.ceil(free_at - time.time()))
        raise RateLimited(limit=f"{self._per_minute} / min", retry_after=retry_after)
