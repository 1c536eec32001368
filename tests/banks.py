"""A small bank for tests: an authority, institutions with authorisations, and tokens.

`bank` is a fixture for the `conftest` of whoever wants one: a bank of its own for each test, on
each engine in turn, copied from one that is made once per run.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
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
from creditbank.services.tokens import NewToken, new_token
from creditbank.storage import access, reading
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


_made: dict[str, Made] = {}


def _make(engine: str, place: str, url: str, folder: Path) -> Made:
    database = Database(url)
    test_bank = make_bank(database, folder)
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    database.engine.dispose()
    _made[engine] = Made(place, test_bank.keys, test_bank.tokens)
    return _made[engine]


@pytest.fixture(scope="session")
def sqlite_bank(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A bank in a SQLite file, to copy."""
    if "sqlite" in _made:
        return _made["sqlite"]
    folder = tmp_path_factory.mktemp("bank")
    path = folder / "bank.db"
    shutil.copyfile(sqlite_template, path)
    return _make("sqlite", str(path), f"sqlite:///{path}", folder)


@pytest.fixture(scope="session")
def postgres_bank(
    postgres_server: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """A bank in a PostgreSQL database, to clone."""
    with psycopg.connect(make_conninfo(postgres_server), autocommit=True) as connection:
        if "postgres" not in _made:
            name = f"creditbank_bank_{secrets.token_hex(6)}"
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}"')
            url = url_in(postgres_server, name)
            _make("postgres", name, url, tmp_path_factory.mktemp("bank"))
        yield _made["postgres"]
        made = _made.pop("postgres", None)
        if made is not None:
            connection.execute(f'DROP DATABASE "{made.place}" WITH (FORCE)')


def url_in(server: str, database: str) -> str:
    """Return the URL of a database on the server."""
    url = sa.make_url(server.replace("postgres://", "postgresql://", 1))
    return url.set(database=database).render_as_string(hide_password=False)


def _copies(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Made, str]]:
    if request.param == "sqlite":
        made: Made = request.getfixturevalue("sqlite_bank")
        path = tmp_path / "creditbank.db"
        shutil.copyfile(made.place, path)
        yield made, f"sqlite:///{path}"
        return
    made = request.getfixturevalue("postgres_bank")
    server: str = request.getfixturevalue("postgres_server")
    name = f"creditbank_test_{secrets.token_hex(6)}"
    with psycopg.connect(make_conninfo(server), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{made.place}"')
        yield made, url_in(server, name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=("sqlite", "postgres"))
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestBank]:
    """A bank of the test's own, on each engine in turn."""
    for made, url in _copies(request, tmp_path):
        database = Database(url)
        test_bank = open_test_bank(database, made.keys)
        test_bank.tokens.update(made.tokens)
        yield test_bank
        database.engine.dispose()


def refusal_of(work: Callable[[], object], error: type[Exception]) -> Any:
    """Return the error that `work` is refused with, after making sure that it is one."""
    with pytest.raises(error) as caught:
        work()
    assert type(caught.value) is error
    return caught.value
