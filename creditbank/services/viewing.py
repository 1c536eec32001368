"""What stands at a certificate's address: what its holder shows, how it stands, and nothing else.

Without anything shown the address tells that there is such a certificate and how it stands. After
an erasure it tells that, and never again anything else. While an account is restricted (PIPL 47)
nothing of it is shown but that, whatever its holder showed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.credentials import signing, summary
from creditbank.credentials.summary import Summary
from creditbank.domain.civil_time import civil_date
from creditbank.errors.certifying import ShareUnknown
from creditbank.services import sharing
from creditbank.services.credential_changes import find_credential
from creditbank.services.documents import Certificates, credential_url
from creditbank.services.sharing import Share
from creditbank.storage import credentials, loading
from creditbank.storage.credentials import Credential, Standing
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection


@dataclass(frozen=True, slots=True)
class View:
    """A certificate as somebody at its address may see it.

    `summary` is None where nothing is shown, `document` where the signed document is not. `signed`
    is for checking, and for nobody's eyes: it may say more than is shown.
    """

    credential: Credential
    url: str
    standing: Standing
    share: Share | None
    summary: Summary | None
    document: dict[str, Any] | str | None
    signed: dict[str, Any] | str
    now: int


async def view(
    certificates: Certificates,
    credential: str,
    secret: str | None,
    suite: signing.Signatures = signing.JCS,
) -> View:
    """Return what somebody with this link secret, or with none, may see of a certificate.

    `suite` is how the document is signed; browsers can check JCS by themselves. Refuses with
    `CredentialUnknown`, `Erased` and `ShareUnknown`.
    """
    bank = certificates.bank

    def read(connection: Connection) -> tuple[Credential, Standing, Share | None, int]:
        found = find_credential(connection, credential)
        now = loading.read_head(connection).now
        standing = credentials.standing(connection, found.id)
        if _is_restricted(connection, bank.keyring, found.account, now):
            if secret is not None:
                raise ShareUnknown
            return found, standing, None, now
        try:
            share = sharing.shown_by(connection, bank.keyring, found.id, secret, now)
        except ShareUnknown:
            if standing.withdrawn_at is None:
                raise
            share = None  # its links ended with it, and whoever follows one should learn why
        return found, standing, share, now

    found, standing, share, now = await bank.database.read(read)
    signed = await certificates.signed(found.id, suite)
    shows = share.shows if share else frozenset()
    return View(
        credential=found,
        url=credential_url(certificates.issuing.site, found.id),
        standing=standing,
        share=share,
        summary=_summary(signed, shows) if share else None,
        document=signed if "document" in shows else None,
        signed=signed,
        now=now,
    )


def _is_restricted(connection: Connection, keyring: Keyring, name: str, now: int) -> bool:
    account = loading.accounts(connection, keyring, {name})[name]
    until = account.restricted_until if account else None
    return until is not None and until >= civil_date(now).isoformat()


def _summary(signed: Mapping[str, Any] | str, shows: frozenset[str]) -> Summary:
    if isinstance(signed, str):
        found = summary.summary_of_sd_jwt(signed)
    else:
        found = summary.summary_of(signed)
    # Whoever has the document has all that it says.
    whole = "document" in shows
    return summary.shown(found, name=whole or "name" in shows, results=whole or "results" in shows)
