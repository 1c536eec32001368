"""Reading rows into what the book works with, always many at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from os import urandom
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.outcomes import Outcome
from creditbank.domain.registers import parse_register
from creditbank.errors.storage import NotInitialised
from creditbank.ledger import canonical, suite
from creditbank.ledger.merkle import CompactRange
from creditbank.storage import families
from creditbank.storage.database import insert_rows
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Key, StoredEntry
from creditbank.storage.tables import (
    AccountEntryRow,
    AccountRow,
    ActorRow,
    CertificateRow,
    CommitRow,
    DocumentRow,
    EntryRow,
    ErasureRow,
    HeadRow,
    IdentityRow,
    OutcomeRow,
    RegisterRow,
    SecretRow,
    TokenRow,
    table_of,
)

ENTRIES = table_of(EntryRow)
ACCOUNTS = table_of(AccountRow)
LINKS = table_of(AccountEntryRow)
OUTCOMES = table_of(OutcomeRow)
SECRETS = table_of(SecretRow)
_HEAD = table_of(HeadRow)
_IDENTITIES = table_of(IdentityRow)
_CERTIFICATES = table_of(CertificateRow)
_TOKENS = table_of(TokenRow)
_ACTORS = table_of(ActorRow)
_ERASURES = table_of(ErasureRow)
_REGISTERS = table_of(RegisterRow)
_DOCUMENTS = table_of(DocumentRow)

K = TypeVar("K")
_CHUNK = 5000  # below the bound-parameter limits of both engines


@dataclass(frozen=True, slots=True)
class Head:
    """The locked head and the database's time, both in the same transaction."""

    origin: str
    size: int
    at: int
    last: bytes
    root: bytes
    compact_range: bytes
    registers_size: int
    now: int


@dataclass(slots=True)
class Account:
    """An account with its key and the head of its chain."""

    name: str
    key: Key
    count: int
    last: bytes | None
    restricted_until: str | None = None
    restricted_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token as stored."""

    id: str
    digest: bytes
    org: str
    role: str
    scopes: frozenset[str]
    account: str | None
    expires_at: int
    revoked_at: int | None


def lock_head(connection: sa.Connection) -> None:
    """Take the append lock: a statement of its own, always the first of the transaction.

    A lock and a read in one statement would read the row as it was before the wait. On SQLite
    the transaction was begun IMMEDIATE, which is the same lock.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(_HEAD.c.id).where(_HEAD.c.id == 1).with_for_update())


def read_head(connection: sa.Connection) -> Head:
    """Return the head and the database's clock; raise `NotInitialised` without one."""
    clock: sa.ColumnElement[int]
    if connection.dialect.name == "sqlite":
        clock = sa.cast(sa.func.strftime("%s", "now"), sa.Integer)
    else:
        clock = sa.cast(
            sa.func.floor(sa.extract("epoch", sa.func.clock_timestamp())), sa.BigInteger
        )
    row = connection.execute(sa.select(_HEAD, clock.label("now"))).one_or_none()
    if row is None:
        raise NotInitialised
    return Head(
        row.origin, row.size, row.at, row.last, row.root, row.compact_range,
        row.registers_size, int(row.now),
    )  # fmt: skip


def with_now(head: Head, now: int) -> Head:
    """Return the head with another time."""
    return replace(head, now=now)


def _chunks(keys: Collection[K]) -> Iterator[Sequence[K]]:
    ordered = list(keys)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def tokens(connection: sa.Connection, ids: Collection[str]) -> dict[str, Token | None]:
    """Return tokens by id, None where there is none."""
    found: dict[str, Token | None] = dict.fromkeys(ids)
    for chunk in _chunks(ids):
        for row in connection.execute(sa.select(_TOKENS).where(_TOKENS.c.id.in_(chunk))):
            found[row.id] = token_of(row)
    return found


