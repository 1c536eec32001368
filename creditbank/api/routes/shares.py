"""出示 What a holder shows of a certificate: to everybody at its address, or by links."""

from __future__ import annotations

import time
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import answer
from creditbank.api.bodies import read_as
from creditbank.api.credential_models import SHARE
from creditbank.api.credential_shapes import Share as SharedShape
from creditbank.api.credential_shapes import ShareEnded, Shares
from creditbank.api.dependencies import LearnerOrDesk, UsedContext
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_WRITES, Refusals
from creditbank.api.routes.credentials import CredentialName
from creditbank.api.times import end_of
from creditbank.errors.api import RequestInvalid
from creditbank.errors.certifying import CredentialEnded, CredentialUnknown
from creditbank.errors.identifiers import InvalidDate
from creditbank.errors.storage import Erased
from creditbank.services import sharing
from creditbank.services.actors import Poster
from creditbank.services.documents import credential_url
from creditbank.services.holding import enquiry_for
from creditbank.services.sharing import DropShare, PutShare, Share, Shared
from creditbank.storage import credentials

router = APIRouter()

ShareName = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="A name of the holder's choice; `public` is what everybody sees.",
        examples=["zhaopin"],
    ),
]
_REFUSES: Final[Refusals] = (CredentialUnknown, Erased, *OF_WRITES)


@router.put(
    "/v1/credentials/{credential}/shares/{name}",
    **described(
        "出示证书 · Show a certificate",
        {200: SharedShape},
        tag="credentials",
        body="SharePosting",
        examples={"applying": {"shows": ["name"], "until": "2026-12-31"}},
        refuses=(*_REFUSES, CredentialEnded, InvalidDate),
    ),
)
async def put_share(
    request: Request,
    context: UsedContext,
    principal: LearnerOrDesk,
    credential: CredentialName,
    name: ShareName,
) -> Response:
    """Show what was achieved, and what `shows` names beside it, until a time or a day.

    Under a name of one's own it gets a link; `public` is shown to whoever opens the certificate's
    address. The same name again changes what is shown, and keeps a link that is not over.
    """
    body = await read_as(request, SHARE)
    until = end_of(body["until"], where="/until") if "until" in body else None
    if until is not None and until <= time.time():
        raise RequestInvalid(where="/until", errors=[{"where": "/until", "reason": "past"}])
    share = Share(name, frozenset(body["shows"]), until)
    poster = Poster(principal.token, principal.org)
    work = PutShare(credential, share, poster, account=principal.account)
    shared: Shared = await context.bank.journal.submit(work)
    logs.note(verb="put_share")
    url = credential_url(context.certificates.issuing.site, credential)
    return answer(sharing.share_document(url, shared, int(time.time())))


@router.get(
    "/v1/credentials/{credential}/shares",
    **described("出示情况 · What is shown", {200: Shares}, tag="credentials", refuses=_REFUSES),
)
async def list_shares(
    context: UsedContext, principal: LearnerOrDesk, credential: CredentialName
) -> Response:
    """Return everything that is shown of a certificate, with the links. For holder and desk."""
    certificates = context.certificates
    enquiry, found = await enquiry_for(certificates, principal, credential, "shares")
    rows = await enquiry.read(lambda connection: credentials.shares_of(connection, found.id))
    url, now = credential_url(certificates.issuing.site, credential), int(time.time())
    shown = [sharing.shared(context.bank.keyring, row) for row in rows]
    shares = [sharing.share_document(url, one, now) for one in shown]
    return answer({"credential": credential, "shares": shares})


@router.delete(
    "/v1/credentials/{credential}/shares/{name}",
    **described("停止出示 · Stop showing", {200: ShareEnded}, tag="credentials", refuses=_REFUSES),
)
async def drop_share(
    context: UsedContext, principal: LearnerOrDesk, credential: CredentialName, name: ShareName
) -> Response:
    """Show nothing under a name any more; its link never works again."""
    poster = Poster(principal.token, principal.org)
    work = DropShare(credential, name, poster, account=principal.account)
    ended: bool = await context.bank.journal.submit(work)
    logs.note(verb="drop_share")
    return answer({"ended": ended})
