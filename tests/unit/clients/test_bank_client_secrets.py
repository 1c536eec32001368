"""The SDK: which addresses it speaks to, and that it keeps secrets to itself."""

from __future__ import annotations

import logging

import httpx
import pytest

from creditbank.clients import calls
from creditbank.clients.bank import BankClient
from creditbank.errors.clients import (
    AddressInvalid,
    AddressUnsafe,
    TokenInvalid,
)
from tests.unit.clients.canned import (
    ADDRESS,
    TOKEN,
    answering,
    client,
    ok,
)


@pytest.mark.parametrize("address", ["", "bank.test", "ftp://bank.test", "https://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(AddressInvalid):
        BankClient(address)


def test_plain_http_to_another_machine_has_to_be_allowed() -> None:
    with pytest.raises(AddressUnsafe) as refused:
        BankClient("http://bank.test", TOKEN)
    assert refused.value.fields == {"host": "bank.test"}
    BankClient("http://bank.test", TOKEN, allow_http=True).close()
    for here in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000/"):
        BankClient(here, TOKEN).close()


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "令牌"])
def test_a_token_that_is_none_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(TokenInvalid) as refused:
        BankClient(ADDRESS, token)
    assert refused.value.fields == {"reason": "token_form"}


def test_no_secret_is_in_a_representation_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = {"token": "learner-secret", "account": "la-x", "expires_at": "x"}
    handle, _ = answering(httpx.ConnectError("x"), ok(answer), ok({"code": "87654321"} | answer))
    bank = client(handle)
    session = bank.open_session(code="12345678", account="la-x")
    code = bank.issue_code("la-x")
    learner, _ = answering(
        ok(
            {
                "account": "la-x",
                "identities": [{"kind": "passport", "number": "E**", "name": "张三"}],
            }
        )
    )
    identity = client(learner).learner("la-x")
    call = calls.open_session(code="12345678", kind="passport", number="E12345678")
    shown = f"{bank!r} {vars(bank)!r} {session!r} {code!r} {identity!r} {call!r} {caplog.text}"
    for secret in (TOKEN, "learner-secret", "12345678", "87654321", "E12345678", "张三"):
        assert secret not in shown


def test_a_password_in_the_address_is_masked() -> None:
    assert "geheim" not in repr(BankClient("https://user:geheim@bank.test"))
