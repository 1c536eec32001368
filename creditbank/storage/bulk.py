"""Reading many rows at once as plain tuples, in the transaction of a connection.

Half of the time that a row takes is spent between the driver and SQLAlchemy's row; an audit and
an export read every row there is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
_FETCHED = 2_000


def raw_rows(
    connection: sa.Connection, query: str, values: Sequence[Any] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `query`, with `?` for each of `values` on both engines."""
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        cursor = driver.cursor()
        cursor.execute(query, tuple(values))
    else:
        cursor = driver.cursor(binary=True)  # bytes come as bytes, not as text to be decoded
        cursor.execute(query.replace("?", "%s"), tuple(values) or None)
    try:
        while rows := cursor.fetchmany(_FETCHED):
            yield from rows
    finally:
        cursor.close()


def keyed_rows(
    connection: sa.Connection, table: sa.Table, columns: str = "*"
) -> Iterator[tuple[Any, ...]]:
    """Yield every row of `table` in key order, however large it is: in pages by its key."""
    names = [column.name for column in table.primary_key.columns]
    keys = ", ".join(f'"{name}"' for name in names)
    start = f'SELECT {keys}, {columns} FROM "{table.name}"'
    order = f" ORDER BY {keys} LIMIT {_FETCHED}"
    marks = ", ".join("?" * len(names))
    rows = list(raw_rows(connection, start + order))
    while rows:
        for row in rows:
            yield row[len(names) :]
        last = rows[-1][: len(names)]
        rows = list(raw_rows(connection, f"{start} WHERE ({keys}) > ({marks}){order}", last))


def together(items: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield the items some thousands at a time."""
    waiting = iter(items)
    while some := list(islice(waiting, _FETCHED)):
        yield some


def known_erasures(connection: sa.Connection, digests: Collection[bytes]) -> set[bytes]:
    """Return which of these key digests an erasure has."""
    known: set[bytes] = set()
    for some in together(digests):
        marks = ", ".join("?" * len(some))
        query = f"SELECT key_digest FROM erasures WHERE key_digest IN ({marks})"
        known.update(row[0] for row in raw_rows(connection, query, some))
    return known
