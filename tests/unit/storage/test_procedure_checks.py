"""What an audit says of decisions that were made otherwise than their rulebooks say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from creditbank.domain.civil_time import civil_date, day_end
from creditbank.domain.decisions import Decision, Status, Use
from creditbank.domain.outcomes import Outcome
from creditbank.domain.registers import Institution, parse_register
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.ledger.audit import Findings
from creditbank.storage.decision_views import Decisions
from creditbank.storage.procedure_checks import ProcedureChecks, Rulebooks, Version
from tests import decision_scene, factories
from tests.banks import AUTHORITY, COLLEGE, SCHOOL

AT, DAY = 1_790_000_000, 86_400
STEPS = (
    {"id": "apply", "title": {"zh": "申请"}, "by": "learner"},
    {"id": "faculty", "title": {"zh": "审核"}, "by": "owner"},
    {"id": "check", "title": {"zh": "核验"}, "by": "evaluator"},
    {"id": "approve", "title": {"zh": "批准"}, "by": "authority", "public_days": 5},
    {"id": "record", "title": {"zh": "登记"}, "by": "bank"},
)
DIGEST = "ab" * 32
LOT = Outcome("lot", "la", "module:M", "module", SCHOOL, "M", "issuer", 1)
USE = Use("lot", "academic", "vision", "t", "exclusive", "outcomes", 100, 100)
APPLIED: dict[str, Any] = {
    "kind": "conversion/1",
    "org": "bank",
    "conversion": "d",
    "rulebooks": [{"id": "book", "version": "1", "digest": DIGEST}],
    "owner": COLLEGE,
    "decides": "conversion",
    "steps": 5,
    "taken": 1,
    "expires_at": day_end(civil_date(AT) + timedelta(days=90)),
}
NOT_THEIRS = "the entry changes a decision in the name of who may not"


def register(kind: str, document: dict[str, Any]) -> Any:
    return parse_register(kind, document)


def institutions() -> dict[str, Institution]:
    return {
        SCHOOL: register("institution", factories.institution(SCHOOL, "assessor")),
        COLLEGE: register("institution", factories.institution(COLLEGE, "college")),
        AUTHORITY: register("institution", factories.authority(AUTHORITY)),
    }


class Shelf:
    """The rulebook, as if it had been read."""

    def __init__(self, **procedure: Any) -> None:
        document = decision_scene.rulebook("book", COLLEGE, steps=STEPS, procedure=procedure)
        book = cast("Rulebook", register("rulebook", document))
        self.known = {("book", "1"): Version(3, DIGEST, book)}

    def version(self, *key: str) -> Version | None:
        return self.known.get(cast("Any", key))


def decision(steps: int = 1, status: Status = Status.PENDING) -> Decision:
    return Decision(
        "d", "la", COLLEGE, "book", "1", (), "conversion", status, steps, 5, 7, AT,
        APPLIED["expires_at"], 7, AT, evaluators=(SCHOOL,), uses=[USE],
    )  # fmt: skip


def checks(known: Decision, **procedure: Any) -> tuple[ProcedureChecks, Findings]:
    decisions, found, registered = Decisions(), Findings(), institutions()
    decisions.put(known, new=True)
    shelf = cast("Rulebooks", Shelf(**procedure))
    made = ProcedureChecks(
        shelf, lambda org, _index, _at: registered.get(org), decisions, found, lambda _: [LOT]
    )
    return made, found


def said(found: Findings) -> list[str]:
    return [one.message for one in found.listed]


def a_step(number: int, org: str, **more: Any) -> dict[str, Any]:
    step = STEPS[number - 1]
    named = {"step": step["id"], "by": step["by"], "number": number, "org": org}
    return {"kind": "conversion_step/1", "conversion": "d", "result": "passed"} | named | more


def test_an_application_under_its_rulebook_is_clean() -> None:
    check, found = checks(decision())
    check.after(7, AT, APPLIED)
    assert said(found) == []


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"owner": SCHOOL}, "otherwise"),
        ({"decides": "grade"}, "otherwise"),
        ({"steps": 2}, "otherwise"),
        ({"taken": 0}, "otherwise"),
        ({"expires_at": APPLIED["expires_at"] + 1}, "another time"),
        ({"rulebooks": [{"id": "book", "version": "1", "digest": "cd" * 32}]}, "cannot rest on"),
        ({"rulebooks": [{"id": "book", "version": "2", "digest": DIGEST}]}, "cannot rest on"),
    ],
)
def test_an_application_otherwise_than_its_rulebook_is_found(
    more: dict[str, Any], word: str
) -> None:
    check, found = checks(decision())
    check.after(7, AT, APPLIED | more)
    (message,) = said(found)
    assert word in message


def test_a_version_that_was_published_later_is_none_to_rest_on() -> None:
    check, found = checks(decision())
    check.after(2, AT, APPLIED)
    assert "cannot rest on" in said(found)[0]


def test_evaluators_are_those_who_vouch_for_what_is_used() -> None:
    for named in ((), (COLLEGE,), (COLLEGE, SCHOOL)):
        check, found = checks(replace(decision(), evaluators=named))
        check.after(7, AT, APPLIED)
        assert "as evaluators" in said(found)[0]


@pytest.mark.parametrize(
    ("number", "may"),
    [(2, {COLLEGE}), (3, {SCHOOL}), (4, {AUTHORITY}), (5, {COLLEGE, SCHOOL, AUTHORITY, "bank"})],
)
def test_a_step_is_taken_by_whom_the_rulebook_names(number: int, may: set[str]) -> None:
    for org in (COLLEGE, SCHOOL, AUTHORITY, "bank"):
        check, found = checks(decision(number - 1))
        check.before(9, AT + 7 * DAY, a_step(number, org))
        assert said(found) == ([] if org in may else [NOT_THEIRS])


def test_a_step_has_its_place_and_its_name() -> None:
    for act in (a_step(2, COLLEGE, step="other"), a_step(2, COLLEGE, by="bank")):
        check, found = checks(decision())
        check.before(9, AT, act)
        assert "another step" in said(found)[0]
    check, found = checks(decision(5))
    check.before(9, AT, a_step(5, COLLEGE) | {"number": 6})
    assert "another step" in said(found)[0]


def test_a_step_passes_after_its_notice_and_is_rejected_any_day() -> None:
    for days, result, count in ((5, "passed", 1), (6, "passed", 0), (0, "rejected", 0)):
        check, found = checks(decision(3))
        check.before(9, AT + days * DAY, a_step(4, AUTHORITY, result=result))
        assert len(said(found)) == count


def test_what_is_irrevocable_is_not_given_back() -> None:
    returned = {"kind": "conversion_end/1", "conversion": "d", "end": "returned", "org": COLLEGE}
    for irrevocable in (False, True):
        check, found = checks(decision(5, Status.REGISTERED), irrevocable=irrevocable)
        check.before(9, AT, returned)
        assert len(said(found)) == irrevocable


@pytest.mark.parametrize(
    "act",
    [
        {"kind": "conversion_end/1", "end": "returned"},
        {"kind": "conversion_end/1", "end": "expired"},
        {"kind": "conversion_review/1"},
    ],
)
def test_an_end_or_a_review_in_anothers_name_is_found(act: dict[str, Any]) -> None:
    check, found = checks(decision(5, Status.REGISTERED))
    check.before(9, AT, act | {"conversion": "d", "org": SCHOOL})
    assert said(found) == [NOT_THEIRS]


def test_what_it_does_not_know_is_anothers_to_report() -> None:
    check, found = checks(decision())
    check.before(9, AT, {"kind": "outcome/1", "org": SCHOOL})
    check.before(9, AT, a_step(2, SCHOOL, conversion="unknown"))
    check.before(9, AT, a_step(4, SCHOOL))
    assert said(found) == []
