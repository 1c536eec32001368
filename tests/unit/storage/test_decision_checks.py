"""What an audit says of entries about decisions that no bank of ours would record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from creditbank.domain.decisions import Decision, Status, Use
from creditbank.domain.outcomes import Outcome
from creditbank.ledger.audit import Findings
from creditbank.storage.decision_checks import DecisionChecks
from creditbank.storage.decision_views import Decisions

USE = Use("lot", "academic", "r", "t", "exclusive", "outcomes", 100, 100)


def decision(decision_id: str = "d", status: Status = Status.PENDING, **more: Any) -> Decision:
    members: dict[str, Any] = {
        "account": "la",
        "owner": "college",
        "rulebook": "book",
        "version": "1",
        "frames": (),
        "kind": "conversion",
        "steps": 1,
        "steps_total": 3,
        "entry_index": 7,
        "applied_at": 100,
        "expires_at": 900,
        "last_index": 7,
        "last_at": 100,
        "registered_at": 100 if status is Status.REGISTERED else None,
        "uses": [USE],
    }
    return Decision(id=decision_id, status=status, **(members | more))


def said(found: Findings) -> list[str]:
    return [one.message for one in found.listed]


def checks(*known: Decision) -> tuple[DecisionChecks, Findings]:
    decisions, found = Decisions(), Findings()
    for one in known:
        decisions.put(one, new=True)
    return DecisionChecks(decisions, found), found


STEP = {
    "kind": "conversion_step/1",
    "conversion": "d",
    "number": 2,
    "result": "passed",
    "status": "pending",
}
APPLIED = {"kind": "conversion/1", "conversion": "e", "steps": 3, "taken": 1, "status": "pending"}


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (STEP, Status.REGISTERED),
        ({"kind": "conversion_end/1", "conversion": "d", "end": "withdrawn"}, Status.REJECTED),
        ({"kind": "conversion_end/1", "conversion": "d", "end": "expired"}, Status.REGISTERED),
        ({"kind": "conversion_end/1", "conversion": "d", "end": "returned"}, Status.PENDING),
    ],
)
def test_a_decision_that_has_ended_does_not_go_on(act: dict[str, Any], status: Status) -> None:
    check, found = checks(decision(status=status))
    check.before(9, 100, act)
    assert said(found) == ["the entry changes a decision that had ended"]


def test_steps_are_in_their_order() -> None:
    check, found = checks(decision())
    check.before(9, 100, STEP)
    assert said(found) == []
    check.before(9, 100, STEP | {"number": 3, "status": "registered"})
    assert said(found) == ["the entry takes a step of a decision out of its order"]


def test_what_is_taken_twice_is_named() -> None:
    check, found = checks(decision("d"), decision("e", entry_index=8))
    check.after(8, 100, APPLIED)
    (finding,) = found.listed
    assert (finding.check, finding.index) == ("conservation", 8)
    assert finding.fields == {"outcome": "lot", "scope": "academic"}
    check, found = checks(decision("d", expires_at=50), decision("e", entry_index=8))
    check.after(8, 100, APPLIED)
    assert said(found) == []


@pytest.mark.parametrize("act", [{"kind": "outcome/1"}, STEP, APPLIED])
def test_what_it_does_not_know_is_anothers_to_report(act: dict[str, Any]) -> None:
    check, found = checks()
    check.before(9, 100, act)
    check.after(9, 100, act)
    assert said(found) == []


def test_what_is_taken_again_of_a_corrected_outcome_is_named() -> None:
    known = [
        Outcome("lot", "la", "module:M", "module", "school", "M", "issuer", 1, revoked_index=7),
        Outcome("new", "la", "module:M", "module", "school", "M", "issuer", 7),
    ]
    later = decision("e", entry_index=8, uses=[replace(USE, outcome="new")])
    decisions, found = Decisions(), Findings()
    for one in (decision("d"), later):
        decisions.put(one, new=True)
    check = DecisionChecks(decisions, found, lambda account: known if account == "la" else ())
    check.after(8, 100, APPLIED)
    assert [one.fields for one in found.listed] == [{"outcome": "new", "scope": "academic"}]


def test_a_decision_stands_as_its_steps_do() -> None:
    message = ["the entry says of a decision that it stands otherwise than its steps do"]
    for status in ("registered", "rejected"):
        check, found = checks(decision())
        check.before(9, 100, STEP | {"status": status})
        assert said(found) == message
    check, found = checks()
    check.after(9, 100, APPLIED | {"status": "registered"})
    assert said(found) == message


def test_a_reservation_is_carried_on_until_it_expires_and_not_after() -> None:
    late = "the entry carries on a reservation that had expired, or ends one early"
    expired = {"kind": "conversion_end/1", "conversion": "d", "end": "expired"}
    for act, at, expected in (
        (STEP, 899, []),
        (STEP, 900, [late]),
        (expired, 899, [late]),
        (expired, 900, []),
    ):
        check, found = checks(decision())
        check.before(9, at, act)
        assert said(found) == expected
