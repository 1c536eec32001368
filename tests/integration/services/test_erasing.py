"""Erasure: nothing personal is left that could be opened, and every proof still holds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from creditbank.domain.access import Role
from creditbank.domain.civil_time import civil_date
from creditbank.errors.recording import LearnerUnknown
from creditbank.errors.storage import Erased, StorageUnavailable
from creditbank.services.granting import GrantAccess
from creditbank.services.identifying import Claim, new_id
from creditbank.services.learners import (
    ChangeIdentity,
    Erase,
    IdentityChange,
    Restrict,
)
from creditbank.services.tokens import new_code
from creditbank.storage import access, vault
from creditbank.storage import database as database_module
from creditbank.storage.database import Database
from creditbank.storage.journal import Work
from creditbank.storage.loading import entry_at
from creditbank.storage.sealing import StoredEntry
from creditbank.storage.tables import (
    AccountRow,
    ActorRow,
    BatchItemRow,
    BatchRow,
    RegisterRow,
    SecretRow,
    TokenRow,
)
from tests import factories
from tests.banks import COLLEGE, DESK, TestBank, refusal_of
from tests.factories import (
    achievement,
    assessment,
    certificate,
    completion,
    course,
    study,
    training,
)

NUMBER = 4321  # the learner to be erased; what is said of them is found nowhere else
NAME = "欧阳测试彧"
SOURCE_IDS = ("流水-oddly-4321-a", "流水-oddly-4321-b", "流水-oddly-4321-c")
SCORE = "87.53"
PHONE = "13987654321"
PASSPORT = "E31415926"
REASON = "欠缺材料待补"
PURPOSE = "入学审核之用"
LEARNER = factories.learner(NUMBER) | {"name": NAME}


def today() -> str:
    return civil_date(int(time.time())).isoformat()


def live(bank: TestBank) -> tuple[str, list[bytes]]:
    """Give the learner a full life in the bank; return the account, and what must not be found.

    Another one has the same life, so that no table is empty afterwards.
    """
    _live(bank, Life(5, factories.learner(5), "E55555555", ("o-1", "o-2", "o-3")))
    return _live(bank, Life(NUMBER, LEARNER, PASSPORT, SOURCE_IDS, SCORE, PHONE, REASON, PURPOSE))


@dataclass(frozen=True, slots=True)
class Life:
    """What is said of a learner."""

    number: int
    learner: dict[str, Any]
    passport: str
    ids: tuple[str, str, str]
    score: str = "70.00"
    phone: str = "13800000000"
    reason: str = "行政复议"
    purpose: str = "转学分"


def _live(bank: TestBank, life: Life) -> tuple[str, list[bytes]]:
    number, learner = life.number, life.learner
    stages = (study(), training(), assessment(score=life.score))
    account = bank.post(completion(life.ids[0], number, *stages, learner=learner)).account
    batch = [certificate(life.ids[1], number, learner=learner)]
    bank.do(bank.intake.batch(batch, bank.poster()))
    bank.post(course(life.ids[2], number, learner=learner), COLLEGE)
    passport = Claim.by_document(
        {"kind": "passport", "number": life.passport, "country": "KAZ"}, bank.bank.keyring
    )
    desk = bank.poster(DESK)
    bank.do(ChangeIdentity(account, IdentityChange(passport, phone=life.phone), desk))
    bank.do(Restrict(account, today(), life.reason, desk))
    bank.do(Restrict(account, None, life.reason, desk))
    token = bank.token("bank", Role.LEARNER, account=account)
    bank.do(GrantAccess(account, COLLEGE, life.purpose, int(time.time()) + 3600, token.id))
    code = access.Code(account, bank.bank.keyring.code_digest(account, new_code()), 2**40)
    note = access.AccessNote(new_id(), account, 1, COLLEGE, bank.tokens[COLLEGE].id, "balance")
    bank.database.write_sync(lambda connection: access.put_code(connection, code))
    bank.database.write_sync(lambda connection: access.add_access(connection, note))
    document = Claim.of(learner, bank.bank.keyring)
    assert document.handle
    assert passport.handle
    texts = [
        account,
        learner["name"],
        factories.resident_id(number),
        life.passport,
        life.phone,
        life.score,
        life.reason,
        life.purpose,
        token.id,
        batch[0]["certificate"]["number"],
        *life.ids,
    ]
    return account, [*(text.encode() for text in texts), document.handle, passport.handle]


def secret_of(bank: TestBank, account: str) -> bytes:
    key_id = next(row[1] for row in bank.rows(AccountRow)["accounts"] if row[0] == account)
    return next(bytes(row[1]) for row in bank.rows(SecretRow)["secrets"] if row[0] == key_id)


def stored_bytes(bank: TestBank) -> bytes:
    """Return all that the database says: on SQLite its files, on PostgreSQL every column."""
    if bank.database.file is not None:
        folder = bank.database.file.parent
        files = sorted(folder.glob(f"{bank.database.file.name}*"))
        return b"\n".join(file.read_bytes() for file in files)

    def read(connection: sa.Connection) -> list[bytes]:
        names = connection.exec_driver_sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).scalars()
        found: list[bytes] = []
        for name in names.all():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'):
                found += [one if isinstance(one, bytes) else str(one).encode() for one in row]
        statistics = "SELECT row_to_json(s)::text FROM pg_stats s WHERE schemaname = 'public'"
        found += [text.encode() for text in connection.exec_driver_sql(statistics).scalars()]
        return found

    found: list[bytes] = bank.database.read_sync(read)
    return b"".join(found)


def erase(bank: TestBank, account: str) -> list[bytes]:
    work = Erase(account, bank.tokens[DESK].id)
    bank.do(work)
    return work.traces


def analyse(bank: TestBank) -> None:
    """Let PostgreSQL take its samples of the data, as it does by itself."""
    if not bank.database.is_sqlite:
        with bank.database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()


# --- nothing is left ------------------------------------------------------------------------------


def test_nothing_personal_is_left_after_an_erasure(bank: TestBank) -> None:
    account, personal = live(bank)
    personal.append(secret_of(bank, account))
    analyse(bank)
    before = stored_bytes(bank)
    # What is in clear before, so that the scan is known to see it: views, vault handles, secret.
    in_clear = [personal[0], personal[9], *personal[13:]]
    assert [one for one in in_clear if one not in before] == []
    # What is never in clear, even before: names, documents, phones, scores, source ids.
    assert [one for one in personal[1:6] + personal[10:13] if one in before] == []
    root = bank.require_clean().root
    vault.scrub(bank.database, erase(bank, account))
    after = stored_bytes(bank)
    assert [one for one in personal if one in after] == []
    report = bank.require_clean()
    assert report.root == root
    assert report.erased_entries > 5


def test_nobody_s_traces_are_left_among_many(bank: TestBank) -> None:
    """Rows move between pages while tables grow; copies must not stay where they came from."""
    items: list[Any] = [achievement(f"w-{number}", number) for number in range(1, 241)]
    answer = bank.do(bank.intake.batch(items, bank.poster()))
    accounts = [result.account for result in answer.results]
    for number, account in enumerate(accounts[::40], start=1000):
        bank.post(course(f"c-{number}", number, learner={"account": account}), COLLEGE)
    analyse(bank)
    erased = accounts[3::48]
    gone = [secret_of(bank, account) for account in erased]
    before = stored_bytes(bank)
    assert all(account.encode() in before for account in erased)
    traces = [trace for account in erased for trace in erase(bank, account)]
    assert set(traces) >= {*gone, *(account.encode() for account in erased)}
    vault.scrub(bank.database, traces)
    after = stored_bytes(bank)
    assert [account for account in erased if account.encode() in after] == []
    assert [secret for secret in gone if secret in after] == []
    kept = [account for account in accounts if account not in erased]
    assert all(account.encode() in after for account in kept)
    bank.require_clean()


@pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
def test_a_copy_that_a_moved_row_left_behind_is_found_and_cleared(bank: TestBank) -> None:
    """Made here by deleting without overwriting; SQLite leaves one where it splits a page."""
    trace = b"la-left-behind-by-a-page-split"
    with bank.database.engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.exec_driver_sql("PRAGMA secure_delete = OFF")
        raw.exec_driver_sql("CREATE TABLE moved (account TEXT)")
        raw.exec_driver_sql("INSERT INTO moved VALUES (?)", (trace.decode(),))
        raw.exec_driver_sql("DROP TABLE moved")
        raw.exec_driver_sql("PRAGMA secure_delete = ON")
    vault.scrub(bank.database)
    assert trace in stored_bytes(bank)
    vault.scrub(bank.database, [b"nobody's", trace])
    assert trace not in stored_bytes(bank)
    bank.require_clean()


@pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
def test_a_reader_that_keeps_the_log_from_being_emptied_is_told(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audit reads from one snapshot for minutes, and the log holds what was erased."""
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_SECONDS", 0.05)
    scrubbing = Database(bank.database.url.render_as_string(hide_password=False))
    account = bank.post(completion("s-1", 1)).account

    def read(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT count(*) FROM accounts").close()
        erase(bank, account)
        with pytest.raises(StorageUnavailable):
            vault.scrub(scrubbing)

    bank.database.read_sync(read)
    assert account.encode() in stored_bytes(bank)
    vault.scrub(scrubbing)
    assert account.encode() not in stored_bytes(bank)
    scrubbing.engine.dispose()


def test_an_erasure_touches_nobody_else_and_no_entry(bank: TestBank) -> None:
    account, _ = live(bank)
    bank.post(completion("other", 2))
    before = bank.rows()
    erase(bank, account)
    after = bank.rows()
    for name, rows in before.items():
        if name in {"entries", "documents", "commits", "head", "registers", "batches"}:
            assert after[name] == rows, name
        elif name == "erasures":
            assert len(after[name]) == len(rows) + 1
        else:
            assert set(after[name]) <= set(rows), name
            others = [row for row in rows if account not in row]
            kept = {"secrets", "account_entries"}
            assert name in kept or after[name] == others, name


def test_the_secret_is_gone_and_the_parts_do_not_open(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    secrets = {row[0] for row in bank.rows(SecretRow)["secrets"]}
    erase(bank, posted.account)
    assert len(secrets - {row[0] for row in bank.rows(SecretRow)["secrets"]}) == 1

    def read(connection: sa.Connection) -> StoredEntry:
        row = entry_at(connection, posted.index)
        assert row is not None
        return row

    row = bank.database.read_sync(read)
    assert row.sealed is not None  # it stays, and nobody can open it
    assert posted.account.encode() not in row.open


def test_the_same_person_can_begin_anew(bank: TestBank) -> None:
    first = bank.post(completion("s-1", 1))
    erase(bank, first.account)
    again = bank.post(completion("s-2", 1))
    assert again.account != first.account
    assert again.awarded is not None
    bank.require_clean()


def test_erasing_nobody_is_refused(bank: TestBank) -> None:
    token = bank.tokens[DESK].id
    refusal_of(lambda: bank.do(Erase("la-" + "a" * 16, token)), LearnerUnknown)


# --- in one group with others ---------------------------------------------------------------------


async def test_what_follows_an_erasure_in_its_group_sees_it(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    by_account = achievement("w-1", 1, learner={"account": posted.account})
    works: list[Work] = [
        bank.intake.outcome(achievement("w-0", 1), bank.poster()),
        Erase(posted.account, bank.tokens[DESK].id),
        bank.intake.outcome(by_account, bank.poster()),
        bank.intake.outcome(completion("s-1", 1), bank.poster()),
        bank.intake.outcome(completion("s-2", 2), bank.poster()),
    ]
    journal = bank.bank.journal
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    journal.start()
    before, day, *after = await asyncio.gather(*waiting, return_exceptions=True)
    await bank.bank.close()
    assert before.account == posted.account  # type: ignore[union-attr]  # an answer
    assert day == today()
    assert [type(one) for one in after[:2]] == [Erased, Erased]
    assert after[2].awarded is not None  # type: ignore[union-attr]  # an answer
    assert [row[0] for row in bank.rows(AccountRow)["accounts"]] == [after[2].account]  # type: ignore[union-attr]
    bank.require_clean()


async def test_a_document_posted_after_an_erasure_in_its_group_opens_a_new_account(
    bank: TestBank,
) -> None:
    """The vault still holds the old row when the new one is written."""
    posted = bank.post(completion("s-1", 1))
    journal = bank.bank.journal
    works: list[Work] = [
        Erase(posted.account, bank.tokens[DESK].id),
        bank.intake.outcome(completion("s-2", 1), bank.poster()),
    ]
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    commits = len(bank.rows()["commits"])
    journal.start()
    _, again = await asyncio.gather(*waiting)
    await bank.bank.close()
    assert again.account != posted.account
    assert len(bank.rows()["commits"]) == commits + 1
    bank.require_clean()


def test_what_is_not_the_learner_s_outlives_the_erasure(bank: TestBank) -> None:
    """Batches, registers and other people's tokens: nobody loses what is theirs."""
    account, _ = live(bank)
    kept = (BatchRow, BatchItemRow, RegisterRow, ActorRow)
    before, tokens = bank.rows(*kept), bank.rows(TokenRow)["tokens"]
    erase(bank, account)
    assert bank.rows(*kept) == before
    assert bank.rows(TokenRow)["tokens"] == [row for row in tokens if row[5] != account]
