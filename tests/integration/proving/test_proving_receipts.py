"""Receipts that the bank gives are valid for whoever has its keys, and show what may be seen."""

from __future__ import annotations

import pytest

from creditbank.domain.verification import Answer, Level, Result
from creditbank.errors.log import NotInLog, NotYetPublished
from creditbank.services.learners import Erase
from tests import factories
from tests.banks import DESK, SCHOOL, refusal_of
from tests.integration.proving.publishing_desk import Desk
from tests.proof_scene import LEARNER, to_bytes

POSTER = frozenset({"act", "actor", "attest", "org_link", "person"})


def test_receipt_of_a_posting_is_valid(desk: Desk) -> None:
    posted = desk.bank.post(factories.completion("a", 1))
    size = desk.publish()
    report = desk.verify(desk.receipt(posted.index))
    assert (report.result, report.level, report.size) == (Result.VALID, Level.PUBLISHED, size)
    entry = report.entries[0]
    assert (entry.index, entry.leaf_hash) == (posted.index, posted.leaf_hash.hex())
    assert (entry.kind, entry.org, entry.signature) == ("outcome/1", SCHOOL, "unsigned")
    assert entry.shown == ("act", "learner_link", "person")


def test_each_reader_gets_a_receipt_of_their_own_parts(desk: Desk) -> None:
    posted = desk.bank.post(factories.completion("a", 1))
    desk.publish()
    for visible, shown in (
        (POSTER, ("act", "actor", "org_link", "person")),
        (frozenset({"act"}), ("act",)),
        (frozenset({"person"}), ("person",)),
        (frozenset[str](), ()),
    ):
        document = desk.receipt(posted.index, visible)
        assert tuple(sorted(document["parts"])) == shown
        report = desk.verify(document)
        assert report.result is (Result.VALID if "act" in shown else Result.UNDECIDABLE)
        assert report.entries[0].shown == shown
    assert "测试" not in to_bytes(document).decode()


def test_every_entry_has_a_receipt_under_every_published_size(desk: Desk) -> None:
    sizes = [desk.publish()]
    for number in range(3):
        desk.bank.post(factories.completion(f"a{number}", number))
        sizes.append(desk.publish())
    every = frozenset({*LEARNER, *POSTER})
    for size in sizes:
        for index in (0, 1, sizes[0] - 1, size - 1):
            report = desk.verify(desk.receipt(index, every, size=size))
            assert (report.result, report.size) == (Result.VALID, size)


def test_registers_have_receipts_that_anybody_can_read(desk: Desk) -> None:
    desk.publish()
    report = desk.verify(desk.receipt(1, frozenset({"act"})))
    assert (report.result, report.entries[0].kind) == (Result.VALID, "register/1")


def test_entry_that_is_not_published_has_no_receipt_yet(desk: Desk) -> None:
    refusal_of(lambda: desk.receipt(0), NotYetPublished)
    size = desk.publish()
    posted = desk.bank.post(factories.completion("a", 1))
    error = refusal_of(lambda: desk.receipt(posted.index), NotYetPublished)
    assert error.fields == {"index": posted.index}
    refusal_of(lambda: desk.receipt(posted.index, size=size), NotYetPublished)
    desk.publish()
    assert desk.verify(desk.receipt(posted.index)).result is Result.VALID


def test_receipt_under_the_checkpoint_of_a_commit_says_so(desk: Desk) -> None:
    desk.publish()
    posted = desk.bank.post(factories.completion("a", 1))
    committed = desk.checkpoint(only_committed=True)
    report = desk.verify(desk.receipt(posted.index, committed=committed))
    assert (report.result, report.level) == (Result.VALID, Level.COMMITTED)
    assert Answer.NOT_YET_PUBLISHED in report.answers
    refusal_of(lambda: desk.receipt(posted.index + 1, committed=committed), NotInLog)
    published = desk.verify(desk.receipt(0, frozenset({"act"}), committed=committed))
    assert published.level is Level.PUBLISHED, "what is published is preferred"
    desk.bank.post(factories.completion("b", 2))
    refusal_of(lambda: desk.receipt(desk.bank.size - 1, committed=committed), NotYetPublished)


def test_entries_and_sizes_that_are_not_there_are_refused(desk: Desk) -> None:
    size = desk.publish()
    for refused in (
        lambda: desk.receipt(size),
        lambda: desk.receipt(0, size=size - 1),
        lambda: desk.receipt(0, size=size + 1),
    ):
        assert refusal_of(refused, NotInLog).fields == {"size": size}


@pytest.mark.parametrize("visible", [LEARNER, POSTER])
def test_receipt_of_an_erased_learner_still_proves_the_entry(
    desk: Desk, visible: frozenset[str]
) -> None:
    posted = desk.bank.post(factories.completion("a", 1))
    desk.publish()
    before = desk.receipt(posted.index, visible)
    desk.bank.do(Erase(posted.account, desk.bank.tokens[DESK].id))
    after = desk.receipt(posted.index, visible)
    report = desk.verify(after)
    assert (report.result, Answer.ERASED in report.answers) == (Result.VALID, True)
    assert set(report.entries[0].erased) == {"learner_link", "person"} & visible
    assert "person" not in after["parts"]
    assert (after["leaf"], after["proof"]) == (before["leaf"], before["proof"])
    assert desk.verify(before).result is Result.VALID, "what was given out cannot be taken back"


def test_receipt_of_another_bank_is_not_this_ones(desk: Desk) -> None:
    desk.publish()
    document = desk.receipt(0, frozenset({"act"}))
    document["proof"] = document["proof"].replace("bank.test/log", "bank.best/log")
    report = desk.verify(document)
    assert (report.result, Answer.WRONG_BANK in report.answers) == (Result.NOT_VALID, True)
