"""Links that are over stay over, and an institution prints none that their holder has ended."""

from __future__ import annotations

import pytest

from creditbank.errors.certifying import CredentialEnded
from creditbank.services.credential_changes import ChangeCredential
from creditbank.services.sharing import DropShare, PrintShare, PutShare, Share, Shared
from creditbank.storage import credentials, reading
from tests.banks import DESK, SCHOOL, TestBank
from tests.factories import completion
from tests.histories import certify

NAME = frozenset({"name"})


@pytest.fixture
def credential(bank: TestBank) -> str:
    posted = bank.post(completion("shared-1", 1))
    return certify(bank, posted.account).credential


def put(bank: TestBank, credential: str, until: int | None = None) -> Shared:
    shared: Shared = bank.do(PutShare(credential, Share("job", NAME, until), bank.poster(DESK)))
    return shared


def printed(bank: TestBank, credential: str, org: str) -> Shared | None:
    work = PrintShare(credential, bank.poster(org), account=None, renews=org == DESK)
    shared: Shared | None = bank.do(work)
    return shared


def test_a_link_that_was_over_does_not_work_again(bank: TestBank, credential: str) -> None:
    first = put(bank, credential)
    assert put(bank, credential).secret == first.secret
    over = put(bank, credential, until=1)
    assert over.secret == first.secret
    renewed = put(bank, credential)
    assert renewed.secret != first.secret
    assert renewed.created_at >= first.created_at


def test_an_institution_does_not_print_what_the_holder_ended(
    bank: TestBank, credential: str
) -> None:
    first = printed(bank, credential, SCHOOL)
    assert first is not None
    assert printed(bank, credential, SCHOOL) == first
    assert bank.do(DropShare(credential, "print", bank.poster(DESK))) is True
    assert bank.do(DropShare(credential, "print", bank.poster(DESK))) is False
    assert printed(bank, credential, SCHOOL) is None
    renewed = printed(bank, credential, DESK)
    assert renewed is not None
    assert renewed.secret != first.secret


def test_nothing_is_shown_of_a_withdrawn_certificate_whoever_withdrew_it(
    bank: TestBank, credential: str
) -> None:
    put(bank, credential)
    bank.do(ChangeCredential(credential, "withdrawn", "开具有误", bank.poster(DESK)))
    assert bank.database.read_sync(lambda found: credentials.shares_of(found, credential)) == []
    assert printed(bank, credential, DESK) is None
    with pytest.raises(CredentialEnded):
        put(bank, credential)


def test_the_holder_sees_what_the_desk_showed(bank: TestBank, credential: str) -> None:
    put(bank, credential)
    bank.do(DropShare(credential, "job", bank.poster(DESK)))

    found = bank.database.read_sync(lambda one: credentials.credential(one, credential))
    assert found is not None
    noted = bank.database.read_sync(lambda one: reading.access_log(one, found.account, 10))
    assert [one["action"] for one in noted] == ["credential_shares"] * 2
