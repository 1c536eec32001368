"""Who was somebody's owner, evaluator or learner, and is not any more."""

from __future__ import annotations

from creditbank.errors.access import Forbidden
from creditbank.errors.decisions import ConversionUnknown, StepNotYours
from creditbank.errors.recording import InstitutionUnknown
from tests import decision_scene as scene
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL, TestBank, refusal_of
from tests.factories import completion


def close(bank: TestBank, code: str, *roles: str) -> None:
    """Let an institution be suspended from today's register on."""
    document = factories.institution(code, *roles)
    closed = {"version": "9", "valid_from": "2026-01-02", "status": "suspended"}
    bank.publish("institution", document | closed)


def test_an_owner_that_is_not_active_carries_nothing_on(restored: TestBank, person: int) -> None:
    bank, owner = restored, scene.principal(restored, COLLEGE)
    accounts = [bank.post(completion(f"m-{person + n}", person + n)).account for n in range(4)]
    pending, registered, flagged = (
        scene.apply(bank, scene.question(account)).conversion for account in accounts[:3]
    )
    for conversion in (registered, flagged):
        scene.register(bank, conversion)
    bank.revoke(f"r-{person}", bank.post(completion(f"x-{person}", person + 4)).index)
    scene.grant(bank, accounts[3])
    close(bank, COLLEGE, "college")
    for result in ("passed", "rejected"):
        refusal_of(
            lambda result=result: scene.step(bank, pending, "faculty", owner, result, "意见"),  # type: ignore[misc]
            StepNotYours,
        )
    refusal_of(lambda: scene.end(bank, registered, owner, "退学"), InstitutionUnknown)
    refusal_of(lambda: scene.review(bank, flagged, owner), InstitutionUnknown)
    on_paper = scene.question(accounts[3])
    refusal_of(lambda: scene.apply(bank, on_paper, owner), InstitutionUnknown)
    refusal_of(lambda: scene.supply(bank, accounts[3], "enrolment", {}), InstitutionUnknown)
    assert scene.end(bank, pending, scene.learner(bank, accounts[0])).status == "withdrawn"


def test_an_evaluator_that_is_not_active_checks_nothing(restored: TestBank, person: int) -> None:
    account = restored.post(completion(f"m-{person}", person)).account
    applied = scene.apply(restored, scene.question(account))
    scene.step(restored, applied.conversion, "faculty", scene.principal(restored, COLLEGE))
    close(restored, SCHOOL)
    evaluator = scene.principal(restored, SCHOOL)
    refusal_of(lambda: scene.step(restored, applied.conversion, "check", evaluator), StepNotYours)


def test_who_may_not_end_a_decision_may_not_end_it_again(ruled: TestBank, person: int) -> None:
    account = ruled.post(completion(f"m-{person}", person)).account
    applied = scene.apply(ruled, scene.question(account))
    scene.end(ruled, applied.conversion, scene.learner(ruled, account))
    evaluator = scene.principal(ruled, SCHOOL)
    refusal_of(lambda: scene.end(ruled, applied.conversion, evaluator), Forbidden)
    stranger = scene.principal(ruled, scene.OTHER_COLLEGE)
    refusal_of(lambda: scene.end(ruled, applied.conversion, stranger), ConversionUnknown)
    assert scene.end(ruled, applied.conversion, scene.principal(ruled, DESK)).replayed
