"""Answers about institutions' signatures, and about what became of an entry later."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from creditbank.domain.verification import Answer, Report, Result, verify
from creditbank.ledger.keys import VerifierKey
from tests import factories
from tests.proof_scene import (
    ALICE,
    ED25519,
    KEYS,
    Document,
    Log,
    standard_log,
    to_bytes,
)

ALWAYS = {Answer.LATER_UNKNOWN, Answer.HIDDEN_PART}


@pytest.fixture
def log() -> Log:
    return standard_log()


def report_of(
    document: Document, keys: Collection[VerifierKey] = KEYS, **more: Any
) -> tuple[Report, set[Answer]]:
    """Return the report, and its answers but those that every receipt gets."""
    report = verify(to_bytes(document), keys, **more)
    return report, set(report.answers) - ALWAYS


# --- institutions' signatures


def test_signature_over_something_else_is_forged(log: Log) -> None:
    attest = log.attest({"source_id": "another"})
    person = log.entries[4].parts["person"][1]
    act = {name: value for name, value in log.entries[4].parts["act"][1].items() if name != "kind"}
    index = log.add("outcome/1", act, account=ALICE, person=person, attest=attest)
    report, answers = report_of(log.receipt(index))
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.FORGED})


@pytest.mark.parametrize("more", [{"log": "other.example/log"}, {"org": "bank"}])
def test_signature_for_another_bank_or_institution_is_forged(
    log: Log, more: dict[str, Any]
) -> None:
    person = log.entries[4].parts["person"][1]
    act = {name: value for name, value in log.entries[4].parts["act"][1].items() if name != "kind"}
    attest = log.attest(person["submission"], **more)
    index = log.add("outcome/1", act, account=ALICE, person=person, attest=attest)
    assert Answer.FORGED in report_of(log.receipt(index))[1]


def test_place_in_a_batch_that_cannot_be_is_forged(log: Log) -> None:
    person = log.entries[4].parts["person"][1]
    act = {name: value for name, value in log.entries[4].parts["act"][1].items() if name != "kind"}
    attest = log.attest(person["submission"]) | {"index": 9}
    index = log.add("outcome/1", act, account=ALICE, person=person, attest=attest)
    assert Answer.FORGED in report_of(log.receipt(index))[1]


def test_signature_without_the_institutions_register_is_not_checked(log: Log) -> None:
    document = log.receipt(4, registers=False)
    report, answers = report_of(document)
    assert (report.result, answers) == (Result.VALID, {Answer.UNKNOWN_KEY})
    assert report.entries[0].signature == "unchecked"


def test_register_of_later_or_of_another_institution_does_not_count() -> None:
    log = Log()
    log.genesis()
    log.institution(factories.organisation_code(2))
    log.outcome(signed=True)
    log.institution()
    report, answers = report_of(log.receipt(2))
    assert (report.result, answers) == (Result.VALID, {Answer.UNKNOWN_KEY})


@pytest.mark.parametrize(
    ("key", "at"),
    [
        ({"valid_to": "2026-06-20"}, "2026-06-21"),
        ({"valid_from": "2026-06-22"}, "2026-06-21"),
    ],
)
def test_key_has_to_be_in_force_on_the_day(key: dict[str, str], at: str) -> None:
    log = Log()
    log.genesis()
    members = {"kid": "k1", "alg": "ed25519", "public": "00" * 32, "valid_from": "2026-01-01"}
    log.institution(keys=[members | key])
    log.outcome(signed=True)
    report, answers = report_of(log.receipt(2))
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.KEY_NOT_IN_FORCE})
    assert report.entries[0].at == f"{at}T00:00:00Z"


def test_register_has_to_be_in_force_on_the_day() -> None:
    log = Log(at=253_402_300_799)
    log.genesis()
    log.institution()
    log.outcome(signed=True)
    report = verify(log.receipt(2, checkpoint=log.checkpoint(signers=[ED25519])), KEYS)
    assert Answer.KEY_NOT_IN_FORCE in report.answers


def test_register_document_has_to_be_the_one_that_its_entry_names(log: Log) -> None:
    def changed(change: Callable[[Document], None]) -> set[Answer]:
        document = log.receipt(4)
        change(document["registers"][0]["document"])
        report, answers = report_of(document)
        assert report.result is Result.NOT_VALID
        return answers

    assert Answer.FORGED in changed(lambda one: one.update(version="2"))
    assert Answer.FORGED in changed(lambda one: one.update(more=1))
    assert changed(lambda one: one.update(more=1.5)) == {Answer.MALFORMED}
    assert Answer.FORGED in changed(lambda one: one.clear())
    document = log.receipt(4)
    document["registers"][0] |= log.proven(2, {"act"}, 7)
    assert Answer.FORGED in report_of(document)[1]


# --- what became of it


def test_revoked_and_corrected_entries_are_told_apart() -> None:
    log = Log()
    log.genesis()
    first = log.outcome(ALICE, "a" * 32)
    second = log.outcome(ALICE, "b" * 32)
    log.revoke(first, outcome="a" * 32)
    log.revoke(second, outcome="b" * 32)
    log.outcome(ALICE, "c" * 32, corrects={"index": second, "reason": "录入有误"})
    report, answers = report_of(log.statement())
    assert report.result is Result.VALID
    assert {Answer.REVOKED, Answer.SUPERSEDED} <= answers
    standing = [(entry.index, entry.standing, entry.by) for entry in report.entries]
    assert standing == [
        (1, "revoked", 3),
        (2, "superseded", 5),
        (3, None, None),
        (4, None, None),
        (5, "stands", None),
    ]


def test_award_ends_when_another_ones_stage_is_revoked() -> None:
    """The contribution stands and goes on under another outcome; it may be completed again."""
    log = Log()
    log.genesis()
    stage = log.outcome(ALICE, "a" * 32, award=False)
    award = log.outcome(ALICE, "a" * 32, extends=True)
    log.revoke(stage, outcome="a" * 32, continues="b" * 32)
    again = log.outcome(ALICE, "b" * 32, extends=True)
    report, answers = report_of(log.statement())
    assert Answer.AWARD_ENDED in answers
    assert [(one.index, one.standing) for one in report.entries if one.standing] == [
        (stage, "revoked"),
        (award, "award_ended"),
        (again, "stands"),
    ]
    log.revoke(again, outcome="b" * 32)
    report, _ = report_of(log.statement())
    assert {one.index: one.standing for one in report.entries}[again] == "revoked"


def test_revocation_of_another_outcome_or_entry_ends_nothing() -> None:
    log = Log()
    log.genesis()
    mine = log.outcome(ALICE, "a" * 32)
    log.revoke(mine, outcome="b" * 32)
    log.outcome(ALICE, "c" * 32, corrects={"index": mine, "reason": "x"})
    log.outcome(ALICE, "d" * 32, corrects={"index": [mine], "reason": "x"})
    report, answers = report_of(log.statement())
    assert not answers & {Answer.REVOKED, Answer.SUPERSEDED}
    assert report.entries[0].standing == "stands"


def test_hidden_reasons_turn_a_correction_into_a_revocation() -> None:
    log = Log()
    log.genesis()
    first = log.outcome(ALICE, "a" * 32)
    log.revoke(first, outcome="a" * 32)
    log.outcome(ALICE, "b" * 32, corrects={"index": first, "reason": "x"})
    report, _ = report_of(log.statement(visible={"act", "learner_link"}))
    assert (report.result, report.entries[0].standing) == (Result.VALID, "revoked")


def test_receipt_cannot_know_of_a_later_revocation() -> None:
    log = Log()
    log.genesis()
    first = log.outcome(ALICE, "a" * 32)
    log.revoke(first, outcome="a" * 32)
    report = verify(log.receipt(first), KEYS)
    assert (report.result, report.entries[0].standing) == (Result.VALID, None)
    assert Answer.LATER_UNKNOWN in report.answers
