"""The backup procedure, rehearsed: export, restore on either engine, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

from creditbank.domain.balances import AsOf, balance
from creditbank.errors.export import (
    BackupKeyMalformed,
    ExportUnusable,
)
from creditbank.errors.storage import Erased, WrongBank
from creditbank.services import exporting
from creditbank.services.exporting import export_erasures
from creditbank.services.learners import Erase
from creditbank.services.restoring import Source, restore_bank
from creditbank.storage import (
    backup,
    keyring,
    loading,
    reading,
    sealed_files,
)
from creditbank.storage.database import Database
from creditbank.storage.tables import CodeRow, IdentityRow, table_of
from tests import factories
from tests.banks import DESK, refusal_of
from tests.integration.audit.backups import (
    IDENTITY,
    KEYS_IDENTITY,
    ON_SQLITE,
    all_rows,
    export,
    restore,
)
from tests.integration.audit.scene import SIGNER, SIGNING, Scene, unguarded

# --- nothing is lost ----------------------------------------------------------------------------


def test_restored_bank_has_every_row_on_whichever_engine(
    scene: Scene, folder: Path, target: Database
) -> None:
    restored, bank = restore(export(scene, folder), target, scene)
    assert all_rows(bank) == all_rows(scene.bank)
    head = scene.bank.database.read_sync(loading.read_head)
    assert (restored.size, restored.root) == (head.size, head.root)
    assert restored.erased == 0
    again = Scene(bank, scene.keys, scene.record, scene.indexes, scene.accounts)
    assert again.found() == set()


def test_restored_bank_answers_what_was_posted_before_as_it_did(
    scene: Scene, folder: Path, target: Database
) -> None:
    _, bank = restore(export(scene, folder), target, scene)
    account = scene.accounts["first"]
    balances = [
        each.database.read_sync(
            lambda connection: balance(reading.outcomes_of(connection, account), AsOf())
        )
        for each in (scene.bank, bank)
    ]
    assert balances[0] == balances[1]
    assert balances[1]["lots"] == 3
    posted = bank.post(factories.completion("first", 1))
    assert (posted.index, posted.replayed) == (scene.indexes["first"], True)
    refusal_of(lambda: bank.post(factories.completion("gone", 9)), Erased)
    signed = SIGNER.sign(factories.completion("new", 77))
    assert bank.post(signed, SIGNING).index == scene.bank.size + 1
    again = Scene(bank, scene.keys, scene.record, scene.indexes, scene.accounts)
    assert again.publish() == bank.size
    assert again.found() == set()


def test_export_is_of_one_moment_while_the_bank_goes_on(
    scene: Scene, folder: Path, sqlite_target: Database
) -> None:
    before = all_rows(scene.bank)
    posted: list[int] = []

    def post(_done: int, _all: int) -> None:
        if not posted:
            posted.append(scene.bank.post(factories.completion("meanwhile", 500)).index)

    source = export(scene, folder, progress=post)
    _, bank = restore(source, sqlite_target, scene)
    assert posted
    assert all_rows(bank) == before


def test_export_tells_progress_to_the_end(scene: Scene, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    export(scene, folder, progress=lambda *done: told.append(done))
    assert told == sorted(told)
    assert told[-1] == (scene.bank.size, scene.bank.size)


# --- erasures -------------------------------------------------------------------------------------


def test_later_erasures_are_applied_before_anything_is_served(
    scene: Scene, folder: Path, target: Database, tmp_path: Path
) -> None:
    source = export(scene, folder)
    account = scene.accounts["row"]
    scene.bank.do(Erase(account, scene.bank.tokens[DESK].id))
    later = tmp_path / "erasures-later.jsonl"
    count = export_erasures(scene.bank.database, later)
    assert count == 2
    restored, bank = restore(Source(folder, IDENTITY, erasures=[later]), target, scene)
    assert restored.erased == 1
    assert source.folder == folder
    for table, rows in bank.rows().items():
        assert account not in str(rows), f"{table} still knows the account"
    row = factories.completion("row-100", 1100)
    refusal_of(lambda: bank.post(row), Erased)
    assert bank.require_clean().erased_entries == 5


def test_export_without_the_erasures_that_its_entries_list_is_refused(
    scene: Scene, folder: Path, sqlite_target: Database
) -> None:
    with unguarded(scene.bank):
        scene.bank.write("DELETE FROM erasures")
    source = export(scene, folder)
    refused = refusal_of(lambda: restore(source, sqlite_target, scene), ExportUnusable)
    assert refused.fields["reason"] == "erasures"
    assert sqlite_target.read_sync(reading.size_or_none) is None


def test_erasures_taken_out_of_the_open_file_are_known_from_the_sealed_one(
    scene: Scene, folder: Path, sqlite_target: Database
) -> None:
    source = export(scene, folder)
    header = (folder / exporting.ERASURES).read_bytes().splitlines(keepends=True)[0]
    (folder / exporting.ERASURES).write_bytes(header + b'{"end":0}\n')
    _, bank = restore(source, sqlite_target, scene)
    assert all_rows(bank) == all_rows(scene.bank)


# --- who can open what ----------------------------------------------------------------------------


@ON_SQLITE
def test_learners_keys_are_sealed_apart_and_may_lie_elsewhere(
    scene: Scene, folder: Path, sqlite_target: Database, tmp_path: Path
) -> None:
    export(scene, folder, keys_recipient=KEYS_IDENTITY.recipient)
    elsewhere = (folder / exporting.KEYS).rename(tmp_path / "keys.sealed")
    missing = Source(folder, IDENTITY)
    assert refusal_of(lambda: restore(missing, sqlite_target, scene), ExportUnusable).fields == {
        "file": "keys.sealed",
        "reason": "file",
    }
    wrong = Source(folder, IDENTITY, keys_file=elsewhere)
    assert refusal_of(lambda: restore(wrong, sqlite_target, scene), ExportUnusable).fields == {
        "file": "keys.sealed",
        "reason": "seal",
    }
    source = Source(folder, IDENTITY, keys_file=elsewhere, keys_identity=KEYS_IDENTITY)
    _, bank = restore(source, sqlite_target, scene)
    bank.require_clean()


@ON_SQLITE
def test_nothing_that_is_private_stands_open_in_an_export(scene: Scene, folder: Path) -> None:
    export(scene, folder)
    account = scene.accounts["first"].encode()
    secrets_ = [row[1] for row in scene.bank.rows()["secrets"]]
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert account not in content, path
            assert b"outcome/1" not in content, path
            assert not any(secret in content for secret in secrets_), path


def test_key_files_are_read_as_they_were_written(tmp_path: Path) -> None:
    public = sealed_files.write_identity(tmp_path / "backup.key", IDENTITY)
    assert sealed_files.read_identity(tmp_path / "backup.key") == IDENTITY
    assert sealed_files.read_recipient(public) == IDENTITY.recipient
    assert (tmp_path / "backup.key").stat().st_mode & 0o077 == 0
    refusal_of(lambda: sealed_files.read_identity(public), BackupKeyMalformed)
    refusal_of(lambda: sealed_files.read_recipient(tmp_path / "none"), BackupKeyMalformed)


@ON_SQLITE
def test_vault_key_of_another_bank_is_refused(
    scene: Scene, folder: Path, sqlite_target: Database, tmp_path: Path
) -> None:
    source = export(scene, folder)
    keyring.generate_keys(tmp_path / "other")
    other = keyring.load_keyring(tmp_path / "other")
    refusal_of(lambda: restore_bank(source, sqlite_target, other), WrongBank)
    assert sqlite_target.read_sync(reading.size_or_none) is None


def test_every_table_is_exported_or_made_again_or_left_out_on_purpose() -> None:
    groups: list[Any] = [*backup.KEPT, *backup.MADE_AGAIN, *backup.LEFT_OUT]
    assert len(groups) == len(set(groups))
    assert {table_of(row) for row in groups} == set(SQLModel.metadata.tables.values())
    assert CodeRow in backup.LEFT_OUT
    assert IdentityRow in backup.KEPT
