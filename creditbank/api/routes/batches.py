"""批次 Batches: many outcomes in one request and one transaction, each with its own result."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import NOT_STORED, answer, batch_summary, to_json
from creditbank.api.bodies import LONG_BODY_BYTES, off_loop, parse_json, read_body, validated
from creditbank.api.dependencies import (
    HexId,
    PosterOrAuditor,
    UsedContext,
    context_of,
    known_principal_of,
)
from creditbank.api.examples import BATCH_POSTING
from creditbank.api.metrics import Metrics
from creditbank.api.models import BATCH
from creditbank.api.openapi import described
from creditbank.api.plain import PlainRoute
from creditbank.api.problems import batch_results, locale_of
from creditbank.api.refusals import OF_BATCHES
from creditbank.api.routes.outcomes import take_operators
from creditbank.api.shapes import Batch, BatchAnswer
from creditbank.domain.access import Principal, Scope
from creditbank.errors.api import BatchUnknown
from creditbank.services import batching
from creditbank.services.intake import Intake
from creditbank.services.showing import read_batch
from creditbank.texts import Locale

router = APIRouter()
plain = APIRouter(route_class=PlainRoute)

_LONG_ITEMS = 256


@plain.post(
    "/v1/batches",
    **described(
        "报送一个批次 · Post a batch",
        {200: BatchAnswer},
        tag="posting",
        body="BatchPosting",
        examples={"batch": BATCH_POSTING},
        refuses=OF_BATCHES,
    ),
)
async def post_batch(request: Request) -> Response:
    """Record up to ten thousand outcomes; the answer has a result for each, in order.

    Needs `outcomes:post`. A refused item does not fail its neighbours, unless `atomic` asks for
    all or nothing; then one refusal makes it 422 with the same results. `dry_run` tells what would
    happen and leaves nothing behind. A batch sent again is answered with `replayed` rows.
    """
    principal = await known_principal_of(request, Scope.POST)
    context = context_of(request)
    body = await read_body(request)
    work = await off_loop(
        _prepare, body, context.intake, principal, long=len(body) > LONG_BODY_BYTES
    )
    try:
        answered, signed = await context.submit(work)
    except batching.RolledBack as rolled_back:
        answered, signed = rolled_back.answer, {}
    summary = batch_summary(answered) | signed
    _note(context.metrics, summary)
    content = await off_loop(
        _content,
        summary,
        answered,
        context.settings.public_url,
        locale_of(request),
        long=len(answered.results) > _LONG_ITEMS,
    )
    return Response(content, 200, headers=NOT_STORED, media_type="application/json")


def _prepare(body: bytes, intake: Intake, principal: Principal) -> batching.PostBatch:
    """Return the work of a batch: parsed, each item validated or refused at its place."""
    document, poster = take_operators(parse_json(body), principal)
    options = validated(BATCH, document)
    items = options.pop("items")
    return intake.batch(items, poster, **options)


def _content(
    summary: dict[str, Any], answered: batching.BatchAnswer, public_url: str, locale: Locale
) -> bytes:
    results = batch_results(answered.results, public_url, locale, dry_run=answered.dry_run)
    return to_json(summary | {"results": results})


def _note(metrics: Metrics, summary: dict[str, Any]) -> None:
    counts = {what: summary[what] for what in ("recorded", "replayed", "refused")}
    if not summary["dry_run"]:
        for what, count in counts.items():
            metrics.postings.labels(what).inc(count)
    place = {"index": summary["index"]} if "index" in summary else {}
    logs.note(verb="post_batch", dry_run=summary["dry_run"], **place, **counts)


@router.get(
    "/v1/batches/{batch}",
    **described("查询批次 · Show a batch", {200: Batch}, tag="posting", refuses=(BatchUnknown,)),
)
async def show_batch(context: UsedContext, principal: PosterOrAuditor, batch: HexId) -> Response:
    """Return a batch as it stands in the ledger, with the entry of each recorded row.

    For the organisation that posted it (`outcomes:read`) and for auditors.
    """
    found = await read_batch(context.bank, principal, batch)
    if found is None:
        raise BatchUnknown(batch=batch)
    return answer(found)
