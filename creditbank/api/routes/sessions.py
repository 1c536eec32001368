"""登录 Sessions: a learner comes in with a one-time code, and any token can be given up."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import examples
from creditbank.api.answers import answer
from creditbank.api.bodies import read_as
from creditbank.api.dependencies import Holder, UsedContext
from creditbank.api.learner_shapes import Session, SessionEnded, TokenHeld
from creditbank.api.models import SESSION
from creditbank.api.openapi import described
from creditbank.domain.access import Scope
from creditbank.errors.access import CodeWrong, RateLimited
from creditbank.errors.api import RequestInvalid
from creditbank.errors.identifiers import InvalidDocument
from creditbank.ledger.times import format_time
from creditbank.services import sessions
from creditbank.services.identifying import Claim

router = APIRouter()


@router.post(
    "/v1/sessions",
    **described(
        "登录 · Sign in",
        {201: Session},
        tag="learners",
        body="SessionOpening",
        examples={"document": examples.SESSION},
        refuses=(CodeWrong, InvalidDocument, RateLimited),
        token=False,
    ),
)
async def open_session(request: Request, context: UsedContext) -> Response:
    """Exchange a one-time code for a learner's token, shown once.

    Name the account or the identity document, not both. A code is used up by this, and after five
    wrong attempts; whether there is such a learner cannot be told from the answer. How often one
    may try is limited by account and by client address.
    """
    body = await read_as(request, SESSION)
    if ("account" in body) is ("document" in body):
        fault = {"where": "/account", "reason": "account_or_document"}
        raise RequestInvalid(where=fault["where"], errors=[fault])
    bank = context.bank
    claim = (
        Claim(account=body["account"])
        if "account" in body
        else Claim.by_document(body["document"], bank.keyring)
    )
    address = request.client.host if request.client else None
    context.sign_ins.check(address, claim.account or (claim.handle or b"").hex())
    minutes = context.settings.learner_token_minutes
    session = await sessions.open_session(bank, claim, body["code"], minutes)
    logs.note(verb="open_session")
    document = {
        "token": session.token.text,
        "account": session.account,
        "expires_at": format_time(session.token.expires_at),
    }
    return answer(document, 201)


@router.get(
    "/v1/tokens/current",
    **described("令牌 · Whose token this is", {200: TokenHeld}, tag="operation"),
)
async def show_token(context: UsedContext, principal: Holder) -> Response:
    """Return organisation, role, scopes and expiry of the token that this request is sent with."""
    token = await sessions.read_token(context.bank, principal)
    document = {
        "id": token.id,
        "org": token.org,
        "role": token.role,
        "scopes": sorted(scope for scope in principal.scopes if principal.may(Scope(scope))),
        "expires_at": format_time(token.expires_at),
    }
    return answer(document | ({"account": token.account} if token.account else {}))


@router.delete(
    "/v1/sessions/current",
    **described("退出 · Sign out", {200: SessionEnded}, tag="learners"),
)
async def end_session(context: UsedContext, principal: Holder) -> Response:
    """Revoke the token that this request is sent with, whoever holds it."""
    await sessions.revoke_token(context.bank, principal.token)
    return answer({"revoked": True})
