"""Faults while certificates are issued, changed and shown: nothing is lost, doubled or reused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from creditbank.domain.certifying import Form
from creditbank.errors.storage import StorageUnavailable
from creditbank.services.certifying import Asked, IssueCredential, Issued
from creditbank.services.credential_changes import ChangeCredential, Changed
from creditbank.services.sharing import DropShare, PutShare, Share, Shared
from creditbank.storage.credential_tables import StatusPositionRow
from creditbank.storage.journal import Journal, Work
from tests.banks import DESK, TestBank
from tests.factories import assessment, completion, study, training
from tests.faults.test_write_faults import (
    OUTAGE,
    REFUSAL,
    Points,
    fault,
    journal,
    points,
    submit,
)
from tests.histories import ISSUING, certify

__all__ = ["journal", "points"]

POINTS = (
    *("entries", "account_entries", "status_positions", "credential_causes", "credentials"),
    *("credential_changes", "head", "commits", "commit"),
)


def posted(bank: TestBank, number: int) -> tuple[str, str]:
    """Return account and outcome of a completion that corrects a certified one."""
    first = bank.post(completion(f"p-{number}", number))
    certify(bank, first.account)
    stages = (study("9.00"), training(), assessment())
    after = bank.correct(completion(f"k-{number}", number, *stages), first.index)
    return after.account, after.outcome


def issue(bank: TestBank, account: str, outcome: str | None, form: Form = Form.OPEN_BADGE) -> Work:
    return IssueCredential(ISSUING, Asked(form, outcome), bank.poster(DESK), account)


def places(bank: TestBank) -> list[tuple[Any, ...]]:
    return bank.rows(StatusPositionRow)["status_positions"]


@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_fault_at_any_point_of_an_issue_takes_one_place_and_records_one_entry(
    bank: TestBank, journal: Journal, points: Points, side: str
) -> None:
    for turn, name in enumerate(POINTS, start=1):
        account, outcome = posted(bank, turn)
        size, taken = bank.size, len(places(bank))
        points.strike, points.error, points.times = (name, side), fault(OUTAGE, bank), 1
        (answer,) = await submit(journal, [issue(bank, account, outcome)])
        assert points.times == 0, name
        assert isinstance(answer, Issued), (name, answer)
        assert (bank.size, len(places(bank))) == (size + 1, taken + 1), name
    bank.require_clean()


async def test_an_outage_that_lasts_takes_no_place(
    bank: TestBank, journal: Journal, points: Points
) -> None:
    account, outcome = posted(bank, 1)
    before = bank.rows()
    points.strike, points.error, points.times = ("commit", "before"), fault(OUTAGE, bank), 99
    works = [issue(bank, account, outcome) for _ in range(3)]
    answers = await submit(journal, works)
    assert [type(one) for one in answers] == [StorageUnavailable] * 3
    assert bank.rows() == before
    points.times = 0
    answers = await submit(journal, works)
    assert len({one.credential for one in answers}) == 1  # asked for by three, issued once
    assert sorted(one.replayed for one in answers) == [False, True, True]
    bank.require_clean()


def _change(bank: TestBank, account: str, _outcome: str) -> Work:
    credential = certify(bank, account).credential
    return ChangeCredential(credential, "suspended", "复核", bank.poster(DESK))


def _share(bank: TestBank, account: str, _outcome: str) -> Work:
    credential = certify(bank, account).credential
    return PutShare(credential, Share("college", frozenset({"name"})), bank.poster(DESK))


def _drop(bank: TestBank, account: str, outcome: str) -> Work:
    share = _share(bank, account, outcome)
    return DropShare(bank.do(share).credential, "college", bank.poster(DESK))


ALONE: dict[str, tuple[Callable[[TestBank, str, str], Work], type[Any], int]] = {
    "issue": (issue, Issued, 1),
    "statement": (lambda bank, account, _: issue(bank, account, None, Form.CLR), Issued, 2),
    "change": (_change, Changed, 1),
    "share": (_share, Shared, 0),
    "end of a share": (_drop, bool, 0),
}


@pytest.mark.parametrize("kind", [OUTAGE, REFUSAL])
async def test_what_was_committed_unknown_to_all_gets_its_answer(
    bank: TestBank, journal: Journal, points: Points, kind: str
) -> None:
    for turn, (name, (make, answered, entries)) in enumerate(ALONE.items(), start=1):
        account, outcome = posted(bank, turn)
        work = make(bank, account, outcome)
        size = bank.size
        points.strike, points.error, points.times = ("commit", "after"), fault(kind, bank), 1
        (answer,) = await submit(journal, [work])
        assert type(answer) is answered, (name, answer)
        (again,) = await submit(journal, [work])
        assert type(again) is answered, (name, again)
        assert bank.size == size + entries, name
    bank.require_clean()
