"""Identities, restrictions, grants: what the desk and the learner change."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from creditbank.domain.access import Role
from creditbank.domain.civil_time import civil_date
from creditbank.errors.access import GrantUnknown
from creditbank.errors.learners import DocumentTaken, NothingToChange, RestrictionStands
from creditbank.errors.recording import (
    AccountRestricted,
    InstitutionUnknown,
    LearnerUnknown,
    NameMismatch,
)
from creditbank.errors.storage import Erased
from creditbank.services.granting import EndGrant, GrantAccess
from creditbank.services.identifying import Claim
from creditbank.services.learners import (
    ChangeIdentity,
    Erase,
    IdentityChange,
    Restrict,
)
from creditbank.storage import reading
from creditbank.storage.journal import Work
from tests import factories
from tests.banks import COLLEGE, DESK, TestBank, refusal_of
from tests.factories import achievement, completion

NOBODY = "la-" + "a" * 16
PASSPORT = {"kind": "passport", "number": "E12345678", "country": "KAZ"}


def day(offset: int) -> str:
    """Return the civil date so many days from today."""
    return (civil_date(int(time.time())) + timedelta(days=offset)).isoformat()


def account_of(bank: TestBank, number: int = 1) -> str:
    return bank.post(completion(f"first-{number}", number)).account


def change(bank: TestBank, account: str, **what: Any) -> ChangeIdentity:
    document = what.pop("document", None)
    claim = Claim.by_document(document, bank.bank.keyring) if document else None
    return ChangeIdentity(account, IdentityChange(claim, **what), bank.poster(DESK))


def held(bank: TestBank, account: str) -> list[dict[str, Any]]:
    found = bank.database.read_sync(
        lambda connection: reading.identities_of(connection, bank.bank.keyring, account)
    )
    return sorted(found, key=lambda one: str(one["kind"]))


async def together(bank: TestBank, *works: Work) -> list[Any]:
    """Return the answers of works that are recorded in one group."""
    journal = bank.bank.journal
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    commits = len(bank.rows()["commits"])
    journal.start()
    answers: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
    await bank.bank.close()
    assert len(bank.rows()["commits"]) <= commits + 1
    return answers


# --- identities -----------------------------------------------------------------------------------


def test_a_changed_name_is_the_one_that_postings_need(bank: TestBank) -> None:
    account = account_of(bank)
    bank.do(change(bank, account, name="新名"))
    renamed = factories.learner(1) | {"name": "新名"}
    assert bank.post(achievement("w-1", 1, learner=renamed)).account == account
    refusal_of(lambda: bank.post(achievement("w-2", 1)), NameMismatch)
    bank.require_clean()


def test_an_identity_entry_says_what_changed_and_never_to_what(bank: TestBank) -> None:
    account = account_of(bank)
    recorded = bank.do(change(bank, account, name="新名", phone="13800000000", document=PASSPORT))
    (row,) = bank.database.read_sync(
        lambda connection: reading.entries_from(connection, recorded.index, 1)
    )
    parts = bank.database.read_sync(
        lambda connection: (
            reading.show_entry(
                connection, bank.bank.keyring, row, frozenset({"person", "act"})
            ).parts
        )
    )
    assert parts["person"].value == {
        "account": account,
        "changed": ["document", "name", "phone"],
    }
    assert set(parts["act"].value) == {"kind", "org", "source"}


def test_passports_of_two_countries_are_two_people(bank: TestBank) -> None:
    """States number their passports alike: the same number is somebody else's elsewhere."""
    other = PASSPORT | {"country": "UZB"}
    accounts = [
        bank.post(achievement(f"p-{name}", 1, learner={"document": one, "name": name})).account
        for one, name in ((PASSPORT, "甲"), (other, "乙"), (PASSPORT, "甲"))
    ]
    assert accounts[0] == accounts[2] != accounts[1]
    bank.require_clean()


def test_a_further_document_finds_the_same_account(bank: TestBank) -> None:
    account = account_of(bank)
    bank.do(change(bank, account, document=PASSPORT))
    by_passport = {"document": PASSPORT, "name": "测试1"}
    assert bank.post(achievement("w-1", 1, learner=by_passport)).account == account
    bank.do(change(bank, account, name="新名", phone="13800000000"))
    assert [(one["kind"], one["name"], one["phone"]) for one in held(bank, account)] == [
        ("passport", "新名", "13800000000"),
        ("resident_id", "新名", "13800000000"),
    ]
    bank.require_clean()


def test_a_document_given_again_changes_nothing(bank: TestBank) -> None:
    account = account_of(bank)
    before = held(bank, account)
    bank.do(change(bank, account, document=factories.learner(1)["document"]))
    assert held(bank, account) == before
    bank.require_clean()


def test_identity_changes_are_refused_without_a_trace(bank: TestBank) -> None:
    account, other = account_of(bank, 1), account_of(bank, 2)
    bank.do(Erase(other, bank.tokens[DESK].id))
    third = account_of(bank, 3)
    before = bank.rows()
    taken = change(bank, account, document=factories.learner(3)["document"])
    assert refusal_of(lambda: bank.do(taken), DocumentTaken).where == "/document"
    refusal_of(lambda: bank.do(change(bank, account)), NothingToChange)
    refusal_of(lambda: bank.do(change(bank, NOBODY, name="新名")), LearnerUnknown)
    refusal_of(lambda: bank.do(change(bank, other, name="新名")), Erased)
    assert third != account
    assert bank.rows() == before


