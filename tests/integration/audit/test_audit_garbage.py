"""Whatever stands in the database, an audit comes to its end. SQLite keeps any value anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.errors import CreditBankError
from tests.banks import Stock, TestBank
from tests.histories import make_history
from tests.integration.audit.scene import unguarded

GARBAGE = ("NULL", "'text'", "x'00ff'", "-1", "9223372036854775807", "1.5", "''", "'{\"a\":{}}'")
NOT_AUDITED = {"tokens", "one_time_codes", "access_log", "actors", "credential_shares"}
"""Tables that nothing in the ledger says anything about."""

UNTOLD = {("erasures", "account_mac"), ("erasures", "day")}
"""Whose account it was, and when, is known to nobody else: that is what erasing means."""


@pytest.fixture
def garbled(sqlite_stock: Stock, tmp_path: Path) -> Iterator[TestBank]:
    """A bank with every kind of entry, whose columns take whatever they are given."""
    made = sqlite_stock.after("history", make_history)
    with sqlite_stock.copied(made, tmp_path) as bank:
        ddl = bank.database.read_sync(
            lambda found: found.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"
            ).fetchall()
        )
        with bank.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA writable_schema = ON")
            for name, sql in ddl:
                loose = sql.replace(" NOT NULL", "").replace("CHECK (", "CHECK (1 OR ")
                connection.exec_driver_sql(
                    "UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, name)
                )
            connection.commit()
        bank.database.engine.dispose()
        yield bank


def columns() -> list[tuple[str, str, str]]:
    """Return every column of every audited table, and what to say where of its key."""
    return [
        (table.name, column.name, "key" if column.primary_key else "")
        for table in SQLModel.metadata.sorted_tables
        if table.name not in NOT_AUDITED
        for column in table.columns
    ]


@pytest.mark.slow
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_in_any_column_is_found_and_stops_nothing(garbled: TestBank, garbage: str) -> None:
    """One row of each column in turn; the row is put back afterwards."""
    missed = []
    for table, column, key in columns():
        if key or (table, column) in UNTOLD:
            continue
        with unguarded(garbled):
            row = f"SELECT min(rowid) FROM {table}" if _has_rowid(garbled, table) else None
            where = f"rowid = ({row})" if row else "1"
            try:
                before = garbled.rows()[table]
                garbled.write(f"UPDATE {table} SET {column} = {garbage} WHERE {where}")
            except sa.exc.DBAPIError:
                continue  # a unique column, or one that an index holds to its type
        after = garbled.rows()[table]
        try:
            found = garbled.audit().findings
        except CreditBankError:  # a head that is none: nothing can be said
            found = [object()]  # type: ignore[list-item]
        if not found and repr(after) != repr(before):
            missed.append((table, column))
        with unguarded(garbled):
            _put_back(garbled, table, before)
    assert missed == []
    garbled.require_clean()


def _has_rowid(bank: TestBank, table: str) -> bool:
    sql: str = bank.database.read_sync(
        lambda found: found.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = ?", (table,)
        ).scalar_one()
    )
    return "WITHOUT ROWID" not in sql


def _put_back(bank: TestBank, table: str, rows: list[tuple[object, ...]]) -> None:
    bank.write(f"DELETE FROM {table}")
    for row in rows:
        marks = ", ".join("?" * len(row))
        bank.write(f"INSERT INTO {table} VALUES ({marks})", *row)
