"""The SDK against a bank of canned answers: what is tried again, many items, both clients."""

from __future__ import annotations

import inspect
import json
from typing import Any

import httpx
import pytest

from creditbank.clients import calls, conversion_calls
from creditbank.clients.bank import AsyncBankClient, BankClient, BankProblem
from creditbank.errors.clients import BankUnreachable
from tests.unit.clients.canned import (
    ADDRESS,
    GRANT,
    POSTED,
    PROBLEM,
    TOKEN,
    answering,
    client,
    ok,
    problem,
)

# --- trying again ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.ReadTimeout("x"),
        httpx.RemoteProtocolError("x"),
        problem(429, **{"Retry-After": "1"}),
        problem(502),
        problem(503, **{"Retry-After": "2"}),
        problem(503, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        problem(504),
        httpx.Response(503, text="maintenance"),
    ],
)
def test_a_posting_is_sent_again_as_it_was(failure: Any) -> None:
    handle, seen = answering(failure, failure, ok())
    assert client(handle).post_outcome({"source_id": "s"}).index == 7
    assert [request.content for request in seen] == [b'{"source_id":"s"}'] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 501])
def test_what_will_not_change_is_not_sent_again(status: int) -> None:
    handle, seen = answering(problem(status))
    with pytest.raises(BankProblem):
        client(handle).post_outcome({})
    assert len(seen) == 1


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("x"), httpx.ReadError("x"), problem(503), problem(502)]
)
def test_what_may_not_happen_twice_is_not_sent_again_once_it_may_have_happened(
    failure: Any,
) -> None:
    handle, seen = answering(failure)
    with pytest.raises((BankProblem, BankUnreachable)):
        client(handle).open_session(code="12345678", account="la-x")
    assert len(seen) == 1


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), problem(429)])
def test_what_may_not_happen_twice_is_sent_again_if_it_cannot_have_happened(failure: Any) -> None:
    handle, seen = answering(failure, ok(GRANT))
    assert client(handle).grant("o", purpose="p", until="2026-06-01").grant == "g"
    assert len(seen) == 2


def test_a_bank_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    handle, seen = answering(problem(429, **{"Retry-After": "3600"}))
    with pytest.raises(BankProblem) as refused:
        client(handle).bank()
    assert (refused.value.retry_after, len(seen)) == (3600, 1)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (httpx.ConnectError("x"), "connect"),
        (httpx.ReadTimeout("x"), "timeout"),
        (httpx.RemoteProtocolError("x"), "connection_lost"),
    ],
)
def test_a_bank_that_never_answers_is_unreachable(
    failure: httpx.TransportError, reason: str
) -> None:
    handle, seen = answering(*[failure] * 3)
    with pytest.raises(BankUnreachable) as lost:
        client(handle, attempts=3).bank()
    assert lost.value.fields == {"host": "bank.test", "reason": reason}
    assert len(seen) == 3


# --- many items -----------------------------------------------------------------------------------


def accepting(request: httpx.Request) -> httpx.Response:
    """Record every item but those whose source id is `bad`."""
    document = json.loads(request.content)
    results = []
    for row, item in enumerate(document["items"], start=1):
        if item["source_id"] == "bad":
            results.append({"row": row, "status": "refused", "problem": PROBLEM})
        else:
            results.append({"row": row, "status": "recorded", **POSTED})
    refused = sum(result["status"] == "refused" for result in results)
    answer = {
        "batch": f"b{len(results)}",
        "index": 1,
        "items": len(results),
        "replayed": 0,
        "recorded": len(results) - refused,
        "refused": refused,
        "results": results,
    }
    return ok(answer | ({"dry_run": True} if "dry_run" in document else {}))


ITEMS = [{"source_id": "bad" if number == 4 else str(number)} for number in range(1, 8)]


def test_items_are_posted_in_chunks_and_counted_over_all_of_them() -> None:
    told: list[int] = []
    posted = client(accepting).post_items(iter(ITEMS), chunk=3, progress=told.append, dry_run=True)
    assert (posted.items, posted.recorded, posted.refused, posted.dry_run) == (7, 6, 1, True)
    assert told == [3, 6, 7]
    assert posted.batches == ["b3", "b3", "b1"]
    assert [result.row for result in posted.results] == [1, 2, 3, 4, 5, 6, 7]
    (refusal,) = posted.refusals
    assert refusal.problem is not None
    assert (refusal.row, refusal.problem.slug) == (4, "source-id-reused")


def test_no_items_are_no_batch() -> None:
    handle, seen = answering()
    assert client(handle).post_items([]).items == 0
    assert seen == []


@pytest.mark.parametrize("chunk", [0, 10_001])
def test_a_chunk_is_no_larger_than_a_bank_takes(chunk: int) -> None:
    with pytest.raises(ValueError, match="10000"):
        client(accepting).post_items(ITEMS, chunk=chunk)


def pages(request: httpx.Request) -> httpx.Response:
    """Give a statement of five entries, two to a page."""
    after = int(request.url.params.get("after", "0"))
    entries = [
        {
            "seq": seq,
            "index": 10 * seq,
            "at": "2026-03-01T00:00:00Z",
            "leaf_hash": "00",
            "kind": "outcome/1",
        }
        for seq in range(after + 1, min(after + 3, 6))
    ]
    return ok({"account": "la-x", "entries": entries})


def test_a_statement_is_read_to_its_end() -> None:
    assert [entry.seq for entry in client(pages).statement_entries()] == [1, 2, 3, 4, 5]


# --- asynchronous ---------------------------------------------------------------------------------


async def test_the_asynchronous_client_does_the_same() -> None:
    handle, seen = answering(httpx.ConnectError("x"), problem(503), ok())
    transport = httpx.MockTransport(handle)
    async with AsyncBankClient(ADDRESS, TOKEN, transport=transport) as bank:
        assert (await bank.post_outcome({"source_id": "s"})).index == 7
    assert len(seen) == 3
    lost, _ = answering(httpx.ConnectError("x"))
    bank = AsyncBankClient(ADDRESS, transport=httpx.MockTransport(lost), attempts=1)
    with pytest.raises(BankUnreachable):
        await bank.bank()
    assert repr(bank) == "AsyncBankClient(URL('https://bank.test'))"


async def test_the_asynchronous_client_posts_in_chunks_and_reads_to_the_end() -> None:
    told: list[int] = []
    async with AsyncBankClient(ADDRESS, transport=httpx.MockTransport(accepting)) as bank:
        posted = await bank.post_items(ITEMS, chunk=3, progress=told.append)
        assert (posted.refused, told) == (1, [3, 6, 7])
        assert (await bank.post_items(ITEMS)).items == 7
    async with AsyncBankClient(ADDRESS, transport=httpx.MockTransport(pages)) as bank:
        assert [entry.seq async for entry in bank.statement_entries()] == [1, 2, 3, 4, 5]


def test_both_clients_make_every_call() -> None:
    known = {
        name
        for module in (calls, conversion_calls)
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
    assert len(known) > 35
    for kind in (BankClient, AsyncBankClient):
        assert known <= set(vars(kind))
