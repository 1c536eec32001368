"""Getting a certificate from its address: from our own record if it is ours, else from its host."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from creditbank.credentials.extracting import MAX_FILE_BYTES
from creditbank.errors.certifying import CredentialUnknown, ShareUnknown
from creditbank.errors.credentials import HostNotAllowed
from creditbank.services.certifying import credential_id
from creditbank.services.documents import Certificates
from creditbank.services.verifying_here import Verifier
from creditbank.services.viewing import view

_PATH: Final = "/credentials/"


async def bring(
    certificates: Certificates, verifier: Verifier, url: str
) -> bytes | dict[str, Any] | str:
    """Return what stands at `url`, within what its holder shows.

    Refuses with `HostNotAllowed`, `HostUnreachable` and `Overloaded`; of our own with
    `CredentialUnknown`, `Erased`, and `ShareUnknown` where the certificate is not shown there.
    """
    own = certificates.issuing.site + _PATH
    if url.startswith(own):
        return await _own(certificates, url, url.removeprefix(own))
    fetcher = verifier.fetcher
    if fetcher is None:
        raise HostNotAllowed(host=urlsplit(url).netloc[:200] or "—", reason="not_listed")
    return await verifier.workers.run(lambda: fetcher.get(url, MAX_FILE_BYTES))


async def _own(certificates: Certificates, url: str, rest: str) -> dict[str, Any] | str:
    named, _, _ = rest.partition("?")
    credential = credential_id(named.partition(".")[0])
    if credential is None:
        raise CredentialUnknown(credential=named[:100])
    secret = parse_qs(urlsplit(url).query).get("k", [None])[0]
    shown = await view(certificates, credential, secret, "eddsa-rdfc-2022")
    if shown.document is None:
        raise ShareUnknown
    return shown.document
