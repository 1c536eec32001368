"""证书 Certificates: issuing them, how they stand, and every form in which they can be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from creditbank import logs
from creditbank.api.answers import NOT_STORED, answer, to_json
from creditbank.api.bodies import read_as
from creditbank.api.credential_models import BULK, ISSUING
from creditbank.api.credential_shapes import (
    Credential,
    Credentials,
    IssuedCredential,
)
from creditbank.api.dependencies import (
    AccountName,
    Holder,
    LearnerOrDesk,
    PosterOrDesk,
    UsedContext,
)
from creditbank.api.openapi import described
from creditbank.api.problems import locale_of, problem_of
from creditbank.api.refusals import OF_LEARNERS, OF_WRITES, Refusals
from creditbank.credentials import pages, pictures, signing
from creditbank.domain.access import Principal, Scope
from creditbank.domain.certifying import Form
from creditbank.errors import CreditBankError
from creditbank.errors.api import BatchUnknown, RequestInvalid
from creditbank.errors.certifying import (
    CredentialUnknown,
    FormUnavailable,
    IssuedTooOften,
    NotCertifiable,
    NothingToCertify,
    OutcomeUnknown,
)
from creditbank.errors.recording import AccountRestricted
from creditbank.errors.storage import Erased
from creditbank.ledger.times import format_time
from creditbank.services import bulk_issuing
from creditbank.services import holding as held
from creditbank.services.actors import Poster
from creditbank.services.certifying import Asked, IssueCredential, Issued
from creditbank.services.documents import credential_url
from creditbank.services.permitting import account_of, require
from creditbank.services.sharing import link
from creditbank.texts import translator

router = APIRouter()

ID_PATTERN: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
CredentialName = Annotated[
    str,
    Path(
        pattern=ID_PATTERN,
        description="A certificate.",
        examples=["7e0f5c0e-8a4c-4b7a-9d2f-0c1b2a394857"],
    ),
]
Rendering = Annotated[
    Literal["json", "jwt", "pdf", "png", "svg"], Path(description="The form that is wanted.")
]
SuiteName = Annotated[
    signing.Signatures,
    Query(alias="suite", description="How a document is signed; verifiers differ in what they do."),
]
_MEDIA: Final = {
    "json": "application/vc+ld+json",
    "jwt": "application/dc+sd-jwt",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
}
LINES: Final = "application/x-ndjson"
_OF_ISSUING: Final[Refusals] = (
    *OF_LEARNERS,
    AccountRestricted,
    OutcomeUnknown,
    NotCertifiable,
    NothingToCertify,
    IssuedTooOften,
)


@router.post(
    "/v1/credentials",
    **described(
        "开具证书 · Issue a certificate",
        {201: IssuedCredential, 200: IssuedCredential},
        tag="credentials",
        body="CredentialIssuing",
        examples={"outcome": {"outcome": "3f0c8e5d0a4b4f6e9d7c2b1a00112233"}},
        refuses=_OF_ISSUING,
    ),
)
async def issue(request: Request, context: UsedContext, principal: Holder) -> Response:
    """Issue the certificate of an outcome, of a decision, or of everything (`statement`).

    For the learner, the desk, and the institution that posted or decided. Issuing the same again
    gets the same certificate (200) as long as it stands. It is made and signed when it is opened.
    """
    body = await read_as(request, ISSUING)
    _require_issuer(principal, body)
    require_one(body, "outcome", "decision", "statement")
    if "outcome" not in body and "form" in body:
        raise invalid("/form", "unknown_member")
    account = principal.account or body.get("account")
    if "statement" in body:
        if account is None:
            raise invalid("/account", "missing")
        asked = Asked(Form.CLR, None, body.get("named", True))
    elif "decision" in body:
        asked = Asked(Form.DECISION, named=body.get("named", True), decision=body["decision"])
    else:
        form = Form(body.get("form", Form.OPEN_BADGE))
        asked = Asked(form, body["outcome"], body.get("named", True))
    work = IssueCredential(
        context.certificates.issuing,
        asked,
        Poster(principal.token, principal.org),
        account,
        None if principal.may(Scope.OWN) or principal.may(Scope.SERVE_LEARNER) else principal.org,
    )
    issued: Issued = await context.bank.journal.submit(work)
    logs.note(verb="issue_credential", index=issued.index)
    site = context.certificates.issuing.site
    return answer(issued_document(issued, site), 200 if issued.replayed else 201)


@router.post(
    "/v1/credentials/bulk",
    **described(
        "批量开具证书 · Issue many certificates",
        {},
        tag="credentials",
        body="CredentialBulkIssuing",
        examples={"batch": {"batch": "3f0c8e5d0a4b4f6e9d7c2b1a00112233"}},
        refuses=(BatchUnknown, *OF_WRITES),
        more={
            200: {
                "description": "One JSON object a line: each certificate, then the counts.",
                "content": {LINES: {"schema": {"type": "string"}}},
            }
        },
    ),
)
async def issue_bulk(request: Request, context: UsedContext, principal: PosterOrDesk) -> Response:
    """Issue a certificate for each outcome of a list or of a batch, telling of each as it goes.

    For an institution, of what it posted, and for the desk. The answer is one line of JSON a
    certificate and a last one with the counts; if it breaks off, asking again goes on.
    """
    body = await read_as(request, BULK)
    require_one(body, "batch", "outcomes")
    outcomes = body.get("outcomes")
    if outcomes is None:
        outcomes = await bulk_issuing.outcomes_of_batch(context.bank, principal, body["batch"])
    progress = bulk_issuing.issue_many(
        context.certificates,
        principal,
        list(dict.fromkeys(outcomes)),
        form=Form(body.get("form", Form.OPEN_BADGE)),
        named=body.get("named", True),
    )
    lines = _lines(request, progress, len(dict.fromkeys(outcomes)))
    return StreamingResponse(lines, media_type=LINES, headers=NOT_STORED)


async def _lines(
    request: Request, progress: AsyncIterator[bulk_issuing.Progress], count: int
) -> AsyncIterator[bytes]:
    """Yield one line for each certificate, and the counts at the end."""
    settings = request.app.state.context.settings
    counts = {"issued": 0, "replayed": 0, "refused": 0}
    async for one in progress:
        line: dict[str, Any] = {"row": one.row, "of": count, "outcome": one.outcome}
        if isinstance(one.result, CreditBankError):
            problem = problem_of(one.result, settings.public_url, locale_of(request))
            line |= {"status": "refused", "problem": problem}
        else:
            line["status"] = "replayed" if one.result.replayed else "issued"
            line |= issued_document(one.result, settings.public_url.rstrip("/"))
        counts[line["status"]] += 1
        yield to_json(line) + b"\n"
    yield to_json({"items": count} | counts) + b"\n"


@router.get(
    "/v1/learners/{account}/credentials",
    **described(
        "证书列表 · A learner's certificates",
        {200: Credentials},
        tag="credentials",
        refuses=OF_LEARNERS,
    ),
)
async def list_credentials(
    context: UsedContext, principal: LearnerOrDesk, account: AccountName
) -> Response:
    """Return a learner's certificates and how each stands. For the learner and the desk."""
    named = account_of(principal, account)
    found = await held.list_credentials(context.certificates, principal, named)
    return answer({"account": named, "credentials": found})


