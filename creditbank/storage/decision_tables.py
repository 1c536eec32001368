"""Row classes of decisions 决定: views, and they go with the learner."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.storage.columns import WITHOUT_ROWID, integer, key, text


class DecisionRow(SQLModel, table=True):
    """A decision: how far it has come, and what it grants. Times are unix seconds.

    `frames` and `evaluators` are names between spaces. `review_index` is the entry by which its
    owner let it stand last, after an outcome had ended; `changed_index` the one by which evidence
    of one on its way was changed last.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        sa.Index("decisions_account", "account"),
        sa.Index("decisions_owner", "owner", "entry_index"),
        sa.Index("decisions_pending", "status", "expires_at"),
    )
    id: str = key(primary_key=True)
    account: str = key()
    owner: str = key()
    rulebook: str = key()
    version: str = key()
    frames: str = text()
    kind: str = key()
    status: str = key()
    steps: int = integer()
    steps_total: int = integer()
    entry_index: int = integer()
    applied_at: int = integer()
    expires_at: int = integer()
    last_index: int = integer()
    last_at: int = integer()
    registered_at: int | None = integer(nullable=True)
    ended_at: int | None = integer(nullable=True)
    review_index: int | None = integer(nullable=True)
    evaluators: str = text()
    targets: str = text()
    evidence: str = text()
    changed_index: int | None = integer(nullable=True)


class UseRow(SQLModel, table=True):
    """What a decision takes of an outcome in a scope, of how much, in hundredths of `unit`.

    Whether that is reserved, consumed or free again follows from the decision.
    """

    __tablename__ = "uses"
    __table_args__ = (
        sa.Index("uses_account", "account"),
        sa.Index("uses_outcome", "outcome"),
        WITHOUT_ROWID,
    )
    decision: str = key(primary_key=True)
    number: int = integer(primary_key=True)
    account: str = key()
    entry_index: int = integer()
    outcome: str = key()
    scope: str = key()
    rule: str = key()
    target: str = key()
    sharing: str = key()
    unit: str = key()
    amount: int = integer()
    of: int = integer()


class EvidenceRow(SQLModel, table=True):
    """Evidence about a learner as it was supplied, `value` as JSON; the latest of an id counts."""

    __tablename__ = "evidence"
    __table_args__ = (sa.Index("evidence_account", "account", "entry_index"),)
    id: str = key(primary_key=True)
    account: str = key()
    org: str = key()
    by: str = key()
    name: str = key()
    value: str = text()
    until: str | None = key(nullable=True)
    digest: str | None = key(nullable=True)
    entry_index: int = integer()
    at: int = integer()


DECISION_VIEWS = (DecisionRow, UseRow, EvidenceRow)
