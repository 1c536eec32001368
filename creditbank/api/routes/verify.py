"""核验 Verifying a receipt, a statement or a certificate: the function that everybody can run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, NotRequired

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from creditbank import logs
from creditbank.api.answers import NOT_STORED, answer
from creditbank.api.bodies import LONG_BODY_BYTES, off_loop, parse_json, read_body, validated
from creditbank.api.dependencies import context_of
from creditbank.api.openapi import described
from creditbank.api.problems import locale_of
from creditbank.credentials.extracting import MAX_FILE_BYTES
from creditbank.domain.verification import Report
from creditbank.domain.verification.schemas import Verification
from creditbank.errors.api import BodyTooLarge, MalformedJson, RequestInvalid
from creditbank.errors.certifying import CredentialUnknown, ShareUnknown
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable
from creditbank.errors.ledger import MalformedKey
from creditbank.errors.storage import Erased, Overloaded
from creditbank.errors.verification import MalformedPolicy
from creditbank.ledger.keys import VerifierKey, parse_key
from creditbank.ledger.policy import Policy, parse_policy
from creditbank.services.bringing import bring
from creditbank.texts import translator

router = APIRouter()

_KEYS_MAX: Final = 64
_BROUGHT: Final = ("document", "text", "url")
FILES: Final = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/svg+xml",
        "application/vc+ld+json",
        "application/vc",
        "application/ld+json",
        "application/dc+sd-jwt",
        "application/octet-stream",
        "text/plain",
    }
)
"""The media types of a certificate that is sent as it is."""
Key = Annotated[str, StringConstraints(max_length=4000)]


@with_config(ConfigDict(extra="forbid", strict=True))
class VerificationRequest(TypedDict):
    """What is to be verified: a document, the text of one, or the address of a certificate.

    `keys` and `policy` (c2sp.org/tlog-policy) are for receipts and statements; without `keys` they
    are held against this bank's own, which proves nothing to somebody who does not trust this bank.
    """

    document: NotRequired[dict[str, Any]]
    text: NotRequired[Annotated[str, StringConstraints(max_length=MAX_FILE_BYTES)]]
    url: NotRequired[Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)]]
    keys: NotRequired[Annotated[list[Key], Field(max_length=_KEYS_MAX)]]
    policy: NotRequired[Annotated[str, StringConstraints(max_length=1_000_000)]]


REQUEST: Final[TypeAdapter[Any]] = TypeAdapter(VerificationRequest)


def _described() -> dict[str, Any]:
    """Return the route's description, its body written out where it stands."""
    made = described(
        "核验回执、对账单或证书 · Verify a receipt, a statement or a certificate",
        {200: Verification},
        tag="log",
        token=False,
        refuses=(
            MalformedJson,
            RequestInvalid,
            BodyTooLarge,
            HostNotAllowed,
            HostUnreachable,
            CredentialUnknown,
            ShareUnknown,
            Erased,
            Overloaded,
        ),
    )
    content: dict[str, Any] = {"application/json": {"schema": REQUEST.json_schema()}}
    file = {"schema": {"type": "string", "format": "binary"}}
    content |= dict.fromkeys(sorted(FILES), file)
    body = {"required": True, "content": content}
    made["openapi_extra"] = made["openapi_extra"] | {"requestBody": body}
    return made


@router.post("/v1/verify", **_described())
async def verify_document(request: Request) -> Response:
    """Return the numbered steps of a verification and its result, in the language asked for.

    The body is JSON, or the certificate itself as a file: PDF, PNG, SVG, JSON-LD or SD-JWT. An
    address is asked only if its host is listed. For everyone; nothing is kept. The answer is 200
    whatever the result: `valid`, `not_valid` or `undecidable`. `creditbank verify` does the same.
    """
    context = context_of(request)
    body = await read_body(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media in FILES:
        report = await context.verifier.verify(body, keys=await context.proofs.keys())
    else:
        asked = await off_loop(_asked, body, long=len(body) > LONG_BODY_BYTES)
        keys = await context.proofs.keys() if asked["keys"] is None else asked["keys"]
        report = await _verify(request, asked, keys)
    logs.note(verb="verify", outcome=report.result.value)
    translate = translator(locale_of(request)).gettext
    return answer(report.document(translate), headers=NOT_STORED | {"vary": "Accept-Language"})


def _asked(body: bytes) -> dict[str, Any]:
    """Return what is asked, keys (None if none are given) and policy.

    Refuses with `RequestInvalid`.
    """
    request = validated(REQUEST, parse_json(body))
    named = [name for name in _BROUGHT if name in request]
    if len(named) != 1:
        where = f"/{named[1] if named else _BROUGHT[0]}"
        raise _invalid(where, "unknown_member" if named else "missing")
    return {name: request[name] for name in named} | {
        "keys": _keys(request["keys"]) if "keys" in request else None,
        "policy": _policy(request["policy"]) if "policy" in request else None,
    }


def _keys(texts: list[str]) -> list[VerifierKey]:
    found = []
    for number, text in enumerate(texts):
        try:
            found.append(parse_key(text))
        except MalformedKey as error:
            raise _invalid(f"/keys/{number}", str(error.fields["reason"])) from None
    return found


def _policy(text: str) -> Policy:
    try:
        return parse_policy(text)
    except MalformedPolicy as error:
        reason = f"line {error.fields['line']}: {error.fields['reason']}"
        raise _invalid("/policy", reason) from None


async def _verify(request: Request, asked: dict[str, Any], keys: Sequence[VerifierKey]) -> Report:
    context = context_of(request)
    brought: bytes | dict[str, Any] | str
    if "url" in asked:
        brought = await bring(context.certificates, context.verifier, asked["url"])
    else:
        brought = asked["document"] if "document" in asked else asked["text"]
    try:
        return await context.verifier.verify(brought, keys=keys, policy=asked["policy"])
    except MalformedKey as error:  # a witness under the name of the log
        raise _invalid("/keys", str(error.fields["reason"])) from None


def _invalid(where: str, reason: str) -> RequestInvalid:
    return RequestInvalid(where=where, errors=[{"where": where, "reason": reason}])
