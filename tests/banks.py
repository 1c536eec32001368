"""A small bank for tests: an authority, institutions with authorisations, and tokens.

`bank` is a fixture for the `conftest` of whoever wants one: a bank of its own for each test, on
each engine in turn, copied from one that is made once per run.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlmodel import SQLModel

from creditbank.domain.access import Role
from creditbank.services import banking
from creditbank.services.actors import Notice, Poster
from creditbank.services.auditing import AuditReport, audit
from creditbank.services.banking import OPERATOR, Bank
from creditbank.services.intake import Intake
from creditbank.services.posting import Posted
from creditbank.services.registering import PublishRegister
from creditbank.services.revoking import Revocation, RevokeOutcome
from creditbank.services.rulebooks import PublishRulebook
from creditbank.services.tokens import NewToken, new_token
from creditbank.storage import access, protection, reading
from creditbank.storage.database import Database
from creditbank.storage.journal import Work, record_now
from creditbank.storage.tables import table_of
from tests import factories

ORIGIN = "bank.test/log"
SCHOOL = factories.organisation_code(1)
ASSESSOR = factories.organisation_code(2)
COLLEGE = factories.organisation_code(3)
AUTHORITY = factories.organisation_code(4, "11")
DESK = factories.organisation_code(5, "11")
NOTICE = Notice("2026-1")

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class TestBank:
    """An open bank without a running journal; `do` goes through the same door."""

    __test__ = False

    bank: Bank
    keys: Path
    tokens: dict[str, NewToken] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.bank.database

    @property
    def intake(self) -> Intake:
        return Intake(self.bank.keyring, NOTICE, batch_items_max=10_000)

    @property
    def size(self) -> int:
        return self.database.read_sync(reading.size_or_none) or 0

    def do(self, work: Work) -> Any:
        return record_now(self.bank.database, self.bank.recorder, work)

    def poster(self, org: str = SCHOOL) -> Poster:
        return Poster(self.tokens[org].id, org, operator="经办甲", reviewer="复核乙")

    def post(self, outcome: dict[str, Any], org: str = SCHOOL) -> Posted:
        posted: Posted = self.do(self.intake.outcome(outcome, self.poster(org)))
        return posted

    def correct(
        self, outcome: dict[str, Any], index: int, org: str = SCHOOL, reason: str = "录入有误"
    ) -> Posted:
        posted: Posted = self.do(
            self.intake.correction(outcome, self.poster(org), index=index, reason=reason)
        )
        return posted

    def revocation(self, source_id: str, index: int, org: str = SCHOOL) -> Revocation:
        source = self.bank.keyring.source("bank:revocation", f"{org}/{source_id}")
        return Revocation(index, "录入有误", source)

    def revoke(self, source_id: str, index: int, org: str = SCHOOL) -> Any:
        return self.do(RevokeOutcome(self.revocation(source_id, index, org), self.poster(org)))

    def publish(self, kind: str, document: dict[str, Any]) -> None:
        if kind == "rulebook":
            self.do(PublishRulebook(document, OPERATOR, self.bank.keyring))
        else:
            self.do(PublishRegister(kind, document, OPERATOR, self.bank.keyring))

    def token(self, org: str, role: Role, **more: Any) -> NewToken:
        now = int(time.time())
        token, values = new_token(
            self.bank.keyring,
            org=org,
            role=role,
            label="test",
            now=now,
            expires_at=now + 86_400,
            **more,
        )
        self.bank.database.write_sync(lambda connection: access.add_token(connection, values))
        return token

    def audit(self) -> AuditReport:
        return audit(self.database, self.bank.keyring)

    def require_clean(self) -> AuditReport:
        """Return the audit's report after making sure that nothing was found."""
        report = self.audit()
        assert [finding.document() for finding in report.findings] == []
        return report

    def rows(self, *only: type[SQLModel]) -> Rows:
        """Return all rows of these tables, of all tables without one, in key order."""
        tables = [table_of(row) for row in only] or list(SQLModel.metadata.tables.values())
        return self.database.read_sync(lambda connection: rows_of(connection, tables))

    def write(self, statement: str, *values: Any) -> None:
        """Execute a statement of the test, with `?` for values on both engines."""
        mark = "?" if self.database.is_sqlite else "%s"

        def execute(connection: sa.Connection) -> None:
            connection.exec_driver_sql(statement.replace("?", mark), tuple(values))

        self.database.write_sync(execute)


