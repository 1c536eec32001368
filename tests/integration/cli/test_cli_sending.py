"""What is sent of a sheet, and what is said when it goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import httpx
import pytest

from creditbank.cli import remote
from creditbank.cli.sending import send
from creditbank.clients.bank import BankClient, BankProblem
from creditbank.clients.sheets import Sheet, read_sheet
from creditbank.errors.cli import AtomicTooLarge
from tests.unit.clients.sheet_files import HEADINGS, csv_text, row

SHEET = read_sheet(csv_text([HEADINGS, *(row(number) for number in range(1, 6))]).encode())


def bank_that(answers: Callable[[int, int], httpx.Response]) -> BankClient:
    """Return a client of a bank that answers the n-th batch of so many items so."""
    seen: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(len(json.loads(request.content)["items"]))
        return answers(len(seen), seen[-1])

    return BankClient("https://bank.test", "t", transport=httpx.MockTransport(handle))


def recorded(items: int) -> httpx.Response:
    counts = {"items": items, "recorded": items, "replayed": 0, "refused": 0}
    return httpx.Response(200, json={**counts, "results": []})


def test_a_sheet_that_fails_half_way_says_what_was_answered_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answers(number: int, items: int) -> httpx.Response:
        return recorded(items) if number == 1 else httpx.Response(500)

    with bank_that(answers) as bank, pytest.raises(BankProblem):
        send(bank, SHEET, chunk=3)
    assert "3" in capsys.readouterr().err
    with bank_that(lambda _number, _items: httpx.Response(500)) as bank, pytest.raises(BankProblem):
        send(bank, SHEET, chunk=3)
    assert capsys.readouterr().err == "", "nothing was answered before"


def test_a_whole_is_not_sent_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def answers(_number: int, items: int) -> httpx.Response:
        sizes.append(items)
        return recorded(items)

    with bank_that(answers) as bank:
        assert send(bank, SHEET, chunk=2, atomic=True).counts["recorded"] == 5
        monkeypatch.setattr("creditbank.cli.sending.CHUNK_MAX", 4)
        with pytest.raises(AtomicTooLarge) as refused:
            send(bank, SHEET, atomic=True)
    assert sizes == [5]
    assert refused.value.fields == {"rows": 5, "rows_max": 4}


def test_an_empty_sheet_is_not_sent() -> None:
    empty: Sheet = read_sheet(csv_text([HEADINGS]).encode())
    with bank_that(lambda _number, _items: httpx.Response(500)) as bank:
        assert send(bank, empty).counts == {"rows": 0, "recorded": 0, "replayed": 0, "refused": 0}


@pytest.mark.parametrize(("seconds", "said"), [(0.4, False), (3.2, True)])
def test_a_wait_that_somebody_notices_is_explained(
    seconds: float, said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    remote._remark_retry(SimpleNamespace(wait_for=seconds))
    assert ("3" in capsys.readouterr().err) is said
