"""What cannot be restored is refused, what could not be is not exported; crashes leave nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from creditbank.errors.export import (
    ExportTargetExists,
    ExportUnusable,
    LedgerUnsound,
)
from creditbank.errors.storage import AlreadyInitialised
from creditbank.services import exporting, log_copy
from creditbank.services.restoring import restore_bank
from creditbank.storage import (
    reading,
    replaying,
    restoring_rows,
    sealed_files,
    tilestore,
)
from creditbank.storage.database import Database
from creditbank.storage.tables import EntryRow, table_of
from tests.banks import refusal_of, rows_of
from tests.integration.audit.backups import (
    IDENTITY,
    ON_SQLITE,
    export,
    restore,
)
from tests.integration.audit.scene import Scene, unguarded

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


@ON_SQLITE
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
