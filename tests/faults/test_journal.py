"""The journal under load: groups, order, neighbours, clocks, and what is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from creditbank.errors.recording import BatchRefused, TooFewHours
from creditbank.errors.storage import ClockOff, Overloaded
from creditbank.services.batching import RolledBack
from creditbank.services.posting import Posted
from creditbank.storage import database as database_module
from creditbank.storage.book import Book, Needs
from creditbank.storage.database import Database
from creditbank.storage.journal import Journal, Recorder, Work, record_now
from creditbank.storage.sealing import Draft
from creditbank.storage.tables import CommitRow, EntryRow
from tests.banks import ASSESSOR, TestBank, open_test_bank, refusal_of
from tests.factories import achievement, assessment, completion, study, training


@pytest.fixture
async def journal(bank: TestBank) -> AsyncIterator[Journal]:
    """The bank's journal, not yet started; closed with the bank afterwards."""
    yield bank.bank.journal
    await bank.bank.close()


def posting(bank: TestBank, number: int) -> Work:
    return bank.intake.outcome(completion(f"s-{number}", number), bank.poster())


def commits(bank: TestBank) -> list[tuple[Any, ...]]:
    return bank.rows(CommitRow)["commits"]


async def answers(journal: Journal, works: list[Work]) -> list[Any]:
    """Return what becomes of works that all wait when the journal starts."""
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    assert journal.waiting_items == sum(work.items for work in works)
    journal.start()
    return await asyncio.gather(*waiting, return_exceptions=True)


# --- groups ---------------------------------------------------------------------------------------


async def test_many_at_once_are_all_answered_and_committed_together(
    bank: TestBank, journal: Journal
) -> None:
    size, before = bank.size, len(commits(bank))
    journal.start()
    posted = await asyncio.gather(
        *(journal.submit(posting(bank, number)) for number in range(1, 65))
    )
    await bank.bank.close()
    assert sorted(one.index for one in posted) == list(range(size + 1, size + 128, 2))
    assert len({one.account for one in posted}) == 64
    assert bank.size == size + 128
    assert 1 <= len(commits(bank)) - before <= 8
    bank.require_clean()


async def test_submissions_of_many_about_one_learner_are_ordered(
    bank: TestBank, journal: Journal
) -> None:
    """Each sees the earlier ones of its group: one account, one outcome, one credit."""
    works: list[Work] = [
        bank.intake.outcome(completion("s-1", 1, study()), bank.poster()),
        bank.intake.outcome(completion("s-2", 1, training()), bank.poster()),
        bank.intake.outcome(completion("a-1", 1, assessment()), bank.poster(ASSESSOR)),
        bank.intake.outcome(completion("a-1", 1, assessment()), bank.poster(ASSESSOR)),
    ]
    first, second, third, again = await answers(journal, works)
    await bank.bank.close()
    assert [one.awarded is None for one in (first, second, third)] == [True, True, False]
    assert first.account == third.account
    assert again.replayed
    assert again.index == third.index
    bank.require_clean()


async def test_a_group_takes_no_more_than_its_items(bank: TestBank) -> None:
    before = len(commits(bank))
    journal = Journal(bank.database, bank.bank.recorder, group_items_max=2)
    batch = bank.intake.batch([completion(f"b-{n}", n) for n in (21, 22, 23)], bank.poster())
    works = [*(posting(bank, number) for number in range(1, 6)), batch]
    posted = await answers(journal, works)
    await journal.close()
    assert posted[-1].count("recorded") == 3
    assert len(commits(bank)) - before == 4  # two, two, one, and the batch by itself
    bank.require_clean()


@pytest.mark.parametrize("how", ["dry_run", "atomic"])
async def test_what_may_be_rolled_back_costs_its_neighbours_nothing(
    bank: TestBank, journal: Journal, how: str
) -> None:
    """It has a group of its own, so that nobody else's work is done twice."""
    size, before = bank.size, len(commits(bank))
    items = [completion("b-1", 21), completion("b-2", 22, study("1.00"))]
    undone = bank.intake.batch(
        items, bank.poster(), dry_run=how == "dry_run", atomic=how == "atomic"
    )
    works: list[Work] = [posting(bank, 1), posting(bank, 2), undone, posting(bank, 3)]
    told = await answers(journal, [*works, bank.intake.outcome(items[0], bank.poster())])
    await bank.bank.close()
    assert [type(one) for one in told] == [
        *(Posted, Posted, RolledBack if how == "dry_run" else BatchRefused, Posted, Posted)
    ]
    assert told[4].replayed is False  # the same learner and source id as the row that was undone
    assert bank.size == size + 8
    assert len(commits(bank)) == before + 2
    bank.require_clean()