def rows_of(connection: sa.Connection, tables: list[sa.Table]) -> Rows:
    """Return all rows of `tables` by table name, in key order."""
    return {
        table.name: [
            tuple(row)
            for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
        ]
        for table in tables
    }


@contextmanager
def unguarded(bank: TestBank) -> Iterator[None]:
    """Take the ledger's guards away, and put them back as if nothing had been."""
    if bank.database.is_sqlite:
        guards = protection.sqlite_triggers()
        for name in guards:
            bank.write(f"DROP TRIGGER {name}")
        yield
        for text in guards.values():
            bank.write(text)
        return
    for table in protection.APPEND_ONLY:
        bank.write(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    for table in protection.APPEND_ONLY:
        for what in ("change", "truncate"):
            bank.write(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{what}")


@contextmanager
def put_back_after(bank: TestBank) -> Iterator[None]:
    """Let a test change the bank, and put every row back: cheaper than a bank of its own."""
    before, tokens = bank.rows(), dict(bank.tokens)
    yield
    bank.tokens = tokens
    if bank.rows() == before:
        return
    tables = SQLModel.metadata.tables

    def put_back(connection: sa.Connection) -> None:
        for name, rows in before.items():
            connection.execute(tables[name].delete())
            if rows:
                columns = tables[name].columns.keys()
                values = [dict(zip(columns, row, strict=True)) for row in rows]
                connection.execute(tables[name].insert(), values)

    with unguarded(bank):
        bank.database.write_sync(put_back)
    bank.bank = open_test_bank(bank.database, bank.keys).bank  # with nothing in its catalogue
    assert bank.rows() == before


def open_test_bank(database: Database, keys: Path) -> TestBank:
    """Return a test bank on a ledger that exists, without tokens."""
    return TestBank(banking.open_bank(database, keys, notice=NOTICE), keys)


def make_bank(database: Database, folder: Path) -> TestBank:
    """Return a new bank in a migrated database, with everybody registered."""
    banking.create_bank(database, folder / "keys", ORIGIN)
    test_bank = open_test_bank(database, folder / "keys")
    for code, roles in ((SCHOOL, ()), (ASSESSOR, ("assessor",)), (COLLEGE, ("college",))):
        test_bank.publish("institution", factories.institution(code, *roles))
    test_bank.publish("institution", factories.authority(AUTHORITY))
    test_bank.publish("institution", factories.institution(DESK, "desk"))
    test_bank.publish("authorisation", factories.authorisation(SCHOOL))
    test_bank.publish("authorisation", factories.authorisation(ASSESSOR, stages=["assessment"]))
    for org, role in (
        (SCHOOL, Role.INSTITUTION),
        (ASSESSOR, Role.INSTITUTION),
        (COLLEGE, Role.COLLEGE),
        (AUTHORITY, Role.AUTHORITY),
        (DESK, Role.DESK),
    ):
        test_bank.tokens[org] = test_bank.token(org, role)
    return test_bank


# --- one bank made per run and engine, one copy per test ------------------------------------------


@dataclass(frozen=True, slots=True)
class Made:
    """A bank to copy: `place` is the SQLite file or the name of the PostgreSQL database."""

    place: str
    keys: Path
    tokens: dict[str, NewToken]
    history: Any = None

    def open(self, url: str, keys: Path | None = None) -> TestBank:
        test_bank = open_test_bank(Database(url), keys or self.keys)
        test_bank.tokens.update(self.tokens)
        return test_bank


@dataclass(slots=True)
class Stock:
    """The banks of one engine that tests copy, each made at its first use."""

    engine: str
    origin: str
    folder: Path
    server: str = ""
    made: dict[str, Made] = field(default_factory=dict)

    def bank(self) -> Made:
        """Return a new bank."""
        if "bank" not in self.made:
            place, url = self._copy_of(self.origin, "bank")
            database = Database(url)
            test_bank = make_bank(database, self.folder)
            self._close(database)
            self.made["bank"] = Made(place, test_bank.keys, test_bank.tokens)
        return self.made["bank"]

    def after(self, name: str, tell: Callable[[TestBank], Any]) -> Made:
        """Return a bank in which `tell` recorded a history, under a name of its own."""
        if name not in self.made:
            new = self.bank()
            place, url = self._copy_of(new.place, name)
            test_bank = new.open(url)
            history = tell(test_bank)
            self._close(test_bank.database)
            self.made[name] = Made(place, new.keys, test_bank.tokens, history)
        return self.made[name]

    @contextmanager
    def copied(self, made: Made, folder: Path) -> Iterator[TestBank]:
        """Yield a copy of a bank, which is gone afterwards; its keys may be rotated."""
        place, url = self._copy_of(made.place, "copy", folder)
        keys = tempfile.mkdtemp(prefix="keys-", dir=folder)
        shutil.copytree(made.keys, keys, dirs_exist_ok=True)
        test_bank = made.open(url, Path(keys))
        yield test_bank
        asyncio.run(test_bank.database.close())
        if self.engine == "postgres":
            self._drop(place)

    def clear(self) -> None:
        """Drop what was made."""
        for made in self.made.values():
            if self.engine == "postgres":
                self._drop(made.place)
        self.made.clear()

    def _copy_of(self, place: str, name: str, folder: Path | None = None) -> tuple[str, str]:
        if self.engine == "sqlite":
            path = (folder or self.folder) / f"{name}.db"
            shutil.copyfile(place, path)
            return str(path), f"sqlite:///{path}"
        database = f"creditbank_{name}_{secrets.token_hex(6)}"
        # Six times less work than writing every page to the log, which is the default.
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{place}" STRATEGY FILE_COPY')
        return database, url_in(self.server, database)

    def _drop(self, place: str) -> None:
        self._execute(f'DROP DATABASE "{place}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(make_conninfo(self.server), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _close(self, database: Database) -> None:
        if database.is_sqlite:  # all of it into the one file that is copied
            with database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
        database.engine.dispose()


_stocks: dict[str, Stock] = {}


@pytest.fixture(scope="session")
def sqlite_stock(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """The banks in SQLite files."""
    if "sqlite" not in _stocks:
        folder = tmp_path_factory.mktemp("stock")
        _stocks["sqlite"] = Stock("sqlite", str(sqlite_template), folder)
    return _stocks["sqlite"]


@pytest.fixture(scope="session")
def postgres_stock(
    postgres_server: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stock]:
    """The banks in PostgreSQL databases, dropped when the first folder's fixture is torn down."""
    if "postgres" not in _stocks:
        folder = tmp_path_factory.mktemp("stock")
        _stocks["postgres"] = Stock("postgres", postgres_template, folder, postgres_server)
    yield _stocks["postgres"]
    _stocks["postgres"].clear()


@pytest.fixture(params=("sqlite", "postgres"))
def stock(request: pytest.FixtureRequest) -> Stock:
    """The banks that tests copy, on each engine in turn."""
    found: Stock = request.getfixturevalue(f"{request.param}_stock")
    return found


@pytest.fixture(scope="module", params=("sqlite", "postgres"))
def shared_bank(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestBank]:
    """A bank for a module's tests in turn, each of which puts back what it changed."""
    stock: Stock = request.getfixturevalue(f"{request.param}_stock")
    with stock.copied(stock.bank(), tmp_path_factory.mktemp("shared")) as test_bank:
        yield test_bank


@pytest.fixture
def bank(stock: Stock, tmp_path: Path) -> Iterator[TestBank]:
    """A bank of the test's own, on each engine in turn."""
    with stock.copied(stock.bank(), tmp_path) as test_bank:
        yield test_bank


def url_in(server: str, database: str) -> str:
    """Return the URL of a database on the server."""
    url = sa.make_url(server.replace("postgres://", "postgresql://", 1))
    return url.set(database=database).render_as_string(hide_password=False)


def refusal_of(work: Callable[[], object], error: type[Exception]) -> Any:
    """Return the error that `work` is refused with, after making sure that it is one."""
    with pytest.raises(error) as caught:
        work()
    assert type(caught.value) is error
    return caught.value
