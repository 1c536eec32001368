"""The backup procedure, rehearsed: export, restore on either engine, and nothing is lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlmodel import SQLModel

from creditbank.domain.balances import AsOf, balance
from creditbank.errors.export import (
    BackupKeyMalformed,
    ExportTargetExists,
    ExportUnusable,
    LedgerUnsound,
)
from creditbank.errors.storage import AlreadyInitialised, Erased, WrongBank
from creditbank.services import exporting, log_copy
from creditbank.services.exporting import export_bank, export_erasures
from creditbank.services.learners import Erase
from creditbank.services.restoring import Restored, Source, restore_bank
from creditbank.storage import (
    backup,
    keyring,
    loading,
    reading,
    replaying,
    restoring_rows,
    sealed_files,
    tilestore,
)
from creditbank.storage.database import Database
from creditbank.storage.sealed_files import new_identity
from creditbank.storage.tables import CodeRow, EntryRow, IdentityRow, TokenRow, table_of
from tests import factories
from tests.banks import DESK, TestBank, open_test_bank, refusal_of, rows_of, url_in
from tests.integration.audit.scene import SIGNER, SIGNING, Scene, unguarded

IDENTITY = new_identity()
KEYS_IDENTITY = new_identity()
ON_SQLITE = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
"""For tests of what no engine has a part in."""


@pytest.fixture
def sqlite_target(tmp_path: Path) -> Iterator[Database]:
    """An SQLite database without a table."""
    database = Database(f"sqlite:///{tmp_path / 'restored.db'}")
    yield database
    database.engine.dispose()


@pytest.fixture
def postgres_target(postgres_server: str) -> Iterator[Database]:
    """A PostgreSQL database without a table."""
    name = f"creditbank_restored_{secrets.token_hex(6)}"
    with psycopg.connect(make_conninfo(postgres_server), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        database = Database(url_in(postgres_server, name))
        yield database
        database.engine.dispose()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest) -> Database:
    """A database without a table, on each engine in turn."""
    database: Database = request.getfixturevalue(f"{request.param}_target")
    return database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def export(scene: Scene, folder: Path, **given: Any) -> Source:
    export_bank(scene.bank.database, folder, IDENTITY.recipient, **given)
    return Source(folder, IDENTITY)


def restore(source: Source, target: Database, scene: Scene) -> tuple[Restored, TestBank]:
    restored = restore_bank(source, target, scene.bank.bank.keyring)
    bank = open_test_bank(target, scene.keys)
    bank.tokens.update(scene.bank.tokens)
    return restored, bank


def all_rows(bank: TestBank) -> dict[str, Any]:
    """Return every row but learners' tokens and one-time codes, which end by themselves."""
    rows = bank.rows()
    place = [column.name for column in table_of(TokenRow).columns].index("account")
    rows["tokens"] = [row for row in rows["tokens"] if row[place] is None]
    del rows["one_time_codes"]
    return rows


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


# --- what cannot be restored is refused -----------------------------------------------------------

FILES = [
    exporting.PRIVATE,
    exporting.KEYS,
    exporting.ERASURES,
    exporting.MANIFEST,
    "log/checkpoints.jsonl",
]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


def _flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@ON_SQLITE
@pytest.mark.parametrize("harm", [_cut, _empty, _gone, _flip_a_bit])
@pytest.mark.parametrize("name", FILES)
def test_harmed_export_is_refused_and_leaves_an_empty_database(
    scene: Scene, folder: Path, sqlite_target: Database, name: str, harm: Callable[[Path], None]
) -> None:
    source = export(scene, folder)
    harm(folder / name)
    try:
        restore(source, sqlite_target, scene)
    except ExportUnusable:
        assert sqlite_target.read_sync(reading.size_or_none) is None
    else:  # a bit in an erased account's digest, or in a time: nothing that could be told
        assert (name, harm) in {
            (exporting.ERASURES, _flip_a_bit),
            (exporting.MANIFEST, _flip_a_bit),
        }


