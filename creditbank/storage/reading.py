"""Queries: what the services show. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from creditbank.domain.outcomes import Outcome
from creditbank.ledger import entry
from creditbank.storage import loading
from creditbank.storage.database import insert_rows
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import ACCOUNTS, ENTRIES, LINKS, OUTCOMES, Token, outcome_of
from creditbank.storage.sealing import (
    CLEAR_PARTS,
    Key,
    Part,
    StoredEntry,
    actor_parts,
    clear_parts,
    learner_parts,
)
from creditbank.storage.tables import (
    AccessRow,
    BatchItemRow,
    BatchRow,
    CheckpointRow,
    DocumentRow,
    GrantRow,
    HeadRow,
    IdentityRow,
    RegisterRow,
    SecretRow,
    TokenRow,
    table_of,
)

Connection = sa.Connection  # for services, which do not import SQLAlchemy

_HEAD = table_of(HeadRow)
_CHECKPOINTS = table_of(CheckpointRow)
_TOKENS = table_of(TokenRow)
_GRANTS = table_of(GrantRow)
_ACCESS = table_of(AccessRow)
_REGISTERS = table_of(RegisterRow)
_DOCUMENTS = table_of(DocumentRow)
_BATCHES = table_of(BatchRow)
_BATCH_ITEMS = table_of(BatchItemRow)
_IDENTITIES = table_of(IdentityRow)
_SECRETS = table_of(SecretRow)


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant: what an organisation may read, until when (unix seconds)."""

    id: str
    account: str
    org: str
    purpose: str
    until: int
    index: int
    at: int
    ended_index: int | None


