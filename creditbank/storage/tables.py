"""Row classes. They never leave this package and carry no meaning of their own.

Three groups. *Ledger*: entries, documents, commits; append-only, guarded by triggers. *Vault and
access*: secrets, identities, tokens; truth of their own, never in the log. *Views*: folded from
entries; may be dropped and rebuilt.
"""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.storage.columns import WITHOUT_ROWID as _WITHOUT_ROWID
from creditbank.storage.columns import binary as _bytes
from creditbank.storage.columns import integer as _int
from creditbank.storage.columns import key as _key
from creditbank.storage.columns import text as _text
from creditbank.storage.credential_tables import (
    CredentialCauseRow,
    CredentialChangeRow,
    CredentialProofRow,
    CredentialRow,
    OutcomeEndRow,
    StatusPositionRow,
)
from creditbank.storage.decision_tables import DecisionRow, EvidenceRow, UseRow

# --- ledger ------------------------------------------------------------------------------------


class EntryRow(SQLModel, table=True):
    """One entry. `open` holds the clear parts with their salts, `sealed` the learner's parts."""

    __tablename__ = "entries"
    __table_args__ = (
        sa.UniqueConstraint("source", name="entries_source"),
        sa.UniqueConstraint("org", "org_seq", name="entries_org_seq"),
        sa.CheckConstraint("entry_index >= 0", name="entries_index_from_zero"),
        sa.CheckConstraint("org_seq >= 1", name="entries_org_seq_from_one"),
        sa.CheckConstraint("length(leaf_hash) = 32", name="entries_leaf_hash_length"),
    )
    entry_index: int = _int(primary_key=True)
    at: int = _int()
    body: bytes = _bytes()
    leaf_hash: bytes = _bytes()
    org: str = _key()
    org_seq: int = _int()
    source: bytes = _bytes()
    open: bytes = _bytes()
    person_digest: bytes | None = _bytes(nullable=True)
    learner_link_digest: bytes | None = _bytes(nullable=True)
    attest_digest: bytes | None = _bytes(nullable=True)
    actor_digest: bytes | None = _bytes(nullable=True)
    sealed: bytes | None = _bytes(nullable=True)
    sealed_ref: int | None = _int(nullable=True)
    actor_sealed: bytes | None = _bytes(nullable=True)
    actor_ref: int | None = _int(nullable=True)


class DocumentRow(SQLModel, table=True):
    """A document that an entry names by digest: a register version."""

    __tablename__ = "documents"
    digest: bytes = _bytes(primary_key=True)
    content: bytes = _bytes()


class CommitRow(SQLModel, table=True):
    """The tree state after each commit."""

    __tablename__ = "commits"
    size: int = _int(primary_key=True)
    at: int = _int()
    root: bytes = _bytes()


class CheckpointRow(SQLModel, table=True):
    """A published checkpoint: kept for ever."""

    __tablename__ = "checkpoints"
    size: int = _int(primary_key=True)
    at: int = _int()
    note: bytes = _bytes()


class TileRow(SQLModel, table=True):
    """A full hash tile of the log, derived from the entries (c2sp.org/tlog-tiles)."""

    __tablename__ = "tiles"
    __table_args__ = (_WITHOUT_ROWID,)
    level: int = _int(primary_key=True)
    tile_index: int = _int(primary_key=True)
    hashes: bytes = _bytes()


class HeadRow(SQLModel, table=True):
    """The one row that every append locks."""

    __tablename__ = "head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="head_is_one_row"),)
    id: int = _int(primary_key=True)
    origin: str = _text()
    size: int = _int()
    at: int = _int()
    last: bytes = _bytes()
    root: bytes = _bytes()
    compact_range: bytes = _bytes()
    registers_size: int = _int()


# --- vault and access --------------------------------------------------------------------------


class SecretRow(SQLModel, table=True):
    """A learner's or an actor's secret; destroying it is what erasing means."""

    __tablename__ = "secrets"
    key_id: int = _int(primary_key=True)
    secret: bytes = _bytes()


class IdentityRow(SQLModel, table=True):
    """An identity document, found by a keyed hash of it; its content under the learner's key."""

    __tablename__ = "identities"
    __table_args__ = (sa.Index("identities_account", "account"),)
    handle: bytes = _bytes(primary_key=True)
    account: str = _key()
    sealed: bytes = _bytes()


class ActorRow(SQLModel, table=True):
    """Which secret seals the `actor` parts of one token with the same operators."""

    __tablename__ = "actors"
    mac: bytes = _bytes(primary_key=True)
    key_id: int = _int()


class ErasureRow(SQLModel, table=True):
    """An erased key by its keyed digest, and the day's erasure entry once there is one."""

    __tablename__ = "erasures"
    key_digest: bytes = _bytes(primary_key=True)
    account_mac: bytes | None = _bytes(nullable=True)
    day: str = _key()
    entry_index: int | None = _int(nullable=True)


