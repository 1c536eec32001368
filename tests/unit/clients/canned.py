"""A bank of canned answers, and a client of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from creditbank.clients.bank import BankClient

TOKEN = "cbt_abc_secret-of-the-institution"
ADDRESS = "https://bank.test"
POSTED = {
    "index": 7,
    "at": "2026-03-01T00:00:00Z",
    "leaf_hash": "0" * 64,
    "account": "la-abcdefghijklmnop",
    "outcome": "a" * 32,
    "awarded": {"credits": [{"system": "cn-16", "amount": "1.50"}], "hours": {"theory": "8.00"}},
    "replayed": False,
}
PLACE = {name: POSTED[name] for name in ("index", "at", "leaf_hash")}
GRANT = {**PLACE, "grant": "g", "org": "91x", "purpose": "p", "until": "2026-06-01T16:00:00Z"}
PROBLEM = {
    "type": "https://bank.test/problems/source-id-reused",
    "title": "流水号已用于其他内容",
    "status": 409,
    "detail": "…",
    "where": "/source_id",
    "differs": "/stages/0",
}
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, **options: Any) -> BankClient:
    options = {"token": TOKEN, **options}
    return BankClient(ADDRESS, transport=httpx.MockTransport(handler), **options)


def answering(
    *answers: httpx.Response | httpx.TransportError,
) -> tuple[Handler, list[httpx.Request]]:
    """Return a handler that gives these answers in turn, and the requests that it got."""
    waiting = list(answers)
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = waiting.pop(0)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    return handle, seen


def problem(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(
        status,
        content=json.dumps(PROBLEM | {"status": status}),
        headers={"Content-Type": "application/problem+json", **headers},
    )


def ok(document: Any = POSTED, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=document)
