"""Columns of row classes, the same for every table."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import Field

# Key text compares by code point everywhere: a locale's collation would make unique keys drift.
_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
# INTEGER PRIMARY KEY is the row id on SQLite: no second index.
_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

WITHOUT_ROWID: Final[dict[str, Any]] = {"sqlite_with_rowid": False}
"""Of a table whose primary key is all that its rows are found by."""


def key(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """Return a column of text that rows are found by."""
    return Field(sa_column=sa.Column(_KEY, primary_key=primary_key, nullable=nullable))


def integer(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """Return a column of whole numbers."""
    column = sa.Column(_INT, primary_key=primary_key, nullable=nullable, autoincrement=False)
    return Field(sa_column=column)


def binary(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """Return a column of bytes."""
    column = sa.Column(sa.LargeBinary, primary_key=primary_key, nullable=nullable)
    return Field(sa_column=column)


def text(*, nullable: bool = False) -> Any:
    """Return a column of text that nothing is found by."""
    return Field(sa_column=sa.Column(sa.Text, nullable=nullable))
