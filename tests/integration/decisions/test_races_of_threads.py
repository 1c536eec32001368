"""Servers that decide at the same moment, each with connections of its own: one goes first."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from creditbank.domain.decisions import Decision, overdrawn
from creditbank.errors import CreditBankError
from creditbank.errors.decisions import ConversionEnded, ConversionNotMet, TooMuchEvidence
from creditbank.services import evidencing
from creditbank.services.applying import Applied
from creditbank.services.deciding import Decided
from creditbank.services.evidencing import SupplyEvidence
from creditbank.services.expiring import ExpireReservations
from creditbank.storage import decision_reading, loading
from creditbank.storage.database import Database
from creditbank.storage.journal import Recorder
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank, open_test_bank
from tests.factories import completion

Work = Callable[[TestBank], Any]


def at_once(bank: TestBank, works: Sequence[Work]) -> list[Any]:
    """Return what each work answers or is refused with, all begun at one moment."""
    url = bank.database.url.render_as_string(hide_password=False)
    start = threading.Barrier(len(works))

    def one(work: Work) -> Any:
        database = Database(url)
        server = open_test_bank(database, bank.keys)
        server.tokens = bank.tokens
        try:
            start.wait()
            return work(server)
        except CreditBankError as refusal:
            return refusal
        finally:
            database.engine.dispose()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def decisions(bank: TestBank, account: str) -> list[Decision]:
    """Return an account's decisions after making sure that they take nothing twice."""
    found = bank.database.read_sync(
        lambda connection: decision_reading.decisions_of(connection, account)
    )
    assert overdrawn(found, max((one.last_at for one in found), default=0)) == []
    return found


def applying(account: str, rulebook: str = scene.TRANSFER) -> Work:
    return lambda server: scene.apply(server, scene.question(account, rulebook))


def test_of_many_applications_one_gets_the_outcome(ruled: TestBank, person: int) -> None:
    account = ruled.post(completion(f"m-{person}", person)).account
    scene.learner(ruled, account)
    books = [scene.TRANSFER, scene.OTHER_TRANSFER] * 3
    answers = at_once(ruled, [applying(account, book) for book in books])
    assert sum(isinstance(one, Applied) for one in answers) == 1
    assert sum(isinstance(one, ConversionNotMet) for one in answers) == 5
    assert len(decisions(ruled, account)) == 1


def test_an_outcome_ends_before_an_application_or_flags_it(ruled: TestBank, person: int) -> None:
    for turn in range(3):
        number = person + turn
        posted = ruled.post(completion(f"m-{number}", number))
        scene.learner(ruled, posted.account)

        def revoking(server: TestBank, index: int = posted.index, number: int = number) -> Any:
            return server.revoke(f"r-{number}", index)

        applied, _ = at_once(ruled, [applying(posted.account), revoking])
        found = decisions(ruled, posted.account)
        if isinstance(applied, Applied):
            (one,) = found
            ended = ruled.database.read_sync(
                lambda connection, one=one: decision_reading.ended_outcomes(connection, one)  # type: ignore[misc]
            )
            assert [outcome for outcome, _ in ended] == [posted.outcome]
        else:
            assert isinstance(applied, ConversionNotMet)
            assert found == []
    ruled.require_clean()


def test_of_many_that_take_a_step_one_does(ruled: TestBank, person: int) -> None:
    account = ruled.post(completion(f"m-{person}", person)).account
    applied = scene.apply(ruled, scene.question(account))
    owner = scene.principal(ruled, COLLEGE)

    def stepping(result: str) -> Work:
        return lambda server: scene.step(
            server, applied.conversion, "faculty", owner, result, "意见"
        )

    answers = at_once(ruled, [stepping(one) for one in ("passed", "rejected") * 3])
    decided = [one for one in answers if isinstance(one, Decided)]
    assert sum(not one.replayed for one in decided) == 1
    assert len({one.recorded for one in decided}) == 1
    assert len({one.status for one in decided}) == 1
    assert len(decided) == 3
    (one,) = decisions(ruled, account)
    assert (one.status.value, one.steps) in {("pending", 2), ("rejected", 2)}
    ruled.require_clean()


