"""Making and opening a bank: only an empty database, only its own keys, only with its guards."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from creditbank.config import Settings
from creditbank.domain.kinds import PARTS
from creditbank.errors.keys import KeyMissing
from creditbank.errors.storage import (
    AlreadyInitialised,
    NotInitialised,
    ProtectionMissing,
    WrongBank,
)
from creditbank.rulebooks import shipped_registers
from creditbank.services import banking
from creditbank.services.opening import open_configured
from creditbank.storage import database as storage_database
from creditbank.storage import keyring, migrating
from creditbank.storage.database import Database
from tests.banks import NOTICE, ORIGIN, TestBank, open_test_bank, refusal_of


def test_a_new_bank_begins_with_its_genesis_what_ships_and_a_credential_key(
    database: Database, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    size = banking.create_bank(database, keys, ORIGIN)
    assert size == 1 + len(shipped_registers()) + 1
    bank = open_test_bank(database, keys)
    assert (bank.bank.origin, bank.size) == (ORIGIN, size)
    bank.require_clean()
    assert {path.stat().st_mode & 0o077 for path in keys.glob("*.key")} == {0}


@pytest.mark.parametrize("persisted", [False, True])
def test_making_a_bank_is_one_commit_and_can_be_repeated(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    commit = storage_database.commit

    def cut_off(connection: sa.Connection) -> None:
        if persisted:
            commit(connection)
        raise KeyboardInterrupt

    migrating.upgrade(database)
    monkeypatch.setattr(storage_database, "commit", cut_off)
    with pytest.raises(KeyboardInterrupt):
        banking.create_bank(database, tmp_path, ORIGIN)
    monkeypatch.undo()
    if persisted:
        refusal_of(lambda: banking.create_bank(database, tmp_path, ORIGIN), AlreadyInitialised)
    else:
        banking.create_bank(database, tmp_path, ORIGIN)
    bank = open_test_bank(database, tmp_path)
    assert bank.size == 1 + len(shipped_registers()) + 1
    assert len(bank.rows()["commits"]) == 1
    bank.require_clean()


@pytest.mark.parametrize("written", range(5))
def test_keys_of_which_some_were_written_are_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    made = [*map(str, range(written))]

    def token_hex(size: int) -> str:
        if not made:
            raise KeyboardInterrupt
        return f"{int(made.pop()) + 1:02x}" * size

    monkeypatch.setattr("secrets.token_hex", token_hex)
    with pytest.raises(KeyboardInterrupt):
        keyring.generate_keys(tmp_path)
    monkeypatch.undo()
    assert not (tmp_path / keyring.VAULT_KEY_FILE).exists(), "the bank would take them for whole"
    before = {path: path.read_bytes() for path in tmp_path.glob("*.key")}
    keyring.generate_keys(tmp_path)
    assert len(before) == written
    assert len({*tmp_path.glob("*.key")}) == 5
    assert {path: path.read_bytes() for path in before} == before
    assert {path.suffix for path in tmp_path.iterdir()} <= {".key", ""}


def test_keys_from_elsewhere_are_not_mixed_with_generated_ones(tmp_path: Path) -> None:
    (tmp_path / keyring.ED25519_KEY_FILE).write_text("ab" * 32)
    with pytest.raises(FileExistsError):
        keyring.generate_keys(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [keyring.ED25519_KEY_FILE]


def test_a_second_bank_in_the_same_database_is_refused(bank: TestBank, tmp_path: Path) -> None:
    before = bank.rows()
    refusal = refusal_of(
        lambda: banking.create_bank(bank.database, tmp_path / "others", "other.test/log"),
        AlreadyInitialised,
    )
    assert refusal.fields["size"] == bank.size
    assert bank.rows() == before


def test_an_empty_database_cannot_be_opened(database: Database, tmp_path: Path) -> None:
    keyring.generate_keys(tmp_path)
    refusal_of(lambda: open_test_bank(database, tmp_path), NotInitialised)


def test_a_bank_is_opened_with_its_own_keys_and_origin_only(bank: TestBank, tmp_path: Path) -> None:
    keyring.generate_keys(tmp_path / "others")
    refusal_of(lambda: open_test_bank(bank.database, tmp_path / "others"), WrongBank)
    refusal = refusal_of(
        lambda: banking.open_bank(bank.database, bank.keys, origin="x.test", notice=NOTICE),
        WrongBank,
    )
    assert refusal.fields == {"found": ORIGIN, "expected": "x.test"}
    refusal_of(lambda: open_test_bank(bank.database, tmp_path / "nowhere"), KeyMissing)
    assert open_test_bank(bank.database, bank.keys).size == bank.size


def test_a_bank_without_its_guards_is_not_opened(bank: TestBank) -> None:
    on = "" if bank.database.is_sqlite else " ON entries"
    name = "entries_no_delete" if bank.database.is_sqlite else "entries_no_truncate"
    bank.write(f"DROP TRIGGER {name}{on}")
    refusal = refusal_of(lambda: open_test_bank(bank.database, bank.keys), ProtectionMissing)
    assert refusal.fields["missing"] == name


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31])
def test_a_key_file_that_is_no_key_is_named(tmp_path: Path, content: str) -> None:
    keyring.generate_keys(tmp_path)
    (tmp_path / keyring.VAULT_KEY_FILE).write_text(content)
    refusal = refusal_of(lambda: keyring.load_keyring(tmp_path), KeyMissing)
    assert refusal.fields["file"] == keyring.VAULT_KEY_FILE


def test_a_bank_without_a_notice_records_accounts_of_the_published_form(bank: TestBank) -> None:
    url = bank.database.url.render_as_string(hide_password=False)
    opened = open_configured(Settings(database_url=url, keys_dir=bank.keys, origin=ORIGIN))
    opened.database.engine.dispose()
    person = {"account": "la-" + "a" * 16, "document_kind": "resident_id"}
    said = {"legal_basis": opened.notice.legal_basis, "notice": opened.notice.version}
    assert PARTS["account/1"]["person"].validate_python(person | said)