def test_chunks_of_a_sealed_file_cannot_be_exchanged(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    with sealed_files.SealedWriter(path, IDENTITY.recipient) as file:
        file.write(bytes(200_000))
    whole = path.read_bytes()
    header = len(whole) - 200_000 - 4 * 16
    size = (1 << 16) + 16
    first, second = whole[header : header + size], whole[header + size : header + 2 * size]
    path.write_bytes(whole[:header] + second + first + whole[header + 2 * size :])
    refusal_of(lambda: list(sealed_files.read_sealed(path, IDENTITY)), ExportUnusable)
    path.write_bytes(whole[: header + 3 * size])
    refusal_of(lambda: list(sealed_files.read_sealed(path, IDENTITY)), ExportUnusable)


def test_database_with_a_ledger_is_not_overwritten(scene: Scene, folder: Path) -> None:
    source = export(scene, folder)
    before = scene.bank.rows()
    refusal_of(
        lambda: restore_bank(source, scene.bank.database, scene.bank.bank.keyring),
        AlreadyInitialised,
    )
    assert scene.bank.rows() == before


@ON_SQLITE
def test_export_is_never_mixed_with_what_is_there(scene: Scene, folder: Path) -> None:
    folder.mkdir()
    export(scene, folder)  # an empty folder is as good as none
    refusal_of(lambda: export(scene, folder), ExportTargetExists)
    file = folder.with_name("file")
    file.write_text("mine")
    refusal_of(lambda: export(scene, file), ExportTargetExists)
    assert file.read_text() == "mine"


# --- a ledger that does not hold together is no backup --------------------------------------------


def _changed_part(scene: Scene) -> None:
    bank = scene.bank
    bank.write("UPDATE entries SET open = ? WHERE entry_index = 30", b"{}")


def _changed_leaf_hash(scene: Scene) -> None:
    scene.bank.write("UPDATE entries SET leaf_hash = ? WHERE entry_index = 30", bytes(32))


def _changed_digest(scene: Scene) -> None:
    index = scene.indexes["first"]
    scene.bank.write("UPDATE entries SET person_digest = ? WHERE entry_index = ?", bytes(32), index)


def _missing_entry(scene: Scene) -> None:
    scene.bank.write("DELETE FROM entries WHERE entry_index = ?", scene.bank.size - 1)


def _changed_head(scene: Scene) -> None:
    scene.bank.write("UPDATE head SET root = ?", bytes(32))


def _another_checkpoint(scene: Scene) -> None:
    rows = scene.bank.rows()["checkpoints"]
    scene.bank.write("UPDATE checkpoints SET note = ? WHERE size = ?", rows[0][2], rows[-1][0])


@pytest.mark.parametrize(
    "harm",
    [
        _changed_part,
        _changed_leaf_hash,
        _changed_digest,
        _missing_entry,
        _changed_head,
        _another_checkpoint,
    ],
)
def test_what_could_not_be_restored_is_not_exported(
    scene: Scene, folder: Path, harm: Callable[[Scene], None]
) -> None:
    with unguarded(scene.bank):
        harm(scene)
    refusal_of(lambda: export(scene, folder), LedgerUnsound)
    assert list(folder.parent.glob("*export*")) == []


# --- crashes --------------------------------------------------------------------------------------


class Crash(Exception):
    """The process dies here."""


def crash(*_: Any, **__: Any) -> None:
    raise Crash


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (restoring_rows, "insert_rows"),
        (replaying, "fold_chunk"),
        (tilestore, "store_tiles"),
        (restoring_rows.Restoration, "finish"),
        (restoring_rows.Restoration, "add_beside"),
    ],
)
def test_crash_while_restoring_leaves_an_empty_database_that_can_be_tried_again(
    scene: Scene,
    folder: Path,
    target: Database,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
) -> None:
    source = export(scene, folder)
    with monkeypatch.context() as patched:
        patched.setattr(place, name, crash)
        refusal_of(lambda: restore(source, target, scene), Crash)
    assert target.read_sync(reading.size_or_none) is None
    assert target.read_sync(lambda connection: rows_of(connection, [table_of(EntryRow)])) == {
        "entries": []
    }
    _, bank = restore(source, target, scene)
    bank.require_clean()


@ON_SQLITE
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (log_copy.LogCopy, "finish"),
        (log_copy.LogCopy, "write_checkpoint"),
        (exporting, "sync_files"),
        (exporting, "_write_erasures"),
    ],
)
def test_crash_while_exporting_leaves_nothing_that_looks_like_an_export(
    scene: Scene, folder: Path, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(place, name, crash)
        refusal_of(lambda: export(scene, folder), Crash)
    assert not folder.exists()
    export(scene, folder)


def test_every_table_is_exported_or_made_again_or_left_out_on_purpose() -> None:
    groups: list[type[SQLModel]] = [*backup.KEPT, *backup.MADE_AGAIN, *backup.LEFT_OUT]
    assert len(groups) == len(set(groups))
    assert {table_of(row) for row in groups} == set(SQLModel.metadata.tables.values())
    assert CodeRow in backup.LEFT_OUT
    assert IdentityRow in backup.KEPT
