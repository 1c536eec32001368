"""Faults at every point of a write: what was answered is recorded once, what was not may be sent
again, and the ledger is sound in every case.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.domain.access import Role
from creditbank.errors.recording import TooFewHours
from creditbank.errors.storage import StorageUnavailable
from creditbank.services.batching import BatchAnswer
from creditbank.services.granting import EndGrant, GrantAccess, Granted
from creditbank.services.identifying import Claim
from creditbank.services.learners import (
    ChangeIdentity,
    Erase,
    IdentityChange,
    OpenAccount,
    Opened,
    PublishErasures,
    Restrict,
)
from creditbank.services.posting import Posted
from creditbank.services.registering import PublishedVersion, PublishRegister
from creditbank.services.revoking import Revoked, RevokeOutcome
from creditbank.storage import book, database, loading, views
from creditbank.storage.book import Recorded
from creditbank.storage.journal import Journal, Work
from creditbank.storage.tables import EntryRow, table_of
from tests import factories
from tests.banks import AUTHORITY, COLLEGE, DESK, NOTICE, TestBank
from tests.factories import certificate, completion, study

OUTAGE = "outage"  # the database did not answer
REFUSAL = "refusal"  # the database says no
SURPRISE = "surprise"  # nobody foresaw it


def fault(kind: str, bank: TestBank) -> Exception:
    """Return an error as the database of this bank, or a bug, would raise it."""
    if kind == SURPRISE:
        return ZeroDivisionError("an error that nobody foresaw")
    driver: Any = sqlite3 if bank.database.is_sqlite else psycopg
    if kind == OUTAGE:
        return sa.exc.OperationalError("…", {}, driver.OperationalError("it went away"))
    return sa.exc.InternalError("…", {}, driver.InternalError("it failed inside"))


@dataclass(slots=True)
class Points:
    """The points of a write in the order in which they are passed, and a fault at one of them.

    A point is a table that is written to, the head that moves, or the commit; each has a `before`
    and an `after`. The fault strikes at its point as often as `times` says.
    """

    strike: tuple[str, str] | None = None
    error: Exception | None = None
    times: int = 1
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def reach(self, *point: str) -> None:
        name, side = point
        self.passed[name, side] += 1
        if (name, side) == self.strike and self.times > 0 and self.error is not None:
            self.times -= 1
            raise self.error

    def around(self, name: str, call: Callable[[], None]) -> None:
        self.reach(name, "before")
        call()
        self.reach(name, "after")


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Points:
    """The points of every write of this test."""
    found = Points()
    insert_rows, move_head, commit = database.insert_rows, loading.move_head, database.commit

    def insert(
        connection: sa.Connection, row: type[SQLModel], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        if rows:
            name = table_of(row).name
            found.around(name, lambda: insert_rows(connection, row, rows))

    for module in (book, loading, views):
        monkeypatch.setattr(module, "insert_rows", insert)
    monkeypatch.setattr(
        loading,
        "move_head",
        lambda connection, **how: found.around("head", lambda: move_head(connection, **how)),
    )
    monkeypatch.setattr(
        database, "commit", lambda connection: found.around("commit", lambda: commit(connection))
    )
    return found


@pytest.fixture
async def journal(bank: TestBank) -> AsyncIterator[Journal]:
    """The bank's journal, started at the first submission of a group."""
    yield bank.bank.journal
    await bank.bank.close()


async def submit(journal: Journal, works: Sequence[Work]) -> list[Any]:
    """Return what becomes of works that arrive together."""
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    if not journal.is_running:
        journal.start()
    return await asyncio.gather(*waiting, return_exceptions=True)


def group(bank: TestBank, turn: int) -> list[Work]:
    """Return works that together pass every point, about other people and things each turn."""
    poster = replace(bank.poster(), operator=f"经办{turn}")
    first = 10 * turn
    batch = [
        completion(f"b-{first + 1}", first + 1),
        completion(f"b-{first + 2}", first + 2, study("1.00")),
        certificate(f"b-{first + 3}", first + 3),
    ]
    institution = factories.institution(factories.organisation_code(100 + turn))
    authority = bank.poster(AUTHORITY)
    return [
        bank.intake.outcome(completion(f"s-{first + 4}", first + 4), poster),
        bank.intake.batch(batch, poster),
        bank.intake.outcome(completion(f"s-{first + 5}", first + 5, study("1.00")), poster),
        PublishRegister("institution", institution, authority, bank.bank.keyring),
    ]


ENTRIES = 8  # of that group: three accounts and their outcomes, a batch, a register
POINTS = (
    *("secrets", "documents", "entries", "accounts", "account_entries", "outcomes"),
    *("certificates", "batches", "batch_items", "registers", "identities", "actors"),
    *("head", "commits", "commit"),
)


