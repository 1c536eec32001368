"""Single posts, balances and batches over HTTP, against an empty endpoint of the same server."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import orjson

from benchmarks.load import Request, load
from creditbank.cli.walkthrough.server import serving
from creditbank.config import Settings
from creditbank.domain.access import Role
from tests import factories
from tests.banks import ORIGIN, SCHOOL, TestBank

CLIENTS = 32
REQUESTS = 2_000
BATCH = 10_000


def _settings(bank: TestBank) -> Settings:
    return Settings.load(
        data_dir=bank.keys.parent,
        database_url=bank.database.url.render_as_string(hide_password=False),
        origin=ORIGIN,
        notice_version="1",
        rate_limit_per_minute=0,
        log_level="warning",
    )


async def measure(bank: TestBank, say: Callable[..., None]) -> None:
    """Say what requests cost, each against the empty endpoint."""
    auditor = bank.token(SCHOOL, Role.AUDITOR).text
    school = bank.tokens[SCHOOL].text
    account = bank.post(factories.completion("http-first", 1_000_000)).account
    base = 1_000_001

    def post(number: int) -> Request:
        body = orjson.dumps(factories.completion(f"http-{number}", base + number))
        return Request("POST", "/v1/outcomes", school, body)

    def balance(_number: int) -> Request:
        return Request("GET", f"/v1/learners/{account}/balance", auditor)

    def empty(_number: int) -> Request:
        return Request("GET", "/healthz")

    def batch(_number: int) -> Request:
        first = base + REQUESTS
        items = [factories.completion(f"batch-{n}", first + n) for n in range(BATCH)]
        return Request("POST", "/v1/batches", school, orjson.dumps({"items": items}))

    with serving(_settings(bank), bank.keys.parent / "server.log") as server:
        port = urlsplit(server.address).port or 0
        rate, _ = await load(port, CLIENTS, REQUESTS, empty)
        say(f"empty endpoint, {CLIENTS} clients", f"{rate:,.0f}/s")
        for what, request in (("single posts", post), ("balances", balance)):
            found, slow = await load(port, CLIENTS, REQUESTS, request)
            say(
                f"{what}, {CLIENTS} clients (p99 {slow:.0f} ms)",
                f"{found:,.0f}/s",
                f"ratio {found / rate:.2f}",
            )
        made, _ = await load(port, 1, 1, batch)
        say(f"one batch of {BATCH}, each opening an account", f"{made * BATCH:,.0f}/s")
