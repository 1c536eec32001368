"""授权查看 Grants: what a learner lets an organisation read, until when."""

from __future__ import annotations

import time

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import examples
from creditbank.api.answers import answer, recorded_document
from creditbank.api.bodies import read_as
from creditbank.api.dependencies import HexId, Learner, LearnerOrGranted, UsedContext
from creditbank.api.learner_shapes import EndedGrant, Grants, RecordedGrant
from creditbank.api.models import GRANT
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_LEARNERS
from creditbank.api.times import end_of
from creditbank.errors.access import GrantUnknown
from creditbank.errors.api import RequestInvalid
from creditbank.errors.identifiers import InvalidDate
from creditbank.errors.recording import AccountRestricted, InstitutionUnknown, SourceIdReused
from creditbank.ledger.times import format_time
from creditbank.services.enquiring import list_grants
from creditbank.services.granting import EndGrant, GrantAccess, Granted

router = APIRouter()


@router.post(
    "/v1/grants",
    **described(
        "授权查看 · Grant access",
        {201: RecordedGrant, 200: RecordedGrant},
        tag="grants",
        body="GrantPosting",
        examples={"transfer": examples.GRANT},
        refuses=(
            *OF_LEARNERS,
            AccountRestricted,
            InstitutionUnknown,
            InvalidDate,
            SourceIdReused,
        ),
    ),
)
async def create_grant(request: Request, context: UsedContext, principal: Learner) -> Response:
    """Let a registered organisation read balance, outcomes and statement until a time or a day.

    For the learner. Every reading is kept in the access log, and the grant can be ended at any
    time. With a `source_id` of one's own it can be sent again and is the same grant.
    """
    body = await read_as(request, GRANT)
    until = end_of(body["until"], where="/until")
    if until <= time.time():
        raise RequestInvalid(where="/until", errors=[{"where": "/until", "reason": "past"}])
    work = GrantAccess(
        principal.account or "",
        body["org"],
        body["purpose"],
        until,
        principal.token,
        source_id=body.get("source_id"),
    )
    granted: Granted = await context.bank.journal.submit(work)
    logs.note(verb="create_grant", index=granted.recorded.index)
    document = {
        "grant": granted.grant,
        "org": body["org"],
        "purpose": body["purpose"],
        "until": format_time(until),
        "replayed": granted.replayed,
    }
    status = 200 if granted.replayed else 201
    return answer(document | recorded_document(granted.recorded), status)


@router.get("/v1/grants", **described("授权列表 · List grants", {200: Grants}, tag="grants"))
async def show_grants(context: UsedContext, principal: LearnerOrGranted) -> Response:
    """Return a learner's own grants, or to an organisation (`learners:granted`) those to it.

    An organisation sees those that stand, a learner the ended ones too.
    """
    return answer({"grants": await list_grants(context.bank, principal)})


@router.delete(
    "/v1/grants/{grant}",
    **described(
        "终止授权 · End a grant",
        {200: EndedGrant},
        tag="grants",
        refuses=(*OF_LEARNERS, GrantUnknown),
    ),
)
async def end_grant(context: UsedContext, principal: Learner, grant: HexId) -> Response:
    """End a grant from now on; ending it twice is the same. For the learner who gave it."""
    work = EndGrant(principal.account or "", grant, principal.token)
    ended: Granted = await context.bank.journal.submit(work)
    document = {"grant": ended.grant, "ended": True}
    return answer(document | recorded_document(ended.recorded))
