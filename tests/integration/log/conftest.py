"""A bank with publishers: each publisher stands for a server process of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.banks import TestBank, bank, postgres_stock, sqlite_stock, stock
from tests.integration.log.processes import Processes

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock"]


@pytest_asyncio.fixture
async def log(bank: TestBank, tmp_path: Path) -> AsyncIterator[Processes]:
    """The log of a bank of the test's own, on each engine in turn."""
    shutil.copytree(bank.keys, tmp_path / "own-keys")
    processes = Processes(bank, tmp_path / "own-keys", tmp_path / "signed-head")
    yield processes
    await processes.close()
