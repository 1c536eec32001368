"""Tokens, one-time codes and the access log: what stands beside the ledger."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import sqlalchemy as sa

from creditbank.storage.book import Book
from creditbank.storage.database import insert_rows
from creditbank.storage.tables import AccessRow, CodeRow, TokenRow, table_of

_TOKENS = table_of(TokenRow)
_CODES = table_of(CodeRow)


@dataclass(frozen=True, slots=True)
class TokenValues:
    """A token to store, in column order."""

    id: str
    digest: bytes
    org: str
    role: str
    scopes: str
    account: str | None
    label: str
    created_at: int
    expires_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code as stored, in column order."""

    account: str
    digest: bytes
    expires_at: int
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class AccessNote:
    """That somebody read a learner's personal data, in column order."""

    id: str
    account: str
    at: int
    org: str
    token: str
    action: str


def note_access(book: Book, note: AccessNote) -> None:
    """Keep who reads, in the transaction of a group."""
    book.add_row(AccessRow, astuple(note))


def add_access(connection: sa.Connection, note: AccessNote) -> None:
    """Keep who reads, in a transaction of its own."""
    insert_rows(connection, AccessRow, [astuple(note)])


def add_token(connection: sa.Connection, token: TokenValues) -> None:
    """Store a token."""
    insert_rows(connection, TokenRow, [astuple(token)])


def revoke_token(connection: sa.Connection, token_id: str, now: int) -> bool:
    """Revoke a token from `now` on, if it is not; return whether there is one."""
    known = connection.execute(sa.select(_TOKENS.c.id).where(_TOKENS.c.id == token_id)).first()
    connection.execute(
        _TOKENS.update()
        .where(_TOKENS.c.id == token_id, _TOKENS.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return known is not None


def put_code(connection: sa.Connection, code: Code) -> None:
    """Store a learner's code in place of an earlier one."""
    connection.execute(_CODES.delete().where(_CODES.c.account == code.account))
    insert_rows(connection, CodeRow, [astuple(code)])


def try_code(connection: sa.Connection, account: str, attempts_max: int) -> Code | None:
    """Count an attempt, up to `attempts_max`, and return the code as it was before it.

    The row is locked until the end of the transaction, so that attempts come one after another.
    """
    row = connection.execute(
        sa.select(_CODES).where(_CODES.c.account == account).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    if row.attempts < attempts_max:
        connection.execute(
            _CODES.update().where(_CODES.c.account == account).values(attempts=row.attempts + 1)
        )
    return Code(*row)


def drop_code(connection: sa.Connection, account: str) -> None:
    """Forget a code that was used."""
    connection.execute(_CODES.delete().where(_CODES.c.account == account))
