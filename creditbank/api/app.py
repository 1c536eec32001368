"""The application: wiring, lifespan, handlers.

`create_app(settings)` reads nothing from the environment and opens nothing; the bank is opened
when the server starts. Around the routes stand, from the outside: the log line of each request,
its figures, and the handlers that make a problem document of whatever is raised.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from creditbank.api import openapi
from creditbank.api.context import Context
from creditbank.api.metrics import Measured
from creditbank.api.problems import HANDLERS
from creditbank.api.routes import (
    batches,
    conversion_tools,
    conversions,
    corrections,
    credential_changes,
    credentials,
    deciding,
    grants,
    issuer,
    learners,
    log,
    operation,
    outcomes,
    pages,
    presentations,
    problem_pages,
    proofs,
    published,
    records,
    registers,
    rulebooks,
    sessions,
    shares,
    verify,
    wallets,
)
from creditbank.config import Settings
from creditbank.logs import RequestLog
from creditbank.services.banking import Bank
from creditbank.services.publishing import Publisher

# The most used first: a request is held against one route after the other.
_ROUTERS: Final = (
    outcomes.router,
    batches.plain,
    records.plain,
    operation.plain,
    records.router,
    learners.router,
    log.router,
    proofs.router,
    published.plain,
    published.router,
    verify.router,
    registers.router,
    rulebooks.router,
    batches.router,
    corrections.router,
    sessions.router,
    grants.router,
    conversions.router,
    conversion_tools.router,
    deciding.router,
    credentials.router,
    credential_changes.router,
    shares.router,
    issuer.router,
    pages.router,
    pages.plain,
    wallets.router,
    presentations.router,
    problem_pages.router,
    operation.router,
)

# FastAPI can send requests' bodies to a telemetry collector; ours hold identity numbers.
_NO_TELEMETRY: Final = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False
)


def routes() -> list[BaseRoute]:
    """Return every route, the most used first."""
    return [route for router in _ROUTERS for route in router.routes]


class Application(FastAPI):
    """The ASGI application."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the stack; unlike the framework's own it leaves no exception unanswered."""
        context: Context = self.state.context
        routing = AsyncExitStackMiddleware(self.router)
        handled = ExceptionMiddleware(routing, handlers=HANDLERS)
        return RequestLog(Measured(handled, context.metrics))

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.document(self.routes)
        return self.openapi_schema


def create_app(
    settings: Settings, bank: Bank | None = None, publisher: Publisher | None = None
) -> Application:
    """Return the application; it opens the bank of the settings when it starts.

    A `bank` that is given is used instead, and is its giver's to close; without a `publisher`
    beside it nothing is signed or published.
    """
    context = Context(settings, bank, publisher)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with context.running():
            yield

    app = Application(
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.context = context
    app.router.routes.extend(routes())
    return app


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document without a bank and without settings."""
    made: Sequence[BaseRoute] = routes()
    return openapi.document(made)
