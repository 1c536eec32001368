"""证书状态 What becomes of a certificate: suspended, resumed, withdrawn, countersigned."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import answer, recorded_document
from creditbank.api.bodies import read_as
from creditbank.api.credential_models import CHANGING, COUNTERSIGNING
from creditbank.api.credential_shapes import ChangedCredential, Countersigned
from creditbank.api.dependencies import Desk, Holder, LearnerOrDesk, UsedContext
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_WRITES, Refusals
from creditbank.api.routes.credentials import CredentialName
from creditbank.domain.access import Principal, Scope
from creditbank.errors.certifying import (
    CountersignatureInvalid,
    CredentialEnded,
    CredentialUnknown,
)
from creditbank.errors.storage import Erased
from creditbank.services.actors import Poster
from creditbank.services.countersigning import countersign
from creditbank.services.credential_changes import ChangeCredential, Changed
from creditbank.services.permitting import require

router = APIRouter()

_OF_CHANGES: Final[Refusals] = (CredentialUnknown, Erased, CredentialEnded, *OF_WRITES)


def _described_change(summary: str) -> dict[str, Any]:
    return described(
        summary,
        {201: ChangedCredential, 200: ChangedCredential},
        tag="credentials",
        body="CredentialChanging",
        examples={"lost": {"reason": "复核中"}},
        refuses=_OF_CHANGES,
    )


@router.post(
    "/v1/credentials/{credential}/suspension",
    **_described_change("暂停证书 · Suspend a certificate"),
)
async def suspend(
    request: Request, context: UsedContext, principal: Desk, credential: CredentialName
) -> Response:
    """Suspend a certificate: verifiers learn that it cannot be relied on for now. For the desk."""
    return await _change(request, context, principal, credential, "suspended")


@router.post(
    "/v1/credentials/{credential}/resumption",
    **_described_change("恢复证书 · Resume a certificate"),
)
async def resume(
    request: Request, context: UsedContext, principal: Desk, credential: CredentialName
) -> Response:
    """End a suspension: the certificate can be relied on as before. For the desk."""
    return await _change(request, context, principal, credential, "resumed")


@router.post(
    "/v1/credentials/{credential}/withdrawal",
    **_described_change("收回证书 · Withdraw a certificate"),
)
async def withdraw(
    request: Request, context: UsedContext, principal: LearnerOrDesk, credential: CredentialName
) -> Response:
    """End a certificate for good; its outcome stands as it did. For the holder and the desk."""
    return await _change(request, context, principal, credential, "withdrawn")


@router.post(
    "/v1/credentials/{credential}/countersignature",
    **described(
        "会签证书 · Countersign a certificate",
        {201: Countersigned, 200: Countersigned},
        tag="credentials",
        body="Countersigning",
        examples={"proof": {"proof": {"type": "DataIntegrityProof"}}},
        refuses=(CountersignatureInvalid, CredentialUnknown, Erased, *OF_WRITES),
    ),
)
async def add_countersignature(
    request: Request, context: UsedContext, principal: Holder, credential: CredentialName
) -> Response:
    """Add the proof of the institution that the certificate names, such as the deciding college.

    It is made over the certificate as its holder showed it, without its proof, by a key in the
    institution's register; from then on the certificate has both.
    """
    require(principal, Scope.DECIDE)
    body = await read_as(request, COUNTERSIGNING)
    added = await countersign(context.certificates, principal, credential, body["proof"])
    logs.note(verb="countersign_credential", index=added.recorded.index)
    document = {"credential": added.credential, "replayed": added.replayed}
    place = recorded_document(added.recorded)
    return answer(document | place, 200 if added.replayed else 201)


async def _change(
    request: Request, context: UsedContext, principal: Principal, credential: str, change: str
) -> Response:
    body = await read_as(request, CHANGING)
    poster = Poster(principal.token, principal.org)
    work = ChangeCredential(credential, change, body["reason"], poster, account=principal.account)
    changed: Changed = await context.bank.journal.submit(work)
    document: dict[str, Any] = {"credential": changed.credential, "change": changed.change}
    if changed.recorded is None:
        return answer(document)
    logs.note(verb=f"credential_{change}", index=changed.recorded.index)
    return answer(document | recorded_document(changed.recorded), 201)
