"""Corrections and revocations: a lot never changes, and what others gave goes on."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.access import Role
from creditbank.domain.balances import AsOf, balance
from creditbank.domain.outcomes import Outcome
from creditbank.errors.access import OutsideJurisdiction
from creditbank.errors.recording import (
    AlreadyCredited,
    CertificateAlreadyRecorded,
    EntryUnknown,
    NotRevocable,
)
from creditbank.services.revoking import RevokeOutcome
from creditbank.storage import reading
from tests import factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, SCHOOL, TestBank, refusal_of
from tests.factories import assessment, certificate, completion, course, study, training


def outcomes(bank: TestBank, account: str) -> dict[str, Outcome]:
    found = bank.database.read_sync(lambda connection: reading.outcomes_of(connection, account))
    return {one.id: one for one in found}


def credited(bank: TestBank, account: str) -> str:
    """Return the available credit in cn-16, as text."""
    shown = balance(outcomes(bank, account).values(), AsOf())
    amounts: list[dict[str, Any]] = [one for one in shown["systems"] if one["system"] == "cn-16"]
    return str(amounts[0]["verified"]["available"]) if amounts else "0.00"


def live(bank: TestBank, account: str) -> list[Outcome]:
    return [one for one in outcomes(bank, account).values() if one.is_live]


# --- revocation -----------------------------------------------------------------------------------


def test_what_its_poster_revokes_no_longer_counts_and_stays_readable(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    assert credited(bank, posted.account) == "1.50"
    revoked = bank.revoke("r-1", posted.index)
    assert credited(bank, posted.account) == "0.00"
    outcome = outcomes(bank, posted.account)[posted.outcome]
    assert (outcome.revoked_index, outcome.is_credited) == (revoked.recorded.index, False)
    assert live(bank, posted.account) == []
    again = bank.post(completion("s-2", 1))  # the module can be posted anew
    assert again.awarded is not None
    assert again.outcome != posted.outcome
    assert credited(bank, posted.account) == "1.50"
    bank.require_clean()


def test_a_revocation_sent_again_gets_the_first_answer(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    first = bank.revoke("r-1", posted.index)
    size = bank.size
    again = bank.revoke("r-1", posted.index)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.recorded, again.target) == (first.recorded, first.target)
    assert bank.size == size


def test_stages_of_others_go_on_in_an_outcome_of_their_own(bank: TestBank) -> None:
    school = bank.post(completion("s-1", 1, study(), training()))
    assessed = bank.post(completion("a-1", 1, assessment()), ASSESSOR)
    bank.revoke("r-1", assessed.index, ASSESSOR)
    (rest,) = live(bank, school.account)
    assert rest.id != school.outcome
    assert [(one["stage"], one["index"]) for one in rest.stages] == [
        ("study", school.index),
        ("training", school.index),
    ]
    assert (rest.attempts, rest.credited_index, rest.credits) == ([], None, [])
    assert credited(bank, school.account) == "0.00"
    again = bank.post(completion("a-2", 1, assessment(sitting="resit")), ASSESSOR)
    assert again.outcome == rest.id
    assert credited(bank, school.account) == "1.50"
    bank.require_clean()


def test_what_goes_on_can_be_revoked_by_its_own_poster(bank: TestBank) -> None:
    school = bank.post(completion("s-1", 1, study(), training()))
    assessed = bank.post(completion("a-1", 1, assessment()), ASSESSOR)
    bank.revoke("r-1", school.index)
    (rest,) = live(bank, school.account)
    assert [one["index"] for one in rest.attempts] == [assessed.index]
    refusal_of(lambda: bank.revoke("r-2", assessed.index), EntryUnknown)
    bank.revoke("r-3", assessed.index, ASSESSOR)
    assert live(bank, school.account) == []
    bank.require_clean()


def test_one_of_several_open_stages_can_be_revoked(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1, study()))
    second = bank.post(completion("s-2", 1, training()))
    bank.revoke("r-1", first.index)
    (rest,) = live(bank, first.account)
    assert [one["index"] for one in rest.stages] == [second.index]
    completed = bank.post(completion("s-3", 1, study(), assessment()))
    assert completed.outcome == rest.id
    assert completed.awarded is not None
    bank.require_clean()


def test_an_authority_revokes_within_its_jurisdiction(bank: TestBank) -> None:
    far = factories.organisation_code(8)
    bank.publish("institution", factories.institution(far, region="450100"))
    bank.publish("authorisation", factories.authorisation(far))
    bank.tokens[far] = bank.token(far, Role.INSTITUTION)
    near_entry = bank.post(completion("s-1", 1)).index
    far_entry = bank.post(completion("f-1", 2), far).index

    def revoking(source_id: str, index: int) -> Any:
        revocation = bank.revocation(source_id, index, AUTHORITY)
        return bank.do(RevokeOutcome(revocation, bank.poster(AUTHORITY), any_poster=True))

    assert revoking("r-1", near_entry).target == near_entry
    refusal = refusal_of(lambda: revoking("r-2", far_entry), OutsideJurisdiction)
    assert refusal.fields["region"] == "450100"
    refusal_of(lambda: revoking("r-3", 0), NotRevocable)
    bank.require_clean()


def attempt(source_id: str, **more: Any) -> dict[str, Any]:
    """Return a course posting without a result: an attempt on the way to it, or told after it."""
    stage = {name: value for name, value in assessment(**more).items() if name != "parts"}
    posting = course(source_id, 1) | {"stages": [stage]}
    del posting["passed"], posting["completed_on"]
    return posting


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("told", ["before", "after"])
def test_the_credit_of_a_course_rests_on_its_result_alone(
    bank: TestBank, told: str, corrected: bool
) -> None:
    """An attempt that was mistyped ends, and the course stays passed."""
    if told == "before":
        wrong = bank.post(attempt("c-1", passed=False), COLLEGE)
        result = bank.post(course("c-2", 1), COLLEGE)
    else:
        result = bank.post(course("c-2", 1), COLLEGE)
        wrong = bank.post(attempt("c-1", passed=False), COLLEGE)
    if corrected:
        right = bank.correct(attempt("c-3", passed=False, sitting="resit"), wrong.index, COLLEGE)
        assert (right.outcome, right.awarded) == (result.outcome, None)
    else:
        bank.revoke("r-1", wrong.index, COLLEGE)
    (outcome,) = live(bank, result.account)
    assert (outcome.id, outcome.credited_index) == (result.outcome, result.index)
    assert [one["sitting"] for one in outcome.attempts] == ["resit"] * corrected
    (system,) = balance([outcome], AsOf())["systems"]
    assert system["verified"]["available"] == "4.00"
    refusal_of(lambda: bank.revoke("r-2", wrong.index, COLLEGE), NotRevocable)
    bank.require_clean()
    # the result itself can still be revoked, and then nothing of it counts
    bank.revoke("r-3", result.index, COLLEGE)
    assert all(not one.is_credited for one in live(bank, result.account))
    bank.require_clean()


# --- correction -----------------------------------------------------------------------------------


def test_a_correction_revokes_and_records_in_one_step(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    size = bank.size
    corrected = bank.correct(
        completion("s-2", 1, study("9.00"), training(), assessment()), posted.index
    )
    assert bank.size == size + 2
    assert corrected.index == size + 1
    assert corrected.outcome != posted.outcome
    assert credited(bank, posted.account) == "1.50"
    old = outcomes(bank, posted.account)[posted.outcome]
    assert old.revoked_index == size
    bank.require_clean()


def test_a_corrected_stage_joins_what_others_gave(bank: TestBank) -> None:
    """The assessor's pass stands, and the corrected stages complete the module anew."""
    school = bank.post(completion("s-1", 1, study(), training()))
    assessed = bank.post(completion("a-1", 1, assessment()), ASSESSOR)
    corrected = bank.correct(completion("s-2", 1, study("10.00"), training()), school.index)
    assert corrected.awarded is not None
    (outcome,) = live(bank, school.account)
    assert [one["index"] for one in outcome.stages] == [corrected.index] * 2
    assert [one["index"] for one in outcome.attempts] == [assessed.index]
    assert outcome.stages[0]["hours"] == {"theory": "10.00"}
    assert credited(bank, school.account) == "1.50"
    bank.require_clean()


