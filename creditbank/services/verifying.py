"""Verifying whatever somebody brings: a receipt, a statement, or a certificate in any of its forms.

`verify_document` is the one function behind `creditbank verify` and `POST /v1/verify`. It needs no
bank, and so loads no database; what only certificates need is loaded for a certificate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import orjson

from creditbank.domain.verification import Report
from creditbank.domain.verification import verify as verify_entries
from creditbank.errors.credentials import HostNotAllowed
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.policy import Policy

if TYPE_CHECKING:
    from creditbank.clients.credential_fetch import Fetcher

_ENTRIES: Final = re.compile(rb'"format"\s*:\s*"creditbank-(receipt|statement)/')


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
    countersigner: Callable[[bytes], str | None] = lambda _public: None
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
    from creditbank.credentials import verifying as certificates

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
        from creditbank.credentials import verifying as certificates

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
    from creditbank.clients.credential_fetch import Fetcher
    from creditbank.credentials.did import WEB

    own = (unquote(name.removeprefix(WEB).split(":")[0]) for name in issuers if WEB in name)
    return Fetcher([*hosts, *own], local=local)
