"""Certificates in the ledger: places never reused, past states, erasure, who sees a name."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from creditbank.domain.certifying import Form
from creditbank.domain.credential_kinds import POSITIONS
from creditbank.errors.access import Unauthenticated
from creditbank.errors.certifying import (
    CredentialEnded,
    CredentialUnknown,
    IssuedTooOften,
    NotCertifiable,
    NothingToCertify,
    OutcomeUnknown,
    StatusListUnknown,
)
from creditbank.errors.recording import AccountRestricted, LearnerUnknown
from creditbank.errors.storage import Erased
from creditbank.services import reissuing
from creditbank.services.certifying import Asked, IssueCredential, Issued
from creditbank.services.credential_changes import ChangeCredential
from creditbank.services.learners import Erase, PublishErasures, Restrict
from creditbank.services.posting import Posted
from creditbank.services.rebuilding import rebuild
from creditbank.services.statuses import ListName, Marks, read_marks
from creditbank.storage import credentials, loading, status_lists
from creditbank.storage.credential_tables import StatusPositionRow
from creditbank.storage.status_lists import ErasedPlaces, Places
from creditbank.storage.tables import Views
from tests.banks import ASSESSOR, DESK, SCHOOL, TestBank, refusal_of
from tests.factories import achievement, completion, study
from tests.histories import FAR, ISSUING, certify

LISTS = ("revocation", "suspension", "message", "token")


def issue(bank: TestBank, account: str | None, outcome: str | None, **more: Any) -> Issued:
    form = Form.OPEN_BADGE if outcome else Form.CLR
    work = IssueCredential(ISSUING, Asked(form, outcome), bank.poster(DESK), account, **more)
    issued: Issued = bank.do(work)
    return issued


def change(bank: TestBank, credential: str, what: str) -> None:
    bank.do(ChangeCredential(credential, what, "复核", bank.poster(DESK)))


def marks(bank: TestBank, when: int | None = None) -> dict[str, Marks]:
    erased = ErasedPlaces(bank.bank.keyring)

    def read(name: str) -> Marks:
        return bank.database.read_sync(
            lambda found: read_marks(found, erased, ListName(name, 1), when)
        )

    return {name: read(name) for name in LISTS}


def said(marked: dict[str, Marks]) -> dict[str, Any]:
    """Return what lists say, without their time."""
    return {name: (one.revoked, one.suspended, one.messages) for name, one in marked.items()}


def position(bank: TestBank, issued: Issued) -> int:
    place = bank.database.read_sync(lambda found: credentials.place_of(found, issued.credential))
    assert place is not None
    return place.position


def test_what_may_be_certified_and_by_whom(shared_bank: TestBank) -> None:
    bank = shared_bank
    whole = bank.post(completion("q-1", 901))
    begun = bank.post(completion("q-2", 902, study()))
    declared = bank.post(achievement("q-3", 903))
    for posted, reason in ((begun, "not_credited"), (declared, "self_declared")):
        refused = refusal_of(partial(issue, bank, posted.account, posted.outcome), NotCertifiable)
        assert refused.fields["reason"] == reason
    refusal_of(lambda: issue(bank, declared.account, None), NothingToCertify)
    refusal_of(lambda: issue(bank, begun.account, whole.outcome), OutcomeUnknown)
    refusal_of(lambda: issue(bank, None, whole.outcome, posted_by=ASSESSOR), OutcomeUnknown)
    refusal_of(lambda: issue(bank, "la-" + "a" * 16, None), LearnerUnknown)
    assert issue(bank, None, whole.outcome, posted_by=SCHOOL).account == whole.account
    bank.do(Restrict(whole.account, FAR, "诉讼", bank.poster(DESK)))
    refusal_of(lambda: issue(bank, whole.account, whole.outcome), AccountRestricted)
    stale = IssueCredential(
        ISSUING, Asked(Form.OPEN_BADGE, whole.outcome), bank.poster(DESK), whole.account
    )
    bank.write("UPDATE tokens SET revoked_at = 1 WHERE id = ?", bank.tokens[DESK].id)
    refusal_of(lambda: bank.do(stale), Unauthenticated)
    bank.write("UPDATE tokens SET revoked_at = NULL WHERE id = ?", bank.tokens[DESK].id)


def test_places_are_drawn_at_random_and_never_twice(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a list with room for few, all get a place; the next list is opened when it is full."""
    monkeypatch.setattr(status_lists, "POSITIONS", 32)
    monkeypatch.setattr(Places.__init__, "__defaults__", (24,))
    accounts = [bank.post(completion(f"s-{number}", number)).account for number in range(40)]
    for account in accounts[:30]:
        certify(bank, account)
    bank.do(Erase(accounts[0], bank.tokens[DESK].id))
    for account in accounts[30:]:
        certify(bank, account)
    rows = bank.rows(StatusPositionRow)["status_positions"]
    taken = [(row[0], row[1]) for row in rows]
    assert len(set(taken)) == len(taken) == 40
    assert [len([one for one in taken if one[0] == number]) for number in (1, 2)] == [24, 16]
    first = [row[1] for row in sorted(rows, key=lambda row: row[3]) if row[0] == 1]
    assert first != sorted(first)  # what was issued later stands anywhere
    bank.require_clean()
    before = bank.rows(*Views.ALL)
    rebuild(bank.database, bank.bank.keyring)
    assert bank.rows(*Views.ALL) == before