def token_of(row: sa.Row[Any]) -> Token:
    """Return a token from its row."""
    return Token(
        id=row.id,
        digest=row.digest,
        org=row.org,
        role=row.role,
        scopes=frozenset(row.scopes.split()),
        account=row.account,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def entries_by_source(
    connection: sa.Connection, sources: Collection[bytes]
) -> dict[bytes, StoredEntry | None]:
    """Return entries by keyed source id, None where there is none."""
    found: dict[bytes, StoredEntry | None] = dict.fromkeys(sources)
    for chunk in _chunks(sources):
        for row in connection.execute(sa.select(ENTRIES).where(ENTRIES.c.source.in_(chunk))):
            found[row.source] = StoredEntry(*row)
    return found


def entry_at(connection: sa.Connection, index: int) -> StoredEntry | None:
    """Return one entry."""
    row = connection.execute(sa.select(ENTRIES).where(ENTRIES.c.entry_index == index)).one_or_none()
    return StoredEntry(*row) if row else None


def entries_at(connection: sa.Connection, indexes: Collection[int]) -> list[StoredEntry]:
    """Return these entries, in order."""
    found: list[StoredEntry] = []
    for chunk in _chunks(sorted(indexes)):
        query = sa.select(ENTRIES).where(ENTRIES.c.entry_index.in_(chunk))
        found += [StoredEntry(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda row: row.index)


def org_head(connection: sa.Connection, org: str) -> tuple[int, bytes | None]:
    """Return length and last leaf hash of an organisation's chain."""
    row = connection.execute(
        sa.select(ENTRIES.c.org_seq, ENTRIES.c.leaf_hash)
        .where(ENTRIES.c.org == org)
        .order_by(ENTRIES.c.org_seq.desc())
        .limit(1)
    ).one_or_none()
    return (row.org_seq, row.leaf_hash) if row else (0, None)


def identities(
    connection: sa.Connection, handles: Collection[bytes]
) -> dict[bytes, tuple[str, bytes] | None]:
    """Return account and sealed content by document handle, None where there is none."""
    found: dict[bytes, tuple[str, bytes] | None] = dict.fromkeys(handles)
    for chunk in _chunks(handles):
        query = sa.select(_IDENTITIES).where(_IDENTITIES.c.handle.in_(chunk))
        for row in connection.execute(query):
            found[row.handle] = (row.account, row.sealed)
    return found


def accounts(
    connection: sa.Connection, keyring: Keyring, names: Collection[str]
) -> dict[str, Account | None]:
    """Return accounts with key and chain head, None where there is none or it was erased."""
    found: dict[str, Account | None] = dict.fromkeys(names)
    for chunk in _chunks(names):
        heads = (
            sa.select(LINKS.c.account, sa.func.max(LINKS.c.seq).label("seq_max"))
            .where(LINKS.c.account.in_(chunk))
            .group_by(LINKS.c.account)
            .subquery()
        )
        query = (
            sa.select(ACCOUNTS, SECRETS.c.secret, heads.c.seq_max, ENTRIES.c.leaf_hash)
            .join(SECRETS, SECRETS.c.key_id == ACCOUNTS.c.key_id)
            .join(heads, heads.c.account == ACCOUNTS.c.account)
            .join(
                LINKS,
                sa.and_(LINKS.c.account == heads.c.account, LINKS.c.seq == heads.c.seq_max),
            )
            .join(ENTRIES, ENTRIES.c.entry_index == LINKS.c.entry_index)
            .where(ACCOUNTS.c.account.in_(chunk))
        )
        for row in connection.execute(query):
            found[row.account] = Account(
                name=row.account,
                key=Key(row.key_id, keyring.cipher(row.secret)),
                count=row.seq_max,
                last=row.leaf_hash,
                restricted_until=row.restricted_until,
                restricted_reason=row.restricted_reason,
            )
    return found


def outcomes(
    connection: sa.Connection, accounts_: Collection[str], families_: Collection[str]
) -> Iterator[Outcome]:
    """Yield the accounts' outcomes of these families, revoked ones too, in order of opening."""
    about = families.conditions(OUTCOMES.c.subject, families_)
    for chunk in _chunks(accounts_):
        for condition in about:
            query = (
                sa.select(OUTCOMES)
                .where(OUTCOMES.c.account.in_(chunk), condition)
                .order_by(OUTCOMES.c.opened_index)
            )
            for row in connection.execute(query):
                yield outcome_of(row)


def outcome(connection: sa.Connection, outcome_id: str) -> Outcome | None:
    """Return one outcome."""
    row = connection.execute(sa.select(OUTCOMES).where(OUTCOMES.c.id == outcome_id)).one_or_none()
    return outcome_of(row) if row else None


def outcome_of(row: sa.Row[Any]) -> Outcome:
    """Return an outcome from its row."""
    members = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
    for name in ("stages", "attempts", "credits", "particulars"):
        members[name] = orjson.loads(members[name])
    return Outcome(**members)


def certificates(connection: sa.Connection, subjects: Collection[str]) -> dict[str, int | None]:
    """Return the entries that recorded these certificate numbers, None where none did."""
    found: dict[str, int | None] = dict.fromkeys(subjects)
    for chunk in _chunks(subjects):
        query = sa.select(_CERTIFICATES).where(_CERTIFICATES.c.subject.in_(chunk))
        for row in connection.execute(query):
            found[row.subject] = row.entry_index
    return found


def key(connection: sa.Connection, keyring: Keyring, key_id: int) -> Key | None:
    """Return a key, None if its secret was destroyed."""
    query = sa.select(SECRETS.c.secret).where(SECRETS.c.key_id == key_id)
    secret = connection.execute(query).scalar_one_or_none()
    return None if secret is None else Key(key_id, keyring.cipher(secret))


def actor_key(connection: sa.Connection, keyring: Keyring, mac: bytes) -> Key | None:
    """Return the key that seals an actor's parts, None at its first use or after its erasure."""
    query = sa.select(_ACTORS.c.key_id).where(_ACTORS.c.mac == mac)
    key_id = connection.execute(query).scalar_one_or_none()
    return None if key_id is None else key(connection, keyring, key_id)


def was_erased(connection: sa.Connection, account_mac: bytes) -> bool:
    """Return whether an account with this keyed digest was erased."""
    query = sa.select(_ERASURES.c.day).where(_ERASURES.c.account_mac == account_mac)
    return connection.execute(query).first() is not None


def catalogue_from(connection: sa.Connection, known: Catalogue, size: int) -> Catalogue:
    """Return `known` with the register versions published since, up to log size `size`."""
    query = (
        sa.select(
            _REGISTERS.c.kind, _REGISTERS.c.entry_index, _DOCUMENTS.c.digest, _DOCUMENTS.c.content
        )
        .join(_DOCUMENTS, _DOCUMENTS.c.digest == _REGISTERS.c.digest)
        .where(_REGISTERS.c.entry_index >= known.size)
        .order_by(_REGISTERS.c.entry_index)
    )
    items = [
        Published(
            parse_register(row.kind, orjson.loads(row.content)),
            row.kind,
            row.entry_index,
            row.digest,
        )
        for row in connection.execute(query)
    ]
    return known.with_published(items, size=size)


def known_documents(connection: sa.Connection, digests: Collection[bytes]) -> set[bytes]:
    """Return which of these documents are stored."""
    query = sa.select(_DOCUMENTS.c.digest).where(_DOCUMENTS.c.digest.in_(list(digests)))
    return set(connection.execute(query).scalars()) if digests else set()


def move_head(  # one argument per column
    connection: sa.Connection,
    *,
    size: int,
    at: int,
    last: bytes,
    tree: CompactRange,
    registers_size: int,
) -> None:
    """Move the locked head and keep the tree state of this commit."""
    root = tree.root()
    connection.execute(
        _HEAD.update()
        .where(_HEAD.c.id == 1)
        .values(
            size=size,
            at=at,
            last=last,
            root=root,
            compact_range=tree.to_bytes(),
            registers_size=registers_size,
        )
    )
    insert_rows(connection, CommitRow, [(size, at, root)])


def document_digest(content: bytes) -> bytes:
    """Return the digest by which an entry names a document: SHA-256 of its canonical bytes."""
    return suite.hash_bytes(content)


def seal_identity(key_: Key, handle: bytes, content: dict[str, Any]) -> bytes:
    """Return an identity's content sealed under the learner's key, bound to its handle."""
    return key_.cipher.seal(
        urandom(suite.NONCE_BYTES),
        canonical.encode_checked(content),
        b"creditbank/identity/1" + handle,
    )


def unseal_identity(key_: Key, handle: bytes, sealed: bytes) -> dict[str, Any]:
    """Return an identity's content."""
    content: dict[str, Any] = orjson.loads(
        key_.cipher.unseal(sealed, b"creditbank/identity/1" + handle)
    )
    return content


def empty_head(
    origin: str, genesis_prev: bytes, tree: CompactRange
) -> Callable[[sa.Connection], None]:
    """Return the work that puts the head of an empty ledger into the database."""

    def insert(connection: sa.Connection) -> None:
        insert_rows(
            connection,
            HeadRow,
            [(1, origin, 0, 0, genesis_prev, tree.root(), tree.to_bytes(), 0)],
        )

    return insert
