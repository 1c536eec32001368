"""Transactions: what a read sees, who waits for whom, and which failures are an outage."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from creditbank.errors.storage import StorageUnavailable
from creditbank.storage import database as database_module
from creditbank.storage.database import Database, insert_rows, is_outage
from creditbank.storage.tables import AccountEntryRow, DocumentRow, table_of

LINKS = table_of(AccountEntryRow)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def _insert(account: str) -> Callable[[sa.Connection], None]:
    return lambda connection: insert_rows(connection, AccountEntryRow, [(account, 1, 1)])


def _count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(LINKS)).scalar_one()


def test_a_read_is_one_snapshot(database: Database) -> None:
    """An audit reads for minutes while others append."""

    def read(connection: sa.Connection) -> tuple[int, int]:
        before = _count(connection)
        database.write_sync(_insert("meanwhile"))
        return before, _count(connection)

    assert database.read_sync(read) == (0, 0)
    assert database.read_sync(_count) == 1


async def test_a_read_of_the_server_is_one_snapshot(database: Database) -> None:
    def read(connection: sa.Connection) -> tuple[int, int]:
        before = _count(connection)
        database.write_sync(_insert("meanwhile"))
        return before, _count(connection)

    assert await database.read(read) == (0, 0)
    assert await database.read(_count, long=True) == 1
    await database.close()


def test_a_read_cannot_write(database: Database) -> None:
    """On PostgreSQL the transaction is read-only; on SQLite what it wrote is rolled back."""
    try:
        database.read_sync(_insert("a"))
    except sa.exc.DBAPIError as error:
        assert "read-only" in str(error.orig)  # noqa: PT017  # only one engine raises
    assert database.read_sync(_count) == 0


async def test_what_a_failed_write_wrote_is_gone(database: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        _insert("a")(connection)
        raise LookupError

    for long in (False, True):
        with pytest.raises(LookupError):
            await database.write(fail, long=long)
        with pytest.raises(LookupError):
            database.write_sync(fail)
        assert database.read_sync(_count) == 0
    await database.close()


# --- waiting --------------------------------------------------------------------------------------


class _Holder:
    """Another program that holds the write lock for a while."""

    def __init__(self, database: Database) -> None:
        assert database.file is not None
        self._connection = sqlite3.connect(
            database.file, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.close()


@SQLITE
async def test_a_writer_waits_for_another_program_without_stopping_the_loop(
    database: Database,
) -> None:
    holder = _Holder(database)
    writing = asyncio.create_task(database.write(_insert("a")))
    turns = 0
    while turns < 20:  # other requests go on meanwhile
        await asyncio.sleep(0.002)
        turns += 1
    assert not writing.done()
    holder.release()
    await asyncio.wait_for(writing, 5)
    assert database.read_sync(_count) == 1
    await database.close()


@SQLITE
async def test_a_long_writer_waits_too_on_a_connection_that_waited_before(
    database: Database,
) -> None:
    """The journal's short waits must not leave a connection behind that does not wait at all."""
    await database.write(_insert("a"))
    holder = _Holder(database)
    released = threading.Event()

    def release() -> None:
        released.set()
        holder.release()

    timer = threading.Timer(0.2, release)
    timer.start()
    await database.write(_insert("b"), long=True)
    assert released.is_set()
    timer.join()
    assert database.read_sync(_count) == 2
    await database.close()


