"""What serving status lists costs: anybody may ask for one, as often as they like."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from creditbank.credentials.did import web_did
from creditbank.services import statuses
from creditbank.services.credential_keys import Signers
from creditbank.services.learners import Erase, PublishErasures
from creditbank.services.statuses import ListName, StatusLists
from creditbank.storage import loading, vault
from tests.banks import DESK, TestBank
from tests.factories import completion
from tests.histories import ISSUING, certify

MESSAGES = ListName("message", 1)


class Counted:
    """How often something is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
        self.count, self._call = 0, getattr(where, name)
        monkeypatch.setattr(where, name, self)

    def __call__(self, *arguments: Any) -> Any:
        self.count += 1
        return self._call(*arguments)


def erase(bank: TestBank, account: str) -> None:
    bank.do(Erase(account, bank.tokens[DESK].id))
    bank.do(PublishErasures(through_today=True))


def lists_of(bank: TestBank) -> StatusLists:
    keys: Path = bank.keys
    return StatusLists(bank.bank, ISSUING, Signers(keys, web_did(ISSUING.site)))


@pytest.fixture
def crowded(bank: TestBank) -> list[str]:
    """Return the accounts of six certified learners, the first of whom was erased."""
    accounts = [bank.post(completion(f"s-{number}", number)).account for number in range(6)]
    for account in accounts:
        certify(bank, account)
    erase(bank, accounts[0])
    return accounts


async def test_who_was_erased_is_looked_up_once_for_each_erasure_entry(
    bank: TestBank, crowded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = Counted(monkeypatch, vault, "key_digest")
    lists = lists_of(bank)
    first = await lists.get(MESSAGES)
    assert digests.count == len(crowded)
    certify(bank, bank.post(completion("s-9", 9)).account)  # the log grows
    second = await lists.get(MESSAGES)
    now = bank.database.read_sync(lambda found: loading.read_head(found).now)
    await lists.get(MESSAGES, now)
    assert digests.count == len(crowded)
    assert first["credentialSubject"] == second["credentialSubject"]  # type: ignore[index]
    erase(bank, crowded[1])
    digests.count = 0
    third = await lists.get(MESSAGES)
    assert digests.count == len(crowded) + 1
    assert third["credentialSubject"] != second["credentialSubject"]  # type: ignore[index]


async def test_a_list_is_made_once_for_all_who_ask_at_the_same_moment(
    bank: TestBank, crowded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Counted(monkeypatch, statuses, "read_marks")
    lists = lists_of(bank)
    answers = await asyncio.gather(*(lists.get(MESSAGES) for _ in range(8)))
    assert made.count == 1
    assert all(one == answers[0] for one in answers)


async def test_a_past_list_is_kept_whatever_the_log_grows_to(
    bank: TestBank, crowded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = bank.database.read_sync(lambda found: loading.read_head(found).at)
    bank.write("UPDATE status_positions SET at = ?", start - 100)
    made = Counted(monkeypatch, statuses, "read_marks")
    lists = lists_of(bank)
    past = await lists.get(MESSAGES, start - 50)
    certify(bank, bank.post(completion("s-9", 9)).account)
    assert await lists.get(MESSAGES, start - 50) == past
    assert made.count == 1
    monkeypatch.setattr(statuses, "_KEPT_MAX", 4)
    for back in range(10):
        await lists.get(MESSAGES, start - 40 - back)
    assert len(lists._kept) == 4
