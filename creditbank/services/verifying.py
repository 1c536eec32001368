"""Verifying whatever somebody brings: a receipt, a statement, or a certificate in any of its forms.

`verify_document` is the one function behind `creditbank verify` and `POST /v1/verify`. A server
answers for itself from its own record, and asks others only as its operator has listed them.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import orjson

from creditbank.clients.credential_fetch import Fetcher
from creditbank.credentials import verifying as certificates
from creditbank.credentials.did import WEB
from creditbank.credentials.signing import compact_bytes
from creditbank.domain.civil_time import civil_date
from creditbank.domain.registers import Institution, parse_register, resolve
from creditbank.domain.verification import Report
from creditbank.domain.verification import verify as verify_entries
from creditbank.errors.certifying import StatusListUnknown
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.policy import Policy
from creditbank.services.credential_keys import did_document, read_keys
from creditbank.services.statuses import ListName
from creditbank.services.workers import Workers
from creditbank.storage.reading import Connection, register_versions

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.services.certifying import Issuing
    from creditbank.services.statuses import StatusLists

_ENTRIES: Final = re.compile(rb'"format"\s*:\s*"creditbank-(receipt|statement)/')
_LIST_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Relied:
    """Whom a verification relies on, and whom it may ask.

    `issuers` are the DIDs that are known; `documents` those DID documents that are at hand; `lists`
    returns a status list that is at hand, None for others; `countersigner` names the institution of
    an Ed25519 key. `fetcher` asks the rest; without one nobody is asked.
    """

    issuers: frozenset[str] = frozenset()
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lists: Callable[[str], bytes | None] = lambda _url: None
    countersigner: Callable[[bytes], str | None] = certificates.nobody
    fetcher: Fetcher | None = None

    def resolve_did(self, name: str) -> Mapping[str, Any]:
        """Return a DID document; raises `HostNotAllowed`, `HostUnreachable` or `MalformedDid`."""
        if name in self.documents:
            return self.documents[name]
        if self.fetcher is None:
            raise HostNotAllowed(host=name[:200], reason="not_listed")
        return self.fetcher.resolve_did(name)

    def fetch_status(self, url: str) -> bytes:
        """Return a status list; raises `HostNotAllowed` or `HostUnreachable`."""
        found = self.lists(url)
        if found is not None:
            return found
        if self.fetcher is None:
            raise HostNotAllowed(host=url[:200], reason="not_listed")
        return self.fetcher.fetch_status(url)


def verify_document(
    data: bytes | str | Mapping[str, Any],
    *,
    now: int,
    relied: Relied,
    keys: Iterable[VerifierKey | str] = (),
    policy: Policy | None = None,
) -> Report:
    """Return the report on what was brought, at unix second `now`.

    A receipt or a statement is held against `keys` and `policy`, anything else against `relied`. It
    may ask hosts and wait for them, so a server calls it outside its loop. Raises `MalformedKey`.
    """
    if names_entries(data):
        return verify_entries(data, keys, policy)
    return certificates.verify(
        data,
        resolve_did=relied.resolve_did,
        fetch_status=relied.fetch_status,
        now=now,
        is_known=relied.issuers.__contains__,
        countersigner=relied.countersigner,
    )


def names_entries(data: bytes | str | Mapping[str, Any]) -> bool:
    """Return whether it says that it is a receipt or a statement, or of another such format."""
    if isinstance(data, Mapping):
        return "format" in data or not certificates.is_credential(data)
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if _ENTRIES.search(raw) is not None:
        return True
    try:
        value = orjson.loads(raw) if raw.lstrip().startswith(b"{") else None
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and "format" in value


def fetcher_of(issuers: Iterable[str], hosts: Iterable[str], *, local: bool = False) -> Fetcher:
    """Return who asks the listed hosts, and those of the known issuers that are a `did:web`."""
    own = (unquote(name.removeprefix(WEB).split(":")[0]) for name in issuers if WEB in name)
    return Fetcher([*hosts, *own], local=local)


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
