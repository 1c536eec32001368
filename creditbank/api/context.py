"""What the endpoints work with: settings, the open bank, limits, figures."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

from creditbank.api.limits import RateLimit, SignInLimits
from creditbank.api.metrics import Metrics
from creditbank.config import Settings
from creditbank.domain.certifying import Names
from creditbank.errors import CreditBankError
from creditbank.errors.storage import StorageUnavailable
from creditbank.services import learners
from creditbank.services.banking import Bank
from creditbank.services.certifying import Issuing
from creditbank.services.credential_keys import Signers
from creditbank.services.documents import Certificates
from creditbank.services.expiring import expire_reservations
from creditbank.services.intake import Intake
from creditbank.services.opening import open_configured
from creditbank.services.presenting import PresentationDesk
from creditbank.services.publishing import Publisher
from creditbank.services.receipting import Proofs
from creditbank.services.sessions import KnownTokens
from creditbank.services.starting import start_publishing
from creditbank.services.statuses import StatusLists
from creditbank.services.verifying import fetcher_of
from creditbank.services.verifying_here import Verifier
from creditbank.storage.journal import Work

FIRST_CARE_SECONDS: Final = 60
CARE_SECONDS: Final = 3600
"""How often a server looks for erasures of past days that no entry covers yet."""


class Context:
    """One server process. `bank` is there once the server has started."""

    def __init__(
        self, settings: Settings, bank: Bank | None = None, publisher: Publisher | None = None
    ) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.rate_limit = RateLimit(settings.rate_limit_per_minute)
        self.sign_ins = SignInLimits(
            per_address=settings.sign_ins_per_address, per_account=settings.sign_ins_per_account
        )
        self._given = bank
        self._publisher = publisher
        self._bank: Bank | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def bank(self) -> Bank:
        """The open bank; raises `StorageUnavailable` before the server has started."""
        if self._bank is None:
            raise StorageUnavailable
        return self._bank

    @property
    def publisher(self) -> Publisher:
        """What signs and publishes; raises `StorageUnavailable` where nothing does."""
        if self._publisher is None:
            raise StorageUnavailable
        return self._publisher

    async def submit(self, work: Work) -> tuple[Any, dict[str, str]]:
        """Return a work's answer and, in a member of its own, the checkpoint of its commit.

        Where nothing can be signed now the member is absent: the commit stands all the same.
        """
        if self._publisher is None:
            return await self.bank.journal.submit(work), {}
        value, size, root = await self.bank.journal.submit_with_head(work)
        note = await self._publisher.checkpoint_of(size, root)
        return value, {} if note is None else {"checkpoint": note}

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
        if self._given is None:
            try:
                self._publisher = start_publishing(bank, settings)
            except CreditBankError:
                await bank.close()
                raise
        sign_commit = self._publisher.sign_commit if self._publisher else None
        issuing = issuing_of(settings)
        signers = Signers(bank.keys_dir, issuing.did)
        self.certificates = Certificates(bank, issuing, signers)
        self.status_lists = StatusLists(bank, issuing, signers)
        self.verifier = verifier_of(settings, bank, issuing, self.status_lists)
        self.presentations = PresentationDesk(self.certificates, signers, self.verifier)
        self.proofs = Proofs(bank, bank.keys_dir, sign_commit)
        # The process is ours as well, unless somebody in it has frozen what was there before.
        freezes = self._given is None and not gc.get_freeze_count()
        if freezes:
            # What is here now stays: the collector need not look at it again and again.
            gc.collect()
            gc.freeze()
        care = asyncio.create_task(_take_care(bank))
        try:
            yield
        finally:
            if freezes:
                gc.unfreeze()
            care.cancel()
            self.verifier.workers.close()
            await asyncio.gather(care, return_exceptions=True)
            self._bank = None
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._given is None:
                await self.publisher.close()
                self._publisher = None
                await bank.close()

    def in_background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on after the answer; a failure is logged, and shutting down waits."""
        task = asyncio.create_task(_logged(name, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def issuing_of(settings: Settings) -> Issuing:
    """Return in whose name certificates are issued under these settings."""
    name = Names(settings.bank_name, settings.bank_name_en or None)
    return Issuing(settings.public_url.rstrip("/"), name)


def verifier_of(settings: Settings, bank: Bank, issuing: Issuing, lists: StatusLists) -> Verifier:
    """Return who verifies under these settings, and asks whom the operator has listed."""
    issuers = [one.strip() for one in settings.credential_issuers.split(",") if one.strip()]
    hosts = settings.credential_hosts.split(",")
    local = settings.environment == "development"
    fetcher = fetcher_of(issuers, hosts, local=local)
    return Verifier(bank, issuing, lists, issuers=issuers, fetcher=fetcher)


async def _take_care(bank: Bank) -> None:
    """Cover past days' erasures and end expired reservations, in whichever server comes first."""
    wait = FIRST_CARE_SECONDS
    while True:
        await asyncio.sleep(wait)
        await _logged("erasures", learners.cover_erasures(bank))
        await _logged("reservations", expire_reservations(bank))
        wait = CARE_SECONDS


async def _logged(name: str, work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  # nobody waits for it, so the log is told
        structlog.get_logger().error("background", task=name, exc_info=error)
