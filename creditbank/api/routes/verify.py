"""核验 Verifying a receipt or a statement: the same function that everybody can run themselves."""

from __future__ import annotations

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
from creditbank.domain.verification import Report, verify
from creditbank.domain.verification.schemas import Verification
from creditbank.errors.api import BodyTooLarge, MalformedJson, RequestInvalid
from creditbank.errors.ledger import MalformedKey
from creditbank.errors.verification import MalformedPolicy
from creditbank.ledger.keys import VerifierKey, parse_key
from creditbank.ledger.policy import Policy, parse_policy
from creditbank.texts import translator

router = APIRouter()

_KEYS_MAX: Final = 64
Key = Annotated[str, StringConstraints(max_length=4000)]


@with_config(ConfigDict(extra="forbid", strict=True))
class VerificationRequest(TypedDict):
    """A document, the keys to hold it against, and perhaps a policy (c2sp.org/tlog-policy).

    Without `keys` it is held against this bank's own, which proves nothing to somebody who does not
    trust this bank.
    """

    document: dict[str, Any]
    keys: NotRequired[Annotated[list[Key], Field(max_length=_KEYS_MAX)]]
    policy: NotRequired[Annotated[str, StringConstraints(max_length=1_000_000)]]


REQUEST: Final[TypeAdapter[Any]] = TypeAdapter(VerificationRequest)


def _described() -> dict[str, Any]:
    """Return the route's description, its body written out where it stands."""
    made = described(
        "核验回执或对账单 · Verify a receipt or a statement",
        {200: Verification},
        tag="log",
        token=False,
        refuses=(MalformedJson, RequestInvalid, BodyTooLarge),
    )
    schema = {"schema": REQUEST.json_schema()}
    body = {"required": True, "content": {"application/json": schema}}
    made["openapi_extra"] = made["openapi_extra"] | {"requestBody": body}
    return made


@router.post("/v1/verify", **_described())
async def verify_document(request: Request) -> Response:
    """Return the numbered steps of a verification and its result, in the language asked for.

    For everyone; nothing is kept. The answer is 200 whatever the result: `valid`, `not_valid` or
    `undecidable`. `creditbank verify` does the same without any server.
    """
    body = await read_body(request)
    is_long = len(body) > LONG_BODY_BYTES
    asked = await off_loop(_asked, body, long=is_long)
    keys = asked["keys"]
    if keys is None:
        keys = await context_of(request).proofs.keys()
    report: Report = await off_loop(_verify, asked, keys, long=is_long)
    logs.note(verb="verify", outcome=report.result.value)
    translate = translator(locale_of(request)).gettext
    return answer(report.document(translate), headers=NOT_STORED | {"vary": "Accept-Language"})


def _asked(body: bytes) -> dict[str, Any]:
    """Return document, keys (None if none are given) and policy; refuse with `RequestInvalid`."""
    request = validated(REQUEST, parse_json(body))
    return {
        "document": request["document"],
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


def _verify(asked: dict[str, Any], keys: list[VerifierKey]) -> Report:
    try:
        return verify(asked["document"], keys, asked["policy"])
    except MalformedKey as error:  # a witness under the name of the log
        raise _invalid("/keys", str(error.fields["reason"])) from None


def _invalid(where: str, reason: str) -> RequestInvalid:
    return RequestInvalid(where=where, errors=[{"where": where, "reason": reason}])