@SQLITE
async def test_a_writer_that_waits_too_long_is_told_of_an_outage(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_SECONDS", 0.05)
    holder = _Holder(database)
    with pytest.raises(sa.exc.OperationalError) as caught:
        await database.write(_insert("a"))
    assert is_outage(caught.value)
    holder.release()
    await database.write(_insert("a"))
    assert database.read_sync(_count) == 1
    await database.close()


# --- what is an outage ----------------------------------------------------------------------------


@POSTGRES
async def test_a_lost_connection_is_an_outage_and_heals(database: Database) -> None:
    def cut(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StorageUnavailable):
        await database.read(cut)
    with pytest.raises(sa.exc.DBAPIError) as caught:
        await database.write(cut)
    assert is_outage(caught.value)
    await database.write(_insert("a"))
    assert await database.read(_count) == 1
    await database.close()


@POSTGRES
async def test_a_connection_lost_in_the_middle_of_a_copy_is_an_outage(database: Database) -> None:
    """COPY goes to the driver directly, so its errors arrive as the driver's own."""
    rows = [(f"{number}", 1, 1) for number in range(100)]

    def cut(connection: sa.Connection) -> None:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with database.engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        insert_rows(connection, AccountEntryRow, rows)

    for write in (database.write(cut), asyncio.to_thread(database.write_sync, cut)):
        with pytest.raises((sa.exc.DBAPIError, psycopg.Error)) as caught:
            await write
        assert is_outage(caught.value)
    await database.close()


async def test_a_wrong_statement_is_no_outage(database: Database) -> None:
    def twice(connection: sa.Connection) -> None:
        insert_rows(connection, AccountEntryRow, [("a", 1, 1)] * 2)

    with pytest.raises(sa.exc.IntegrityError) as caught:
        await database.write(twice)
    assert not is_outage(caught.value)
    assert not is_outage(LookupError())
    await database.close()


@POSTGRES
async def test_a_wrong_copy_is_no_outage(database: Database) -> None:
    def twice(connection: sa.Connection) -> None:
        insert_rows(connection, AccountEntryRow, [("a", 1, 1)] * 50)

    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        await database.write(twice)
    assert not is_outage(caught.value)
    assert await database.read(_count) == 0
    await database.close()


@POSTGRES
async def test_a_pool_that_is_exhausted_is_an_outage(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database._async().pool, "_timeout", 0.05)
    held = [await database._async().connect() for _ in range(8)]
    with pytest.raises(StorageUnavailable):
        await database.read(_count)
    with pytest.raises(sa.exc.TimeoutError) as caught:
        await database.write(_insert("a"))
    assert is_outage(caught.value)
    for connection in held:
        await connection.close()
    await database.close()


@POSTGRES
async def test_appends_are_read_committed_whatever_the_database_prefers(
    database_url: str,
) -> None:
    """Under REPEATABLE READ the head that is read after the lock would be the one before it."""
    chooser = Database(database_url)
    name = chooser.url.database
    with chooser.engine.connect() as connection:
        connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET default_transaction_isolation = "serializable"'
        )
        connection.commit()
    chooser.engine.dispose()
    database = Database(database_url)

    def isolation(connection: sa.Connection) -> Any:
        return connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()

    assert await database.write(isolation) == "read committed"
    assert database.write_sync(isolation) == "read committed"
    await database.close()


# --- bulk -----------------------------------------------------------------------------------------

BYTES = [bytes([number]) + bytes(range(256)) for number in range(64)]


@pytest.mark.parametrize("count", [1, 31, 32, 64])
async def test_rows_inserted_in_bulk_are_read_back_the_same(database: Database, count: int) -> None:
    """By INSERT and by COPY, through both drivers: every byte, text of every kind."""
    rows = [(data, data[::-1]) for data in BYTES[:count]]
    texts = [("名\t\\N\\.'\"%s", number, 2**53 - 1) for number in range(count)]

    def insert(connection: sa.Connection) -> None:
        insert_rows(connection, DocumentRow, rows)
        insert_rows(connection, AccountEntryRow, texts)

    def read(connection: sa.Connection) -> list[list[tuple[Any, ...]]]:
        return [
            [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in (table_of(DocumentRow), LINKS)
        ]

    def undo(connection: sa.Connection) -> None:
        insert(connection)
        assert read(connection) == [rows, texts]
        raise LookupError

    with pytest.raises(LookupError):
        database.write_sync(undo)
    await database.write(insert)
    assert await database.read(read) == [rows, texts]
    await database.close()
