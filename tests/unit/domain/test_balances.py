"""Balances: what is added up, what is kept apart, and as of when."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from creditbank.domain.balances import STATUSES, AsOf, balance
from creditbank.domain.outcomes import Outcome
from tests.cases import outcome


def lot(amount: str = "1.50", system: str = "cn-16", **more: Any) -> Outcome:
    members: dict[str, Any] = {
        "credited_index": 7,
        "credited_at": 1_000,
        "achieved_on": "2026-06-20",
        "credits": [{"system": system, "amount": amount}],
        "hours_theory": 800,
        "hours_practice": 1600,
    }
    return outcome(**(members | more))


def tally(**amounts: str) -> dict[str, Any]:
    statuses = dict.fromkeys(STATUSES, "0.00") | {
        name: amount for name, amount in amounts.items() if name in STATUSES
    }
    return {"awarded": amounts["awarded"], "by_scene": {}, "by_level": {}, "by_use": {}} | statuses


def test_what_is_only_begun_is_in_no_balance() -> None:
    assert balance([outcome()], AsOf()) == {"lots": 0, "systems": [], "class_hours": {}}


def test_lots_of_one_system_are_added() -> None:
    assert balance([lot(), lot("2.00")], AsOf()) == {
        "lots": 2,
        "systems": [{"system": "cn-16", "verified": tally(awarded="3.50", available="3.50")}],
        "class_hours": {"verified": tally(awarded="48.00", available="48.00")},
    }


def test_systems_are_kept_apart_and_in_order() -> None:
    both = lot(credits=[{"system": "cn-18", "amount": "1.33"}, {"system": "cn-16", "amount": "1"}])
    shown = balance([lot(system="cn-18"), both], AsOf())["systems"]
    assert [(one["system"], one["verified"]["awarded"]) for one in shown] == [
        ("cn-16", "1.00"),
        ("cn-18", "2.83"),
    ]


def test_verified_and_self_declared_are_kept_apart() -> None:
    shown = balance([lot(), lot("2.00", verification="self_declared")], AsOf())
    assert shown["systems"] == [
        {
            "system": "cn-16",
            "self_declared": tally(awarded="2.00", available="2.00"),
            "verified": tally(awarded="1.50", available="1.50"),
        }
    ]
    assert list(shown["class_hours"]) == ["self_declared", "verified"]


def test_what_is_revoked_stays_awarded_and_is_not_available() -> None:
    shown = balance([lot(), lot("2.00", revoked_index=9, revoked_at=2_000)], AsOf())
    assert shown["lots"] == 2
    assert shown["systems"][0]["verified"] == tally(
        awarded="3.50", available="1.50", revoked="2.00"
    )


def test_what_decisions_use_is_told_by_scope_and_adds_up() -> None:
    third = Fraction(1, 3)
    kept, gone = lot("1.00", id="k"), lot("2.00", id="g", revoked_index=9, revoked_at=5)
    taken = {
        ("k", "academic"): (third, third),
        ("g", "academic"): (Fraction(1, 4), third),
        ("k", "grade"): (Fraction(0), Fraction(1)),
    }
    shown = balance([kept, gone], AsOf(), taken)["systems"][0]["verified"]
    assert shown["available"] == "1.00"
    assert shown["by_use"] == {
        "academic": {
            "available": "0.33",
            "reserved": "0.33",  # with what is consumed it is rounded up: 0.67
            "consumed": "0.84",  # of what was revoked, what was consumed stays so
            "revoked": "1.50",
            "expired": "0.00",
        },
        "grade": {
            "available": "0.00",
            "reserved": "1.00",
            "consumed": "0.00",
            "revoked": "2.00",
            "expired": "0.00",
        },
    }


def test_what_is_available_is_shown_by_scene_and_level() -> None:
    lots = [
        lot(scene="AI+制造", level="cn-grade-5:1"),
        lot("2.00", scene="AI+制造"),
        lot("4.00", scene="AI+物流", revoked_index=9, revoked_at=2_000),
        lot("8.00"),
    ]
    shown = balance(lots, AsOf())["systems"][0]["verified"]
    assert shown["by_scene"] == {"AI+制造": "3.50"}
    assert shown["by_level"] == {"cn-grade-5:1": "1.50"}


def test_a_certificate_is_a_lot_without_amount() -> None:
    bare = lot(credits=[], hours_theory=0, hours_practice=0, type="certificate")
    assert balance([bare], AsOf()) == {"lots": 1, "systems": [], "class_hours": {}}


@pytest.mark.parametrize(
    ("as_of", "shows"),
    [
        (AsOf(), True),
        (AsOf(recorded_at=999), False),
        (AsOf(recorded_at=1_000), True),
        (AsOf(achieved_on="2026-06-19"), False),
        (AsOf(achieved_on="2026-06-20"), True),
        (AsOf(recorded_at=1_000, achieved_on="2026-06-19"), False),
        (AsOf(recorded_at=999, achieved_on="2026-06-20"), False),
    ],
)
def test_a_lot_shows_from_when_it_was_recorded_and_achieved(as_of: AsOf, shows: bool) -> None:
    assert as_of.shows(lot()) is shows


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (AsOf(), "revoked"),
        (AsOf(recorded_at=1_999), "available"),
        (AsOf(recorded_at=2_000), "revoked"),
        (AsOf(achieved_on="2026-06-20"), "revoked"),
    ],
)
def test_a_revocation_counts_from_when_it_was_recorded(as_of: AsOf, status: str) -> None:
    assert as_of.status(lot(revoked_index=9, revoked_at=2_000)) == status
    assert as_of.status(lot()) == "available"
