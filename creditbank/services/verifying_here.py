"""Verifying at a server: whatever somebody brings, held against the server's own bank as well.

A server answers for itself from its own record, and asks others only as its operator has listed
them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import orjson

from creditbank.clients.credential_fetch import Fetcher
from creditbank.credentials.signing import compact_bytes
from creditbank.domain.civil_time import civil_date
from creditbank.domain.registers import Institution, parse_register, resolve
from creditbank.domain.verification import Report
from creditbank.errors.certifying import StatusListUnknown
from creditbank.errors.credentials import HostUnreachable
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.policy import Policy
from creditbank.services.credential_keys import did_document, read_keys
from creditbank.services.statuses import ListName
from creditbank.services.verifying import Relied, verify_document
from creditbank.services.workers import Workers
from creditbank.storage.reading import Connection, register_versions

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.services.certifying import Issuing
    from creditbank.services.statuses import StatusLists

_LIST_SECONDS: Final = 30


class Verifier:
    """Verifies for a server; what its own bank has issued it answers from its own record."""

    def __init__(
        self,
        bank: Bank,
        issuing: Issuing,
        lists: StatusLists,
        *,
        issuers: Iterable[str] = (),
        fetcher: Fetcher | None = None,
    ) -> None:
        self._bank, self._issuing, self._lists = bank, issuing, lists
        self._issuers = frozenset(issuers) | {issuing.did}
        self._fetcher = fetcher
        self.workers = Workers()

    @property
    def fetcher(self) -> Fetcher | None:
        """Who asks others, None if nobody may."""
        return self._fetcher

    async def verify(
        self,
        data: bytes | str | Mapping[str, Any],
        *,
        keys: Iterable[VerifierKey | str] = (),
        policy: Policy | None = None,
    ) -> Report:
        """Return the report on what was brought, as of now.

        Raises `MalformedKey`, and `Overloaded` if too many wait.
        """
        relied = await self.relied()
        work = partial(verify_document, data, relied=relied, keys=keys, policy=policy)
        return await self.workers.run(lambda: work(now=int(time.time())))

    async def relied(self) -> Relied:
        """Return whom this server relies on: itself, the issuers listed, its institutions."""
        bank, loop = self._bank, asyncio.get_running_loop()
        records = await bank.database.read(
            lambda connection: read_keys(connection, bank.keyring, bank.origin)
        )
        return Relied(
            issuers=self._issuers,
            documents={self._issuing.did: did_document(self._issuing.site, records)},
            lists=lambda url: self._own_list(url, loop),
            countersigner=self._countersigner,
            fetcher=self._fetcher,
        )

    def _countersigner(self, public: bytes) -> str | None:
        """Return whose key it is by the registers in force today; called beside the loop."""
        return self._bank.database.read_sync(
            lambda connection: _institution_of(connection, public, civil_date(int(time.time())))
        )

    def _own_list(self, url: str, loop: asyncio.AbstractEventLoop) -> bytes | None:
        """Return a list of this bank; called from a thread beside the loop."""
        prefix = f"{self._issuing.site}/status/"
        if not url.startswith(prefix):
            return None
        try:
            name = ListName.parse(url.removeprefix(prefix))
            made = asyncio.run_coroutine_threadsafe(self._lists.get(name), loop)
            found = made.result(_LIST_SECONDS)
        except StatusListUnknown:
            raise HostUnreachable(host=self._issuing.site, reason="answer") from None
        except TimeoutError:
            raise HostUnreachable(host=self._issuing.site, reason="timeout") from None
        return found.encode() if isinstance(found, str) else compact_bytes(found)


def _institution_of(connection: Connection, public: bytes, today: date) -> str | None:
    """Return the institution whose register in force names an Ed25519 key, None if none does."""
    versions: dict[str, list[Institution]] = {}
    for row in register_versions(connection, "institution"):
        register = parse_register("institution", orjson.loads(row.content))
        if isinstance(register, Institution):
            versions.setdefault(register.id, []).append(register)
    for many in versions.values():
        institution = resolve(many, today)
        for key in institution.keys if institution is not None else ():
            if key.alg == "ed25519" and key.public == public.hex() and key.in_force(today):
                return many[0].id
    return None