def test_what_was_posted_to_the_wrong_person_is_moved(bank: TestBank) -> None:
    wrong = bank.post(completion("s-1", 1))
    moved = bank.correct(completion("s-2", 2), wrong.index)
    assert moved.account != wrong.account
    assert (credited(bank, wrong.account), credited(bank, moved.account)) == ("0.00", "1.50")
    bank.require_clean()


def test_only_one_poster_s_part_of_an_outcome_is_moved(bank: TestBank) -> None:
    school = bank.post(completion("s-1", 1, study(), training()))
    assessed = bank.post(completion("a-1", 1, assessment()), ASSESSOR)
    moved = bank.correct(completion("a-2", 2, assessment()), assessed.index, ASSESSOR)
    assert moved.awarded is None
    (rest,) = live(bank, school.account)
    assert (len(rest.stages), rest.attempts) == (2, [])
    (other,) = live(bank, moved.account)
    assert (other.stages, len(other.attempts)) == ([], 1)
    bank.require_clean()


def test_nothing_is_moved_to_somebody_who_has_it_already(bank: TestBank) -> None:
    wrong = bank.post(completion("s-1", 1))
    bank.post(completion("s-2", 2))
    before = bank.rows()
    refusal_of(lambda: bank.correct(completion("s-3", 2), wrong.index), AlreadyCredited)
    assert bank.rows() == before


