"""更正与撤销 Corrections and revocations: what was posted ends by a new entry of its own."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import examples
from creditbank.api.answers import answer, posted_document, recorded_document
from creditbank.api.bodies import read_as
from creditbank.api.dependencies import Poster, Revoker, UsedContext
from creditbank.api.models import CORRECTION, REVOCATION
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_CORRECTIONS, OF_WRITES
from creditbank.api.routes.outcomes import take_operators
from creditbank.api.shapes import Posted, Revoked
from creditbank.domain.access import Scope
from creditbank.errors import CreditBankError
from creditbank.errors.access import OutsideJurisdiction
from creditbank.errors.recording import (
    AccountRestricted,
    EntryUnknown,
    InstitutionUnknown,
    NotRevocable,
    SourceIdReused,
)
from creditbank.errors.storage import Erased
from creditbank.services.revoking import Revocation, RevokeOutcome

router = APIRouter()

_OUTCOME = "/outcome"


@router.post(
    "/v1/corrections",
    **described(
        "更正一条成果 · Correct an outcome",
        {201: Posted, 200: Posted},
        tag="posting",
        body="CorrectionPosting",
        examples={"correction": examples.CORRECTION},
        refuses=OF_CORRECTIONS,
    ),
)
async def post_correction(request: Request, context: UsedContext, principal: Poster) -> Response:
    """Revoke what entry `index` recorded and record `outcome` in its place, both or neither.

    Needs `outcomes:post`, for entries posted in one's own name. The outcome has a source id of its
    own.
    """
    body, poster = take_operators(await read_as(request, CORRECTION), principal)
    try:
        work = context.intake.correction(
            body["outcome"], poster, index=body["index"], reason=body["reason"]
        )
        posted, signed = await context.submit(work)
    except CreditBankError as error:
        _place_in_outcome(error)
        raise
    logs.note(verb="post_correction", index=posted.index)
    return answer(posted_document(posted) | signed, 200 if posted.replayed else 201)


def _place_in_outcome(error: CreditBankError) -> None:
    """Let an error of the submission point into the request that carried it."""
    if error.where is not None and error.where != "/index":
        error.where = _OUTCOME + error.where
    faults = error.fields.get("errors")
    if isinstance(faults, list):
        error.fields["errors"] = [fault | {"where": _OUTCOME + fault["where"]} for fault in faults]


@router.post(
    "/v1/revocations",
    **described(
        "撤销一条成果 · Revoke an outcome",
        {201: Revoked, 200: Revoked},
        tag="posting",
        body="RevocationPosting",
        examples={"revocation": examples.REVOCATION},
        refuses=(
            EntryUnknown,
            NotRevocable,
            InstitutionUnknown,
            AccountRestricted,
            OutsideJurisdiction,
            SourceIdReused,
            Erased,
            *OF_WRITES,
        ),
    ),
)
async def post_revocation(request: Request, context: UsedContext, principal: Revoker) -> Response:
    """End what entry `index` recorded, under a source id of its own.

    With `outcomes:post` for what was posted in one's own name; with `outcomes:revoke` for what any
    institution within the authority's jurisdiction posted, while the account is restricted too.
    """
    body, poster = take_operators(await read_as(request, REVOCATION), principal)
    bank = context.bank
    source = bank.keyring.source(principal.org, body["source_id"])
    revocation = Revocation(body["index"], body["reason"], source, body.get("note"))
    work = RevokeOutcome(revocation, poster, any_poster=not principal.may(Scope.POST))
    revoked = await bank.journal.submit(work)
    logs.note(verb="post_revocation", index=revoked.recorded.index)
    document = recorded_document(revoked.recorded)
    document |= {"target": revoked.target, "replayed": revoked.replayed}
    return answer(document, 200 if revoked.replayed else 201)
