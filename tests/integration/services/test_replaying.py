"""Replays: one source id, one entry, for ever."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from creditbank.errors.recording import SourceIdReused
from creditbank.errors.registers import RegisterVersionExists
from creditbank.errors.storage import Erased
from creditbank.services.banking import OPERATOR
from creditbank.services.learners import Erase
from creditbank.services.registering import PublishRegister
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL, TestBank, refusal_of
from tests.factories import assessment, certificate, completion, course, study, training

POSTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "module": (completion("s-1", 1), SCHOOL),
    "stage": (completion("s-1", 1, study()), SCHOOL),
    "attempt": (completion("s-1", 1, assessment(passed=False)), SCHOOL),
    "course": (course("s-1", 1), COLLEGE),
    "certificate": (certificate("s-1", 1), SCHOOL),
    "achievement": (factories.achievement("s-1", 1), SCHOOL),
}


@pytest.mark.parametrize("name", POSTINGS)
def test_a_replay_gets_the_original_answer(bank: TestBank, name: str) -> None:
    outcome, org = POSTINGS[name]
    first = bank.post(outcome, org)
    before = bank.rows()
    again = bank.post(deepcopy(outcome), org)
    assert again == replace(first, replayed=True)
    assert bank.rows() == before


def test_a_replay_long_after_is_still_the_original(bank: TestBank) -> None:
    """Also when it would be refused today: revoked, and posted again under another id."""
    first = bank.post(completion("s-1", 1))
    bank.revoke("r-1", first.index)
    bank.post(completion("s-2", 1))
    assert bank.post(completion("s-1", 1)) == replace(first, replayed=True)


def test_what_is_written_another_way_is_the_same_content(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1, study("8.00")))
    by_account = completion("s-1", 1, study("8"), learner={"account": first.account})
    again = bank.post(dict(reversed(by_account.items())))
    assert again.replayed
    assert again.index == first.index


Change = Callable[[dict[str, Any]], object]

CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "score": (
        lambda one: one["stages"][2]["parts"][0]["score"].update(value="81.00"),
        ("/stages/2/parts/0/score/value",),
    ),
    "two dates": (
        lambda one: one["stages"][0].update(begun_on="2026-06-02", ended_on="2026-06-04"),
        ("/stages/0/begun_on", "/stages/0/ended_on"),
    ),
    "stages": (lambda one: one["stages"].pop(), ("/stages",)),
    "version": (lambda one: one["module"].pop("version"), ("/module/version",)),
    "learner": (lambda one: one.update(learner=factories.learner(2)), ("/learner",)),
    "account": (
        lambda one: one.update(learner={"account": "la-" + "a" * 16}),
        ("/learner",),
    ),
    "learning event": (lambda one: one.update(learning_event="春季班"), ("/learning_event",)),
    "learner and score": (
        lambda one: (
            one.update(learner=factories.learner(2)),
            one["stages"][1]["hours"].update(practice="17.00"),
        ),
        ("/stages/1/hours/practice", "/learner"),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_other_content_under_the_same_id_is_refused_and_named(bank: TestBank, name: str) -> None:
    change, differs = CHANGES[name]
    posted = bank.post(completion("s-1", 1))
    other = completion("s-1", 1)
    change(other)
    before = bank.rows()
    refusal = refusal_of(lambda: bank.post(other), SourceIdReused)
    assert (refusal.where, refusal.fields["index"]) == ("/source_id", posted.index)
    assert refusal.fields["differs"] == differs
    assert bank.rows() == before


def test_a_source_id_of_one_kind_is_not_free_for_another(bank: TestBank) -> None:
    bank.post(completion("s-1", 1))
    refusal = refusal_of(lambda: bank.post(factories.achievement("s-1", 1)), SourceIdReused)
    assert "/type" in refusal.fields["differs"]


def test_a_replay_does_not_ask_what_is_in_force_today(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1))
    bank.publish("institution", factories.institution(SCHOOL, version="2", status="closed"))
    assert bank.post(completion("s-1", 1)).index == first.index


def test_the_source_id_of_an_erased_learner_answers_erased(bank: TestBank) -> None:
    """Whatever is posted under it: the entry stands, and nobody can say for whom."""
    posted = bank.post(completion("s-1", 1))
    bank.do(Erase(posted.account, bank.tokens[DESK].id))
    before = bank.rows()
    refusal_of(lambda: bank.post(completion("s-1", 1)), Erased)
    refusal_of(lambda: bank.post(completion("s-1", 2, study(), training())), Erased)
    refusal_of(lambda: bank.correct(completion("s-2", 2), posted.index), Erased)
    refusal_of(lambda: bank.revoke("r-1", posted.index), Erased)
    assert bank.rows() == before


def test_a_register_version_published_again_gets_the_original_answer(bank: TestBank) -> None:
    document = factories.institution(factories.organisation_code(9))

    def publishing(**more: Any) -> Any:
        return bank.do(PublishRegister("institution", document | more, OPERATOR, bank.bank.keyring))

    first, size = publishing(), bank.size
    again = publishing()
    assert again == replace(first, replayed=True)
    refusal = refusal_of(lambda: publishing(roles=["training"]), RegisterVersionExists)
    assert refusal.fields["index"] == first.index
    assert bank.size == size
