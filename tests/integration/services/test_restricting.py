"""While an account is restricted it is stored and not used; and who may not use it at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from creditbank.domain.access import Principal, Role, Scope
from creditbank.errors.access import NotGranted
from creditbank.errors.recording import AccountRestricted, InstitutionUnknown, SourceIdReused
from creditbank.services.enquiring import NoteAccess
from creditbank.services.granting import EndGrant, GrantAccess, Granted
from creditbank.services.identifying import Claim
from creditbank.services.learners import ChangeIdentity, IdentityChange, OpenAccount, Restrict
from creditbank.services.permitting import Ground
from creditbank.services.revoking import RevokeOutcome
from tests import factories
from tests.banks import AUTHORITY, COLLEGE, DESK, NOTICE, SCHOOL, TestBank, refusal_of
from tests.factories import achievement, completion

FAR = 4_000_000_000


def grant(bank: TestBank, account: str, org: str = COLLEGE, **more: Any) -> Granted:
    token = bank.tokens.get(account) or bank.token("bank", Role.LEARNER, account=account)
    bank.tokens[account] = token
    granted: Granted = bank.do(GrantAccess(account, org, "转换", FAR, token.id, **more))
    return granted


def restrict(bank: TestBank, account: str, until: str | None = "2199-01-01") -> None:
    bank.do(Restrict(account, until, "行政复议", bank.poster(DESK)))


def read(bank: TestBank, account: str, org: str, ground: Ground) -> None:
    principal = Principal(bank.tokens[org].id, org, Role.COLLEGE, frozenset(Scope), None)
    bank.do(NoteAccess(principal, [account], "entry", ground))


def test_a_restricted_account_is_stored_and_not_used(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    account, granted = posted.account, grant(bank, posted.account)
    restrict(bank, account)
    size = bank.size
    change = ChangeIdentity(account, IdentityChange(name="新名"), bank.poster(DESK))
    uses: list[Callable[[], object]] = [
        lambda: bank.post(achievement("w-1", 1)),
        lambda: grant(bank, account),
        lambda: bank.do(change),
        lambda: bank.revoke("r-1", posted.index),
        lambda: bank.correct(achievement("w-1", 2), posted.index),
        lambda: read(bank, account, SCHOOL, Ground.POSTED),
        lambda: read(bank, account, COLLEGE, Ground.GRANT),
        lambda: read(bank, account, COLLEGE, Ground.DECIDES),
    ]
    for use in uses:
        assert refusal_of(use, AccountRestricted).fields["until"] == "2199-01-01"
    assert bank.size == size
    # who looks after it still reads, a grant may end, and the authority may put right
    read(bank, account, DESK, Ground.DESK)
    bank.do(EndGrant(account, granted.grant, bank.tokens[account].id))
    revocation = bank.revocation("r-2", posted.index)
    bank.do(RevokeOutcome(revocation, bank.poster(AUTHORITY), any_poster=True))
    bank.require_clean()


def test_what_a_restriction_stopped_goes_on_after_it(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    restrict(bank, posted.account)
    restrict(bank, posted.account, None)
    grant(bank, posted.account)
    read(bank, posted.account, COLLEGE, Ground.GRANT)
    bank.revoke("r-1", posted.index)
    bank.require_clean()


def test_a_grant_sent_again_is_the_same_grant(bank: TestBank) -> None:
    account = bank.post(completion("s-1", 1)).account
    first, size = grant(bank, account, source_id="app-1"), bank.size
    again = grant(bank, account, source_id="app-1")
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.grant, again.recorded) == (first.grant, first.recorded)
    token = bank.tokens[account].id
    other = GrantAccess(account, COLLEGE, "别的", FAR + 60, token, source_id="app-1")
    reused = refusal_of(lambda: bank.do(other), SourceIdReused)
    assert reused.fields["differs"] == ("/purpose", "/until")
    assert bank.size == size
    # the id is the learner's own, and without one each is a grant of its own
    someone = bank.post(completion("s-2", 2)).account
    assert grant(bank, someone, source_id="app-1").grant != first.grant
    assert grant(bank, account).grant != grant(bank, account).grant
    bank.require_clean()


def test_nothing_is_granted_to_who_is_not_there(bank: TestBank) -> None:
    account = bank.post(completion("s-1", 1)).account
    refusal_of(lambda: grant(bank, account, factories.organisation_code(77)), InstitutionUnknown)
    for number, status in enumerate(("suspended", "closed"), start=2):
        version = factories.institution(COLLEGE, "college", version=str(number), status=status)
        bank.publish("institution", version)
        error = refusal_of(lambda: grant(bank, account), InstitutionUnknown)
        assert error.where == "/org"
    principal = Principal(bank.tokens[COLLEGE].id, COLLEGE, Role.COLLEGE, frozenset(Scope), None)
    note = NoteAccess(principal, [account], "balance", Ground.GRANT)
    refusal_of(lambda: bank.do(note), NotGranted)


def test_an_institution_that_is_suspended_neither_opens_nor_revokes(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    version = factories.institution(SCHOOL, version="2", status="suspended")
    bank.publish("institution", version)
    size = bank.size
    claim = Claim.of(factories.learner(2), bank.bank.keyring)
    opening = OpenAccount(claim, bank.poster(SCHOOL), NOTICE)
    refusal_of(lambda: bank.do(opening), InstitutionUnknown)
    refusal_of(lambda: bank.revoke("r-1", posted.index), InstitutionUnknown)
    assert bank.size == size
    # the bank's desk is no institution of the register's, and the authority may revoke
    own = bank.token("bank", Role.DESK)
    bank.tokens["bank"] = own
    assert bank.do(OpenAccount(claim, bank.poster("bank"), NOTICE)).account
    revocation = bank.revocation("r-2", posted.index)
    assert bank.do(RevokeOutcome(revocation, bank.poster(AUTHORITY), any_poster=True)).recorded
    bank.require_clean()
