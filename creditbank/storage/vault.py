"""The vault: identities under a key per learner, and what erasing one means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from creditbank.errors.storage import StorageUnavailable
from creditbank.storage import loading
from creditbank.storage.credential_tables import CredentialRow, CredentialShareRow
from creditbank.storage.database import Database
from creditbank.storage.decision_tables import DECISION_VIEWS
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import Account
from creditbank.storage.tables import (
    AccessRow,
    AccountEntryRow,
    AccountRow,
    ActorRow,
    CertificateRow,
    CodeRow,
    ErasureRow,
    GrantRow,
    IdentityRow,
    OutcomeRow,
    SecretRow,
    TokenRow,
    table_of,
)
from creditbank.storage.wallet_tables import WalletClaimRow, WalletOfferRow

_ACTORS = table_of(ActorRow)
_IDENTITIES = table_of(IdentityRow)
_SECRETS = table_of(SecretRow)
_ERASURES = table_of(ErasureRow)

_PIECE_BYTES: Final = 8 * 1024 * 1024

# Everything that says something about an account, outside the sealed parts of its entries.
_ABOUT_ACCOUNTS = (
    IdentityRow,
    AccountEntryRow,
    OutcomeRow,
    CertificateRow,
    GrantRow,
    *DECISION_VIEWS,
    CredentialShareRow,
    CredentialRow,
    WalletOfferRow,  # before claims, which are made while their offer's row is held
    WalletClaimRow,
    AccessRow,
    CodeRow,
    TokenRow,
    AccountRow,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity document as the vault holds it."""

    handle: bytes
    content: dict[str, Any]


def identities(
    connection: sa.Connection,
    account: Account,
    changed: Mapping[bytes, tuple[str, bytes] | None],
) -> list[Identity]:
    """Return what the vault holds about an account, in order of the handles.

    `changed` has account and sealed content by handle, newer than what is stored.
    """
    query = sa.select(_IDENTITIES).where(_IDENTITIES.c.account == account.name)
    sealed = {row.handle: row.sealed for row in connection.execute(query)}
    for handle, found in changed.items():
        if found is not None and found[0] == account.name:
            sealed[handle] = found[1]
    return [
        Identity(handle, loading.unseal_identity(account.key, handle, sealed[handle]))
        for handle in sorted(sealed)
    ]


def replacing(handle: bytes, sealed: bytes) -> sa.Update:
    """Return the statement that replaces an identity's sealed content."""
    return _IDENTITIES.update().where(_IDENTITIES.c.handle == handle).values(sealed=sealed)


def key_digest(keyring: Keyring, key_id: int) -> bytes:
    """Return the keyed digest that an erasure entry names a destroyed key by."""
    return keyring.erased_mac(f"key:{key_id}")


def erasing(keyring: Keyring, account: Account, day: str) -> list[sa.Executable]:
    """Return the statements that erase an account: its key, its identities, its views."""
    statements: list[sa.Executable] = [
        _ERASURES.insert().values(
            key_digest=key_digest(keyring, account.key.key_id),
            account_mac=keyring.erased_mac(account.name),
            day=day,
        ),
        _SECRETS.delete().where(_SECRETS.c.key_id == account.key.key_id),
    ]
    for row in _ABOUT_ACCOUNTS:
        table = table_of(row)
        statements.append(table.delete().where(table.c.account == account.name))
    return statements


def erasing_actors(keyring: Keyring, key_ids: Collection[int], day: str) -> list[sa.Executable]:
    """Return the statements that erase actors: the keys of their parts, and how they are found."""
    if not key_ids:
        return []
    erased = [{"key_digest": key_digest(keyring, key_id), "day": day} for key_id in key_ids]
    return [
        _ERASURES.insert().values(erased),
        _SECRETS.delete().where(_SECRETS.c.key_id.in_(list(key_ids))),
        _ACTORS.delete().where(_ACTORS.c.key_id.in_(list(key_ids))),
    ]


def pending_erasures(connection: sa.Connection, today: str, through_today: bool) -> list[bytes]:
    """Return the key digests that no erasure entry covers yet."""
    query = sa.select(_ERASURES.c.key_digest).where(_ERASURES.c.entry_index.is_(None))
    if not through_today:
        query = query.where(_ERASURES.c.day < today)
    return list(connection.execute(query).scalars())


def cover_erasures(digests: Collection[bytes], index: int) -> sa.Update:
    """Return the statement that marks erasures as covered by the entry at `index`."""
    return (
        _ERASURES.update()
        .where(_ERASURES.c.key_digest.in_(list(digests)))
        .values(entry_index=index)
    )


def erasures(connection: sa.Connection) -> dict[bytes, int | None]:
    """Return every erased key digest with the entry that covers it, None while pending."""
    return {
        row.key_digest: row.entry_index
        for row in connection.execute(sa.select(_ERASURES.c.key_digest, _ERASURES.c.entry_index))
    }


def secrets_of(connection: sa.Connection, key_ids: Collection[int]) -> list[bytes]:
    """Return the secrets of keys, as they stand in the files until they are erased."""
    query = sa.select(_SECRETS.c.secret).where(_SECRETS.c.key_id.in_(list(key_ids)))
    return [bytes(secret) for secret in connection.execute(query).scalars()]


def scrub(database: Database, traces: Collection[bytes] = ()) -> None:
    """Leave no trace of erased rows in the files: after every erasure, outside a transaction.

    `traces` are the bytes that have to be gone: secrets, names of accounts.

    SQLite overwrites deleted content (`secure_delete`), and here its write-ahead log is emptied. A
    row that had moved to another page may have left a copy where it came from: where the file still
    holds one of the traces, it is written anew.
    PostgreSQL keeps dead rows until they are vacuumed, and samples of values in its statistics
    until the table is analysed (one that became empty keeps its last sample). Raises
    `StorageUnavailable` if somebody read for so long that the log could not be emptied.
    """
    with database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # noqa: PLW2901
        if database.is_sqlite:
            _empty_log(connection)
            if database.file is not None and _is_left(database.file, traces):
                connection.exec_driver_sql("VACUUM")
                _empty_log(connection)
        else:
            tables = ", ".join(f'"{table_of(row).name}"' for row in (SecretRow, *_ABOUT_ACCOUNTS))
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {tables}")


def _empty_log(connection: sa.Connection) -> None:
    """Move SQLite's write-ahead log into its file; raise `StorageUnavailable` while one reads."""
    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        raise StorageUnavailable


def _is_left(file: Path, traces: Collection[bytes]) -> bool:
    """Return whether a file holds one of the traces; reads it piece by piece."""
    overlap = max(map(len, traces), default=1) - 1
    with file.open("rb") as opened:
        kept = b""
        while traces and (piece := opened.read(_PIECE_BYTES)):
            seen = kept + piece
            if any(trace in seen for trace in traces):
                return True
            kept = seen[-overlap:] if overlap else b""
    return False
