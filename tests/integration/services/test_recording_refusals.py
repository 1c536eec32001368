"""Every refusal of a posting: named, placed, and without a trace in the database."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from creditbank.errors import CreditBankError, recording
from creditbank.errors.recording import (
    SubmissionInvalid,
    TooFewHours,
)
from tests import factories
from tests.banks import TestBank, put_back_after, refusal_of
from tests.factories import completion, study
from tests.integration.services.refusals_of_modules import MODULE_REFUSALS
from tests.integration.services.refusals_of_others import OTHER_REFUSALS

CASES = MODULE_REFUSALS | OTHER_REFUSALS


@pytest.fixture
def scene(shared_bank: TestBank) -> Iterator[TestBank]:
    """A bank, put back after the test."""
    with put_back_after(shared_bank):
        yield shared_bank


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_is_named_and_placed_and_leaves_no_trace(scene: TestBank, name: str) -> None:
    case = CASES[name]
    case.after(scene)
    before = scene.rows()
    refusal = refusal_of(lambda: case.submit(scene), case.error)
    assert refusal.where == case.where
    assert {key: refusal.fields[key] for key in case.fields} == case.fields
    told = f"{refusal}{refusal.fields}"  # the detail has every field that it names
    for number in (1, 2):
        assert factories.learner(number)["name"] not in told
        assert factories.resident_id(number) not in told
    assert scene.rows() == before


def test_every_refusal_of_recording_has_a_case() -> None:
    defined = {
        error
        for _, error in inspect.getmembers(recording, inspect.isclass)
        if issubclass(error, CreditBankError) and error.__dict__.get("slug")
    }
    assert {error.__name__ for error in defined - {case.error for case in CASES.values()}} == set()


def test_what_was_refused_can_be_posted_once_it_is_mended(bank: TestBank) -> None:
    """A refused submission does not use up its source id."""
    refusal_of(lambda: bank.post(completion("s-1", 1, study("7.99"))), TooFewHours)
    refusal_of(lambda: bank.post(completion("s-1", 1, surprise=True)), SubmissionInvalid)
    posted = bank.post(completion("s-1", 1))
    assert not posted.replayed
    assert posted.awarded is not None
    bank.require_clean()
