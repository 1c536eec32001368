"""One bank in a SQLite file that the tests of a module share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditbank.storage.database import Database
from tests.banks import TestBank, make_bank


@pytest.fixture(scope="module")
def shared_bank(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestBank]:
    """A bank with everybody registered."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copyfile(sqlite_template, folder / "bank.db")
    database = Database(f"sqlite:///{folder / 'bank.db'}")
    yield make_bank(database, folder)
    database.engine.dispose()
