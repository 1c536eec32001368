"""Decisions by themselves: what holds when, what is taken, and how long a notice runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from creditbank.domain.civil_time import day_start
from creditbank.domain.decisions import (
    Decision,
    Status,
    Use,
    first_day_after,
    loads,
    overdrawn,
    prior_grants,
    prior_uses,
    relied_on,
    taken_by_status,
)

NOW = day_start(date(2026, 6, 30))
LOT = "0" * 32


def use(amount: int = 100, of: int = 100, **more: Any) -> Use:
    members: dict[str, Any] = {
        "outcome": LOT,
        "scope": "academic",
        "rule": "r",
        "target": "t",
        "sharing": "exclusive",
        "unit": "credit:cn-16",
    }
    return Use(**(members | {"amount": amount, "of": of} | more))


def decision(*uses: Use, **more: Any) -> Decision:
    members: dict[str, Any] = {
        "id": "d",
        "account": "la",
        "owner": "college",
        "rulebook": "book",
        "version": "1",
        "frames": ("frame",),
        "kind": "conversion",
        "status": Status.PENDING,
        "steps": 1,
        "steps_total": 3,
        "entry_index": 7,
        "applied_at": NOW - 100,
        "expires_at": NOW + 100,
        "last_index": 7,
        "last_at": NOW - 100,
        "uses": list(uses),
    }
    return Decision(**(members | more))


def registered(*uses: Use) -> Decision:
    return decision(*uses, status=Status.REGISTERED, registered_at=NOW - 50)


@pytest.mark.parametrize(
    ("one", "moment", "status"),
    [
        (decision(), NOW, Status.PENDING),
        (decision(), NOW + 99, Status.PENDING),
        (decision(), NOW + 100, Status.EXPIRED),
        (registered(), NOW - 60, Status.PENDING),
        (registered(), NOW + 9_999, Status.REGISTERED),
        (decision(status=Status.REJECTED, ended_at=NOW), NOW, Status.REJECTED),
        (decision(status=Status.REJECTED, ended_at=NOW), NOW - 1, Status.PENDING),
        (replace(registered(), status=Status.RETURNED, ended_at=NOW), NOW, Status.RETURNED),
        (replace(registered(), status=Status.RETURNED, ended_at=NOW), NOW - 1, Status.REGISTERED),
    ],
)
def test_a_decision_stands_as_it_did_at_each_moment(
    one: Decision, moment: int, status: Status
) -> None:
    assert one.status_at(moment) is status
    assert one.holds(moment) is (status in {Status.PENDING, Status.REGISTERED})


def test_a_use_takes_a_share_and_no_more_than_all() -> None:
    assert use(50, 150).share == Fraction(1, 3)
    assert use(150, 150).is_whole
    assert use(200, 150).share == 1
    assert use(0).share == 0


def test_exclusive_shares_add_up_and_shared_ones_lie_on_top_of_one_another() -> None:
    shared: dict[str, Any] = {"sharing": "shared"}
    academic = (LOT, "academic")
    assert loads([decision(use(50), use(25))]) == {academic: Fraction(3, 4)}
    layers = decision(use(50, **shared), use(25, **shared), use(25))
    assert loads([layers]) == {academic: Fraction(3, 4)}
    assert loads([decision(use(scope="grade"), use())]) == {
        academic: Fraction(1),
        (LOT, "grade"): Fraction(1),
    }


def test_what_rules_of_several_rulebooks_share_adds_up() -> None:
    mine = decision(use(50, sharing="shared"), use(25, sharing="shared"))
    other = replace(mine, rulebook="other")
    assert loads([mine, other]) == {(LOT, "academic"): Fraction(1)}
    seen = prior_uses([mine, other], NOW, under=mine.rulebook)
    assert [(one.sharing, one.amount) for one in seen] == [
        ("shared", 50),
        ("shared", 25),
        ("exclusive", 50),
        ("free", 25),
    ]


def test_what_is_taken_twice_is_found_while_both_hold() -> None:
    two = [decision(use()), registered(use(1))]
    assert overdrawn(two, NOW) == [(LOT, "academic")]
    assert overdrawn(two, NOW + 100) == []  # the reservation is over


def test_what_is_taken_is_told_apart_by_status() -> None:
    taken = taken_by_status([decision(use(25)), registered(use(50)), decision(use(0))], NOW)
    assert taken == {(LOT, "academic"): (Fraction(1, 2), Fraction(1, 4))}


def test_earlier_uses_and_grants_are_those_of_decisions_that_hold() -> None:
    target = {"rule": "r", "target": "t", "granted": 150, "system": "cn-16", "outcomes": [LOT]}
    bare = {"rule": "r", "target": "e", "outcomes": []}
    first = decision(use(50), use(0), targets=[target, bare])
    later = replace(registered(use()), entry_index=3)
    found = prior_uses([first, later], NOW)
    assert [(one.amount, one.whole) for one in found] == [(100, True), (50, False)]
    assert {one.target for one in found} == {"t"}
    grants = prior_grants([first], NOW)
    assert [(one.granted, one.system, one.under) for one in grants] == [
        (150, "cn-16", ("frame",)),
        (0, None, ("frame",)),
    ]
    assert not prior_uses([first], NOW + 100)
    assert not prior_grants([first], NOW + 100)
    assert relied_on([first]) == {LOT}


def test_the_day_of_a_notice_does_not_count() -> None:
    noticed = day_start(date(2026, 6, 1)) + 3600
    assert first_day_after(noticed, 5) == date(2026, 6, 7)
    assert first_day_after(noticed, 0) == date(2026, 6, 1)
