"""出示 Presentations: OpenID4VP 1.0, by which a learner shows a college's desk a certificate.

The desk asks and reads the answer; the wallet fetches the request and sends what it shows.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import NOT_STORED, answer
from creditbank.api.bodies import read_as
from creditbank.api.dependencies import HexId, UsedContext, holding
from creditbank.api.openapi import described
from creditbank.api.problems import locale_of
from creditbank.api.routes.wallets import form_of, in_protocol, wallet_route
from creditbank.api.wallet_models import PRESENTATION
from creditbank.api.wallet_shapes import AskedWallet, Presentation, TakenFromWallet
from creditbank.credentials.presenting import CLAIMS, FORMATS
from creditbank.domain.access import Principal, Scope
from creditbank.errors.storage import Erased, Overloaded
from creditbank.errors.wallets import PresentationUnknown
from creditbank.ledger.times import format_time
from creditbank.texts import translator

router = APIRouter()

REQUEST_TYPE = "application/oauth-authz-req+jwt"
Asker = Annotated[Principal, Depends(holding(Scope.READ_GRANTED, Scope.SERVE_LEARNER))]


@router.post(
    "/v1/presentations",
    **described(
        "请求出示 · Ask a wallet",
        {201: AskedWallet},
        tag="wallets",
        body="PresentationPosting",
        examples={
            "transfer": {"purpose": "学分认定", "claims": ["name", "achieved_on", "credits"]}
        },
    ),
)
async def ask_wallet(request: Request, context: UsedContext, principal: Asker) -> Response:
    """Ask the wallet that scans the code within ten minutes to show a certificate of one outcome.

    For colleges and the bank's desk. Without `formats` either will do, without `claims` all of an
    SD-JWT's members are asked for.
    """
    body = await read_as(request, PRESENTATION)
    formats = body.get("formats", list(FORMATS))
    asked = await context.presentations.ask(
        principal.org, body["purpose"], formats, body.get("claims", list(CLAIMS))
    )
    logs.note(verb="ask_wallet")
    document = {
        "presentation": asked.id,
        "uri": asked.uri,
        "expires_at": format_time(asked.expires_at),
    }
    return answer(document, 201)


@router.get(
    "/v1/presentations/{presentation}",
    **described(
        "出示结果 · What a wallet showed",
        {200: Presentation},
        tag="wallets",
        refuses=(PresentationUnknown, Erased, Overloaded),
    ),
)
async def show_presentation(
    request: Request, context: UsedContext, presentation: HexId, principal: Asker
) -> Response:
    """Return what a wallet showed, and what is found about it now; kept for a day.

    For the organisation that asked.
    """
    texts = translator(locale_of(request))
    document = await context.presentations.read(principal.org, presentation, texts)
    if "expires_at" in document:
        document["expires_at"] = format_time(document["expires_at"])
    return answer(document, headers=NOT_STORED | {"vary": "Accept-Language"})


@router.get(
    "/openid/requests/{presentation}",
    **wallet_route(
        "出示请求 · Request object",
        {},
        more={
            200: {
                "description": "The signed request (RFC 9101).",
                "content": {REQUEST_TYPE: {"schema": {"type": "string"}}},
            }
        },
    ),
)
async def show_request(context: UsedContext, presentation: HexId) -> Response:
    """Return the signed request to the wallet that was given its address."""

    async def work() -> Response:
        text = await context.presentations.request_object(presentation)
        return Response(text, headers=NOT_STORED, media_type=REQUEST_TYPE)

    return await in_protocol(work)


@router.post(
    "/openid/responses/{presentation}",
    **wallet_route(
        "提交出示 · Response",
        {200: TakenFromWallet},
        body="application/x-www-form-urlencoded",
    ),
)
async def take_response(request: Request, context: UsedContext, presentation: HexId) -> Response:
    """Take what a wallet shows (`direct_post`), if it holds and answers this very request."""

    async def work() -> Response:
        await context.presentations.answer(presentation, await form_of(request))
        logs.note(verb="take_presentation")
        return answer({})

    return await in_protocol(work)