class TokenRow(SQLModel, table=True):
    """A bearer token, known only by its digest."""

    __tablename__ = "tokens"
    id: str = _key(primary_key=True)
    digest: bytes = _bytes()
    org: str = _key()
    role: str = _key()
    scopes: str = _text()
    account: str | None = _key(nullable=True)
    label: str = _text()
    created_at: int = _int()
    expires_at: int = _int()
    revoked_at: int | None = _int(nullable=True)


class CodeRow(SQLModel, table=True):
    """A learner's one-time code, by keyed digest."""

    __tablename__ = "one_time_codes"
    account: str = _key(primary_key=True)
    digest: bytes = _bytes()
    expires_at: int = _int()
    attempts: int = _int()


class AccessRow(SQLModel, table=True):
    """Who read a learner's personal data, and when."""

    __tablename__ = "access_log"
    __table_args__ = (sa.Index("access_log_account", "account", "at"),)
    id: str = _key(primary_key=True)
    account: str = _key()
    at: int = _int()
    org: str = _key()
    token: str = _key()
    action: str = _key()


# --- views -------------------------------------------------------------------------------------


class AccountRow(SQLModel, table=True):
    """An open account."""

    __tablename__ = "accounts"
    account: str = _key(primary_key=True)
    key_id: int = _int()
    opened_index: int = _int()
    restricted_until: str | None = _key(nullable=True)
    restricted_reason: str | None = _text(nullable=True)


class AccountEntryRow(SQLModel, table=True):
    """The learner's chain: which entries are an account's, in order."""

    __tablename__ = "account_entries"
    __table_args__ = (_WITHOUT_ROWID,)
    account: str = _key(primary_key=True)
    seq: int = _int(primary_key=True)
    entry_index: int = _int()


class OutcomeRow(SQLModel, table=True):
    """An outcome: its stages and attempts so far, and the lot once credit is awarded."""

    __tablename__ = "outcomes"
    __table_args__ = (sa.Index("outcomes_account_subject", "account", "subject"),)
    id: str = _key(primary_key=True)
    account: str = _key()
    subject: str = _key()
    type: str = _key()
    org: str = _key()
    module: str | None = _key(nullable=True)
    version: str | None = _key(nullable=True)
    title: str = _text()
    stages: str = _text()
    attempts: str = _text()
    verification: str = _key()
    scene: str | None = _key(nullable=True)
    level: str | None = _key(nullable=True)
    opened_index: int = _int()
    credited_index: int | None = _int(nullable=True)
    credited_at: int | None = _int(nullable=True)
    achieved_on: str | None = _key(nullable=True)
    credits: str = _text()
    particulars: str = _text()
    hours_theory: int = _int()
    hours_practice: int = _int()
    revoked_index: int | None = _int(nullable=True)
    revoked_at: int | None = _int(nullable=True)


class CertificateRow(SQLModel, table=True):
    """Certificate numbers on record, so that one number stands for one certificate."""

    __tablename__ = "certificates"
    subject: str = _key(primary_key=True)
    outcome: str = _key()
    account: str = _key()
    entry_index: int = _int()


class GrantRow(SQLModel, table=True):
    """What a learner lets an organisation read, until when."""

    __tablename__ = "grants"
    __table_args__ = (sa.Index("grants_account", "account"), sa.Index("grants_org", "org"))
    id: str = _key(primary_key=True)
    account: str = _key()
    org: str = _key()
    purpose: str = _text()
    until: int = _int()
    entry_index: int = _int()
    at: int = _int()
    ended_index: int | None = _int(nullable=True)


class RegisterRow(SQLModel, table=True):
    """Every published register version."""

    __tablename__ = "registers"
    kind: str = _key(primary_key=True)
    id: str = _key(primary_key=True)
    version: str = _key(primary_key=True)
    entry_index: int = _int()
    digest: bytes = _bytes()
    valid_from: str = _key()
    valid_to: str | None = _key(nullable=True)


class BatchRow(SQLModel, table=True):
    """A batch of postings."""

    __tablename__ = "batches"
    id: str = _key(primary_key=True)
    org: str = _key()
    entry_index: int = _int()
    at: int = _int()


class BatchItemRow(SQLModel, table=True):
    """Which entry a batch's row became."""

    __tablename__ = "batch_items"
    __table_args__ = (_WITHOUT_ROWID,)
    batch: str = _key(primary_key=True)
    row: int = _int(primary_key=True)
    entry_index: int = _int()


class Views:
    """The view tables, in an order in which they can be filled."""

    ALL: ClassVar[tuple[type[SQLModel], ...]] = (
        AccountRow,
        AccountEntryRow,
        OutcomeRow,
        CertificateRow,
        GrantRow,
        RegisterRow,
        BatchRow,
        BatchItemRow,
        DecisionRow,
        UseRow,
        EvidenceRow,
        OutcomeEndRow,
        StatusPositionRow,
        CredentialCauseRow,
        CredentialChangeRow,
        CredentialProofRow,
        CredentialRow,
    )


def table_of(row: type[SQLModel]) -> sa.Table:
    """Return the SQLAlchemy table of a row class."""
    table: sa.Table = row.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
    return table
