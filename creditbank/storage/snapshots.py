"""One state of the database, read by several processes at once.

PostgreSQL lends out a snapshot by name. On SQLite every connection has its own; they are the same
because nobody can write while they are taken, which takes some milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Barrier
from typing import Any, TypeVar

import sqlalchemy as sa

from creditbank.storage.database import Database
from creditbank.storage.workers import Workers

S = TypeVar("S")
_START_SECONDS_MAX = 120
_ISOLATION: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@dataclass(frozen=True)
class _Joining:
    """What another process needs to see the same state."""

    url: str
    name: str | None
    barrier: Barrier | None
    setup: Callable[[sa.Connection, Any], Any]
    given: Any


@contextmanager
def snapshot(
    database: Database,
    processes: int,
    setup: Callable[[sa.Connection, Any], S],
    given: object,
) -> Iterator[tuple[sa.Connection, Workers[S]]]:
    """Yield a connection, and workers whose `setup(connection, given)` sees the same state."""
    with ExitStack() as stack:
        connection = stack.enter_context(database.engine.connect())
        if processes == 1:
            _begin(connection, database)
            here: Workers[S] = Workers(1, lambda _: setup(connection, given), None)
            yield connection, stack.enter_context(here)
            return
        url = database.url.render_as_string(hide_password=False)
        if database.is_sqlite:
            barrier = get_context("spawn").Barrier(processes + 1)
            joining = _Joining(url, None, barrier, setup, given)
            workers: Workers[S] = stack.enter_context(Workers(processes, _join, joining))
            _take_together(database, connection, workers, barrier)
        else:
            _begin(connection, database)
            name = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            joining = _Joining(url, str(name), None, setup, given)
            workers = stack.enter_context(Workers(processes, _join, joining))
        yield connection, workers


def _begin(connection: sa.Connection, database: Database) -> None:
    """Begin a transaction whose state is fixed from here on."""
    if database.is_sqlite:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master").close()
    else:
        connection.execution_options(**_ISOLATION)
        connection.exec_driver_sql("SELECT 1").close()


def _take_together(
    database: Database, connection: sa.Connection, workers: Workers[S], barrier: Barrier
) -> None:
    """Let this process and the workers begin while nobody can write."""
    started = workers.start()
    barrier.wait(_START_SECONDS_MAX)  # all are there
    with database.engine.connect() as lock:
        lock.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            _begin(connection, database)
            barrier.wait(_START_SECONDS_MAX)  # they may begin
            barrier.wait(_START_SECONDS_MAX)  # they have
        finally:
            lock.exec_driver_sql("ROLLBACK")
    for future in started:
        future.result()


def _join(joining: _Joining) -> Any:
    database = Database(joining.url)
    connection = database.engine.connect()
    if joining.barrier is not None:
        joining.barrier.wait(_START_SECONDS_MAX)
        joining.barrier.wait(_START_SECONDS_MAX)
        _begin(connection, database)
        joining.barrier.wait(_START_SECONDS_MAX)
    else:
        connection.execution_options(**_ISOLATION)
        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{joining.name}'")
    return joining.setup(connection, joining.given)
