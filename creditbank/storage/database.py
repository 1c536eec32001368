"""Engines and transactions: one code base for SQLite and PostgreSQL.

Every query is written once, as a plain function of a SQLAlchemy connection. On PostgreSQL the
function runs on the event loop's async driver through SQLAlchemy's greenlet bridge, so waiting
for the database never blocks the loop. SQLite answers in microseconds from the same process, so
short work runs inline: handing it to a thread costs more in hand-offs of the interpreter lock than
the work itself. Long work goes to a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only
from sqlmodel import SQLModel

from creditbank.errors.storage import StorageUnavailable
from creditbank.storage.tables import table_of

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_BUSY_RETRY_SECONDS = 0.002
_BUSY_TIMEOUT_SECONDS = 30.0
_COPY_ROWS_MIN = 32
_POOL_SIZE = 8

# What is read after the wait for the head must be as the last append left it, whatever the
# database's default is.
_APPENDING: Literal["READ COMMITTED"] = "READ COMMITTED"
_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """One database: `read` and `write` run a function in a transaction of its own."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.is_sqlite:
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._async_engine: AsyncEngine | None = None

    @property
    def file(self) -> Path | None:
        """Return the SQLite file, or None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    # --- for programs without an event loop: the command line, migrations, audits

    def read_sync(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what `work` reads, in one snapshot."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                # Without it each statement would be a snapshot of its own.
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(**_SNAPSHOT)
            return work(connection)

    def write_sync(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what `work` returns, after its changes are committed."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                commit(connection)
            except BaseException:
                connection.rollback()
                raise
            return result

    # --- for the server

    async def read(self, work: Callable[[sa.Connection], T], *, long: bool = False) -> T:
        """Return what `work` reads, in one snapshot. `long` work on SQLite leaves the event loop.

        Raises `StorageUnavailable` if the database did not answer.
        """
        try:
            if not self.is_sqlite:
                async with self._async().connect() as connection:
                    await connection.execution_options(**_SNAPSHOT)
                    return await connection.run_sync(work)
            if long:
                return await asyncio.to_thread(self.read_sync, work)
            return self.read_sync(work)
        except sa.exc.SQLAlchemyError as error:
            if is_outage(error):
                raise StorageUnavailable from error
            raise

    async def write(self, work: Callable[[sa.Connection], T], *, long: bool = False) -> T:
        """Return what `work` returns, after its changes are committed."""
        if not self.is_sqlite:
            async with self._async().connect() as connection:
                result = await connection.run_sync(work)
                await connection.run_sync(commit)
                return result
        if long:
            return await asyncio.to_thread(self.write_sync, work)
        with self.engine.connect() as connection:
            await _begin_when_free(connection)
            try:
                result = work(connection)
                commit(connection)
            except BaseException:
                connection.rollback()
                raise
            return result

    async def close(self) -> None:
        """Close every connection."""
        if self._async_engine is not None:
            await self._async_engine.dispose()
        self.engine.dispose()

    def _async(self) -> AsyncEngine:
        if self._async_engine is None:
            self._async_engine = create_async_engine(
                self.url,
                pool_size=_POOL_SIZE,
                max_overflow=0,
                pool_pre_ping=True,
                hide_parameters=True,
                isolation_level=_APPENDING,
            )
        return self._async_engine


def commit(connection: sa.Connection) -> None:
    """Commit; the one place where a transaction becomes durable, and where tests inject faults."""
    connection.commit()


async def _begin_when_free(connection: sa.Connection) -> None:
    """Take SQLite's write lock without blocking the event loop while another process holds it."""
    deadline = asyncio.get_running_loop().time() + _BUSY_TIMEOUT_SECONDS
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except sa.exc.OperationalError as error:
                connection.rollback()
                busy = isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error)
                if not busy or asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(_BUSY_RETRY_SECONDS)
            else:
                return
    finally:
        # Whoever gets this connection from the pool next may wait in a thread.
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_BUSY_TIMEOUT_SECONDS * 1000)}")


def is_outage(error: BaseException) -> bool:
    """Return whether the database was unreachable or busy, rather than our statement wrong."""
    if isinstance(error, sa.exc.TimeoutError):  # every connection of the pool is taken
        return True
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or _is_driver_outage(error.orig)
    # COPY goes past SQLAlchemy, so the driver's errors arrive as they are.
    return _is_driver_outage(error)


def is_missing_table(error: BaseException) -> bool:
    """Return whether a table that every bank has is not there: the database is no bank's."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        return "no such table" in str(cause)
    return _is_of_psycopg(cause, "UndefinedTable")


def is_database_error(error: BaseException) -> bool:
    """Return whether the database raised it, so that a commit may have taken place all the same."""
    of_python = isinstance(error, (sa.exc.SQLAlchemyError, sqlite3.Error))
    return of_python or _is_of_psycopg(error, "Error")


def _is_driver_outage(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        # SQLite calls a wrong statement operational too.
        return getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return _is_of_psycopg(error, "OperationalError")


def _is_of_psycopg(error: BaseException | None, kind: str) -> bool:
    """Return whether it is an error of PostgreSQL's driver, which comes with the first engine."""
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(error, getattr(driver.errors, kind))


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    # A LIFO keeps one warm connection in use; `autocommit` leaves BEGIN to us.
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        hide_parameters=True,
        pool_use_lifo=True,
        pool_size=_POOL_SIZE,
        max_overflow=8,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "cached_statements": 512,
        },
    )

    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # what is acknowledged survives a power cut
            "recursive_triggers = ON",  # REPLACE fires the delete guards
            "secure_delete = ON",  # an erased secret leaves no bytes behind
            "foreign_keys = ON",
            "wal_autocheckpoint = 16000",
            "cache_size = -65536",
            f"busy_timeout = {int(_BUSY_TIMEOUT_SECONDS * 1000)}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    sa.event.listen(engine, "connect", set_pragmas)
    return engine


def _postgres_engine(url: sa.URL) -> sa.Engine:
    return sa.create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level=_APPENDING,
    )


# --- bulk -----------------------------------------------------------------------------------------


def insert_rows(
    connection: sa.Connection, row: type[SQLModel], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert `rows`, tuples in the order of the row class's columns: COPY where it pays."""
    if not rows:
        return
    table = table_of(row)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', list(rows)
        )
    elif len(rows) < _COPY_ROWS_MIN:
        marks = ", ".join(["%s"] * len(table.columns))
        connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', list(rows)
        )
    else:
        _copy_rows(connection, f'COPY "{table.name}" ({columns}) FROM STDIN', rows)


def _copy_rows(connection: sa.Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not connection.in_transaction():
        connection.begin()  # SQLAlchemy does not see what goes past it, and would commit nothing
    driver: Any = connection.connection.driver_connection
    if connection.dialect.is_async:
        await_only(_copy_rows_async(driver, statement, rows))
        return
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


async def _copy_rows_async(
    driver: psycopg.AsyncConnection[Any], statement: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)
