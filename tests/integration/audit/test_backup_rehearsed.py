"""The backup procedure, rehearsed: the commands of docs/backup.md, word for word, in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from creditbank.services.learners import Erase
from creditbank.storage.database import Database
from tests import factories
from tests.banks import COLLEGE, DESK, TestBank, open_test_bank
from tests.integration.audit.backups import ON_SQLITE
from tests.integration.audit.scene import Scene, publish

PAGE = Path(__file__).parents[3] / "docs" / "backup.md"


def blocks() -> list[str]:
    """Return what the page tells its reader to type: once, every day, at a restore."""
    found = re.findall(r"^ *```sh\n(.*?)^ *```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(found) == 3
    return found


def shell(commands: str, folder: Path, data: str) -> None:
    """Run commands in `folder` on the bank in `data`; all have to succeed."""
    places = {"BACKUP": "backup", "KEYS_BACKUP": "elsewhere", "CREDITBANK_DATA_DIR": data}
    environ = {**os.environ, **places, "CREDITBANK_LANGUAGE": "en"}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    ended = subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@ON_SQLITE
def test_the_page_brings_the_bank_back_without_those_erased_since(
    scene: Scene, tmp_path: Path
) -> None:
    once, daily, restore = blocks()
    bank = scene.bank
    for name in ("backup", "elsewhere", "data", "new"):
        (tmp_path / name).mkdir()
    for name in ("data", "new"):
        shutil.copytree(scene.keys, tmp_path / name / "keys")
    scene.publish()
    with bank.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    assert bank.database.file is not None
    shutil.copyfile(bank.database.file, tmp_path / "data" / "creditbank.db")
    shutil.copyfile(scene.record.path, tmp_path / "data" / "signed-head")

    shell(once, tmp_path, "data")
    shell(daily, tmp_path, "data")
    size, account = bank.size, scene.accounts["first"]

    # Later somebody is erased, and only the file of erasures is newer than the export.
    with opened(tmp_path / "data") as lost:
        lost.do(Erase(account, scene.bank.tokens[DESK].id))
    (newest,) = [line for line in daily.splitlines() if "erasures export" in line]
    shell(newest, tmp_path, "data")

    shutil.copyfile(scene.record.path, tmp_path / "new" / "signed-head")
    shell(restore, tmp_path, "new")
    with opened(tmp_path / "new") as restored:
        assert restored.size == size
        assert account not in str(restored.rows())
        restored.tokens.update(bank.tokens)
        assert restored.post(factories.course("afterwards", 77), COLLEGE).index > size
        publish(restored, tmp_path / "new" / "keys", scene.record)


@contextmanager
def opened(folder: Path) -> Iterator[TestBank]:
    database = Database(f"sqlite:///{folder / 'creditbank.db'}")
    try:
        yield open_test_bank(database, folder / "keys")
    finally:
        database.engine.dispose()
