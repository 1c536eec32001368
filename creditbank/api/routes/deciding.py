"""审核环节 Steps, withdrawals and reviews of decisions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import conversion_examples as examples
from creditbank.api.answers import answer, recorded_document
from creditbank.api.asking import poster_of
from creditbank.api.bodies import read_as
from creditbank.api.context import Context
from creditbank.api.conversion_models import REVIEW, STEP, WITHDRAWAL
from creditbank.api.conversion_shapes import Decided
from creditbank.api.dependencies import HexId, Holder, UsedContext
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_DECISIONS
from creditbank.domain.access import Scope
from creditbank.errors.api import RequestInvalid
from creditbank.errors.decisions import (
    ConversionEnded,
    ConversionFlagged,
    ConversionIrrevocable,
    NothingToReview,
    NoticeRunning,
    StepNotNext,
    StepNotYours,
)
from creditbank.errors.recording import AccountRestricted, InstitutionUnknown
from creditbank.services import deciding
from creditbank.services.permitting import require
from creditbank.storage.journal import Work

router = APIRouter()


@router.post(
    "/v1/conversions/{conversion}/steps",
    **described(
        "办理环节 · Take a step",
        {201: Decided, 200: Decided},
        tag="conversions",
        body="StepTaking",
        examples={"passed": examples.STEP, "rejected": examples.REJECTION},
        refuses=(
            *OF_DECISIONS,
            ConversionEnded,
            StepNotNext,
            StepNotYours,
            NoticeRunning,
            ConversionFlagged,
            AccountRestricted,
        ),
    ),
)
async def take_step(
    request: Request, context: UsedContext, principal: Holder, conversion: HexId
) -> Response:
    """Take the next step of the rulebook's procedure, as whom it names for it.

    The last step registers the decision: what was reserved is consumed. A rejection says why, and
    what was reserved is free again. The same step again gets its first answer, with 200.
    """
    require(principal, Scope.OWN, Scope.DECIDE, Scope.SERVE_LEARNER)
    body = await read_as(request, STEP)
    opinion = body.get("opinion")
    if body["result"] == deciding.REJECTED and opinion is None:
        fault = {"where": "/opinion", "reason": "missing"}
        raise RequestInvalid(where="/opinion", errors=[fault])
    work = deciding.TakeStep(
        conversion,
        principal,
        poster_of(body, principal),
        step=body["step"],
        result=body["result"],
        opinion=opinion,
    )
    return await _decided(context, work, "take_step")


@router.post(
    "/v1/conversions/{conversion}/withdrawal",
    **described(
        "撤回或退回 · Withdraw or give back",
        {201: Decided, 200: Decided},
        tag="conversions",
        body="ConversionWithdrawing",
        examples={"withdrawal": examples.WITHDRAWAL},
        refuses=(*OF_DECISIONS, ConversionEnded, ConversionIrrevocable, InstitutionUnknown),
    ),
)
async def withdraw(
    request: Request, context: UsedContext, principal: Holder, conversion: HexId
) -> Response:
    """End a decision: the learner (or the desk) before it is registered, the owner after.

    What it reserved or consumed is free again. Under an irrevocable rulebook nobody gives back what
    was registered.
    """
    require(principal, Scope.OWN, Scope.DECIDE, Scope.SERVE_LEARNER)
    body = await read_as(request, WITHDRAWAL)
    poster = poster_of(body, principal)
    work = deciding.EndDecision(conversion, principal, poster, body.get("reason"))
    return await _decided(context, work, "withdraw")


@router.post(
    "/v1/conversions/{conversion}/review",
    **described(
        "复核 · Let a flagged decision stand",
        {201: Decided, 200: Decided},
        tag="conversions",
        body="ConversionReviewing",
        examples={"review": examples.REVIEW},
        refuses=(
            *OF_DECISIONS,
            ConversionEnded,
            StepNotYours,
            NothingToReview,
            InstitutionUnknown,
        ),
    ),
)
async def review(
    request: Request, context: UsedContext, principal: Holder, conversion: HexId
) -> Response:
    """Let a registered decision stand after an outcome that it rests on has ended; for its owner.

    The flag goes until another outcome ends. To undo the decision instead, give it back.
    """
    require(principal, Scope.DECIDE)
    body = await read_as(request, REVIEW)
    poster = poster_of(body, principal)
    work = deciding.ReviewDecision(conversion, principal, poster, body["reason"])
    return await _decided(context, work, "review")


async def _decided(context: Context, work: Work, verb: str) -> Response:
    decided: deciding.Decided = await context.bank.journal.submit(work)
    logs.note(verb=verb, index=decided.recorded.index)
    document: dict[str, Any] = {
        "conversion": decided.conversion,
        **recorded_document(decided.recorded),
        "status": decided.status,
        "replayed": decided.replayed,
    }
    return answer(document, 200 if decided.replayed else 201)