async def test_the_head_that_comes_with_an_answer_is_that_of_its_commit(
    bank: TestBank, journal: Journal
) -> None:
    journal.start()
    posted, size, root = await journal.submit_with_head(posting(bank, 1))
    again, size_again, root_again = await journal.submit_with_head(posting(bank, 1))
    await bank.bank.close()
    assert posted.index < size == bank.size
    assert (size, root) in {(row[0], row[2]) for row in commits(bank)}
    assert again.replayed
    assert (size_again, root_again) == (size, root)


async def test_works_that_record_nothing_move_nothing(bank: TestBank, journal: Journal) -> None:
    bank.post(completion("s-1", 1))
    before = bank.rows()
    refused = bank.intake.outcome(completion("s-2", 2, study("1.00")), bank.poster())
    replayed, refusal = await answers(journal, [posting(bank, 1), refused])
    await bank.bank.close()
    assert replayed.replayed
    assert type(refusal) is TooFewHours
    assert bank.rows() == before


# --- answers --------------------------------------------------------------------------------------


async def test_nobody_is_answered_before_the_commit(
    bank: TestBank, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[asyncio.Task[Any]] = []
    done_at_commit: list[tuple[str, int]] = []
    commit = database_module.commit

    def watched(connection: sa.Connection) -> None:
        done_at_commit.append(("before", sum(task.done() for task in waiting)))
        commit(connection)
        done_at_commit.append(("after", sum(task.done() for task in waiting)))

    monkeypatch.setattr(database_module, "commit", watched)
    refused = bank.intake.outcome(completion("s-9", 9, study("1.00")), bank.poster())
    works = [posting(bank, 1), refused, posting(bank, 2)]
    waiting += [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    journal.start()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    await bank.bank.close()
    assert done_at_commit == [("before", 0), ("after", 0)]
    assert [type(one) for one in told] == [Posted, TooFewHours, Posted]


async def test_who_hangs_up_does_not_take_back_what_was_posted(
    bank: TestBank, journal: Journal
) -> None:
    gone = asyncio.create_task(journal.submit(posting(bank, 1)))
    refused = bank.intake.outcome(completion("s-9", 9, study("1.00")), bank.poster())
    gone_too = asyncio.create_task(journal.submit(refused))
    stays = asyncio.create_task(journal.submit(posting(bank, 2)))
    await asyncio.sleep(0)
    gone.cancel()
    gone_too.cancel()
    journal.start()
    posted = await stays
    await bank.bank.close()
    assert bank.post(completion("s-1", 1)).replayed
    assert posted.index == bank.size - 1
    bank.require_clean()


async def test_too_much_waiting_is_refused_and_what_waits_is_written(bank: TestBank) -> None:
    journal = Journal(bank.database, bank.bank.recorder, waiting_items_max=3)
    batch = bank.intake.batch([completion(f"b-{n}", n) for n in (21, 22)], bank.poster())
    waiting = [asyncio.create_task(journal.submit(work)) for work in (posting(bank, 1), batch)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await journal.submit(posting(bank, 2))
    journal.start()
    await asyncio.gather(*waiting)
    assert (await journal.submit(posting(bank, 2))).awarded is not None
    await journal.close()
    with pytest.raises(Overloaded):
        await journal.submit(posting(bank, 3))
    assert journal.waiting_items == 0
    bank.require_clean()


async def test_closing_writes_what_waits(bank: TestBank, journal: Journal) -> None:
    waiting = [asyncio.create_task(journal.submit(posting(bank, n))) for n in range(1, 5)]
    await asyncio.sleep(0)
    journal.start()
    await bank.bank.close()
    assert [(await one).replayed for one in waiting] == [False] * 4
    assert not journal.is_running
    bank.require_clean()


# --- neighbours -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Bad:
    """A work that fails in a way that nobody foresaw."""

    fail: Callable[[Book], Any]
    needs: Needs = field(default_factory=Needs)
    items: int = 1

    def decide(self, book: Book) -> Any:
        return self.fail(book)


def _raise_at_once(book: Book) -> Any:
    raise ZeroDivisionError


def _raise_after_changes(book: Book) -> Any:
    book.record(_draft(book, {"x": "y"}))
    book.open_account("la-" + "b" * 16)
    raise ZeroDivisionError


def _record_what_cannot_be_written(book: Book) -> Any:
    return book.record(_draft(book, {"x": object()}))


def _record_twice(book: Book) -> Any:
    """Two entries under one source id: the database refuses the whole group."""
    book.record(_draft(book, {"x": "1"}))
    return book.record(_draft(book, {"x": "2"}))


def _wrong_statement(book: Book) -> Any:
    book.add_statement(sa.text("SELECT nothing FROM nowhere"))


def _draft(book: Book, act: dict[str, Any]) -> Draft:
    return Draft("test/1", "bank", book.keyring.source("bank:test", "bad"), act)


BAD = {
    "raises": (_raise_at_once, ZeroDivisionError),
    "raises after changes": (_raise_after_changes, ZeroDivisionError),
    "cannot be written": (_record_what_cannot_be_written, Exception),
    "breaks a key": (_record_twice, sa.exc.IntegrityError),
    "wrong statement": (_wrong_statement, Exception),
}


@pytest.mark.parametrize("name", BAD)
async def test_one_bad_work_never_fails_its_neighbours(
    bank: TestBank, journal: Journal, name: str
) -> None:
    fail, error = BAD[name]
    size = bank.size
    works = [posting(bank, 1), Bad(fail), posting(bank, 2), Bad(fail), posting(bank, 3)]
    told = await answers(journal, works)
    assert [isinstance(one, Posted) for one in told] == [True, False, True, False, True]
    assert isinstance(told[1], error)
    assert isinstance(told[3], error)
    assert bank.size == size + 6
    # and the journal goes on
    assert (await journal.submit(posting(bank, 4))).awarded is not None
    await bank.bank.close()
    bank.require_clean()


async def test_a_bad_work_alone_is_told_what_failed(bank: TestBank, journal: Journal) -> None:
    before = bank.rows()
    (told,) = await answers(journal, [Bad(_raise_after_changes)])
    assert type(told) is ZeroDivisionError
    await bank.bank.close()
    assert bank.rows() == before


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [-10, -3.5, 3.5, 10])
def test_a_clock_that_is_off_stops_writes_and_leaves_nothing(bank: TestBank, off: float) -> None:
    """More than two seconds between the server's clock and the database's."""
    recorder = Recorder(bank.bank.keyring, now=lambda: time.time() + off)
    before = bank.rows()
    refusal = refusal_of(lambda: record_now(bank.database, recorder, posting(bank, 1)), ClockOff)
    assert refusal.fields["tolerance"] == 2
    assert 3 <= refusal.fields["seconds"] <= 11
    assert bank.rows() == before
    assert not bank.post(completion("s-1", 1)).replayed


def _shifted(off: float) -> float:
    return time.time() + off


def test_a_clock_that_is_off_a_little_is_borne(bank: TestBank) -> None:
    for number, off in enumerate((-1, 1)):
        recorder = Recorder(bank.bank.keyring, now=partial(_shifted, off))
        before = int(time.time())
        posted = record_now(bank.database, recorder, posting(bank, number))
        assert before <= posted.at <= time.time()  # the time is the database's
    bank.require_clean()


def test_a_database_whose_clock_fell_behind_the_ledger_stops_writes(bank: TestBank) -> None:
    bank.post(completion("s-1", 1))
    bank.write("UPDATE head SET at = at + 100")
    before = bank.rows()
    refusal = refusal_of(lambda: bank.post(completion("s-2", 2)), ClockOff)
    assert refusal.fields["seconds"] >= 98
    assert bank.rows() == before


def test_time_never_decreases(bank: TestBank) -> None:
    """A clock that was set back by a second waits at the ledger's time."""
    bank.post(completion("s-1", 1))
    ahead = int(time.time()) + 2
    bank.write("UPDATE head SET at = ?", ahead)
    posted = bank.post(completion("s-2", 2))
    assert posted.at >= ahead
    times = [row[1] for row in bank.rows(EntryRow)["entries"]]
    assert times == sorted(times)
    assert bank.post(achievement("w-1", 3)).at >= ahead
    bank.require_clean()


async def test_a_clock_that_is_off_is_told_to_everyone_in_the_group(bank: TestBank) -> None:
    off = [100.0]
    recorder = Recorder(bank.bank.keyring, now=lambda: time.time() + off[0])
    journal = Journal(bank.database, recorder)
    before = bank.rows()
    told = await answers(journal, [posting(bank, number) for number in (1, 2, 3)])
    assert [type(one) for one in told] == [ClockOff] * 3
    assert bank.rows() == before
    off[0] = 0.0
    assert (await journal.submit(posting(bank, 1))).awarded is not None
    await journal.close()
    bank.require_clean()


# --- several journals -----------------------------------------------------------------------------


async def test_two_servers_in_one_loop_append_in_turns(bank: TestBank, journal: Journal) -> None:
    """Neither waits for the other with the event loop in its hands."""
    database = Database(bank.database.url.render_as_string(hide_password=False))
    other = open_test_bank(database, bank.keys)
    journals = [journal, other.bank.journal]
    for one in journals:
        one.start()
    size = bank.size

    async def feed(number: int) -> list[Any]:
        posted = []
        for step in range(10):
            work = posting(bank, number * 100 + step)
            posted.append(await journals[number].submit(work))
        return posted

    found = await asyncio.gather(feed(0), feed(1))
    same = posting(bank, 999)
    both = await asyncio.gather(*(one.submit(same) for one in journals))
    await bank.bank.close()
    await other.bank.close()
    indexes = [one.index for posted in found for one in posted]
    assert len(set(indexes)) == 20
    assert sorted(one.replayed for one in both) == [False, True]
    assert both[0].index == both[1].index
    assert bank.size == size + 42
    bank.require_clean()
