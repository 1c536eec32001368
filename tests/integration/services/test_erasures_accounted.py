"""Each destroyed key is accounted for: by the record of an erasure, and by an entry of its day."""

from __future__ import annotations

import time

from creditbank.domain.civil_time import civil_date
from creditbank.services.learners import (
    Erase,
    PublishErasures,
)
from creditbank.storage.loading import entry_at
from creditbank.storage.tables import (
    AccountRow,
    ActorRow,
    ErasureRow,
)
from tests.banks import DESK, TestBank
from tests.factories import (
    completion,
)


def today() -> str:
    return civil_date(int(time.time())).isoformat()


def erase(bank: TestBank, account: str) -> None:
    bank.do(Erase(account, bank.tokens[DESK].id))


# --- the erasure entry ----------------------------------------------------------------------------


def test_one_entry_covers_all_erasures_of_a_day(bank: TestBank) -> None:
    accounts = [bank.post(completion(f"s-{number}", number)).account for number in (1, 2, 3)]
    for account in accounts:
        erase(bank, account)
    bank.require_clean()  # pending ones are accounted for by the table
    assert bank.do(PublishErasures()) is None  # only days that are over
    size = bank.size
    recorded = bank.do(PublishErasures(through_today=True))
    assert (recorded.index, bank.size) == (size, size + 1)
    rows = bank.rows(ErasureRow)["erasures"]
    assert [row[3] for row in rows] == [recorded.index] * 3
    open_ = bank.database.read_sync(lambda connection: entry_at(connection, recorded.index))
    assert open_ is not None
    assert open_.act["erased"] == sorted(row[0].hex() for row in rows)
    bank.require_clean()
    assert bank.do(PublishErasures(through_today=True)) is None
    erase(bank, bank.post(completion("s-4", 4)).account)
    assert bank.do(PublishErasures(through_today=True)).index == bank.size - 1
    bank.require_clean()


def test_erasures_of_days_that_are_over_are_published(bank: TestBank) -> None:
    erase(bank, bank.post(completion("s-1", 1)).account)
    bank.write("UPDATE erasures SET day = '2026-01-01'")
    erase(bank, bank.post(completion("s-2", 2)).account)
    recorded = bank.do(PublishErasures())
    covered = {row[2]: row[3] for row in bank.rows(ErasureRow)["erasures"]}
    assert covered == {"2026-01-01": recorded.index, today(): None}
    bank.require_clean()


# --- what only looks like one ---------------------------------------------------------------------


def test_a_secret_deleted_by_hand_is_a_finding(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    key_id = bank.rows(AccountRow)["accounts"][0][1]
    bank.write("DELETE FROM secrets WHERE key_id = ?", key_id)
    findings = {(one.check, one.index) for one in bank.audit().findings}
    assert {("erasures", posted.index - 1), ("erasures", posted.index)} <= findings


def test_an_actor_s_secret_deleted_by_hand_is_a_finding(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    mac = bank.bank.keyring.actor_mac(bank.poster().actor)
    key_id = next(row[1] for row in bank.rows(ActorRow)["actors"] if row[0] == mac)
    bank.write("DELETE FROM secrets WHERE key_id = ?", key_id)
    assert ("erasures", posted.index) in {(one.check, one.index) for one in bank.audit().findings}


def test_an_erasure_record_that_was_removed_is_missed(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    erase(bank, posted.account)
    bank.do(PublishErasures(through_today=True))
    bank.require_clean()
    bank.write("DELETE FROM erasures")
    assert ("erasures", posted.index) in {(one.check, one.index) for one in bank.audit().findings}


def test_an_erasure_that_its_entry_does_not_list_is_a_finding(bank: TestBank) -> None:
    erase(bank, bank.post(completion("s-1", 1)).account)
    recorded = bank.do(PublishErasures(through_today=True))
    erase(bank, bank.post(completion("s-2", 2)).account)
    bank.write("UPDATE erasures SET entry_index = ?", recorded.index)
    assert [(one.check, one.index) for one in bank.audit().findings] == [
        ("erasures", recorded.index)
    ]
