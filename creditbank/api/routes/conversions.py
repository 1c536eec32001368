"""学分转换与申报资格核验 Decisions: evaluated, applied for, carried on step by step, looked up."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import conversion_examples as examples
from creditbank.api.answers import answer, recorded_document
from creditbank.api.asking import account_in, poster_of, question_of, value_of
from creditbank.api.bodies import read_as
from creditbank.api.conversion_models import APPLICATION, EVALUATION, EVIDENCE
from creditbank.api.conversion_shapes import (
    Applied,
    Conversion,
    Conversions,
    Derivation,
    EvaluationAnswer,
    EvidenceRecorded,
    StatusName,
)
from creditbank.api.dependencies import After, HexId, Holder, PageSize, UsedContext
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_CONVERSIONS, OF_DECISIONS_READ, OF_LEARNERS
from creditbank.domain.access import Scope
from creditbank.errors.conversion import FactsInvalid
from creditbank.errors.decisions import (
    ConsentMissing,
    ConversionMoved,
    ConversionNotMet,
    EvidenceNotYours,
    RulebookNotYours,
    TooMuchEvidence,
)
from creditbank.errors.recording import AccountRestricted, InstitutionUnknown, SourceIdReused
from creditbank.ledger.times import format_time
from creditbank.services import (
    applying,
    converting,
    decision_records,
    evidencing,
    rederiving,
)
from creditbank.services.permitting import require
from creditbank.storage.decision_reading import Listing

router = APIRouter()

_PARTIES: Final = (Scope.OWN, Scope.DECIDE, Scope.SERVE_LEARNER, Scope.AUDIT)
Account = Annotated[
    str | None, Query(pattern=r"^la-[a-z2-7]{16}$", description="Of this account only.")
]


@router.post(
    "/v1/conversions/evaluations",
    **described(
        "试算 · Evaluate without effect",
        {200: EvaluationAnswer},
        tag="conversions",
        body="EvaluationAsking",
        examples={"college": examples.EVALUATION},
        refuses=OF_CONVERSIONS,
    ),
)
async def evaluate(request: Request, context: UsedContext, principal: Holder) -> Response:
    """Return what a rulebook says of a learner today, with reasons and what is missing.

    For the learner, the desk, auditors, and an organisation with a grant that stands. Nothing is
    reserved, and nothing but the reading is recorded.
    """
    body = await read_as(request, EVALUATION)
    question = question_of(body, principal)
    answered = await converting.evaluate(context.bank, principal, question)
    return answer(converting.answer_document(answered))


@router.post(
    "/v1/conversions",
    **described(
        "申请 · Apply for a decision",
        {201: Applied, 200: Applied},
        tag="conversions",
        body="ConversionApplying",
        examples={"learner": examples.APPLICATION, "on_paper": examples.APPLICATION_ON_PAPER},
        refuses=(
            *OF_CONVERSIONS,
            ConversionNotMet,
            ConversionMoved,
            ConsentMissing,
            RulebookNotYours,
            InstitutionUnknown,
            SourceIdReused,
        ),
    ),
)
async def apply(request: Request, context: UsedContext, principal: Holder) -> Response:
    """Evaluate, and reserve what the decision needs until it is registered, ends or expires.

    For the learner, whose own token is their consent; for the owner of the rulebook with a grant
    and the digest of a signed paper; for the desk with such a paper. All that is asked for has to
    be met, or nothing is reserved. With a `source_id` it may be sent again.
    """
    body = await read_as(request, APPLICATION)
    poster = poster_of(body, principal)
    given = body.get("consent")
    consent = None if given is None else applying.Consent(given["notice"], given["digest"])
    applied = await applying.apply(
        context.bank,
        principal,
        poster,
        question_of(body, principal),
        consent=consent,
        source_id=body.get("source_id"),
    )
    logs.note(verb="apply", index=applied.recorded.index)
    document = {
        "conversion": applied.conversion,
        **recorded_document(applied.recorded),
        "status": applied.status,
        "expires_at": format_time(applied.expires_at),
        "replayed": applied.replayed,
    }
    return answer(document, 200 if applied.replayed else 201)


@router.get(
    "/v1/conversions",
    **described("决定列表 · List decisions", {200: Conversions}, tag="conversions"),
)
async def show_conversions(  # noqa: PLR0917  # one argument per parameter
    context: UsedContext,
    principal: Holder,
    status: Annotated[StatusName | None, Query(description="Only those that stand so.")] = None,
    flagged: Annotated[
        bool | None,
        Query(description="Whether what they rest on ended or was taken back since."),
    ] = None,
    account: Account = None,
    after: After = None,
    limit: PageSize = 100,
) -> Response:
    """Return decisions in the order in which they were applied for.

    A learner sees their own; an organisation those under its rulebooks and those that rest on what
    it posted or issued; the desk and auditors all.
    """
    require(principal, *_PARTIES)
    listing = Listing(account, None, status, flagged, after, limit)
    found = await decision_records.list_decisions(context.bank, principal, listing)
    document: dict[str, Any] = {"conversions": found}
    if len(found) == limit:
        document["next"] = found[-1]["index"]
    return answer(document)


@router.get(
    "/v1/conversions/{conversion}",
    **described(
        "查询决定 · Show a decision",
        {200: Conversion},
        tag="conversions",
        refuses=OF_DECISIONS_READ,
    ),
)
async def show_conversion(context: UsedContext, principal: Holder, conversion: HexId) -> Response:
    """Return a decision with its rulebooks, reasons, what it uses, its steps and flags.

    For the learner, the owner, authorities whose step it may be, the desk and auditors. Evaluators
    get an extract: what rests on outcomes that they posted or issued, and of others' steps that
    they were taken.
    """
    require(principal, *_PARTIES)
    return answer(await decision_records.show_decision(context.bank, principal, conversion))


@router.get(
    "/v1/conversions/{conversion}/derivation",
    **described(
        "重新推导 · Derive a decision again",
        {200: Derivation},
        tag="conversions",
        refuses=OF_DECISIONS_READ,
    ),
)
async def derive(context: UsedContext, principal: Holder, conversion: HexId) -> Response:
    """Derive a decision again from its own entry, under the rulebook versions that it names."""
    require(principal, *_PARTIES)
    return answer(await rederiving.derive(context.bank, principal, conversion))


@router.post(
    "/v1/conversions/evidence",
    **described(
        "提供佐证 · Supply evidence",
        {201: EvidenceRecorded, 200: EvidenceRecorded},
        tag="conversions",
        body="EvidenceSupplying",
        examples={"enrolment": examples.EVIDENCE},
        refuses=(
            *OF_LEARNERS,
            EvidenceNotYours,
            InstitutionUnknown,
            TooMuchEvidence,
            AccountRestricted,
            FactsInvalid,
        ),
    ),
)
async def supply_evidence(request: Request, context: UsedContext, principal: Holder) -> Response:
    """Record what rules ask for beside outcomes: an enrolment, periods of work, a schooling.

    For the learner, the desk, and institutions and authorities that have to do with the learner: by
    a grant, an outcome, or a decision on its way. Each evaluation of the learner knows it from then
    on; of one supplier the latest of an id counts, and the same again gets its first answer, with
    200. A rule trusts the owner of its rulebook and registries (authorities of its region, the
    desk), and a learner where it says so.
    """
    require(principal, Scope.OWN, Scope.DECIDE, Scope.SERVE_LEARNER)
    body = await read_as(request, EVIDENCE)
    poster = poster_of(body, principal)
    work = evidencing.SupplyEvidence(
        account_in(body, principal),
        body["id"],
        value_of(body["id"], body["value"], "/value"),
        principal,
        poster,
        until=body.get("until"),
        digest=body.get("digest"),
    )
    supplied: evidencing.Supplied = await context.bank.journal.submit(work)
    logs.note(verb="supply_evidence", index=supplied.recorded.index)
    document = {
        "evidence": supplied.evidence,
        "by": supplied.by,
        **recorded_document(supplied.recorded),
        "replayed": supplied.replayed,
    }
    return answer(document, 200 if supplied.replayed else 201)
