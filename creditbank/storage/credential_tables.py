"""Row classes of certificates 证书. Views, but for what their holders share.

What belongs to a learner stands in `credentials` and goes with them. The others are made from the
acts of entries alone and name no account: a place in a status list stays taken, and what it says
stays right, when the learner has been erased.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.storage.columns import WITHOUT_ROWID, binary, integer, key, text


class CredentialRow(SQLModel, table=True):
    """A learner's certificate."""

    __tablename__ = "credentials"
    __table_args__ = (sa.Index("credentials_account", "account", "entry_index"),)
    id: str = key(primary_key=True)
    account: str = key()
    form: str = key()
    entry_index: int = integer()


class StatusPositionRow(SQLModel, table=True):
    """A taken place in the status lists."""

    __tablename__ = "status_positions"
    __table_args__ = (
        sa.UniqueConstraint("credential", name="status_positions_credential"),
        WITHOUT_ROWID,
    )
    status_list: int = integer(primary_key=True)
    position: int = integer(primary_key=True)
    credential: str = key()
    entry_index: int = integer()
    at: int = integer()


class CredentialCauseRow(SQLModel, table=True):
    """Which outcomes a certificate rests on, or which decision."""

    __tablename__ = "credential_causes"
    __table_args__ = (
        sa.Index("credential_causes_credential", "credential"),
        WITHOUT_ROWID,
    )
    outcome: str = key(primary_key=True)
    credential: str = key(primary_key=True)
    entry_index: int = integer()


class CredentialChangeRow(SQLModel, table=True):
    """A certificate was suspended, resumed, withdrawn, or superseded by another one."""

    __tablename__ = "credential_changes"
    __table_args__ = (sa.Index("credential_changes_credential", "credential"),)
    entry_index: int = integer(primary_key=True)
    credential: str = key()
    change: str = key()
    at: int = integer()


class CredentialProofRow(SQLModel, table=True):
    """An institution signed a certificate too; the proof stands in the entry."""

    __tablename__ = "credential_proofs"
    __table_args__ = (sa.Index("credential_proofs_credential", "credential"),)
    entry_index: int = integer(primary_key=True)
    credential: str = key()


class OutcomeEndRow(SQLModel, table=True):
    """An outcome was revoked, or a decision given back."""

    __tablename__ = "outcome_ends"
    outcome: str = key(primary_key=True)
    entry_index: int = integer()
    at: int = integer()


class CredentialShareRow(SQLModel, table=True):
    """What the holder of a certificate shows, to whom, until when: truth of its own, no entry.

    `nonce` is what the link's secret is derived from; `until` is None for no end.
    """

    __tablename__ = "credential_shares"
    __table_args__ = (sa.Index("credential_shares_account", "account"),)
    credential: str = key(primary_key=True)
    name: str = key(primary_key=True)
    account: str = key()
    nonce: bytes = binary()
    shows: str = text()
    created_at: int = integer()
    until: int | None = integer(nullable=True)