def check_answers(bank: TestBank, answers: Sequence[Any]) -> None:
    """Make sure that each answer of the group is what is recorded."""
    hashes = {row[0]: row[3] for row in bank.rows(EntryRow)["entries"]}
    posted, batch, refused, published = answers
    assert type(refused) is TooFewHours
    assert isinstance(batch, BatchAnswer)
    assert batch.index in hashes
    results = [one for one in batch.results if isinstance(one, Posted)]
    assert [type(one) for one in batch.results] == [Posted, TooFewHours, Posted]
    for one in (posted, *results, published):
        assert hashes[one.index] == one.leaf_hash


async def test_the_group_passes_every_point(
    bank: TestBank, journal: Journal, points: Points
) -> None:
    """So that each of the faults below strikes indeed."""
    size = bank.size
    check_answers(bank, await submit(journal, group(bank, 1)))
    assert {name for name, _ in points.passed} == set(POINTS)
    assert points.passed["commit", "before"] == 1
    assert bank.size == size + ENTRIES
    bank.require_clean()


@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_fault_at_any_point_loses_and_doubles_nothing(
    bank: TestBank, journal: Journal, points: Points, side: str
) -> None:
    """The group is rolled back, or was committed without anybody knowing; each is tried alone."""
    strikes = [(name, OUTAGE) for name in POINTS]
    strikes += [(name, kind) for name in ("entries", "commit") for kind in (REFUSAL, SURPRISE)]
    for turn, (name, kind) in enumerate(strikes, start=1):
        size = bank.size
        points.strike, points.error, points.times = (name, side), fault(kind, bank), 1
        answers = await submit(journal, group(bank, turn))
        assert points.times == 0, (name, kind)
        check_answers(bank, answers)
        assert bank.size == size + ENTRIES, (name, kind)
    bank.require_clean()


@pytest.mark.parametrize("point", [("entries", "before"), ("commit", "before")])
async def test_an_outage_that_lasts_leaves_nothing_and_is_told_to_all(
    bank: TestBank, journal: Journal, points: Points, point: tuple[str, str]
) -> None:
    before = bank.rows()
    points.strike, points.error, points.times = point, fault(OUTAGE, bank), 99
    answers = await submit(journal, group(bank, 1))
    assert [type(one) for one in answers] == [StorageUnavailable] * 4
    assert points.times == 97  # the group, and its first member alone
    assert bank.rows() == before
    points.times = 0
    check_answers(bank, await submit(journal, group(bank, 1)))
    bank.require_clean()


async def test_commits_whose_outcome_stays_unknown_are_found_when_sent_again(
    bank: TestBank, journal: Journal, points: Points
) -> None:
    """Everybody is told that it is not known; sent again, everybody gets the original."""
    size = bank.size
    points.strike, points.error, points.times = ("commit", "after"), fault(OUTAGE, bank), 99
    works = group(bank, 1)
    answers = await submit(journal, works)
    assert [type(one) for one in answers] == [StorageUnavailable] * 4
    assert bank.size == size + ENTRIES
    points.times = 0
    again = await submit(journal, works)
    check_answers(bank, again)
    assert [again[0].replayed, again[3].replayed] == [True, True]
    assert bank.size == size + ENTRIES
    bank.require_clean()


# --- every kind of work, alone --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alone:
    """A work whose commit takes place without anybody knowing; `answer` is what it must say."""

    make: Callable[[TestBank, str, int], Work]
    answer: type[Any]
    entries: int
    index_of: Callable[[Any], int | None] = lambda answer: int(answer.index)


def _posting(bank: TestBank, account: str, number: int) -> Work:
    return bank.intake.outcome(completion(f"s-{number}", number + 1), bank.poster())


def _correction(bank: TestBank, account: str, number: int) -> Work:
    index = bank.size - 1
    return bank.intake.correction(
        completion(f"k-{number}", number), bank.poster(), index=index, reason="误"
    )


def _revocation(bank: TestBank, account: str, number: int) -> Work:
    return RevokeOutcome(bank.revocation(f"r-{number}", bank.size - 1), bank.poster())


def _batch(bank: TestBank, account: str, number: int) -> Work:
    items = [
        completion(f"b-{number}", number + 1),
        completion(f"c-{number}", number + 2, study("1.00")),
    ]
    return bank.intake.batch(items, bank.poster())


def _atomic(bank: TestBank, account: str, number: int) -> Work:
    return bank.intake.batch([completion(f"b-{number}", number + 1)], bank.poster(), atomic=True)


def _register(bank: TestBank, account: str, number: int) -> Work:
    document = factories.institution(factories.organisation_code(100 + number))
    return PublishRegister("institution", document, bank.poster(AUTHORITY), bank.bank.keyring)


def _opening(bank: TestBank, account: str, number: int) -> Work:
    return OpenAccount(
        Claim.of(factories.learner(number + 1), bank.bank.keyring), bank.poster(DESK), NOTICE
    )


