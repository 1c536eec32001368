"""What is recorded: stages from several bodies, attempts, credit once, and whose it is."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from creditbank.domain.outcomes import Outcome
from creditbank.errors.recording import AlreadyCredited, NameMismatch
from creditbank.services.actors import Poster
from creditbank.services.identifying import Claim
from creditbank.services.learners import OpenAccount
from creditbank.storage import reading
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, NOTICE, SCHOOL, TestBank, refusal_of
from tests.factories import assessment, certificate, completion, course, study, training

AWARDED = {
    "credits": [
        {"system": "cn-16", "amount": "1.50"},
        {"system": "cn-18", "amount": "1.33"},
    ],
    "hours": {"theory": "8.00", "practice": "16.00"},
}


def outcomes(bank: TestBank, account: str) -> list[Outcome]:
    return bank.database.read_sync(lambda connection: reading.outcomes_of(connection, account))


def learner_chain(bank: TestBank, account: str) -> list[int]:
    """Return the indexes of the learner's entries, in the order of their chain."""
    entries = bank.database.read_sync(
        lambda connection: reading.entries_of_account(connection, account, after=0, limit=99)
    )
    assert [seq for seq, _ in entries] == list(range(1, len(entries) + 1))
    return [row.index for _, row in entries]


# --- modules --------------------------------------------------------------------------------------


def test_a_whole_module_is_credited_at_once(bank: TestBank) -> None:
    size = bank.size
    posted = bank.post(completion("s-1", 1))
    assert posted.awarded == AWARDED
    assert posted.index == size + 1  # after the account that it opened
    assert bank.size == size + 2
    (outcome,) = outcomes(bank, posted.account)
    assert outcome.is_credited
    assert outcome.credited_index == posted.index
    assert outcome.credits == AWARDED["credits"]
    assert (outcome.hours_theory, outcome.hours_practice) == (8_00, 16_00)
    assert outcome.achieved_on == "2026-06-20"
    assert learner_chain(bank, posted.account) == [size, size + 1]
    bank.require_clean()


def test_stages_from_several_bodies_complete_a_module(bank: TestBank) -> None:
    """Whoever posts the last stage is who completes it; each stage keeps who gave it."""
    first = bank.post(completion("s-1", 1, study()))
    second = bank.post(completion("s-2", 1, training()))
    third = bank.post(completion("a-1", 1, assessment()), ASSESSOR)
    assert [one.awarded for one in (first, second, third)] == [None, None, AWARDED]
    assert first.outcome == second.outcome == third.outcome
    assert first.account == second.account == third.account
    (outcome,) = outcomes(bank, first.account)
    assert [(one["stage"], one["org"], one["index"]) for one in outcome.stages] == [
        ("study", SCHOOL, first.index),
        ("training", SCHOOL, second.index),
    ]
    assert [(one["org"], one["index"]) for one in outcome.attempts] == [(ASSESSOR, third.index)]
    assert outcome.opened_index == first.index
    assert outcome.credited_index == third.index
    bank.require_clean()


def test_an_assessment_that_comes_first_waits_for_the_training(bank: TestBank) -> None:
    first = bank.post(completion("a-1", 1, assessment()), ASSESSOR)
    second = bank.post(completion("s-1", 1, study(), training()))
    assert first.awarded is None
    assert second.awarded == AWARDED
    assert outcomes(bank, first.account)[0].achieved_on == "2026-06-20"


def test_fails_absences_and_resits_are_recorded_and_award_nothing(bank: TestBank) -> None:
    bank.post(completion("s-1", 1, study(), training()))
    failed = bank.post(completion("a-1", 1, assessment(passed=False, score="40.00")), ASSESSOR)
    absent = bank.post(
        completion("a-2", 1, assessment(passed=False, sitting="absent", parts=[])), ASSESSOR
    )
    assert failed.awarded is absent.awarded is None
    assert failed.outcome == absent.outcome
    resit = bank.post(completion("a-3", 1, assessment(sitting="resit")), ASSESSOR)
    assert resit.awarded == AWARDED
    (outcome,) = outcomes(bank, resit.account)
    assert [
        (one["attempt"], one["sitting"], one["passed"], one["index"]) for one in outcome.attempts
    ] == [
        (1, "first", False, failed.index),
        (2, "absent", False, absent.index),
        (3, "resit", True, resit.index),
    ]
    bank.require_clean()


