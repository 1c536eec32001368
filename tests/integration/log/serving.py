"""An application with the published log's routes and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from creditbank.api.problems import HANDLERS
from creditbank.api.routes import published
from creditbank.services.publishing import Publisher
from tests.integration.log.processes import Processes


def served(log: Processes, publisher: Publisher) -> httpx.AsyncClient:
    """Return a client of the routes, served by a process that has this publisher."""
    app = FastAPI(openapi_url=None)
    app.state.context = SimpleNamespace(
        bank=log.bank.bank,
        publisher=publisher,
        proofs=SimpleNamespace(account_head_key="the key of account heads"),
        settings=SimpleNamespace(public_url="https://bank.test"),
    )
    app.router.routes.extend([*published.plain.routes, *published.router.routes])
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://bank.test")


def slug_of(response: httpx.Response) -> Any:
    """Return the last step of a problem's type."""
    return response.json()["type"].rpartition("/")[2]
