"""The SDK against a bank of canned answers: what is sent, what comes back, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from creditbank.clients import calls
from creditbank.clients.bank import BankClient, BankProblem
from creditbank.errors.clients import AnswerUnreadable
from tests.unit.clients.canned import (
    GRANT,
    PLACE,
    POSTED,
    PROBLEM,
    TOKEN,
    answering,
    client,
    ok,
    problem,
)

# --- requests and answers -------------------------------------------------------------------------


def test_a_posting_is_sent_with_token_and_language_and_read_as_a_type() -> None:
    handle, seen = answering(ok(status=201))
    with client(handle, language="en") as bank:
        posted = bank.post_outcome({"source_id": "s"}, operator="经办甲")
    assert posted.awarded is not None
    assert (posted.index, posted.awarded.credits[0].amount) == (7, "1.50")
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/v1/outcomes")
    assert json.loads(request.content) == {"source_id": "s", "operator": "经办甲"}
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Accept-Language"] == "en"


def test_without_a_token_none_is_sent() -> None:
    handle, seen = answering(ok({"origin": "o", "size": 1, "root": "00"}))
    assert client(handle, token=None).bank().size == 1
    assert "Authorization" not in seen[0].headers


@pytest.mark.parametrize(
    ("ask", "method", "path", "query"),
    [
        (lambda bank: bank.balance(), "GET", "/v1/learners/me/balance", {}),
        (
            lambda bank: bank.balance(
                "la-x",
                recorded_by=datetime(2026, 3, 1, 8, tzinfo=UTC),
                achieved_by=date(2026, 2, 1),
            ),
            *("GET", "/v1/learners/la-x/balance"),
            {"recorded_by": "2026-03-01T08:00:00Z", "achieved_by": "2026-02-01"},
        ),
        (
            lambda bank: bank.registers("module", on="2026-01-01", every_version=True),
            *("GET", "/v1/registers/module", {"on": "2026-01-01", "all": "true"}),
        ),
        (lambda bank: bank.register("module", "a/b"), "GET", "/v1/registers/module/a%2Fb", {}),
        (
            lambda bank: bank.entries(after=0, limit=5),
            *("GET", "/v1/entries", {"after": "0", "limit": "5"}),
        ),
        (lambda bank: bank.entry(3), "GET", "/v1/entries/3", {}),
        (lambda bank: bank.batch("b"), "GET", "/v1/batches/b", {}),
        (lambda bank: bank.learner("la-x"), "GET", "/v1/learners/la-x", {}),
        (lambda bank: bank.outcomes(), "GET", "/v1/learners/me/outcomes", {}),
        (lambda bank: bank.export(), "GET", "/v1/learners/me/export", {}),
        (lambda bank: bank.access_log(), "GET", "/v1/learners/me/access-log", {}),
        (lambda bank: bank.grants(), "GET", "/v1/grants", {}),
        (lambda bank: bank.end_grant("g"), "DELETE", "/v1/grants/g", {}),
        (lambda bank: bank.close_session(), "DELETE", "/v1/sessions/current", {}),
        (lambda bank: bank.token_held(), "GET", "/v1/tokens/current", {}),
        (lambda bank: bank.erase("la-x"), "DELETE", "/v1/learners/la-x", {}),
        (lambda bank: bank.end_restriction("la-x"), "DELETE", "/v1/learners/la-x/restriction", {}),
    ],
)
def test_every_reading_has_its_address(
    ask: Callable[[BankClient], Any], method: str, path: str, query: dict[str, str]
) -> None:
    answer = {"lots": 0, "account": "la-x", "kind": "module", "id": "a/b"}
    answer |= {"org": "bank", "role": "desk", "expires_at": "2026-03-01T00:00:00Z"}
    handle, seen = answering(ok(BATCH if "batches" in path else answer))
    ask(client(handle))
    (request,) = seen
    assert (request.method, request.url.raw_path.decode().partition("?")[0]) == (method, path)
    assert dict(request.url.params) == query


BATCH = {
    **PLACE,
    "batch": "b",
    "org": "o",
    "items": 1,
    "recorded": 1,
    "replayed": 0,
    "refused_rows": [],
}


@pytest.mark.parametrize(
    ("ask", "method", "path", "body", "answer"),
    [
        (
            lambda bank: bank.correct(3, {"source_id": "c"}, reason="更正", reviewer="乙"),
            *("POST", "/v1/corrections"),
            {"index": 3, "reason": "更正", "outcome": {"source_id": "c"}, "reviewer": "乙"},
            POSTED,
        ),
        (
            lambda bank: bank.revoke(3, reason="误报", source_id="r"),
            *("POST", "/v1/revocations", {"index": 3, "reason": "误报", "source_id": "r"}),
            {**PLACE, "target": 3, "replayed": False},
        ),
        (
            lambda bank: bank.open_learner("passport", "E1", "张三", country="KAZ", phone="1"),
            *("POST", "/v1/learners"),
            {
                "document": {"kind": "passport", "number": "E1", "country": "KAZ"},
                "name": "张三",
                "phone": "1",
            },
            {"account": "la-x"},
        ),
        (
            lambda bank: bank.change_identity("la-x", name="李四"),
            *("POST", "/v1/learners/la-x/identity", {"name": "李四"}, {}),
        ),
        (
            lambda bank: bank.open_session(code="1", account="la-x"),
            *("POST", "/v1/sessions", {"account": "la-x", "code": "1"}),
            {"token": "t", "account": "la-x", "expires_at": "2026-03-01T00:00:00Z"},
        ),
        (
            lambda bank: bank.open_session(code="1", kind="passport", number="E1", country="KAZ"),
            *("POST", "/v1/sessions"),
            {"document": {"kind": "passport", "number": "E1", "country": "KAZ"}, "code": "1"},
            {"token": "t", "account": "la-x", "expires_at": "2026-03-01T00:00:00Z"},
        ),
        (
            lambda bank: bank.restrict("la-x", until=date(2026, 6, 1), reason="诉讼"),
            *("PUT", "/v1/learners/la-x/restriction"),
            {"until": "2026-06-01", "reason": "诉讼"},
            {},
        ),
        (
            lambda bank: bank.grant("91x", purpose="学分转换", until="2026-06-01"),
            *("POST", "/v1/grants"),
            {"org": "91x", "purpose": "学分转换", "until": "2026-06-01"},
            GRANT,
        ),
        (
            lambda bank: bank.publish_register("module", {"id": "m"}),
            *("POST", "/v1/registers/module", {"id": "m"}),
            {**PLACE, "kind": "module", "id": "m", "version": "1", "digest": "00"},
        ),
        (
            lambda bank: bank.post_batch([{"a": 1}], atomic=True, dry_run=True, file_digest="d"),
            *("POST", "/v1/batches"),
            {"items": [{"a": 1}], "atomic": True, "dry_run": True, "file_digest": "d"},
            {"items": 1, "recorded": 1, "replayed": 0, "refused": 0},
        ),
    ],
)
def test_every_writing_has_its_address_and_body(
    ask: Callable[[BankClient], Any], method: str, path: str, body: Any, answer: Any
) -> None:
    handle, seen = answering(ok(answer))
    ask(client(handle))
    (request,) = seen
    assert (request.method, request.url.path) == (method, path)
    assert json.loads(request.content) == body


def test_half_a_character_reaches_the_bank_escaped() -> None:
    handle, seen = answering(ok())
    client(handle).post_outcome({"source_id": "\ud800"})
    assert json.loads(seen[0].content) == {"source_id": "\ud800"}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        calls.balance(recorded_by=datetime.fromisoformat("2026-03-01T08:00"))


def test_a_member_of_a_newer_bank_is_kept() -> None:
    handle, _ = answering(ok(POSTED | {"receipt": "…"}))
    posted = client(handle).post_outcome({})
    assert posted.document() == POSTED | {"receipt": "…"}


def test_a_balance_tells_what_is_available_in_a_system() -> None:
    names = ("awarded", "available", "reserved", "consumed", "revoked", "expired")
    tally = dict.fromkeys(names, "1.50")
    handle, _ = answering(
        ok({"account": "la-x", "lots": 1, "systems": [{"system": "cn-16", "verified": tally}]})
    )
    balance = client(handle).balance()
    assert (balance.available("cn-16"), balance.available("cn-18")) == ("1.50", "0.00")


# --- problems -------------------------------------------------------------------------------------


def test_a_refusal_is_raised_with_slug_detail_and_members() -> None:
    handle, seen = answering(problem(409))
    with pytest.raises(BankProblem) as refused:
        client(handle).post_outcome({})
    error = refused.value
    assert (error.status, error.slug, error.title) == (409, "source-id-reused", PROBLEM["title"])
    assert error.members == {"where": "/source_id", "differs": "/stages/0"}
    assert str(error) == "流水号已用于其他内容: …"
    assert repr(error) == "BankProblem(409, 'source-id-reused')"
    assert len(seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, html="<h1>no</h1>"),
        httpx.Response(
            404, content=b"<", headers={"Content-Type": "application/problem+json; charset=utf-8"}
        ),
        httpx.Response(302, headers={"Location": "https://elsewhere.test/"}),
    ],
)
def test_an_answer_of_somebody_else_is_a_problem_without_a_slug(answer: httpx.Response) -> None:
    handle, seen = answering(answer)
    with pytest.raises(BankProblem) as refused:
        client(handle).bank()
    assert (refused.value.slug, refused.value.status) == ("", answer.status_code)
    assert str(refused.value).startswith("HTTP ")
    assert len(seen) == 1, "a redirection is not followed with the token"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<html>", "not_json"), (b"[]", "other_form"), (b'{"index":"x"}', "other_form")],
)
def test_an_answer_of_no_sense_is_refused_and_not_repeated(content: bytes, reason: str) -> None:
    handle, seen = answering(httpx.Response(200, content=content))
    with pytest.raises(AnswerUnreadable) as refused:
        client(handle).post_outcome({})
    assert refused.value.fields == {"request": "POST /v1/outcomes", "reason": reason}
    assert reason not in str(refused.value), "a code is put into words"
    assert refused.value.__context__ is None, "what pydantic says repeats the answer"
    assert len(seen) == 1


def test_an_untyped_answer_of_no_sense_is_refused_too() -> None:
    handle, _ = answering(httpx.Response(200, content=b"<html>"))
    with pytest.raises(AnswerUnreadable):
        client(handle).entry(1)
