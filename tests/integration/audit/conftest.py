"""The banks that the tests of this folder work on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from creditbank.storage.database import Database
from tests.banks import Stock, bank, postgres_stock, sqlite_stock, stock, url_in
from tests.histories import told
from tests.integration.audit.scene import Scene, make_scene, scene_of

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock", "told"]


@pytest.fixture
def scene(stock: Stock, tmp_path: Path) -> Iterator[Scene]:
    """A published bank of the test's own, on each engine in turn."""
    made = stock.after("published", make_scene)
    with stock.copied(made, tmp_path) as test_bank:
        yield scene_of(test_bank, made.history, tmp_path)


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
