"""A bank in a data folder, and the commands that work on it."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
import stamina.instrumentation
import structlog

from tests.banks import Made, Stock, TestBank, sqlite_stock
from tests.e2e.servers import serving
from tests.integration.cli.commands import Commands, Folder

__all__ = ["sqlite_stock"]


@pytest.fixture(autouse=True)
def _nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("CREDITBANK_")]:
        if name != "CREDITBANK_TEST_POSTGRES_URL":
            monkeypatch.delenv(name)
    stamina.set_testing(testing=True, attempts=2, cap=True)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    stamina.set_testing(testing=False)
    stamina.instrumentation.set_on_retry_hooks(None)


def copied(made: Made, path: Path) -> TestBank:
    """Return the bank in a new data folder."""
    path.mkdir()
    shutil.copyfile(made.place, path / "creditbank.db")
    shutil.copytree(made.keys, path / "keys")
    bank = made.open(f"sqlite:///{path / 'creditbank.db'}")
    bank.keys = path / "keys"  # a server of this bank reads what the commands write
    return bank


@pytest.fixture
def folder(sqlite_stock: Stock, tmp_path: Path) -> Iterator[Folder]:
    """A bank of the test's own, in a data folder."""
    path = tmp_path / "data"
    bank = copied(sqlite_stock.bank(), path)
    yield Folder(path, bank)
    bank.database.engine.dispose()


@pytest.fixture
def commands(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Commands:
    """The commands, on the bank of the test's own."""
    return Commands(folder.path, capsys)


@pytest.fixture
def address(folder: Folder) -> Iterator[str]:
    """The address of a server on the bank of the test's own."""
    with serving(folder.bank) as found:
        yield found
