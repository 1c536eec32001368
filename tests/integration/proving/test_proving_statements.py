"""Statements that the bank gives are complete up to a published size, and say what stands."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.verification import Answer, Level, Result
from creditbank.errors.log import NotInLog, NotYetPublished
from creditbank.errors.recording import LearnerUnknown
from creditbank.services.learners import Erase
from tests import factories
from tests.banks import DESK, refusal_of
from tests.integration.proving.publishing_desk import Desk, Document
from tests.proof_scene import LEARNER


def test_statement_has_all_entries_of_one_learner(desk: Desk) -> None:
    posted = [desk.bank.post(factories.completion(f"a{number}", number)) for number in (1, 2)]
    more = desk.bank.post(factories.course("c", 1))
    size = desk.publish()
    account = posted[0].account
    report = desk.verify(desk.statement(account))
    assert (report.result, report.level, report.size) == (Result.VALID, Level.PUBLISHED, size)
    assert [(entry.index, entry.kind) for entry in report.entries] == [
        (posted[0].index - 1, "account/1"),
        (posted[0].index, "outcome/1"),
        (more.index, "outcome/1"),
    ]


def test_statement_ends_at_the_published_size(desk: Desk) -> None:
    posted = desk.bank.post(factories.completion("a", 1))
    first = desk.publish()
    later = desk.bank.post(factories.course("b", 1))
    entries = desk.verify(desk.statement(posted.account)).entries
    assert [entry.index for entry in entries] == [posted.index - 1, posted.index]
    desk.publish()
    report = desk.verify(desk.statement(posted.account))
    assert [entry.index for entry in report.entries][-1] == later.index
    report = desk.verify(desk.statement(posted.account, size=first))
    assert (report.result, len(report.entries)) == (Result.VALID, 2)
    assert Answer.LATER_UNKNOWN in report.answers


def test_statement_tells_revoked_and_corrected_entries(desk: Desk) -> None:
    revoked = desk.bank.post(factories.completion("a", 1))
    wrong = desk.bank.post(factories.course("b", 1))
    desk.bank.revoke("r", revoked.index)
    right = desk.bank.correct(factories.course("c", 1, completed_on="2026-06-29"), wrong.index)
    desk.publish()
    report = desk.verify(desk.statement(revoked.account))
    assert report.result is Result.VALID
    assert {Answer.REVOKED, Answer.SUPERSEDED} <= report.answers
    assert {
        entry.index: (entry.standing, entry.by) for entry in report.entries if entry.standing
    } == {
        revoked.index: ("revoked", revoked.index + 2),
        wrong.index: ("superseded", right.index),
        right.index: ("stands", None),
    }


def test_award_that_ended_with_another_institutions_stage_is_told(desk: Desk) -> None:
    begun = desk.bank.post(factories.completion("a", 1, factories.study(), factories.training()))
    done = desk.bank.post(factories.completion("b", 1, factories.assessment()))
    assert done.awarded is not None
    desk.bank.revoke("r", begun.index)
    desk.publish()
    report = desk.verify(desk.statement(begun.account))
    standing = {entry.index: entry.standing for entry in report.entries}
    assert (standing[begun.index], standing[done.index]) == ("revoked", "award_ended")


def test_reader_who_must_not_see_the_person_still_sees_that_it_is_all(desk: Desk) -> None:
    posted = desk.bank.post(factories.completion("a", 1))
    desk.publish()
    report = desk.verify(desk.statement(posted.account, frozenset({"act", "learner_link"})))
    assert report.result is Result.VALID
    report = desk.verify(desk.statement(posted.account, frozenset({"act", "person"})))
    assert report.result is Result.UNDECIDABLE


def test_what_cannot_be_stated_is_refused(desk: Desk) -> None:
    size = desk.publish()
    refusal_of(lambda: desk.statement("la-aaaaaaaaaaaaaaaa"), LearnerUnknown)
    posted = desk.bank.post(factories.completion("a", 1))
    error = refusal_of(lambda: desk.statement(posted.account), NotYetPublished)
    assert error.fields == {"index": posted.index - 1}
    refusal_of(lambda: desk.statement(posted.account, size=size), NotYetPublished)
    refusal_of(lambda: desk.statement(posted.account, size=size + 1), NotInLog)
    desk.bank.do(Erase(posted.account, desk.bank.tokens[DESK].id))
    desk.publish()
    refusal_of(lambda: desk.statement(posted.account), LearnerUnknown)


# --- a bank that cheats


def course(number: int) -> Document:
    """Return one of several courses of learner 1."""
    posted = factories.course(f"c{number}", 1)
    return posted | {"course": posted["course"] | {"code": f"MATH-{number}"}}


HIDDEN: dict[str, tuple[str, Answer]] = {
    "an entry in the middle": ("seq = 2", Answer.INCOMPLETE),
    "the first entry": ("seq = 1", Answer.INCOMPLETE),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_bank_that_hides_an_entry_cannot_make_a_valid_statement(desk: Desk, what: str) -> None:
    where, answer = HIDDEN[what]
    posted = [desk.bank.post(course(number)) for number in range(3)]
    desk.publish()
    desk.bank.write(f"DELETE FROM account_entries WHERE account = ? AND {where}", posted[0].account)
    report = desk.verify(desk.statement(posted[0].account))
    assert (report.result, answer in report.answers) == (Result.NOT_VALID, True)


def test_bank_that_hides_the_last_entry_is_convicted_by_its_receipt(desk: Desk) -> None:
    """Statement and receipt are both signed, and cannot both be true."""
    posted = [desk.bank.post(course(number)) for number in range(2)]
    desk.publish()
    receipt = desk.receipt(posted[1].index)
    desk.bank.write("DELETE FROM account_entries WHERE account = ? AND seq = 3", posted[0].account)
    statement = desk.statement(posted[0].account)
    assert desk.verify(statement).result is Result.VALID
    assert desk.verify(receipt).result is Result.VALID
    assert _place(receipt) > len(statement["entries"])
    assert _size(receipt) <= _size(statement)


def _place(receipt: Document) -> Any:
    return receipt["parts"]["learner_link"]["value"]["seq"]


def _size(document: Document) -> int:
    note = document.get("checkpoint") or document["proof"].partition("\n\n")[2]
    return int(note.split("\n")[1])


def test_entry_moved_to_another_learners_statement_is_refused(desk: Desk) -> None:
    one = desk.bank.post(factories.completion("a", 1))
    other = desk.bank.post(factories.completion("b", 2))
    desk.publish()
    statements = [desk.statement(posted.account) for posted in (one, other)]
    statements[0]["entries"].append(statements[1]["entries"][-1])
    report = desk.verify(statements[0])
    assert (report.result, Answer.OTHER_LEARNER in report.answers) == (Result.NOT_VALID, True)
    statements[1]["account_head"] = statements[0]["account_head"]
    report = desk.verify(statements[1])
    assert (report.result, Answer.OTHER_LEARNER in report.answers) == (Result.NOT_VALID, True)


def test_learner_sees_what_the_statement_shows(desk: Desk) -> None:
    posted = desk.bank.post(factories.completion("a", 1))
    desk.publish()
    statement = desk.statement(posted.account)
    assert {frozenset(entry["parts"]) for entry in statement["entries"]} == {LEARNER - {"attest"}}