def test_a_corrected_certificate_keeps_or_changes_its_number(bank: TestBank) -> None:
    posted = bank.post(certificate("z-1", 1))
    same = certificate("z-2", 1, certificate=certificate("", 1)["certificate"] | {"title": "证书"})
    kept = bank.correct(same, posted.index)
    other = certificate("z-3", 1) | {"certificate": certificate("", 2)["certificate"]}
    changed = bank.correct(other, kept.index)
    assert [row[3] for row in bank.rows()["certificates"]] == [changed.index]
    # the old number is free again, the new one is not
    bank.post(certificate("z-4", 3) | {"certificate": certificate("", 1)["certificate"]})
    refusal_of(lambda: bank.post(certificate("z-5", 2)), CertificateAlreadyRecorded)
    bank.require_clean()


def test_a_certificate_is_moved_with_its_number(bank: TestBank) -> None:
    posted = bank.post(certificate("z-1", 1))
    moved = bank.correct(certificate("z-2", 1, learner=factories.learner(2)), posted.index)
    assert [(row[2], row[3]) for row in bank.rows()["certificates"]] == [
        (moved.account, moved.index)
    ]
    bank.require_clean()


def test_an_outcome_can_become_one_of_another_kind(bank: TestBank) -> None:
    posted = bank.post(course("c-1", 1), COLLEGE)
    bank.publish("authorisation", factories.authorisation(COLLEGE))
    corrected = bank.correct(completion("c-2", 1), posted.index, COLLEGE)
    assert {one.type for one in live(bank, posted.account)} == {"module"}
    assert corrected.account == posted.account
    bank.require_clean()


def test_a_correction_of_a_correction(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    first = bank.correct(
        completion("s-2", 1, study("9.00"), training(), assessment()), posted.index
    )
    second = bank.correct(completion("s-3", 1), first.index)
    refusal_of(lambda: bank.correct(completion("s-4", 1), first.index), NotRevocable)
    assert [one.id for one in live(bank, posted.account)] == [second.outcome]
    assert credited(bank, posted.account) == "1.50"
    bank.require_clean()


def test_a_correction_sent_again_gets_the_first_answer(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    first = bank.correct(completion("s-2", 1), posted.index)
    size = bank.size
    again = bank.correct(completion("s-2", 1), posted.index)
    assert again.replayed
    assert (again.index, again.leaf_hash) == (first.index, first.leaf_hash)
    assert bank.size == size


def test_the_poster_of_the_school_is_not_the_poster_of_the_assessor(bank: TestBank) -> None:
    """Source ids are each institution's own: the same one twice is two postings."""
    first = bank.post(completion("same", 1, study()), SCHOOL)
    second = bank.post(completion("same", 1, assessment()), ASSESSOR)
    assert (first.replayed, second.replayed) == (False, False)
    assert first.index != second.index
