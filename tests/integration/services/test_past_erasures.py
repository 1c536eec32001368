"""Erasures of past days: covered by an entry and scrubbed from the files without anybody's help."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.api import context
from creditbank.api.app import create_app
from creditbank.config import Settings
from creditbank.ledger import canonical
from creditbank.ledger.entry import MAX_PART_BYTES
from creditbank.services import learners
from creditbank.services.learners import Erase, PublishErasures
from creditbank.storage import reading
from tests.banks import DESK, TestBank
from tests.factories import completion


def erase(bank: TestBank, number: int) -> None:
    account = bank.post(completion(f"s-{number}", number)).account
    bank.do(Erase(account, bank.tokens[DESK].id))


def kinds(bank: TestBank) -> list[str]:
    rows = bank.database.read_sync(lambda found: reading.entries_from(found, 0, 1000))
    return [row.act["kind"] for row in rows]


async def test_past_days_are_covered_by_one_entry_and_today_is_not(bank: TestBank) -> None:
    bank.bank.journal.start()
    assert await learners.cover_erasures(bank.bank) is None
    erase(bank, 1)
    erase(bank, 2)
    bank.write("UPDATE erasures SET day = ?", "2026-01-02")
    erase(bank, 3)
    recorded = await learners.cover_erasures(bank.bank)
    assert recorded is not None
    assert recorded.index == bank.size - 1
    assert await learners.cover_erasures(bank.bank) is None
    assert kinds(bank).count("erasure/1") == 1
    await bank.bank.close()
    bank.require_clean()


def test_more_than_an_entry_holds_make_several_in_one_commit(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = {"kind": "erasure/1", "erased": ["f" * 64] * learners.ERASURES_MAX}
    assert len(canonical.encode(full)) < MAX_PART_BYTES - 1024
    monkeypatch.setattr(learners, "ERASURES_MAX", 2)
    for number in range(1, 6):
        erase(bank, number)
    commits = len(bank.rows()["commits"])
    recorded = bank.do(PublishErasures(through_today=True))
    assert recorded.index == bank.size - 1
    rows = bank.database.read_sync(lambda found: reading.entries_from(found, bank.size - 3, 3))
    assert [len(row.act["erased"]) for row in rows] == [2, 2, 1]
    assert len(bank.rows()["commits"]) == commits + 1
    assert bank.do(PublishErasures(through_today=True)) is None
    bank.require_clean()


async def test_a_server_covers_them_by_itself_and_scrubs_first(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the server that erased had ended before it could scrub."""
    monkeypatch.setattr(context, "FIRST_CARE_SECONDS", 0)
    scrubbed: list[int] = []
    scrub, cover = learners.scrub, learners.cover_erasures
    covered = asyncio.Event()

    def watched(database: Any) -> None:
        scrubbed.append(bank.size)
        scrub(database)

    async def told(of: Any) -> Any:
        recorded = await cover(of)
        covered.set()
        return recorded

    monkeypatch.setattr(learners, "scrub", watched)
    monkeypatch.setattr(learners, "cover_erasures", told)
    erase(bank, 1)
    bank.write("UPDATE erasures SET day = ?", "2026-01-02")
    size = bank.size
    app = create_app(Settings(public_url="https://bank.test"), bank.bank)
    async with app.router.lifespan_context(app):
        await asyncio.wait_for(covered.wait(), 30)
    assert scrubbed == [size]
    assert kinds(bank)[-1] == "erasure/1"
    await bank.bank.close()
    bank.require_clean()