def test_every_past_state_of_a_list_is_what_a_replay_up_to_then_says(bank: TestBank) -> None:
    """Times are pulled apart by hand: everything here happens within a second or two."""
    chance = random.Random(5)  # noqa: S311  # a history, the same at every run
    seen: list[tuple[int, dict[str, Any]]] = []
    accounts: list[Posted] = []
    held: list[Issued] = []
    for step in range(14):
        what = chance.choice(("issue", "issue", "suspended", "resumed", "withdrawn", "revoke"))
        if what == "issue" or not accounts:
            posted = bank.post(completion(f"h-{step}", step))
            accounts.append(posted)
            held.append(certify(bank, posted.account))
        elif what == "revoke":
            bank.revoke(f"r-{step}", accounts.pop(0).index)
        else:
            one = chance.choice(held)
            try:
                change(bank, one.credential, what)
            except CredentialEnded:
                continue
        if step == 10:
            bank.do(Erase(accounts[-1].account, bank.tokens[DESK].id))
            bank.do(PublishErasures(through_today=True))
        seen.append((bank.size, said(marks(bank))))
    now = bank.database.read_sync(loading.read_head).at
    start = now - 10_000
    for table in ("status_positions", "credential_changes", "outcome_ends"):
        bank.write(f"UPDATE {table} SET at = ? + entry_index", start)
    for size, lists in seen:
        past = said(marks(bank, start + size - 1))
        # The erasure's entry keeps the time at which it was really recorded.
        for name in ("revocation", "suspension", "token"):
            assert past[name] == lists[name], size
    assert said(marks(bank)) == seen[-1][1]


def test_a_list_begins_with_its_first_place_and_has_no_future(bank: TestBank) -> None:
    refusal_of(lambda: marks(bank), StatusListUnknown)
    issued = certify(bank, bank.post(completion("s-1", 1)).account)
    assert marks(bank)["revocation"].revoked == frozenset()
    refusal_of(lambda: marks(bank, issued.at - 1), StatusListUnknown)
    refusal_of(lambda: marks(bank, issued.at + 3600), StatusListUnknown)


def test_an_erased_learner_s_place_stays_taken_and_says_so(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    issued = certify(bank, posted.account)
    change(bank, issued.credential, "suspended")
    place = position(bank, issued)
    bank.do(Erase(posted.account, bank.tokens[DESK].id))
    refusal_of(lambda: change(bank, issued.credential, "resumed"), Erased)
    refusal_of(lambda: change(bank, "7e0f5c0e-8a4c-4b7a-9d2f-0c1b2a394857", "resumed"),
               CredentialUnknown)  # fmt: skip
    assert marks(bank)["message"].messages == ()  # until the day's entry tells of erasures
    bank.do(PublishErasures(through_today=True))
    told = marks(bank)
    assert [(at, {str(one) for one in what}) for at, what in told["message"].messages] == [
        (place, {"erased"})
    ]
    assert told["suspension"].suspended == {place}
    bank.require_clean()
    before = bank.rows(*Views.ALL)
    rebuild(bank.database, bank.bank.keyring)
    assert bank.rows(*Views.ALL) == before
    assert said(marks(bank)) == said(told)


def test_a_batch_of_postings_does_not_pay_for_certificates(bank: TestBank) -> None:
    items = [completion(f"b-{number}", number) for number in range(50)]
    bank.do(bank.intake.batch(items, bank.poster()))
    assert bank.rows(StatusPositionRow)["status_positions"] == []


def test_positions_are_those_of_the_recommendation() -> None:
    assert POSITIONS == 131_072


def test_issuing_again_after_withdrawals_looks_at_the_newest_only_and_has_a_limit(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reissuing, "ISSUED_A_DAY_MAX", 12)
    posted = bank.post(completion("s-1", 1))
    looks: list[str] = []
    standing = credentials.standing

    def counted(connection: Any, credential: str) -> Any:
        looks.append(credential)
        return standing(connection, credential)

    monkeypatch.setattr(credentials, "standing", counted)
    seen = []
    for _ in range(12):
        issued = issue(bank, posted.account, posted.outcome)
        again = issue(bank, posted.account, posted.outcome)
        assert (again.credential, again.replayed) == (issued.credential, True)
        seen.append(issued.credential)
        change(bank, issued.credential, "withdrawn")
    assert len(set(seen)) == 12
    assert len(looks) <= 3 * 12  # and not 12 * 12
    refused = refusal_of(lambda: issue(bank, posted.account, posted.outcome), IssuedTooOften)
    assert refused.fields["limit"] == 12
    unnamed = Asked(Form.OPEN_BADGE, posted.outcome, named=False)
    work = IssueCredential(ISSUING, unnamed, bank.poster(DESK), posted.account)
    assert not bank.do(work).replayed  # another one of the same outcome is not concerned
    monkeypatch.setattr(reissuing, "civil_date", lambda _at: object())  # another day
    assert not issue(bank, posted.account, posted.outcome).replayed
