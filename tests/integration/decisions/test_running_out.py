"""Time: public notice, reservations that expire, by themselves and by the sweep."""

from __future__ import annotations

import pytest

from creditbank.domain.civil_time import civil_date
from creditbank.domain.decisions import first_day_after
from creditbank.errors.decisions import ConversionEnded, ConversionIrrevocable, NoticeRunning
from creditbank.services.expiring import ExpireReservations
from creditbank.services.learners import Erase
from creditbank.storage import decision_reading, loading
from tests import decision_scene as scene
from tests.banks import COLLEGE, DESK, TestBank, refusal_of
from tests.factories import completion

NOTICE = (
    {"id": "apply", "title": {"zh": "学生申请"}, "by": "learner"},
    {"id": "approve", "title": {"zh": "教务审批"}, "by": "owner"},
    {"id": "record", "title": {"zh": "公示后登记"}, "by": "owner", "public_days": 5},
)


def publish(bank: TestBank) -> None:
    procedure = {"reserved_days": 30, "irrevocable": True}
    document = scene.rulebook("noticed", COLLEGE, steps=NOTICE, procedure=procedure)
    bank.publish("rulebook", document)


def status(bank: TestBank, conversion: str) -> tuple[str, str]:
    """Return the status as it counts now, and as the entries say it."""

    def read(connection: object) -> tuple[str, str]:
        decision = decision_reading.decision(connection, conversion)  # type: ignore[arg-type]
        assert decision is not None
        now = loading.read_head(connection).now  # type: ignore[arg-type]
        return decision.status_at(now).value, decision.status.value

    return bank.database.read_sync(read)


def test_what_is_on_view_waits_for_its_days(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bank)
    account = bank.post(completion("m-1", 1)).account
    applied = scene.apply(bank, scene.question(account, "noticed"))
    owner = scene.principal(bank, COLLEGE)
    decided = scene.step(bank, applied.conversion, "approve", owner)
    for days in (0, 1, 4, 5):
        with monkeypatch.context() as patch:
            scene.at(bank, patch, days)
            refused = refusal_of(
                lambda: scene.step(bank, applied.conversion, "record", owner), NoticeRunning
            )
    first = first_day_after(decided.recorded.at, 5)
    assert refused.fields == {"step": "record", "first_day": first.isoformat(), "days": 5}
    assert (first - civil_date(decided.recorded.at)).days == 6
    scene.at(bank, monkeypatch, 6)
    assert scene.step(bank, applied.conversion, "record", owner).status == "registered"
    refusal_of(lambda: scene.end(bank, applied.conversion, owner), ConversionIrrevocable)


def test_a_reservation_ends_by_itself_and_the_sweep_says_so(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bank)
    account = bank.post(completion("m-1", 1)).account
    applied = scene.apply(bank, scene.question(account, "noticed"))
    other = bank.post(completion("m-2", 2)).account
    scene.apply(bank, scene.question(other, "noticed"))
    assert bank.do(ExpireReservations()) == 0
    scene.at(bank, monkeypatch, 31)
    assert status(bank, applied.conversion) == ("expired", "pending")
    owner = scene.principal(bank, COLLEGE)
    refused = refusal_of(
        lambda: scene.step(bank, applied.conversion, "approve", owner), ConversionEnded
    )
    assert refused.fields == {"status": "expired"}
    assert bank.do(ExpireReservations()) == 2
    assert bank.do(ExpireReservations()) == 0
    assert status(bank, applied.conversion) == ("expired", "expired")
    bank.require_clean()


def test_another_application_ends_what_has_expired_first(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bank)
    account = bank.post(completion("m-1", 1)).account
    first = scene.apply(bank, scene.question(account, "noticed"))
    scene.at(bank, monkeypatch, 31)
    second = scene.apply(bank, scene.question(account, "noticed"))
    assert status(bank, first.conversion) == ("expired", "expired")
    assert second.recorded.index == first.recorded.index + 2
    assert bank.do(ExpireReservations()) == 0
    bank.require_clean()


def test_the_sweep_passes_over_who_was_erased(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bank)
    account = bank.post(completion("m-1", 1)).account
    scene.apply(bank, scene.question(account, "noticed"))
    bank.do(Erase(account, bank.tokens[DESK].id))
    scene.at(bank, monkeypatch, 31)
    assert bank.do(ExpireReservations()) == 0
    bank.require_clean()
