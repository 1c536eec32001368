"""What one request may send and one token may ask for: sizes, rates, and JSON without doubt."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from creditbank.api.app import create_app
from creditbank.api.limits import RateLimit
from creditbank.config import Settings
from creditbank.errors.access import RateLimited
from tests import factories
from tests.banks import ASSESSOR, DESK, SCHOOL, TestBank
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)

BODY_BYTES_MAX = 4096


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def narrow(api: Api, shared_bank: TestBank) -> AsyncIterator[Api]:
    """A bank that reads short bodies and answers few requests."""
    settings = Settings(
        public_url="https://bank.test",
        rate_limit_per_minute=5,
        sign_ins_per_account=2,
        sign_ins_per_address=5,
        request_body_bytes_max=BODY_BYTES_MAX,
    )
    app = create_app(settings, shared_bank.bank)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client,
    ):
        yield Api(shared_bank, app, client)


async def test_a_token_sends_so_many_requests_a_minute(narrow: Api) -> None:
    statuses = [(await narrow.get("/v1/entries", ASSESSOR)).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    refused = await narrow.post("/v1/outcomes", {}, ASSESSOR)  # whatever it asks for
    assert (refused.status_code, slug_of(refused)) == (429, "rate-limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])
    assert "5 / min" in refused.json()["detail"]
    assert (await narrow.get("/v1/entries", SCHOOL)).status_code == 200  # another token
    assert (await narrow.get("/v1/bank")).status_code == 200  # no token, no limit


async def test_wrong_tokens_do_not_count_against_right_ones(narrow: Api) -> None:
    token = narrow.token(DESK)
    for _ in range(7):
        wrong = await narrow.client.get(
            "/v1/learners/me", headers={"authorization": f"Bearer {token}x"}
        )
        assert wrong.status_code == 401
    assert (await narrow.get("/v1/learners/la-aaaaaaaaaaaaaaaa", DESK)).status_code == 404


async def test_attempts_to_sign_in_are_limited_by_account_and_by_address(narrow: Api) -> None:
    async def attempt(account: str, address: str) -> int:
        transport = httpx.ASGITransport(app=narrow.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client:
            body = {"account": account, "code": "12345678"}
            response = await client.post("/v1/sessions", json=body)
            narrow.check(response)
            return response.status_code

    accounts = [f"la-{letter * 16}" for letter in "abcdefgh"]
    for address in ("198.51.100.1", "198.51.100.2", "198.51.100.3"):
        answered = await attempt(accounts[0], address)
    assert answered == 429, "one account, from wherever"
    assert [await attempt(one, "198.51.100.4") for one in accounts[1:7]] == [401] * 5 + [429]
    # neighbours in one IPv6 network are one; what was refused there was not counted elsewhere
    of_one = [await attempt(one, f"2001:db8::{n}") for n, one in enumerate(accounts[1:7])]
    assert of_one == [401] * 5 + [429]
    assert await attempt(accounts[6], "198.51.100.5") == 401
    assert await attempt(accounts[7], "") == 401


async def test_the_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    limit = RateLimit(2)
    limit.check("a")
    now += 30
    limit.check("a")
    with pytest.raises(RateLimited) as refused:
        limit.check("a")
    assert refused.value.fields["retry_after"] == 30
    now += 31
    limit.check("a")
    with pytest.raises(RateLimited):
        limit.check("a")


async def test_no_limit_is_no_limit() -> None:
    limit = RateLimit(0)
    for _ in range(10_000):
        limit.check("a")


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/batches", "/v1/learners"])
async def test_a_body_that_announces_too_much_is_refused_unread(narrow: Api, path: str) -> None:
    fresh_limit(narrow)
    refused = await narrow.send("POST", path, SCHOOL, content=b" " * (BODY_BYTES_MAX + 1))
    assert (refused.status_code, slug_of(refused)) == (413, "body-too-large")
    assert refused.json()["bytes_max"] == BODY_BYTES_MAX


async def test_a_body_that_goes_on_and_on_is_refused_on_the_way(narrow: Api) -> None:
    fresh_limit(narrow)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    refused = await narrow.send("POST", "/v1/outcomes", SCHOOL, content=endless())
    assert (refused.status_code, slug_of(refused)) == (413, "body-too-large")
    assert sent <= BODY_BYTES_MAX + 2 * 1024


async def test_a_length_that_is_none_does_not_help(narrow: Api) -> None:
    fresh_limit(narrow)
    refused = await narrow.send(
        "POST",
        "/v1/outcomes",
        SCHOOL,
        content=b" " * (BODY_BYTES_MAX + 1),
        headers={"content-length": "-5"},
    )
    assert refused.status_code == 413


async def test_a_body_as_long_as_the_limit_is_read(narrow: Api) -> None:
    fresh_limit(narrow)
    refused = await narrow.send("POST", "/v1/outcomes", SCHOOL, content=b" " * BODY_BYTES_MAX)
    assert (refused.status_code, slug_of(refused)) == (400, "malformed-json")


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/batches", "/v1/learners"])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body_empty"),
        (b"{", "syntax"),
        (b'{"a":1,"a":2}', "duplicate_member"),
        (b'{"a":NaN}', "constant"),
        (b"\xff", "encoding"),
        (b"[" * 100_000, "depth"),
    ],
)
async def test_what_is_no_json_is_refused_with_its_reason(
    api: Api, path: str, body: bytes, reason: str
) -> None:
    refused = await api.send("POST", path, SCHOOL, content=body)
    assert (refused.status_code, slug_of(refused)) == (400, "malformed-json")
    assert refused.json()["reason"] == reason


@pytest.mark.parametrize("deep", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000])
@pytest.mark.parametrize(
    "path", ["/v1/outcomes", "/v1/batches", "/v1/learners", "/v1/verify", "/v1/conversions"]
)
async def test_what_is_nested_too_deeply_is_refused_however_deep_the_interpreter_goes(
    api: Api, path: str, deep: bytes
) -> None:
    for body in (deep, b'{"outcome":' + deep + b',"items":[' + deep + b"]}"):
        refused = await api.send("POST", path, SCHOOL, content=body)
        assert 400 <= refused.status_code < 500


async def test_reasons_are_put_into_words(api: Api) -> None:
    headers = {"accept-language": "en"}
    refused = await api.send("POST", "/v1/outcomes", SCHOOL, content=b"{", headers=headers)
    assert "breaks off" in refused.json()["detail"]


async def test_the_language_of_the_body_is_utf_8_escaped_or_not(api: Api, person: int) -> None:
    outcome = factories.completion(fresh("utf8"), person)
    escaped = json.dumps(outcome, ensure_ascii=True).encode()
    first = await api.send("POST", "/v1/outcomes", SCHOOL, content=escaped)
    assert first.status_code == 201
    again = await api.post("/v1/outcomes", outcome)
    assert again.status_code == 200


def fresh_limit(api: Api) -> None:
    """Begin a new minute."""
    api.app.state.context.rate_limit = RateLimit(5)
