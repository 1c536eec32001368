"""What of a database belongs into an export, read in one snapshot, however large it is.

Entries and what stands beside them that cannot be made again. Views, tiles and the head are made
again; one-time codes and learners' tokens end by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.storage.bulk import keyed_rows, raw_rows
from creditbank.storage.credential_tables import CredentialShareRow
from creditbank.storage.entry_checks import EntryTuple
from creditbank.storage.tables import (
    AccessRow,
    ActorRow,
    CheckpointRow,
    CodeRow,
    CommitRow,
    DocumentRow,
    EntryRow,
    ErasureRow,
    HeadRow,
    IdentityRow,
    SecretRow,
    TileRow,
    TokenRow,
    Views,
    table_of,
)
from creditbank.storage.wallet_tables import SHORT_LIVED

BESIDE: Final[tuple[type[SQLModel], ...]] = (
    IdentityRow,
    ActorRow,
    TokenRow,
    AccessRow,
    CredentialShareRow,
)
"""What an export holds beside entries and documents, in full."""

KEPT: Final = (EntryRow, DocumentRow, CommitRow, CheckpointRow, SecretRow, ErasureRow, *BESIDE)
MADE_AGAIN: Final = (HeadRow, TileRow, *Views.ALL)
LEFT_OUT: Final = (CodeRow, *SHORT_LIVED)
"""Every table is in one of the three; a test holds them to that."""

_TOGETHER = 1_000
_COLUMNS = ", ".join(f'"{column.name}"' for column in table_of(EntryRow).columns)
_ENTRIES = (
    f"SELECT {_COLUMNS} FROM entries WHERE entry_index >= ? AND entry_index < ?"
    " ORDER BY entry_index"
)
_COMMITS = "SELECT size, at FROM commits WHERE size > ? AND size <= ? ORDER BY size"


def entries(
    connection: sa.Connection, size: int
) -> Iterator[tuple[Sequence[EntryTuple], dict[int, int]]]:
    """Yield entries below `size`, some together, and the times of the commits among them by size.

    Where rows are missing, fewer are yielded.
    """
    for first in range(0, size, _TOGETHER):
        end = min(size, first + _TOGETHER)
        rows = [EntryTuple(*row) for row in raw_rows(connection, _ENTRIES, (first, end))]
        yield rows, dict(raw_rows(connection, _COMMITS, (first, end)))


def rows(connection: sa.Connection, row: type[SQLModel]) -> Iterator[tuple[Any, ...]]:
    """Yield every row of a table in key order, in column order."""
    table = table_of(row)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    for values in keyed_rows(connection, table, columns):
        if row is not TokenRow or values[_ACCOUNT_OF_TOKEN] is None:
            yield values


_ACCOUNT_OF_TOKEN = [column.name for column in table_of(TokenRow).columns].index("account")
