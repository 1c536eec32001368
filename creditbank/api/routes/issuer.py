"""签发方 Who issues certificates, and how they stand: for every verifier, without a token.

Addresses that stand in certificates never change: they are outside `/v1`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank.api.answers import FOR_EVER, to_json
from creditbank.api.dependencies import UsedContext
from creditbank.api.openapi import described
from creditbank.api.times import last_of
from creditbank.credentials import contexts, did, selective
from creditbank.domain.certifying import IssuerFacts
from creditbank.errors.certifying import StatusListUnknown
from creditbank.errors.identifiers import InvalidDate
from creditbank.ledger.suite import hash_bytes
from creditbank.services.credential_keys import CredentialKey, did_document, read_keys
from creditbank.services.documents import Certificates
from creditbank.services.statuses import ListName
from creditbank.storage.reading import Connection

router = APIRouter()

_CREDENTIAL_TYPE: Final = "application/vc+ld+json"
_TOKEN_TYPE: Final = "application/statuslist+jwt"  # noqa: S105  # a media type
_DID_TYPE: Final = "application/did+json"
_OPEN: Final = {"access-control-allow-origin": "*"}
"""A verifier may be a page of anybody's."""
_SETTLED_SECONDS: Final = 60  # what is committed within a second of a moment belongs to it too
_PAST: Final = _OPEN | {"cache-control": "public, max-age=86400"}
_ASK_AGAIN: Final = _OPEN | {"cache-control": "public, no-cache"}
"""May be kept, and is asked for each time: a revocation, or a new key, is known at once."""
_UNCHANGED: Final = {304: {"description": "What `If-None-Match` names is still what it is."}}

ListPath = Annotated[
    str,
    Path(
        pattern=r"^(revocation|suspension|message|token)-[1-9][0-9]{0,8}$",
        description="Purpose and number of the list.",
        examples=["revocation-1"],
    ),
]
Timestamp = Annotated[
    str | None,
    Query(
        max_length=30,
        description="The list as of this moment of the past (UTC), for example"
        " `2026-12-31T16:00:00Z`, or at the end of this civil day.",
        examples=["2026-12-31T16:00:00Z"],
    ),
]


@router.get(
    "/status/{name}",
    **described(
        "状态列表 · A status list",
        {},
        tag="credentials",
        token=False,
        refuses=(StatusListUnknown, InvalidDate),
        more={
            200: {
                "description": "A Bitstring Status List credential, or a Token Status List.",
                "content": {
                    media: {"schema": {"type": "string"}}
                    for media in (_CREDENTIAL_TYPE, _TOKEN_TYPE)
                },
            }
        }
        | _UNCHANGED,
    ),
)
async def show_list(
    request: Request, context: UsedContext, name: ListPath, timestamp: Timestamp = None
) -> Response:
    """Return a status list, signed: as of now, or as it was at a moment of the past."""
    moment = None if timestamp is None else last_of(timestamp, where="query:timestamp")
    if moment is not None and moment > time.time():
        raise StatusListUnknown(list=name)
    made = await context.status_lists.get(ListName.parse(name), moment)
    headers = (
        _PAST if moment is not None and moment < time.time() - _SETTLED_SECONDS else _ASK_AGAIN
    )
    if isinstance(made, str):
        return _unless_known(request, made.encode(), _TOKEN_TYPE, headers)
    return _unless_known(request, to_json(made), _CREDENTIAL_TYPE, headers)


def _unless_known(
    request: Request, content: bytes, media: str, headers: Mapping[str, str] = _ASK_AGAIN
) -> Response:
    """Return the content, or 304 to who has it already (RFC 9110, 13.1.2)."""
    tag = f'"{hash_bytes(content).hex()[:32]}"'
    known = request.headers.get("if-none-match", "")
    tagged = {**headers, "etag": tag}
    if tag in {one.strip().removeprefix("W/") for one in known.split(",")}:
        return Response(status_code=304, headers=tagged)
    return Response(content, headers=tagged, media_type=media)


@router.get(
    "/.well-known/did.json",
    **described(
        "签发方标识 · The issuer's DID document",
        {},
        tag="credentials",
        token=False,
        more={
            200: {"description": "did:web", "content": {_DID_TYPE: {"schema": {"type": "object"}}}}
        }
        | _UNCHANGED,
    ),
)
async def show_did(request: Request, context: UsedContext) -> Response:
    """Return the bank's DID document: every key that has ever signed certificates."""
    certificates = context.certificates
    document = did_document(certificates.issuing.site, await _keys(certificates))
    return _unless_known(request, to_json(document), _DID_TYPE)


@router.get(
    "/.well-known/jwt-vc-issuer",
    **described(
        "SD-JWT 签发方 · The issuer of SD-JWT VCs",
        {},
        tag="credentials",
        token=False,
        more={
            200: {
                "description": "Keys",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        }
        | _UNCHANGED,
    ),
)
async def show_jwt_issuer(request: Request, context: UsedContext) -> Response:
    """Return the same keys as a JWK set, as SD-JWT VC verifiers look them up."""
    certificates = context.certificates
    site, issuer = certificates.issuing.site, certificates.issuing.did
    keys = [key.record for key in await _keys(certificates)]
    made = to_json(did.jwt_vc_issuer(site, issuer, keys))
    return _unless_known(request, made, "application/json")


async def _keys(certificates: Certificates) -> list[CredentialKey]:
    bank = certificates.bank

    def read(connection: Connection) -> list[CredentialKey]:
        return read_keys(connection, bank.keyring, bank.origin)

    return await bank.database.read(read)


@router.get(
    contexts.OWN_PATH,
    **described(
        "JSON-LD 上下文 · The JSON-LD context",
        {},
        tag="credentials",
        token=False,
        more={
            200: {
                "description": "JSON-LD",
                "content": {"application/ld+json": {"schema": {"type": "object"}}},
            }
        },
    ),
)
async def show_context() -> Response:
    """Return the terms that certificates use beside those of Open Badges; it never changes."""
    headers = FOR_EVER | _OPEN
    return Response(contexts.own_bytes(), headers=headers, media_type="application/ld+json")


@router.get(
    selective.TYPE_PATH,
    **described(
        "SD-JWT 证书类型 · The type of SD-JWT certificates",
        {},
        tag="credentials",
        token=False,
        more={
            200: {
                "description": "Type",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        }
        | _UNCHANGED,
    ),
)
async def show_type(request: Request, context: UsedContext) -> Response:
    """Return the type metadata of SD-JWT certificates: what can be shown one by one."""
    issuing = context.certificates.issuing
    issuer = IssuerFacts(issuing.did, issuing.site, issuing.name)
    made = to_json(selective.type_metadata(issuer))
    return _unless_known(request, made, "application/json")
