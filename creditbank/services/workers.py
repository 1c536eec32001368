"""Threads of their own for what anybody may ask for, and which takes long or waits for others.

Verifying runs beside the server's own threads: it may wait for what those do (a status list that
is signed), and must not keep them from it. How many may wait is bounded, so that a flood is told
to come back instead of filling memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from creditbank.errors.storage import Overloaded

THREADS: Final = 4
WAITING_MAX: Final = 32

T = TypeVar("T")


class Workers:
    """A few threads, started when they are first needed."""

    def __init__(self, threads: int = THREADS, waiting_max: int = WAITING_MAX) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="verify")
        self._most, self._running = threads + waiting_max, 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; raises what it raises, and `Overloaded` if too many wait.

        Whoever stops waiting frees no place until the thread is done: that is what costs.
        """
        if self._running >= self._most:
            raise Overloaded
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Start nothing more; what runs comes to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _done(self, future: asyncio.Future[T]) -> None:
        self._running -= 1
        if not future.cancelled():
            future.exception()  # whoever asked has it, or has gone