def test_attempts_at_different_events_are_numbered_apart(bank: TestBank) -> None:
    for number, event in enumerate(("春季", "秋季")):
        attempt = assessment(passed=False, event=event)
        posted = bank.post(completion(f"a-{number}", 1, attempt), ASSESSOR)
    (outcome,) = outcomes(bank, posted.account)
    assert [(one["event"], one["attempt"]) for one in outcome.attempts] == [
        ("春季", 1),
        ("秋季", 1),
    ]


def test_a_module_is_credited_once_whoever_posts_it_again(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1))
    again = [
        bank.intake.outcome(completion("s-2", 1), bank.poster(SCHOOL)),
        bank.intake.outcome(completion("a-1", 1, assessment()), bank.poster(ASSESSOR)),
    ]
    for work in again:
        refusal = refusal_of(partial(bank.do, work), AlreadyCredited)
        assert refusal.fields["index"] == first.index
    assert len(outcomes(bank, first.account)) == 1


def test_the_version_in_force_is_chosen_where_none_is_named(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1, module={"id": factories.MODULE}))
    (outcome,) = outcomes(bank, posted.account)
    assert (outcome.module, outcome.version) == (factories.MODULE, "1")


def test_two_learners_never_share_an_outcome(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1, study()))
    second = bank.post(completion("s-2", 2, training()))
    assert first.outcome != second.outcome
    assert first.account != second.account
    assert [len(outcomes(bank, one.account)) for one in (first, second)] == [1, 1]


# --- other kinds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["academic_course", "self_study_exam", "online_course"])
def test_a_passed_course_brings_its_own_amounts(bank: TestBank, kind: str) -> None:
    posted = bank.post(course("c-1", 1, type=kind), COLLEGE)
    assert posted.awarded == {
        "credits": [{"system": "cn-18", "amount": "4.00"}],
        "hours": {"theory": "72.00", "practice": "0.00"},
    }
    (outcome,) = outcomes(bank, posted.account)
    assert (outcome.type, outcome.title) == (kind, "高等数学")
    assert outcome.achieved_on == "2026-06-30"


def test_a_failed_course_is_recorded_and_passed_later(bank: TestBank) -> None:
    failed = bank.post(course("c-1", 1, passed=False), COLLEGE)
    passed = bank.post(course("c-2", 1), COLLEGE)
    assert failed.awarded is None
    assert passed.awarded is not None
    assert passed.outcome == failed.outcome
    bank.require_clean()


def test_a_course_of_another_term_is_another_outcome(bank: TestBank) -> None:
    again = course("c-2", 1)
    again["course"] = again["course"] | {"term": "2025-2026-1"}
    first, second = bank.post(course("c-1", 1), COLLEGE), bank.post(again, COLLEGE)
    assert first.outcome != second.outcome
    assert len(outcomes(bank, first.account)) == 2


def test_a_certificate_has_no_amount_of_its_own(bank: TestBank) -> None:
    posted = bank.post(certificate("z-1", 1))
    assert posted.awarded == {"credits": [], "hours": {"theory": "0.00", "practice": "0.00"}}
    assert posted.number_format == "skill_level_22"
    (outcome,) = outcomes(bank, posted.account)
    assert outcome.level == "cn-grade-5:1"
    assert outcome.verification == "original_seen"
    bank.require_clean()


def test_a_number_of_unknown_format_is_kept_as_unrecognised(bank: TestBank) -> None:
    unusual = certificate("z-1", 1)
    unusual["certificate"] = unusual["certificate"] | {"number": "粤2026-0001"}
    assert bank.post(unusual).number_format == "unrecognised"


def test_an_achievement_is_recorded_as_declared(bank: TestBank) -> None:
    posted = bank.post(factories.achievement("w-1", 1))
    (outcome,) = outcomes(bank, posted.account)
    assert not outcome.is_verified
    assert outcome.achieved_on == "2026-05-31"
    bank.require_clean()


# --- whose it is ----------------------------------------------------------------------------------


