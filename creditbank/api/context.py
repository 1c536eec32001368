"""What the endpoints work with: settings, the open bank, limits, figures."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from creditbank.api.limits import RateLimit
from creditbank.api.metrics import Metrics
from creditbank.config import Settings
from creditbank.errors.storage import StorageUnavailable
from creditbank.services.banking import Bank
from creditbank.services.intake import Intake
from creditbank.services.opening import open_configured
from creditbank.services.sessions import KnownTokens


class Context:
    """One server process. `bank` is there once the server has started."""

    def __init__(self, settings: Settings, bank: Bank | None = None) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.rate_limit = RateLimit(settings.rate_limit_per_minute)
        self._given = bank
        self._bank: Bank | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def bank(self) -> Bank:
        """The open bank; raises `StorageUnavailable` before the server has started."""
        if self._bank is None:
            raise StorageUnavailable
        return self._bank

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the bank, unless one was given, and write until the server stops.

        A bank that was given is its giver's to close.
        """
        bank = self._bank = self._given or open_configured(self.settings)
        settings = self.settings
        self.intake = Intake(bank.keyring, bank.notice, batch_items_max=settings.batch_items_max)
        self.known_tokens = KnownTokens(bank)
        if not bank.journal.is_running:
            bank.journal.start()
        # What is here now stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            gc.unfreeze()
            self._bank = None
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._given is None:
                await bank.close()

    def in_background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on after the answer; a failure is logged, and shutting down waits."""
        task = asyncio.create_task(_logged(name, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _logged(name: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  # nobody waits for it, so the log is told
        structlog.get_logger().error("background", task=name, exc_info=error)
