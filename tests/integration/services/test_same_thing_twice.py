"""One thing under two names: courses, certificates, and people named twice in one posting."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.outcomes import Outcome
from creditbank.errors.recording import (
    AlreadyCredited,
    CertificateAlreadyRecorded,
    DocumentOfAnother,
    NameMismatch,
    SourceIdReused,
)
from creditbank.services.learners import Erase
from creditbank.storage import reading
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, SCHOOL, TestBank, refusal_of
from tests.factories import achievement, certificate, course, learner

DECLARED = {"level": "self_declared"}
ISSUED = {"level": "issuer"}


def outcomes(bank: TestBank, account: str) -> list[Outcome]:
    return bank.database.read_sync(lambda connection: reading.outcomes_of(connection, account))


# --- a learner named by account and document ------------------------------------------------------


def test_a_document_beside_an_account_has_to_be_that_account_s(bank: TestBank) -> None:
    one = bank.post(achievement("w-1", 1)).account
    other = bank.post(achievement("w-2", 2)).account
    both = {"account": one, **learner(1)}
    assert bank.post(achievement("w-3", 1, learner=both)).account == one
    assert bank.post(achievement("w-4", 1, learner={"account": one, "name": "测试1"})).index
    size = bank.size
    for number in (2, 3):  # somebody else's, and one that nobody has shown
        document = {"account": one, "document": learner(number)["document"]}
        posting = achievement("w-5", 1, learner=document)
        error = refusal_of(lambda posting=posting: bank.post(posting), DocumentOfAnother)  # type: ignore[misc]
        assert error.where == "/learner/document"
    named = achievement("w-5", 1, learner={"account": other, "name": "测试1"})
    refusal_of(lambda: bank.post(named), NameMismatch)
    # nor is it a replay of what was recorded for the account alone
    again = achievement("w-3", 1, learner={"account": one, **learner(2)})
    assert "/learner" in refusal_of(lambda: bank.post(again), SourceIdReused).fields["differs"]
    assert bank.size == size
    bank.require_clean()


# --- courses --------------------------------------------------------------------------------------


def math(source_id: str, term: str | None, **more: Any) -> dict[str, Any]:
    """Return the course in a term, or in none."""
    posting = course(source_id, 1) | more
    posting["course"] = {name: one for name, one in posting["course"].items() if name != "term"}
    if term is not None:
        posting["course"]["term"] = term
    return posting


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (math("c-1", "2025-2026-2"), math("c-2", None)),
        (math("c-1", None), math("c-2", "2025-2026-2")),
        (math("c-1", "2025-2026-02"), math("c-2", "2025—2026")),
        (math("c-1", "2025-2026-2"), math("c-2", "2025-2026-2", type="online_course")),
        (math("c-1", None, type="self_study_exam"), math("c-2", "2025-2026-2")),
    ],
    ids=["no term later", "no term before", "the year of it", "another type", "both"],
)
def test_a_course_counts_once_however_it_is_described(
    bank: TestBank, first: dict[str, Any], second: dict[str, Any]
) -> None:
    credited = bank.post(first, COLLEGE)
    error = refusal_of(lambda: bank.post(second, COLLEGE), AlreadyCredited)
    assert (error.where, error.fields["index"]) == ("/course", credited.index)
    # elsewhere it is another course, and once the first is revoked it may be put right
    assert bank.post(second | {"source_id": "c-3"}, SCHOOL).awarded
    bank.revoke("r-1", credited.index, COLLEGE)
    assert bank.post(second, COLLEGE).awarded
    bank.require_clean()


def test_a_course_taken_again_in_another_term_is_another_outcome(bank: TestBank) -> None:
    account = bank.post(math("c-1", "2025-2026-1"), COLLEGE).account
    assert bank.post(math("c-2", "2025-2026-2"), COLLEGE).awarded
    assert bank.post(math("c-3", "2024-2025"), COLLEGE).awarded
    assert len({one.subject for one in outcomes(bank, account)}) == 3
    bank.require_clean()


def test_two_of_one_course_in_one_batch_count_once(bank: TestBank) -> None:
    items = [math("c-1", "2025-2026-2"), math("c-2", None), math("c-3", "2024-2025-1")]
    results = bank.do(bank.intake.batch(items, bank.poster(COLLEGE))).results
    assert [isinstance(one, AlreadyCredited) for one in results] == [False, True, False]
    bank.require_clean()


# --- certificates ---------------------------------------------------------------------------------


def own_number(source_id: str, person: int, issuer: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a certificate with a number of its issuer's own making."""
    posting = certificate(source_id, person, **more)
    posting["certificate"] |= {"number": "第 1 号", "issuer": issuer}
    return posting


