"""电子钱包 Wallets: OpenID4VCI 1.0, by which a learner's own wallet takes a certificate.

What a wallet is answered, its errors too, has the form of the protocol. Only the offer, which the
learner or the desk makes, is an endpoint like our others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import answer
from creditbank.api.bodies import parse_json, read_as, read_body
from creditbank.api.dependencies import AccountName, HexId, LearnerOrDesk, UsedContext
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_LEARNERS
from creditbank.api.routes.credentials import invalid, require_one
from creditbank.api.wallet_models import WALLET_OFFER
from creditbank.api.wallet_shapes import (
    AuthorisationServerMetadata,
    CredentialIssuerMetadata,
    CredentialOffer,
    DeferredForWallet,
    IssuedToWallet,
    WalletError,
    WalletNonce,
    WalletOffer,
    WalletToken,
)
from creditbank.credentials import wallet_metadata
from creditbank.domain.certifying import IssuerFacts
from creditbank.errors.api import BodyTooLarge, MalformedJson
from creditbank.errors.certifying import NotCertifiable, OutcomeUnknown
from creditbank.errors.wallets import NotOfferable, WalletRefused
from creditbank.ledger.times import format_time
from creditbank.services import wallet_offers
from creditbank.services.certifying import Issuing
from creditbank.services.permitting import OWNER_OR_DESK, account_of, ground_for
from creditbank.services.wallet_issuing import Answer, WalletDesk

router = APIRouter()

_BODY_BYTES_MAX: Final = 512 * 1024
_FIELDS_MAX: Final = 20
_UNAUTHORISED: Final = "invalid_token"


def wallet_route(
    summary: str,
    answers: dict[int, Any],
    *,
    body: str | None = None,
    more: dict[int, Any] | None = None,
) -> dict[str, Any]:
    """Return the description of a wallet's endpoint; its errors have the protocol's form."""
    made = described(summary, answers | {400: WalletError}, tag="wallets", token=False, more=more)
    if not answers:
        made["response_class"] = Response  # what `more` describes is no JSON
    if body is not None:
        schema = {"schema": {"type": "object", "additionalProperties": True}}
        made["openapi_extra"] = made["openapi_extra"] | {
            "requestBody": {"required": True, "content": {body: schema}}
        }
    return made


def protected_route(summary: str, answers: dict[int, Any]) -> dict[str, Any]:
    """Return the description of an endpoint for which a wallet needs its access token."""
    return wallet_route(summary, answers | {401: WalletError}, body="application/json")


async def in_protocol(work: Callable[[], Awaitable[Response]]) -> Response:
    """Return what `work` answers; a refusal in the form of the protocol (RFC 6749, RFC 6750)."""
    try:
        return await work()
    except WalletRefused as error:
        status = 401 if error.error == _UNAUTHORISED else 400
        logs.note(outcome=error.error)
        refused = answer({"error": error.error, "error_description": error.description}, status)
        if status == 401:  # noqa: PLR2004  # as above
            refused.headers["www-authenticate"] = f'Bearer error="{error.error}"'
        return refused


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; refuses with `WalletRefused` what repeats one."""
    text = (await _bounded(request)).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise WalletRefused("invalid_request", "the form has too many fields") from None
    if len(dict(pairs)) != len(pairs):
        raise WalletRefused("invalid_request", "a field is repeated")
    return dict(pairs)


@router.get(
    "/.well-known/openid-credential-issuer",
    **wallet_route("签发机构元数据 · Issuer metadata", {200: CredentialIssuerMetadata}),
)
async def show_issuer_metadata(context: UsedContext) -> Response:
    """Return what a wallet has to know about this issuer (OpenID4VCI 1.0, section 12.2)."""
    issuing: Issuing = context.certificates.issuing
    issuer = IssuerFacts(issuing.did, issuing.site, issuing.name)
    return answer(wallet_metadata.issuer_metadata(issuer), headers=_CACHED)


@router.get(
    "/.well-known/oauth-authorization-server",
    **wallet_route("授权服务元数据 · Server metadata", {200: AuthorisationServerMetadata}),
)
async def show_server_metadata(context: UsedContext) -> Response:
    """Return where a code is exchanged for a token (RFC 8414)."""
    site = context.certificates.issuing.site
    return answer(wallet_metadata.server_metadata(site), headers=_CACHED)


