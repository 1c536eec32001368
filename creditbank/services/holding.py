"""A learner's certificates, for those who may see them: the holder, the desk, and whoever issued.

Everybody else sees what the holder shows; see `viewing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditbank.credentials import signing
from creditbank.domain.access import Principal, Scope
from creditbank.errors.access import Forbidden
from creditbank.errors.certifying import CredentialUnknown
from creditbank.services.actors import Poster
from creditbank.services.credential_changes import find_credential
from creditbank.services.documents import Certificates, Overview, read_recipe
from creditbank.services.enquiring import Enquiry
from creditbank.services.permitting import OWNER_OR_DESK, Ground, ground_for
from creditbank.services.sharing import PrintShare, Shared
from creditbank.storage import credentials, loading
from creditbank.storage.credentials import Credential

if TYPE_CHECKING:
    from creditbank.storage.reading import Connection


async def list_credentials(
    certificates: Certificates, principal: Principal, account: str
) -> list[dict[str, Any]]:
    """Return a learner's certificates as JSON values; refuses as any reading of their data."""
    bank = certificates.bank
    enquiry = Enquiry(bank, principal, account, "credentials", OWNER_OR_DESK)

    def read(connection: Connection) -> list[dict[str, Any]]:
        found = credentials.of_account(connection, account)
        return [_overview(connection, certificates, one).document() for one in found]

    return await enquiry.read(read, long=True)


async def read_credential(
    certificates: Certificates, principal: Principal, credential: str
) -> dict[str, Any]:
    """Return what a certificate is and how it stands; refuses as `enquiry_for`."""
    enquiry, found = await enquiry_for(certificates, principal, credential, "credential")
    return await enquiry.read(
        lambda connection: _overview(connection, certificates, found).document()
    )


async def read_document(
    certificates: Certificates,
    principal: Principal,
    credential: str,
    suite: signing.Signatures = signing.RDFC,
) -> dict[str, Any] | str:
    """Return the signed certificate, after the reading was noted; refuses as `enquiry_for`."""
    enquiry, found = await enquiry_for(certificates, principal, credential, "credential_document")
    await enquiry.read(lambda _connection: None)
    return await certificates.signed(found.id, suite)


async def print_secret(
    certificates: Certificates, principal: Principal, credential: str
) -> str | None:
    """Return the secret of the link that stands on paper, made with the first page printed.

    It shows what the page shows. Once its holder has ended it, the next page that the holder or the
    desk have printed gets another link, and any other has the permanent address alone (None).
    """
    poster = Poster(principal.token, principal.org)
    renews = principal.may(Scope.OWN) or principal.may(Scope.SERVE_LEARNER)
    work = PrintShare(credential, poster, account=principal.account, renews=renews)
    shared: Shared | None = await certificates.bank.journal.submit(work)
    return None if shared is None else shared.secret


async def enquiry_for(
    certificates: Certificates, principal: Principal, credential: str, action: str
) -> tuple[Enquiry, Credential]:
    """Return the question about a certificate, and which one it is.

    Refuses with `CredentialUnknown` whoever is neither holder nor desk nor issued it, whether there
    is one or not, and with `Erased` where its learner was erased.
    """
    bank = certificates.bank

    def find(connection: Connection) -> tuple[Credential, str]:
        found = find_credential(connection, credential)
        row = loading.entry_at(connection, found.index)
        return found, row.org if row else ""

    found, org = await bank.database.read(find)
    grounds: tuple[Ground, ...] = OWNER_OR_DESK
    if principal.org == org and principal.may(Scope.READ_POSTED):
        grounds = (Ground.POSTED,)
    enquiry = Enquiry(bank, principal, found.account, action, grounds)
    try:
        ground_for(principal, found.account, grounds)
    except Forbidden:
        raise CredentialUnknown(credential=credential) from None
    return enquiry, found


def _overview(connection: Connection, certificates: Certificates, found: Credential) -> Overview:
    recipe = read_recipe(connection, certificates.bank, found)
    return Overview(found, recipe, credentials.standing(connection, found.id))