@pytest.mark.parametrize("turn", range(3))
def test_a_decision_is_registered_or_withdrawn(ruled: TestBank, person: int, turn: int) -> None:
    account = ruled.post(completion(f"m-{person}-{turn}", person)).account
    applied = scene.apply(ruled, scene.question(account))
    parties, me = scene.parties(ruled), scene.learner(ruled, account)
    for step in ("faculty", "check"):
        scene.step(ruled, applied.conversion, step, parties[step])
    answers = at_once(
        ruled,
        [
            lambda server: scene.step(server, applied.conversion, "record", parties["record"]),
            lambda server: scene.end(server, applied.conversion, me),
        ],
    )
    (decided,) = [one for one in answers if isinstance(one, Decided)]
    assert sum(isinstance(one, ConversionEnded) for one in answers) == 1
    (one,) = decisions(ruled, account)
    assert one.status.value == decided.status
    ruled.require_clean()


@pytest.mark.parametrize("seconds_left", [1, 4, 8])
def test_a_reservation_is_registered_in_time_or_expires(
    restored: TestBank, person: int, monkeypatch: pytest.MonkeyPatch, seconds_left: int
) -> None:
    bank, parties = restored, scene.parties(restored)
    account = bank.post(completion(f"m-{person}", person)).account
    applied = scene.apply(bank, scene.question(account))
    for step in ("faculty", "check"):
        scene.step(bank, applied.conversion, step, parties[step])
    _let_pass(bank, monkeypatch, applied.expires_at - seconds_left)

    def last(server: TestBank) -> Decided:
        return scene.step(server, applied.conversion, "record", parties["record"])

    other = applying(account, scene.OTHER_TRANSFER)
    answers = at_once(
        bank, [other, last, last, lambda server: server.do(ExpireReservations()), other]
    )
    won = [one for one in answers if isinstance(one, Applied)]
    registered = [one for one in answers if isinstance(one, Decided)]
    first, *more = decisions(bank, account)
    after = {"registered"} if registered else {"expired", "pending"}
    assert first.status.value in after
    assert len(more) == len(won) <= 1
    assert not (registered and won)
    bank.require_clean()


def _let_pass(bank: TestBank, patch: pytest.MonkeyPatch, moment: int) -> None:
    """Let every look at the clock be a second after the one before, from a moment on."""
    bank.write("UPDATE tokens SET expires_at = ?", moment + 86_400)
    seconds, lock, read_head = itertools.count(), threading.Lock(), loading.read_head

    def later(connection: Any) -> loading.Head:
        with lock:
            now = moment + next(seconds)
        return loading.with_now(read_head(connection), now)

    def timed(_recorder: Recorder, head: loading.Head) -> loading.Head:
        return loading.with_now(head, max(head.at, head.now))

    patch.setattr(loading, "read_head", later)
    patch.setattr(Recorder, "_timed", timed)


def test_however_many_supply_evidence_there_is_no_more_than_may_be(
    ruled: TestBank, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidencing, "YEARLY_MAX", 3)
    account = ruled.post(completion(f"m-{person}", person)).account
    scene.grant(ruled, account)
    owner = scene.principal(ruled, COLLEGE)

    def supplying(number: int) -> Work:
        work = SupplyEvidence(
            account, "enrolment", {"number": number % 4}, owner, ruled.poster(COLLEGE)
        )
        return lambda server: server.do(work)

    answers = at_once(ruled, [supplying(number) for number in range(8)])
    assert sum(isinstance(one, TooMuchEvidence) for one in answers) >= 1
    found = ruled.database.read_sync(
        lambda connection: decision_reading.evidence_of(connection, account)
    )
    assert len(found) == 3
    ruled.require_clean()