@router.get(
    "/v1/credentials/{credential}.{rendering}",
    **described(
        "证书文件 · A certificate as a file",
        {},
        tag="credentials",
        refuses=(CredentialUnknown, Erased, FormUnavailable, *OF_WRITES),
        more={
            200: {
                "description": "The signed certificate: JSON, SD-JWT, PDF/A-3, PNG or SVG.",
                "content": {media: {"schema": {"type": "string"}} for media in _MEDIA.values()},
            }
        },
    ),
)
async def show_file(  # noqa: PLR0917  # one argument per thing that is asked for
    request: Request,
    context: UsedContext,
    principal: Holder,
    credential: CredentialName,
    rendering: Rendering,
    suite: SuiteName = signing.RDFC,
) -> Response:
    """Return the signed certificate as a file, made now if it was not opened before.

    For the holder, the desk and whoever issued it. PDF and pictures are in the language asked for
    and have the certificate in them. A page to print has a link that lets others check it.
    """
    certificates = context.certificates
    signed = await held.read_document(certificates, principal, credential, suite)
    form = "sd_jwt_vc" if isinstance(signed, str) else "document"
    if (rendering == "jwt") != isinstance(signed, str):
        raise FormUnavailable(form=form, rendering=rendering)
    if isinstance(signed, str):
        return _file(signed.encode(), rendering, credential)
    if rendering == "json":
        return _file(pages.file_bytes(signed), rendering, credential)
    texts = translator(locale_of(request))
    if rendering == "pdf":
        secret = await held.print_secret(certificates, principal, credential)
        url = link(credential_url(certificates.issuing.site, credential), secret)
        made = await asyncio.to_thread(pages.certificate_pdf, signed, texts, url)
    else:
        draw = pictures.badge_png if rendering == "png" else pictures.badge_svg
        made = await asyncio.to_thread(draw, signed, texts)
    return _file(made, rendering, credential)


def _file(content: bytes, rendering: str, credential: str) -> Response:
    name = f'inline; filename="{credential}.{rendering}"'
    headers = NOT_STORED | {"content-disposition": name, "vary": "Accept-Language"}
    return Response(content, headers=headers, media_type=_MEDIA[rendering])


@router.get(
    "/v1/credentials/{credential}",
    **described(
        "证书 · A certificate",
        {200: Credential},
        tag="credentials",
        refuses=(CredentialUnknown, Erased, *OF_WRITES),
    ),
)
async def show_credential(
    context: UsedContext, principal: Holder, credential: CredentialName
) -> Response:
    """Return what a certificate is about and how it stands. For holder, desk and issuer."""
    return answer(await held.read_credential(context.certificates, principal, credential))


def issued_document(issued: Issued, site: str) -> dict[str, Any]:
    """Return a certificate as issued as JSON values."""
    document = _part(issued, site) | {"account": issued.account}
    if issued.parts:
        document["parts"] = [_part(one, site) for one in issued.parts]
    return document


def _part(issued: Issued, site: str) -> dict[str, Any]:
    return {
        "credential": issued.credential,
        "form": issued.form,
        "url": credential_url(site, issued.credential),
        "index": issued.index,
        "at": format_time(issued.at),
        "leaf_hash": issued.leaf_hash.hex(),
        "replayed": issued.replayed,
    }


def require_one(body: Mapping[str, Any], *names: str) -> None:
    """Refuse with `RequestInvalid` unless one of these members is there, and no other."""
    named = [name for name in names if name in body]
    if not named:
        raise invalid(f"/{names[0]}", "missing")
    if len(named) > 1:
        raise invalid(f"/{named[1]}", "unknown_member")


def _require_issuer(principal: Principal, body: Mapping[str, Any]) -> None:
    """Refuse with `Forbidden` whoever may not have certificates issued."""
    scopes = [Scope.OWN, Scope.SERVE_LEARNER]
    if "outcome" in body:
        scopes.append(Scope.POST)
    if "decision" in body:
        scopes.append(Scope.DECIDE)
    require(principal, *scopes)


def invalid(where: str, reason: str) -> RequestInvalid:
    """Return the refusal of one member of a body, named by its JSON pointer."""
    return RequestInvalid(where=where, errors=[{"where": where, "reason": reason}])
