"""Two colleges want one outcome: only one of them gets it, however they race."""

from __future__ import annotations

import asyncio

import pytest

from creditbank.domain.decisions import overdrawn
from creditbank.errors import CreditBankError
from creditbank.errors.decisions import ConversionMoved, ConversionNotMet
from creditbank.services import applying
from creditbank.services.actors import Poster
from creditbank.services.applying import Applied
from creditbank.services.converting import Question
from creditbank.storage import decision_reading
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank, open_test_bank
from tests.factories import completion


async def race(banks: list[TestBank], asked: list[Question]) -> list[object]:
    """Let learners' applications through the journals of several servers at once."""
    for bank in banks:
        bank.bank.journal.start()

    async def one(bank: TestBank, question: Question) -> Applied:
        who = scene.learner(bank, question.account)
        poster = Poster(who.token, who.org)
        return await applying.apply(bank.bank, who, poster, question, consent=None)

    works = [one(banks[place % len(banks)], question) for place, question in enumerate(asked)]
    try:
        return await asyncio.gather(*works, return_exceptions=True)
    finally:
        for bank in banks:
            await bank.bank.journal.close()


def holding(bank: TestBank, account: str) -> list[str]:
    """Return which rulebooks' decisions hold, after making sure that nothing is taken twice."""
    decisions = bank.database.read_sync(
        lambda connection: decision_reading.decisions_of(connection, account)
    )
    now = max(one.applied_at for one in decisions)
    assert overdrawn(decisions, now) == []
    return [one.rulebook for one in decisions if one.holds(now)]


@pytest.mark.parametrize("turn", range(2))
async def test_one_of_two_colleges_gets_the_outcome(bank: TestBank, turn: int) -> None:
    scene.publish_rulebooks(bank)
    other = open_test_bank(bank.database, bank.keys)  # a second server on the same database
    other.tokens = bank.tokens
    account = bank.post(completion(f"m-{turn}", 100 + turn)).account
    scene.learner(bank, account)
    books = [scene.TRANSFER, scene.OTHER_TRANSFER] * 3
    asked = [scene.question(account, book) for book in (books if turn % 2 else books[::-1])]
    answered = await race([bank, other], asked)
    won = [one for one in answered if isinstance(one, Applied)]
    lost = [one for one in answered if isinstance(one, CreditBankError)]
    assert len(won) == 1
    assert len(lost) == len(asked) - 1
    assert {type(one) for one in lost} <= {ConversionNotMet, ConversionMoved}
    assert len(holding(bank, account)) == 1
    bank.require_clean()


async def test_a_revocation_and_an_application_are_one_before_the_other(bank: TestBank) -> None:
    scene.publish_rulebooks(bank)
    for number in range(4):
        posted = bank.post(completion(f"r-{number}", 200 + number))
        given = scene.answered(bank, scene.question(posted.account))
        bank.revoke(f"x-{number}", posted.index)
        work = scene.application(bank, scene.question(posted.account), given=given)
        with pytest.raises(applying.Moved):
            bank.do(work)
    bank.require_clean()


async def test_a_rulebook_that_changed_meanwhile_decides_as_it_is_now(bank: TestBank) -> None:
    scene.publish_rulebooks(bank)
    account = bank.post(completion("m-1", 300)).account
    given = scene.answered(bank, scene.question(account))
    bank.publish("rulebook", scene.rulebook(version="2", valid_from="2026-02-01"))
    with pytest.raises(applying.Moved):
        bank.do(scene.application(bank, scene.question(account), given=given))
    applied = scene.apply(bank, scene.question(account))
    decision = bank.database.read_sync(
        lambda connection: decision_reading.decision(connection, applied.conversion)
    )
    assert decision is not None
    assert (decision.version, decision.owner) == ("2", COLLEGE)
