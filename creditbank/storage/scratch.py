"""A scratch database for replayed views, and the comparison with the stored ones.

Both sides are read in key order and merged, so memory does not grow with the ledger.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.errors import N_
from creditbank.storage.tables import Views, table_of

_LISTED_MAX = 100  # per view; a wholly replaced view need not be listed row by row


@contextmanager
def scratch_views() -> Iterator[sa.Connection]:
    """Yield a connection to empty view tables in a file of their own, dropped afterwards."""
    with tempfile.TemporaryDirectory(prefix="creditbank-audit-") as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'views.db'}")
        SQLModel.metadata.create_all(engine, [table_of(row) for row in Views.ALL])
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA synchronous = OFF")
                yield connection
        finally:
            engine.dispose()


def differences(stored: sa.Connection, replayed: sa.Connection) -> Iterator[tuple[str, str, str]]:
    """Yield view, key and kind of each difference, at most a hundred per view."""
    for row in Views.ALL:
        table = table_of(row)
        yield from islice(_table_differences(table, stored, replayed), _LISTED_MAX)


def _table_differences(
    table: sa.Table, stored: sa.Connection, replayed: sa.Connection
) -> Iterator[tuple[str, str, str]]:
    keys = [column.name for column in table.primary_key.columns]
    ours, theirs = _ordered(table, stored, keys), _ordered(table, replayed, keys)
    mine, other = next(ours, None), next(theirs, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and mine[0] < other[0]):
            assert mine is not None  # noqa: S101  # the loop's condition
            yield table.name, _text(mine[0]), N_("no entry makes it")
            mine = next(ours, None)
        elif mine is None or other[0] < mine[0]:
            yield table.name, _text(other[0]), N_("it is missing")
            other = next(theirs, None)
        else:
            if mine[1] != other[1]:
                yield table.name, _text(mine[0]), N_("it differs from what the entries make")
            mine, other = next(ours, None), next(theirs, None)


def _ordered(
    table: sa.Table, connection: sa.Connection, keys: list[str]
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    query = sa.select(table).order_by(*(table.c[name] for name in keys))
    result = connection.execute(query.execution_options(yield_per=2_000))
    places = [list(table.columns.keys()).index(name) for name in keys]
    for row in result:
        values = tuple(row)
        yield tuple(values[place] for place in places), values


def _text(key: tuple[Any, ...]) -> str:
    return "/".join(str(part) for part in key)