def _identity(bank: TestBank, account: str, number: int) -> Work:
    document = {"kind": "passport", "number": f"E{number:08d}", "country": "KAZ"}
    claim = Claim.by_document(document, bank.bank.keyring)
    return ChangeIdentity(account, IdentityChange(claim, name="新名"), bank.poster(DESK))


def _restriction(bank: TestBank, account: str, number: int) -> Work:
    return Restrict(account, "2199-01-01", "行政复议", bank.poster(DESK))


def _learner(bank: TestBank, account: str) -> str:
    return bank.token("bank", Role.LEARNER, account=account).id


def _grant(bank: TestBank, account: str, number: int) -> Work:
    until = int(time.time()) + 3600
    return GrantAccess(account, COLLEGE, "转学分", until, _learner(bank, account))


def _grant_end(bank: TestBank, account: str, number: int) -> Work:
    grant = bank.do(_grant(bank, account, number)).grant
    return EndGrant(account, grant, _learner(bank, account))


def _erasure(bank: TestBank, account: str, number: int) -> Work:
    return Erase(account, bank.tokens[DESK].id)


def _own_erasure(bank: TestBank, account: str, number: int) -> Work:
    """By the learner, whose token is erased too."""
    return Erase(account, _learner(bank, account))


ALONE = {
    "posting": Alone(_posting, Posted, 2),
    "correction": Alone(_correction, Posted, 2),
    "revocation": Alone(_revocation, Revoked, 1, lambda answer: int(answer.recorded.index)),
    "batch": Alone(_batch, BatchAnswer, 3),
    "atomic batch": Alone(_atomic, BatchAnswer, 3),
    "register": Alone(_register, PublishedVersion, 1),
    "opening": Alone(_opening, Opened, 1, lambda _: None),
    "identity": Alone(_identity, Recorded, 1),
    "restriction": Alone(_restriction, Recorded, 1),
    "grant": Alone(_grant, Granted, 1, lambda answer: int(answer.recorded.index)),
    "end of a grant": Alone(_grant_end, Granted, 1, lambda answer: int(answer.recorded.index)),
    "erasure": Alone(_erasure, str, 0, lambda _: None),
    "erasure by the learner": Alone(_own_erasure, str, 0, lambda _: None),
}


@pytest.mark.parametrize("kind", [OUTAGE, REFUSAL])
async def test_a_work_that_was_committed_unknown_to_all_gets_its_answer(
    bank: TestBank, journal: Journal, points: Points, kind: str
) -> None:
    for turn, (name, alone) in enumerate(ALONE.items(), start=1):
        account = bank.post(completion(f"first-{turn}", 10 * turn)).account
        work = alone.make(bank, account, 10 * turn)
        size = bank.size
        points.strike, points.error, points.times = ("commit", "after"), fault(kind, bank), 1
        (answer,) = await submit(journal, [work])
        assert points.times == 0
        assert type(answer) is alone.answer, (name, answer)
        index = alone.index_of(answer)
        assert index is None or index == bank.size - 1, name
        assert bank.size == size + alone.entries, name
        (again,) = await submit(journal, [work])  # and so does a client that lost the answer
        assert type(again) is alone.answer, (name, again)
        assert alone.index_of(again) == index, name
        assert bank.size == size + alone.entries, name
    bank.require_clean()


async def test_a_work_that_was_not_committed_is_tried_again(
    bank: TestBank, journal: Journal, points: Points
) -> None:
    for turn, (name, alone) in enumerate(ALONE.items(), start=1):
        account = bank.post(completion(f"first-{turn}", 10 * turn)).account
        work = alone.make(bank, account, 10 * turn)
        size = bank.size
        points.strike, points.error, points.times = ("commit", "before"), fault(OUTAGE, bank), 1
        (answer,) = await submit(journal, [work])
        assert type(answer) is alone.answer, (name, answer)
        assert bank.size == size + alone.entries, name
    bank.require_clean()


async def test_erasures_published_unknown_to_all_are_covered_once(
    bank: TestBank, journal: Journal, points: Points
) -> None:
    bank.do(Erase(bank.post(completion("s-1", 1)).account, bank.tokens[DESK].id))
    size = bank.size
    points.strike, points.error, points.times = ("commit", "after"), fault(OUTAGE, bank), 1
    await submit(journal, [PublishErasures(through_today=True)])
    assert bank.size == size + 1
    bank.require_clean()


async def test_a_surprise_is_told_and_what_was_committed_is_found_again(
    bank: TestBank, journal: Journal, points: Points
) -> None:
    """It is not tried again by itself, since it is a bug; the client may."""
    size = bank.size
    points.strike, points.error, points.times = ("commit", "after"), fault(SURPRISE, bank), 1
    work = _posting(bank, "", 1)
    (told,) = await submit(journal, [work])
    assert type(told) is ZeroDivisionError
    assert bank.size == size + 2
    (again,) = await submit(journal, [work])
    assert again.replayed
    assert bank.size == size + 2
    bank.require_clean()