@dataclass(frozen=True, slots=True)
class RegisterVersion:
    """A published register version and its document."""

    kind: str
    id: str
    version: str
    index: int
    digest: bytes
    valid_from: str
    valid_to: str | None
    content: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The document's value."""
        document: dict[str, Any] = orjson.loads(self.content)
        return document


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry with the parts that the reader may see, and the digests of all."""

    row: StoredEntry
    prev: bytes
    parts: dict[str, Part]
    digests: dict[str, bytes]
    erased: bool

    @property
    def leaf(self) -> bytes:
        """The public leaf."""
        row = self.row
        return entry.format_leaf(at=row.at, body=row.body, index=row.index, prev=self.prev)


def size_or_none(connection: sa.Connection) -> int | None:
    """Return the number of entries, None where there is no ledger."""
    return connection.execute(sa.select(_HEAD.c.size)).scalar_one_or_none()


def entry_row(connection: sa.Connection, index: int) -> StoredEntry | None:
    """Return one entry as stored."""
    return loading.entry_at(connection, index)


def token(connection: sa.Connection, token_id: str) -> Token | None:
    """Return one token."""
    return loading.tokens(connection, {token_id})[token_id]


def token_list(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return every token but learners', newest first, without digests."""
    columns = [column for column in _TOKENS.columns if column.name != "digest"]
    query = (
        sa.select(*columns)
        .where(_TOKENS.c.account.is_(None))
        .order_by(_TOKENS.c.created_at.desc(), _TOKENS.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def account_exists(connection: sa.Connection, account: str) -> bool:
    """Return whether an account is open."""
    query = sa.select(ACCOUNTS.c.account).where(ACCOUNTS.c.account == account)
    return connection.execute(query).first() is not None


def account_restriction(connection: sa.Connection, account: str) -> tuple[str, str] | None:
    """Return until when and why an account is restricted."""
    query = sa.select(ACCOUNTS.c.restricted_until, ACCOUNTS.c.restricted_reason).where(
        ACCOUNTS.c.account == account
    )
    row = connection.execute(query).one_or_none()
    return None if row is None or row[0] is None else (row[0], row[1])


def outcomes_of(connection: sa.Connection, account: str) -> list[Outcome]:
    """Return all of an account's outcomes in the order in which they were opened."""
    query = (
        sa.select(OUTCOMES)
        .where(OUTCOMES.c.account == account)
        .order_by(OUTCOMES.c.opened_index, OUTCOMES.c.id)
    )
    return [outcome_of(row) for row in connection.execute(query)]


def identities_of(
    connection: sa.Connection, keyring: Keyring, account: str
) -> list[dict[str, Any]]:
    """Return what the vault holds about an account: names, documents, phone."""
    state = loading.accounts(connection, keyring, {account})[account]
    if state is None:
        return []
    query = sa.select(_IDENTITIES).where(_IDENTITIES.c.account == account)
    return [
        loading.unseal_identity(state.key, row.handle, row.sealed)
        for row in connection.execute(query)
    ]


def grants_of(connection: sa.Connection, account: str) -> list[Grant]:
    """Return every grant of a learner, ended ones too."""
    query = sa.select(_GRANTS).where(_GRANTS.c.account == account).order_by(_GRANTS.c.entry_index)
    return [Grant(*row) for row in connection.execute(query)]


def grant_for(connection: sa.Connection, account: str, org: str, now: int) -> Grant | None:
    """Return a grant of `account` to `org` that stands at `now`."""
    query = sa.select(_GRANTS).where(
        _GRANTS.c.account == account,
        _GRANTS.c.org == org,
        _GRANTS.c.until > now,
        _GRANTS.c.ended_index.is_(None),
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return Grant(*row) if row else None


def grants_to(connection: sa.Connection, org: str, now: int) -> list[Grant]:
    """Return the grants to an organisation that stand at `now`."""
    query = (
        sa.select(_GRANTS)
        .where(_GRANTS.c.org == org, _GRANTS.c.until > now, _GRANTS.c.ended_index.is_(None))
        .order_by(_GRANTS.c.entry_index)
    )
    return [Grant(*row) for row in connection.execute(query)]


def access_log(
    connection: sa.Connection, account: str, limit: int, before: tuple[int, str] | None = None
) -> list[dict[str, Any]]:
    """Return who read an account's data, newest first; what follows `before`, a time and an id."""
    query = (
        sa.select(_ACCESS)
        .where(_ACCESS.c.account == account)
        .order_by(_ACCESS.c.at.desc(), _ACCESS.c.id)
        .limit(limit)
    )
    if before is not None:
        at, last = before
        same = sa.and_(_ACCESS.c.at == at, _ACCESS.c.id > last)
        query = query.where(sa.or_(_ACCESS.c.at < at, same))
    return [dict(row) for row in connection.execute(query).mappings()]


def register_versions(
    connection: sa.Connection,
    kind: str,
    register_id: str | None = None,
    *,
    after: int = -1,
    limit: int | None = None,
) -> list[RegisterVersion]:
    """Return every published version of a kind, or of one register, oldest first.

    With a `limit`, those of entries after `after` and not more.
    """
    query = (
        sa.select(_REGISTERS, _DOCUMENTS.c.content)
        .join(_DOCUMENTS, _DOCUMENTS.c.digest == _REGISTERS.c.digest)
        .where(_REGISTERS.c.kind == kind, _REGISTERS.c.entry_index > after)
        .order_by(_REGISTERS.c.entry_index)
        .limit(limit)
    )
    if register_id is not None:
        query = query.where(_REGISTERS.c.id == register_id)
    return [RegisterVersion(*row) for row in connection.execute(query)]


def register_counts(connection: sa.Connection) -> dict[str, int]:
    """Return how many registers, whatever their versions, there are of each kind."""
    count = sa.func.count(sa.distinct(_REGISTERS.c.id))
    query = sa.select(_REGISTERS.c.kind, count).group_by(_REGISTERS.c.kind)
    return {row[0]: row[1] for row in connection.execute(query)}


def batch(connection: sa.Connection, batch_id: str) -> tuple[str, StoredEntry] | None:
    """Return organisation and entry of a batch."""
    query = (
        sa.select(_BATCHES.c.org, ENTRIES)
        .join(ENTRIES, ENTRIES.c.entry_index == _BATCHES.c.entry_index)
        .where(_BATCHES.c.id == batch_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row[0], StoredEntry(*row[1:]))


def batch_items(connection: sa.Connection, batch_id: str) -> list[tuple[int, int, bytes]]:
    """Return row, entry index and leaf hash of what a batch recorded."""
    query = (
        sa.select(_BATCH_ITEMS.c.row, _BATCH_ITEMS.c.entry_index, ENTRIES.c.leaf_hash)
        .join(ENTRIES, ENTRIES.c.entry_index == _BATCH_ITEMS.c.entry_index)
        .where(_BATCH_ITEMS.c.batch == batch_id)
        .order_by(_BATCH_ITEMS.c.row)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def entries_of_account(
    connection: sa.Connection, account: str, *, after: int, limit: int
) -> list[tuple[int, StoredEntry]]:
    """Return an account's entries with their place in its chain, from `after` on."""
    query = (
        sa.select(LINKS.c.seq, ENTRIES)
        .join(ENTRIES, ENTRIES.c.entry_index == LINKS.c.entry_index)
        .where(LINKS.c.account == account, LINKS.c.seq > after)
        .order_by(LINKS.c.seq)
        .limit(limit)
    )
    return [(row[0], StoredEntry(*row[1:])) for row in connection.execute(query)]


def is_entry_of(connection: sa.Connection, account: str, index: int) -> bool:
    """Return whether the entry at `index` stands in an account's chain."""
    query = sa.select(LINKS.c.seq).where(LINKS.c.account == account, LINKS.c.entry_index == index)
    return connection.execute(query).first() is not None


def entries_of_org(
    connection: sa.Connection, org: str, *, after: int, limit: int
) -> list[StoredEntry]:
    """Return an organisation's entries after place `after` of its chain."""
    query = (
        sa.select(ENTRIES)
        .where(ENTRIES.c.org == org, ENTRIES.c.org_seq > after)
        .order_by(ENTRIES.c.org_seq)
        .limit(limit)
    )
    return [StoredEntry(*row) for row in connection.execute(query)]


def entries_from(connection: sa.Connection, first: int, limit: int) -> list[StoredEntry]:
    """Return up to `limit` entries from index `first` on."""
    query = sa.select(ENTRIES).where(ENTRIES.c.entry_index >= first).order_by(ENTRIES.c.entry_index)
    return [StoredEntry(*row) for row in connection.execute(query.limit(limit))]


def secrets_by_id(connection: sa.Connection) -> Iterator[tuple[int, bytes]]:
    """Yield every secret."""
    for row in connection.execute(sa.select(_SECRETS).execution_options(yield_per=10_000)):
        yield row.key_id, row.secret


def show_entry(
    connection: sa.Connection, keyring: Keyring, row: StoredEntry, visible: frozenset[str]
) -> ShownEntry:
    """Return an entry with the `visible` parts; what was erased is left out and said."""
    previous = loading.entry_at(connection, row.index - 1) if row.index else None
    origin = connection.execute(sa.select(_HEAD.c.origin)).scalar_one()
    prev = previous.leaf_hash if previous else entry.genesis_prev(origin)
    clear = clear_parts(row)
    digests = {name: entry.part_digest(name, part.salt, part.data) for name, part in clear.items()}
    for name in entry.PARTS:
        digest = row.digest_of(name) if name not in CLEAR_PARTS else None
        if digest is not None:
            digests[name] = digest
    shown, erased = dict(clear), False
    for refs, opening in ((row.sealed_ref, learner_parts), (row.actor_ref, actor_parts)):
        if refs is None:
            continue
        key = loading.key(connection, keyring, keyring.mask(refs, row.index))
        if key is None:
            erased = True
        else:
            shown |= opening(row, key)
    parts = {name: part for name, part in shown.items() if name in visible}
    return ShownEntry(row, prev, parts, dict(sorted(digests.items())), erased)


def learner_key(connection: sa.Connection, keyring: Keyring, row: StoredEntry) -> Key | None:
    """Return the key of an entry's learner, None without one or after erasure."""
    if row.sealed_ref is None:
        return None
    return loading.key(connection, keyring, keyring.mask(row.sealed_ref, row.index))


def leaves(connection: sa.Connection, first: int, end: int) -> list[bytes]:
    """Return the leaves of entries `first` … `end` - 1."""
    start = max(0, first - 1)
    query = (
        sa.select(ENTRIES.c.entry_index, ENTRIES.c.at, ENTRIES.c.body, ENTRIES.c.leaf_hash)
        .where(ENTRIES.c.entry_index >= start, ENTRIES.c.entry_index < end)
        .order_by(ENTRIES.c.entry_index)
    )
    rows = connection.execute(query).all()
    if first == 0:
        origin = connection.execute(sa.select(_HEAD.c.origin)).scalar_one()
        prev = entry.genesis_prev(origin)
    else:
        prev, rows = rows[0].leaf_hash, rows[1:]
    found = []
    for row in rows:
        found.append(entry.format_leaf(at=row.at, body=row.body, index=row.entry_index, prev=prev))
        prev = row.leaf_hash
    return found


def latest_checkpoint(connection: sa.Connection) -> tuple[int, bytes] | None:
    """Return size and note of the newest published checkpoint."""
    query = sa.select(_CHECKPOINTS.c.size, _CHECKPOINTS.c.note).order_by(_CHECKPOINTS.c.size.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (row.size, row.note)


def checkpoint_at(connection: sa.Connection, size: int) -> bytes | None:
    """Return the checkpoint published at `size`."""
    query = sa.select(_CHECKPOINTS.c.note).where(_CHECKPOINTS.c.size == size)
    return connection.execute(query).scalar_one_or_none()


def checkpoint_sizes(connection: sa.Connection, after: int, limit: int) -> list[int]:
    """Return the sizes of published checkpoints above `after`."""
    query = sa.select(_CHECKPOINTS.c.size).where(_CHECKPOINTS.c.size > after)
    return list(connection.execute(query.order_by(_CHECKPOINTS.c.size).limit(limit)).scalars())


def add_checkpoint(connection: sa.Connection, size: int, at: int, note: bytes) -> bool:
    """Store a published checkpoint; return False if another process was first at this size."""
    if checkpoint_at(connection, size) is not None:
        return False
    insert_rows(connection, CheckpointRow, [(size, at, note)])
    return True