def test_the_same_document_is_the_same_account_whoever_posts(bank: TestBank) -> None:
    posted = [
        bank.post(completion("s-1", 1)),
        bank.post(certificate("z-1", 1)),
        bank.post(course("c-1", 1), COLLEGE),
    ]
    (account,) = {one.account for one in posted}
    by_account = course("c-2", 1, learner={"account": account}, passed=None)
    del by_account["passed"]
    by_account["stages"] = [assessment(parts=[])]
    assert bank.post(by_account, COLLEGE).account == account
    assert len(bank.rows()["identities"]) == 1
    bank.require_clean()


def test_a_document_number_is_the_same_however_it_is_typed(bank: TestBank) -> None:
    number = next(
        factories.resident_id(one) for one in range(99) if factories.resident_id(one)[-1] == "X"
    )
    accounts = set()
    for source_id, typed in (
        ("c-1", number),
        ("c-2", f" {number.lower()} "),
        ("c-3", number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})),
    ):
        learner = {"document": {"kind": "resident_id", "number": typed}, "name": "测试"}
        one = factories.achievement(source_id, 1, learner=learner)
        accounts.add(bank.post(one, COLLEGE).account)
    assert len(accounts) == 1


def test_the_same_number_on_another_kind_of_document_is_another_account(bank: TestBank) -> None:
    learner = {
        "document": {"kind": "passport", "number": "E12345678", "country": "KAZ"},
        "name": "测试",
    }
    first = bank.post(factories.achievement("w-1", 1, learner=learner))
    other = learner | {"document": {"kind": "mainland_travel_permit_tw", "number": "12345678"}}
    assert bank.post(factories.achievement("w-2", 1, learner=other)).account != first.account


def test_a_name_written_another_way_is_the_same_name(bank: TestBank) -> None:
    learner = factories.learner(1) | {"name": "阿依古丽·买买提"}
    first = bank.post(factories.achievement("w-1", 1, learner=learner))
    spaced = learner | {"name": "阿依古丽• 买买提"}
    assert bank.post(factories.achievement("w-2", 1, learner=spaced)).account == first.account
    refusal_of(
        lambda: bank.post(factories.achievement("w-3", 1, learner=learner | {"name": "买买提"})),
        NameMismatch,
    )


def test_opening_an_account_twice_finds_the_first(bank: TestBank) -> None:
    def opening(name: str = "测试1") -> Any:
        learner = factories.learner(1) | {"name": name}
        claim = Claim.of(learner, bank.bank.keyring)
        return bank.do(OpenAccount(claim, bank.poster(DESK), NOTICE, "13800000000"))

    first, size = opening(), bank.size
    again = opening()
    assert (first.replayed, again.replayed) == (False, True)
    assert first.account == again.account == bank.post(completion("s-1", 1)).account
    refusal_of(lambda: opening("另一人"), NameMismatch)
    assert bank.size == size + 1
    (held,) = bank.database.read_sync(
        lambda connection: reading.identities_of(connection, bank.bank.keyring, first.account)
    )
    assert held == factories.learner(1)["document"] | {"name": "测试1", "phone": "13800000000"}


def test_an_account_entry_names_basis_and_notice_and_nobody(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    entry = shown(bank, posted.index - 1)
    assert entry["person"] == {
        "account": posted.account,
        "legal_basis": "statutory_duty",
        "notice": NOTICE.version,
        "document_kind": "resident_id",
    }
    assert entry["act"]["org"] == SCHOOL


def test_the_actor_part_names_the_token_and_the_operators(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    token = bank.tokens[SCHOOL].id
    assert shown(bank, posted.index)["actor"] == {
        "token": token,
        "operator": "经办甲",
        "reviewer": "复核乙",
    }
    plain = bank.do(bank.intake.outcome(completion("s-2", 2), Poster(token, SCHOOL)))
    assert shown(bank, plain.index)["actor"] == {"token": token}


def shown(bank: TestBank, index: int) -> dict[str, Any]:
    """Return the values of all parts of an entry."""

    def read(connection: reading.Connection) -> dict[str, Any]:
        (row,) = reading.entries_from(connection, index, 1)
        everything = frozenset({"act", "actor", "attest", "learner_link", "org_link", "person"})
        entry = reading.show_entry(connection, bank.bank.keyring, row, everything)
        return {name: part.value for name, part in entry.parts.items()}

    return bank.database.read_sync(read)