def issued(source_id: str, person: int, issuer: str, **more: Any) -> dict[str, Any]:
    """Return a certificate as its issuer posts it."""
    posting = certificate(source_id, person, verification=ISSUED, **more)
    posting["certificate"]["issuer"] = {"name": "测试评价机构", "code": issuer}
    return posting


def test_two_issuers_may_both_have_a_number_one(bank: TestBank) -> None:
    one, other = {"name": "甲学校", "code": SCHOOL}, {"name": "乙学校", "code": COLLEGE}
    bank.post(own_number("k-1", 1, one))
    bank.post(own_number("k-2", 2, other))
    bank.post(own_number("k-3", 3, {"name": "丙 学校"}))
    # the issuer's own numbers are one certificate each, however the issuer is written
    for issuer in (one, {"name": "丙学校"}, {"name": "丙学校", "code": ASSESSOR}):
        posting = own_number("k-9", 4, issuer)
        refusal_of(lambda posting=posting: bank.post(posting), CertificateAlreadyRecorded)  # type: ignore[misc]
    refusal_of(lambda: bank.post(own_number("k-9", 1, one)), AlreadyCredited)
    bank.require_clean()


def test_a_number_of_the_kind_is_one_whoever_is_said_to_have_issued_it(bank: TestBank) -> None:
    bank.post(certificate("k-1", 1))
    posting = certificate("k-2", 1) | {"learner": learner(2)}
    posting["certificate"]["issuer"] = {"name": "另一机构", "code": COLLEGE}
    refusal_of(lambda: bank.post(posting), CertificateAlreadyRecorded)


def test_what_a_learner_declared_is_superseded_by_the_issuer(bank: TestBank) -> None:
    declared = bank.post(certificate("k-1", 1, verification=DECLARED))
    verified = bank.post(issued("k-2", 1, ASSESSOR), ASSESSOR)
    assert verified.account == declared.account
    before, after = outcomes(bank, declared.account)
    assert (before.is_live, after.is_live, after.is_verified) == (False, True, True)
    assert before.revoked_index == verified.index - 1
    # a replay of either gets its answer, and the learner's word does not come back
    assert bank.post(certificate("k-1", 1, verification=DECLARED)).replayed
    assert bank.post(issued("k-2", 1, ASSESSOR), ASSESSOR).replayed
    refusal_of(lambda: bank.post(certificate("k-3", 1, verification=DECLARED)), AlreadyCredited)
    refusal_of(lambda: bank.post(issued("k-4", 1, ASSESSOR), ASSESSOR), AlreadyCredited)
    bank.require_clean()


def test_nobody_keeps_another_s_certificate_by_declaring_it(bank: TestBank) -> None:
    taken = certificate("k-1", 1, verification=DECLARED) | {"learner": learner(2)}
    claimed = bank.post(taken)
    verified = bank.post(issued("k-2", 1, ASSESSOR), ASSESSOR)
    assert verified.account != claimed.account
    assert [one.is_live for one in outcomes(bank, claimed.account)] == [False]
    assert [one.is_live for one in outcomes(bank, verified.account)] == [True]
    bank.require_clean()


def test_what_is_superseded_may_be_gone(bank: TestBank) -> None:
    declared = bank.post(certificate("k-1", 1, verification=DECLARED))
    bank.do(Erase(declared.account, bank.tokens[DESK].id))
    assert bank.post(issued("k-2", 1, ASSESSOR), ASSESSOR).index
    bank.require_clean()


def test_a_correction_may_verify_what_was_declared(bank: TestBank) -> None:
    declared = bank.post(certificate("k-1", 1, verification=DECLARED))
    corrected = bank.correct(factories.certificate("k-2", 1), declared.index)
    assert [one.is_live for one in outcomes(bank, corrected.account)] == [False, True]
    bank.require_clean()
