"""运行 Health, figures, and the description of the interface."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from creditbank.api.answers import answer
from creditbank.api.dependencies import UsedContext, context_of
from creditbank.api.metrics import MEDIA_TYPE
from creditbank.api.openapi import described
from creditbank.api.plain import PlainRoute
from creditbank.api.problems import locale_of
from creditbank.api.reference import reference_page
from creditbank.api.shapes import Health
from creditbank.errors.api import NotFound
from creditbank.errors.storage import StorageUnavailable
from creditbank.services.showing import read_state

router = APIRouter()
plain = APIRouter(route_class=PlainRoute)


@plain.get(
    "/healthz",
    **described("存活 · The process lives", {200: Health}, tag="operation", token=False),
)
async def show_health(_request: Request) -> Response:
    """Answer as long as the process does, whatever the database says."""
    return answer({"status": "ok"})


@router.get(
    "/readyz",
    **described("就绪 · The bank can work", {200: Health}, tag="operation", token=False),
)
async def show_readiness(context: UsedContext) -> Response:
    """Answer if the database can be read and the journal writes; otherwise 503."""
    await read_state(context.bank)
    if not context.bank.journal.is_running:
        raise StorageUnavailable
    return answer({"status": "ok"})


@router.get(
    "/metrics",
    **described(
        "运行指标 · Figures for Prometheus",
        {},
        tag="operation",
        token=False,
        refuses=(NotFound,),
        more={
            200: {
                "description": "Prometheus text format.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        },
    ),
)
async def show_metrics(context: UsedContext) -> Response:
    """Return the figures of this server process, unless the settings switch them off."""
    if not context.settings.metrics_enabled:
        raise NotFound
    state = await read_state(context.bank)
    context.metrics.size.set(state["size"])
    context.metrics.waiting.set(context.bank.journal.waiting_items)
    return Response(context.metrics.text(), headers={"content-type": MEDIA_TYPE})


@plain.get(
    "/v1/openapi.json",
    **described(
        "接口描述 · The OpenAPI document",
        {},
        tag="operation",
        token=False,
        refuses=(NotFound,),
        more={
            200: {
                "description": "This document.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    ),
)
async def show_openapi(request: Request) -> Response:
    """Return this description, unless the settings switch the documentation off."""
    return answer(_description(request), headers={"cache-control": "public, max-age=300"})


@plain.get("/docs", include_in_schema=False)
async def show_reference(request: Request) -> Response:
    """Show the description as a page that needs nothing from elsewhere."""
    page = reference_page(_description(request), locale_of(request))
    return HTMLResponse(page, headers={"vary": "Accept-Language"})


def _description(request: Request) -> dict[str, Any]:
    if not context_of(request).settings.docs_enabled:
        raise NotFound
    made: dict[str, Any] = request.app.openapi()
    return made
