"""Decisions from the application to the end: who may, in which order, and what is taken."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from creditbank.domain.access import Principal
from creditbank.domain.conversion.results import Verdict
from creditbank.errors.access import Forbidden, NotGranted
from creditbank.errors.decisions import (
    ConversionEnded,
    ConversionFlagged,
    ConversionNotMet,
    ConversionUnknown,
    NothingToReview,
    StepNotNext,
    StepNotYours,
)
from creditbank.errors.recording import SourceIdReused
from creditbank.services.applying import Applied
from creditbank.services.decision_records import open_decision
from creditbank.services.rederiving import derive_again
from creditbank.storage import decision_reading, reading
from tests import decision_scene as scene
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, SCHOOL, TestBank, refusal_of
from tests.factories import certificate, completion


def credited(bank: TestBank, person: int) -> str:
    """Return the account of somebody with the module."""
    return bank.post(completion(f"m-{person}", person)).account


def statuses(bank: TestBank, account: str) -> list[str]:
    found = bank.database.read_sync(
        lambda connection: decision_reading.decisions_of(connection, account)
    )
    return [one.status.value for one in found]


def test_an_application_reserves_what_it_needs(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    applied = scene.apply(ruled, scene.question(account))
    assert (applied.status, applied.replayed) == ("pending", False)
    (decision,) = ruled.database.read_sync(
        lambda connection: decision_reading.decisions_of(connection, account)
    )
    assert [target["granted"] for target in decision.targets] == [150]
    (use,) = decision.uses
    assert (use.scope, use.sharing, use.amount, use.of) == ("academic", "exclusive", 150, 150)
    assert decision.steps == 1  # the application is the first step, which is the learner's
    assert SCHOOL in decision.evaluators


def test_what_is_reserved_is_not_there_for_another_college(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    scene.apply(ruled, scene.question(account))
    other = scene.question(account, scene.OTHER_TRANSFER)
    refused = refusal_of(lambda: scene.apply(ruled, other), ConversionNotMet)
    (result,) = refused.fields["results"]
    assert result["verdict"] == Verdict.NOT_MET
    assert statuses(ruled, account) == ["pending"]


def test_what_only_recognises_takes_nothing(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    scene.apply(ruled, scene.question(account, scene.RECOGNISING))
    scene.apply(ruled, scene.question(account))
    assert statuses(ruled, account) == ["pending"] * 2


def test_the_last_step_consumes(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    applied = scene.apply(ruled, scene.question(account))
    decided = scene.register(ruled, applied.conversion)
    assert decided.status == "registered"
    assert statuses(ruled, account) == ["registered"]
    other = scene.question(account, scene.OTHER_TRANSFER)
    refusal_of(lambda: scene.apply(ruled, other), ConversionNotMet)


def test_steps_are_taken_in_their_order(ruled: TestBank, person: int) -> None:
    applied = scene.apply(ruled, scene.question(credited(ruled, person)))
    desk = scene.principal(ruled, DESK)
    refused = refusal_of(lambda: scene.step(ruled, applied.conversion, "record", desk), StepNotNext)
    assert refused.fields == {"next": "faculty"}


def pending(bank: TestBank, person: int, taken: int) -> Applied:
    """Return a decision of which so many steps were taken after the application."""
    applied = scene.apply(bank, scene.question(credited(bank, person)))
    for step_id, who in list(scene.parties(bank).items())[:taken]:
        scene.step(bank, applied.conversion, step_id, who)
    return applied


PARTIES: dict[str, tuple[int, str, set[str]]] = {
    "faculty": (0, "owner", {"owner"}),
    "check": (1, "evaluator", {"evaluator"}),
    "record": (2, "bank", {"desk"}),
}


@pytest.mark.parametrize("step_id", PARTIES)
def test_a_step_is_taken_by_whom_the_rulebook_names(
    ruled: TestBank, person: int, step_id: str
) -> None:
    taken, _by, right = PARTIES[step_id]
    applied = pending(ruled, person, taken)
    (account,) = {
        one.account
        for one in [
            ruled.database.read_sync(
                lambda connection: decision_reading.decision(connection, applied.conversion)
            )
        ]
        if one
    }
    everybody: dict[str, Principal] = {
        "owner": scene.principal(ruled, COLLEGE),
        "evaluator": scene.principal(ruled, SCHOOL),
        "desk": scene.principal(ruled, DESK),
        "authority": scene.principal(ruled, AUTHORITY),
        "learner": scene.learner(ruled, account),
        "another college": scene.principal(ruled, scene.OTHER_COLLEGE),
        "another assessor": scene.principal(ruled, ASSESSOR),
    }
    for name, who in everybody.items():
        if name in right:
            continue
        error: type[Exception] = StepNotYours
        if name in {"another college", "another assessor"}:
            error = ConversionUnknown  # it is none of their business
        refusal_of(lambda who=who: scene.step(ruled, applied.conversion, step_id, who), error)  # type: ignore[misc]
    (name,) = right
    assert scene.step(ruled, applied.conversion, step_id, everybody[name]).replayed is False


def test_a_step_sent_again_gets_its_first_answer(ruled: TestBank, person: int) -> None:
    applied = scene.apply(ruled, scene.question(credited(ruled, person)))
    owner = scene.principal(ruled, COLLEGE)
    first = scene.step(ruled, applied.conversion, "faculty", owner)
    again = scene.step(ruled, applied.conversion, "faculty", owner)
    assert again == replace(first, replayed=True)
    refusal_of(
        lambda: scene.step(ruled, applied.conversion, "faculty", owner, "rejected", "不同意"),
        StepNotNext,
    )


def test_a_rejection_frees_what_was_reserved(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    applied = scene.apply(ruled, scene.question(account))
    owner = scene.principal(ruled, COLLEGE)
    decided = scene.step(ruled, applied.conversion, "faculty", owner, "rejected", "内容不同")
    assert decided.status == "rejected"
    refused = refusal_of(
        lambda: scene.step(ruled, applied.conversion, "check", scene.principal(ruled, SCHOOL)),
        ConversionEnded,
    )
    assert refused.fields == {"status": "rejected"}
    scene.apply(ruled, scene.question(account, scene.OTHER_TRANSFER))


def test_a_learner_withdraws_before_it_is_registered_and_not_after(
    ruled: TestBank, person: int
) -> None:
    account = credited(ruled, person)
    me = scene.learner(ruled, account)
    first = scene.apply(ruled, scene.question(account))
    assert scene.end(ruled, first.conversion, me).status == "withdrawn"
    assert scene.end(ruled, first.conversion, me).replayed
    second = scene.apply(ruled, scene.question(account))
    scene.register(ruled, second.conversion)
    refusal_of(lambda: scene.end(ruled, second.conversion, me), ConversionEnded)
    assert statuses(ruled, account) == ["withdrawn", "registered"]


def test_an_owner_gives_back_what_was_registered(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    owner = scene.principal(ruled, COLLEGE)
    applied = scene.apply(ruled, scene.question(account))
    refusal_of(lambda: scene.end(ruled, applied.conversion, owner), ConversionEnded)
    scene.register(ruled, applied.conversion)
    assert scene.end(ruled, applied.conversion, owner, "学生退学").status == "returned"
    scene.apply(ruled, scene.question(account, scene.OTHER_TRANSFER))


def test_an_evaluator_ends_nothing(ruled: TestBank, person: int) -> None:
    applied = scene.apply(ruled, scene.question(credited(ruled, person)))
    refusal_of(
        lambda: scene.end(ruled, applied.conversion, scene.principal(ruled, SCHOOL)), Forbidden
    )


def test_a_college_applies_with_a_grant_and_a_paper(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    owner = scene.principal(ruled, COLLEGE)
    refusal_of(lambda: scene.apply(ruled, scene.question(account), owner), NotGranted)
    scene.grant(ruled, account)
    applied = scene.apply(ruled, scene.question(account), owner)
    assert applied.status == "pending"


def test_an_application_sent_again_gets_its_first_answer(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    first = scene.apply(ruled, scene.question(account), source_id="a-1")
    again = scene.apply(ruled, scene.question(account), source_id="a-1")
    assert again == replace(first, replayed=True)
    other = scene.question(account, scene.OTHER_TRANSFER)
    refused = refusal_of(lambda: scene.apply(ruled, other, source_id="a-1"), SourceIdReused)
    assert refused.fields["differs"] == ("/rulebook",)


def test_nothing_is_reserved_unless_all_that_is_asked_for_is_met(
    ruled: TestBank, person: int
) -> None:
    ethics = scene.rule(
        "ethics",
        target={"kind": "exemption", "of": {"zh": "伦理"}},
        needs=scene.rule()["needs"] | {"select": {"module": ["GD-AI-ETH"]}},
    )
    document = scene.rulebook(f"two-{person}", COLLEGE, scene.rule(), ethics)
    ruled.publish("rulebook", document)
    account = credited(ruled, person)
    both = scene.question(account, f"two-{person}", "vision", "ethics")
    refused = refusal_of(lambda: scene.apply(ruled, both), ConversionNotMet)
    assert [one["verdict"] for one in refused.fields["results"]] == ["met", "not_met"]
    assert statuses(ruled, account) == []
    scene.apply(ruled, scene.question(account, f"two-{person}"))
    assert statuses(ruled, account) == ["pending"]


# --- what ended afterwards


def flags(bank: TestBank, conversion: str) -> list[tuple[str, int]]:
    def read(connection: Any) -> list[tuple[str, int]]:
        decision = decision_reading.decision(connection, conversion)
        assert decision is not None
        return decision_reading.ended_outcomes(connection, decision)

    return bank.database.read_sync(read)


def test_a_decision_is_flagged_when_an_outcome_is_corrected(ruled: TestBank, person: int) -> None:
    posted = ruled.post(completion(f"m-{person}", person))
    applied = scene.apply(ruled, scene.question(posted.account))
    scene.register(ruled, applied.conversion)
    assert flags(ruled, applied.conversion) == []
    ruled.correct(completion(f"k-{person}", person), posted.index)
    ((outcome, index),) = flags(ruled, applied.conversion)
    assert outcome == posted.outcome
    assert index > applied.recorded.index


def test_a_decision_on_its_way_is_not_registered_on_an_outcome_that_ended(
    ruled: TestBank, person: int
) -> None:
    posted = ruled.post(completion(f"m-{person}", person))
    applied = scene.apply(ruled, scene.question(posted.account))
    ruled.revoke(f"r-{person}", posted.index)
    owner = scene.principal(ruled, COLLEGE)
    refused = refusal_of(
        lambda: scene.step(ruled, applied.conversion, "faculty", owner), ConversionFlagged
    )
    assert refused.fields == {"outcomes": [posted.outcome], "evidence": []}
    scene.step(ruled, applied.conversion, "faculty", owner, "rejected", "成果已撤销")


def test_an_owner_reviews_a_flag_once(ruled: TestBank, person: int) -> None:
    posted = ruled.post(completion(f"m-{person}", person))
    applied = scene.apply(ruled, scene.question(posted.account))
    scene.register(ruled, applied.conversion)
    owner = scene.principal(ruled, COLLEGE)
    refusal_of(lambda: scene.review(ruled, applied.conversion, owner), NothingToReview)
    ruled.revoke(f"r-{person}", posted.index)
    first = scene.review(ruled, applied.conversion, owner)
    assert flags(ruled, applied.conversion) == []
    again = scene.review(ruled, applied.conversion, owner)
    assert (again.recorded, again.replayed) == (first.recorded, True)


def test_an_outcome_that_is_only_looked_at_flags_too(ruled: TestBank, person: int) -> None:
    holds = {
        "id": "both",
        "kind": "all",
        "of": [
            scene.rule()["needs"],
            {"id": "level", "kind": "holds", "select": {"certificate_kind": ["skill-level"]}},
        ],
    }
    ruled.publish("rulebook", scene.rulebook(f"holds-{person}", COLLEGE, scene.rule(needs=holds)))
    account = credited(ruled, person)
    prior = ruled.post(certificate(f"z-{person}", person))
    applied = scene.apply(ruled, scene.question(account, f"holds-{person}"))
    ruled.revoke(f"r-{person}", prior.index)
    assert [outcome for outcome, _ in flags(ruled, applied.conversion)] == [prior.outcome]


# --- derived again


def test_an_old_decision_is_derived_again_from_its_entry(ruled: TestBank, person: int) -> None:
    account = credited(ruled, person)
    applied = scene.apply(ruled, scene.question(account))
    scene.register(ruled, applied.conversion)
    ruled.revoke(f"r-{person}", _credited_index(ruled, account))
    opened = ruled.database.read_sync(
        lambda connection: open_decision(
            connection, ruled.bank, scene.principal(ruled, COLLEGE), applied.conversion
        )
    )
    derived = derive_again(opened)
    assert (derived.same, derived.violations) == (True, [])
    altered = deepcopy(opened.person)
    altered["evaluation"]["results"][0]["counted"][0]["amount"] = "1.40"
    derived = derive_again(replace(opened, person=altered))
    assert not derived.same
    assert derived.violations


def _credited_index(bank: TestBank, account: str) -> int:
    outcomes = bank.database.read_sync(lambda connection: reading.outcomes_of(connection, account))
    index = outcomes[0].credited_index
    assert index is not None
    return index