async def test_two_changes_in_one_group_both_stand(bank: TestBank) -> None:
    """The desk changes the name and the phone at the same moment, and adds a passport."""
    account = account_of(bank)
    await together(
        bank,
        change(bank, account, name="新名"),
        change(bank, account, document=PASSPORT),
        change(bank, account, phone="13800000000"),
        change(bank, account, name="更新名"),
    )
    assert [(one["kind"], one["name"], one.get("phone")) for one in held(bank, account)] == [
        ("passport", "更新名", "13800000000"),
        ("resident_id", "更新名", "13800000000"),
    ]
    bank.require_clean()


async def test_a_posting_sees_the_name_changed_before_it_in_its_group(bank: TestBank) -> None:
    account = account_of(bank)
    renamed = achievement("w-1", 1, learner=factories.learner(1) | {"name": "新名"})
    _, posted, refused = await together(
        bank,
        change(bank, account, name="新名"),
        bank.intake.outcome(renamed, bank.poster()),
        bank.intake.outcome(achievement("w-2", 1), bank.poster()),
    )
    assert posted.account == account
    assert type(refused) is NameMismatch
    bank.require_clean()


async def test_two_accounts_cannot_take_one_document_in_one_group(bank: TestBank) -> None:
    accounts = [account_of(bank, 1), account_of(bank, 2)]
    answers = await together(bank, *(change(bank, one, document=PASSPORT) for one in accounts))
    assert type(answers[1]) is DocumentTaken
    assert [len(held(bank, one)) for one in accounts] == [2, 1]
    bank.require_clean()


# --- restriction ----------------------------------------------------------------------------------


def test_a_restriction_blocks_posting_and_erasure_until_its_last_day(bank: TestBank) -> None:
    account = account_of(bank)
    token = bank.tokens[DESK].id
    restricting = Restrict(account, day(0), "行政复议", bank.poster(DESK))
    assert bank.do(restricting).index == bank.size - 1
    before = bank.rows()
    refusal = refusal_of(lambda: bank.post(achievement("w-1", 1)), AccountRestricted)
    assert (refusal.where, refusal.fields["until"]) == ("/learner", day(0))
    by_account = achievement("w-1", 1, learner={"account": account})
    refusal_of(lambda: bank.post(by_account), AccountRestricted)
    refusal_of(lambda: bank.do(Erase(account, token)), RestrictionStands)
    assert bank.rows() == before
    assert bank.database.read_sync(
        lambda connection: reading.account_restriction(connection, account)
    ) == (day(0), "行政复议")
    bank.require_clean()


def test_what_was_posted_before_a_restriction_is_still_answered(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1))
    bank.do(Restrict(first.account, day(1), "行政复议", bank.poster(DESK)))
    assert bank.post(completion("s-1", 1)).index == first.index


@pytest.mark.parametrize("until", [-1, None])
def test_a_restriction_that_ended_blocks_nothing(bank: TestBank, until: int | None) -> None:
    account = account_of(bank)
    bank.do(Restrict(account, day(30), "行政复议", bank.poster(DESK)))
    end = None if until is None else day(until)
    bank.do(Restrict(account, end, "复议已结", bank.poster(DESK)))
    bank.post(achievement("w-1", 1))
    bank.require_clean()
    assert bank.do(Erase(account, bank.tokens[DESK].id)) == day(0)
    bank.require_clean()


async def test_a_posting_after_a_restriction_in_its_group_is_refused(bank: TestBank) -> None:
    account = account_of(bank)
    _, refused, standing = await together(
        bank,
        Restrict(account, day(1), "行政复议", bank.poster(DESK)),
        bank.intake.outcome(achievement("w-1", 1), bank.poster()),
        Erase(account, bank.tokens[DESK].id),
    )
    assert type(refused) is AccountRestricted
    assert type(standing) is RestrictionStands
    bank.require_clean()


def test_nobody_can_be_restricted_who_has_no_account(bank: TestBank) -> None:
    refusal_of(
        lambda: bank.do(Restrict(NOBODY, day(1), "行政复议", bank.poster(DESK))), LearnerUnknown
    )


# --- grants ---------------------------------------------------------------------------------------


def learner_token(bank: TestBank, account: str) -> str:
    return bank.token("bank", Role.LEARNER, account=account).id


def test_a_grant_stands_until_it_ends(bank: TestBank) -> None:
    account = account_of(bank)
    token, now = learner_token(bank, account), int(time.time())
    given = bank.do(GrantAccess(account, COLLEGE, "转学分", now + 3600, token))

    def standing(at: int) -> list[str]:
        grants = bank.database.read_sync(
            lambda connection: reading.grants_to(connection, COLLEGE, at)
        )
        return [grant.id for grant in grants]

    assert standing(now) == [given.grant]
    assert standing(now + 3600) == []
    ended = bank.do(EndGrant(account, given.grant, token))
    assert standing(now) == []
    size = bank.size
    again = bank.do(EndGrant(account, given.grant, token))
    assert again == ended
    assert bank.size == size
    bank.require_clean()


def test_grants_are_refused_without_a_trace(bank: TestBank) -> None:
    account, other = account_of(bank, 1), account_of(bank, 2)
    token, until = learner_token(bank, account), int(time.time()) + 3600
    theirs = bank.do(GrantAccess(other, COLLEGE, "转学分", until, token))
    before = bank.rows()
    unknown = factories.organisation_code(99)
    refusal_of(
        lambda: bank.do(GrantAccess(account, unknown, "转学分", until, token)), InstitutionUnknown
    )
    refusal_of(
        lambda: bank.do(GrantAccess(NOBODY, COLLEGE, "转学分", until, token)), LearnerUnknown
    )
    refusal_of(lambda: bank.do(EndGrant(account, theirs.grant, token)), GrantUnknown)
    assert bank.rows() == before