@router.post(
    "/v1/learners/{account}/wallet-offers",
    **described(
        "发放到电子钱包 · Offer to a wallet",
        {201: WalletOffer},
        tag="wallets",
        body="WalletOfferPosting",
        examples={"outcome": {"outcome": "3f0c8e5d0a4b4f6e9d7c2b1a00112233"}},
        refuses=(*OF_LEARNERS, OutcomeUnknown, NotCertifiable, NotOfferable),
    ),
)
async def make_offer(
    request: Request, context: UsedContext, account: AccountName, principal: LearnerOrDesk
) -> Response:
    """Offer a certificate, of an outcome or a registered decision, to whichever wallet scans the
    code within ten minutes.

    The wallet asks for the six digits too: show them apart from the code.
    """
    account = account_of(principal, account)
    ground_for(principal, account, OWNER_OR_DESK)
    body = await read_as(request, WALLET_OFFER)
    require_one(body, "outcome", "decision")
    if "target" in body and "decision" not in body:
        raise invalid("/target", "unknown_member")
    configurations = body.pop("configurations", None)
    site = context.certificates.issuing.site
    made = await wallet_offers.make_offer(context.bank, site, account, body, configurations)
    logs.note(verb="make_wallet_offer")
    document = {
        "offer": made.id,
        "uri": wallet_metadata.offer_link(f"{site}/openid/offers/{made.id}"),
        "uri_by_value": wallet_metadata.offer_link_by_value(made.document),
        "transaction_code": made.transaction_code,
        "expires_at": format_time(made.expires_at),
    }
    return answer(document, 201)


@router.get(
    "/openid/offers/{offer}",
    **wallet_route("证书发放要约 · Credential offer", {200: CredentialOffer}),
)
async def show_offer(context: UsedContext, offer: HexId) -> Response:
    """Return an offer to the wallet that was given its address."""

    async def work() -> Response:
        site = context.certificates.issuing.site
        return answer(await wallet_offers.read_offer(context.bank, site, offer))

    return await in_protocol(work)


@router.post(
    "/openid/token",
    **wallet_route(
        "换取令牌 · Token", {200: WalletToken}, body="application/x-www-form-urlencoded"
    ),
)
async def exchange_code(request: Request, context: UsedContext) -> Response:
    """Exchange a pre-authorised code and its transaction code for an access token."""

    async def work() -> Response:
        granted = await wallet_offers.redeem(context.bank, await form_of(request))
        document: dict[str, Any] = {
            "access_token": granted.token.text,
            "token_type": "Bearer",
            "expires_in": wallet_offers.TOKEN_SECONDS,
        }
        if granted.details is not None:
            document["authorization_details"] = granted.details
        return answer(document)

    return await in_protocol(work)


@router.post("/openid/nonce", **wallet_route("随机数 · Nonce", {200: WalletNonce}))
async def make_nonce(context: UsedContext) -> Response:
    """Return a fresh nonce for a key proof; nothing is stored until it is used."""
    return answer({"c_nonce": WalletDesk(context.certificates).nonce()})


@router.post(
    "/openid/credential",
    **protected_route("领取证书 · Credential", {200: IssuedToWallet, 202: DeferredForWallet}),
)
async def issue_credential(request: Request, context: UsedContext) -> Response:
    """Issue what was offered, bound to the key that the wallet proves to hold."""

    async def work() -> Response:
        desk = WalletDesk(context.certificates)
        return _answered(await desk.credential(_token(request), partial(_object, request)))

    return await in_protocol(work)


@router.post(
    "/openid/deferred",
    **protected_route("稍后领取 · Deferred", {200: IssuedToWallet, 202: DeferredForWallet}),
)
async def issue_deferred(request: Request, context: UsedContext) -> Response:
    """Issue what could not be issued when it was asked for."""

    async def work() -> Response:
        desk = WalletDesk(context.certificates)
        return _answered(await desk.deferred(_token(request), partial(_object, request)))

    return await in_protocol(work)


_CACHED: Final = {"cache-control": "public, max-age=300"}


def _answered(made: Answer) -> Response:
    logs.note(verb="issue_to_wallet")
    return answer(made.document(), 200 if made.transaction is None else 202)


def _token(request: Request) -> str:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise WalletRefused(_UNAUTHORISED, "an access token is needed")
    return text.strip()


async def _object(request: Request) -> dict[str, Any]:
    try:
        value = parse_json(await _bounded(request))
    except MalformedJson:
        value = None
    if not isinstance(value, dict):
        raise WalletRefused("invalid_credential_request", "the body is not a JSON object")
    return value


async def _bounded(request: Request) -> bytes:
    try:
        body = await read_body(request)
    except BodyTooLarge:
        body = b" " * (_BODY_BYTES_MAX + 1)
    if len(body) > _BODY_BYTES_MAX:
        raise WalletRefused("invalid_request", "the body is too large")
    return body
