"""Ledger, vault, access and views; the ledger tables refuse every change.

Revision: 0001; revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from creditbank.storage import protection

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Key text compares by code point; INTEGER PRIMARY KEY is the row id on SQLite.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("token", KEY, nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_log_account", "access_log", ["account", "at"], unique=False)

    op.create_table(
        "account_entries",
        sa.Column("account", KEY, nullable=False),
        sa.Column("seq", INT, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.PrimaryKeyConstraint("account", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "accounts",
        sa.Column("account", KEY, nullable=False),
        sa.Column("key_id", INT, nullable=False),
        sa.Column("opened_index", INT, nullable=False),
        sa.Column("restricted_until", KEY, nullable=True),
        sa.Column("restricted_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "actors",
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", INT, nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.create_table(
        "batch_items",
        sa.Column("batch", KEY, nullable=False),
        sa.Column("row", INT, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.PrimaryKeyConstraint("batch", "row"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        sa.Column("id", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "certificates",
        sa.Column("subject", KEY, nullable=False),
        sa.Column("outcome", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "commits",
        sa.Column("size", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "credential_causes",
        sa.Column("outcome", KEY, nullable=False),
        sa.Column("credential", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.PrimaryKeyConstraint("outcome", "credential"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "credential_causes_credential", "credential_causes", ["credential"], unique=False
    )

    op.create_table(
        "credential_changes",
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("credential", KEY, nullable=False),
        sa.Column("change", KEY, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.PrimaryKeyConstraint("entry_index"),
    )
    op.create_index(
        "credential_changes_credential", "credential_changes", ["credential"], unique=False
    )

    op.create_table(
        "credential_proofs",
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("credential", KEY, nullable=False),
        sa.PrimaryKeyConstraint("entry_index"),
    )
    op.create_index(
        "credential_proofs_credential", "credential_proofs", ["credential"], unique=False
    )

    op.create_table(
        "credential_shares",
        sa.Column("credential", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("shows", sa.Text(), nullable=False),
        sa.Column("created_at", INT, nullable=False),
        sa.Column("until", INT, nullable=True),
        sa.PrimaryKeyConstraint("credential", "name"),
    )
    op.create_index("credential_shares_account", "credential_shares", ["account"], unique=False)

    op.create_table(
        "credentials",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("form", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("credentials_account", "credentials", ["account", "entry_index"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("owner", KEY, nullable=False),
        sa.Column("rulebook", KEY, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("frames", sa.Text(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("steps", INT, nullable=False),
        sa.Column("steps_total", INT, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("applied_at", INT, nullable=False),
        sa.Column("expires_at", INT, nullable=False),
        sa.Column("last_index", INT, nullable=False),
        sa.Column("last_at", INT, nullable=False),
        sa.Column("registered_at", INT, nullable=True),
        sa.Column("ended_at", INT, nullable=True),
        sa.Column("review_index", INT, nullable=True),
        sa.Column("evaluators", sa.Text(), nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("changed_index", INT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decisions_account", "decisions", ["account"], unique=False)
    op.create_index("decisions_owner", "decisions", ["owner", "entry_index"], unique=False)
    op.create_index("decisions_pending", "decisions", ["status", "expires_at"], unique=False)

    op.create_table(
        "documents",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "entries",
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("org_seq", INT, nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("open", sa.LargeBinary(), nullable=False),
        sa.Column("person_digest", sa.LargeBinary(), nullable=True),
        sa.Column("learner_link_digest", sa.LargeBinary(), nullable=True),
        sa.Column("attest_digest", sa.LargeBinary(), nullable=True),
        sa.Column("actor_digest", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_ref", INT, nullable=True),
        sa.Column("actor_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("actor_ref", INT, nullable=True),
        sa.CheckConstraint("entry_index >= 0", name="entries_index_from_zero"),
        sa.CheckConstraint("length(leaf_hash) = 32", name="entries_leaf_hash_length"),
        sa.CheckConstraint("org_seq >= 1", name="entries_org_seq_from_one"),
        sa.PrimaryKeyConstraint("entry_index"),
        sa.UniqueConstraint("org", "org_seq", name="entries_org_seq"),
        sa.UniqueConstraint("source", name="entries_source"),
    )
    op.create_table(
        "erasures",
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_mac", sa.LargeBinary(), nullable=True),
        sa.Column("day", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=True),
        sa.PrimaryKeyConstraint("key_digest"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("by", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("until", KEY, nullable=True),
        sa.Column("digest", KEY, nullable=True),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("evidence_account", "evidence", ["account", "entry_index"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("until", INT, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("ended_index", INT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("grants_account", "grants", ["account"], unique=False)
    op.create_index("grants_org", "grants", ["org"], unique=False)

    op.create_table(
        "head",
        sa.Column("id", INT, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("last", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("compact_range", sa.LargeBinary(), nullable=False),
        sa.Column("registers_size", INT, nullable=False),
        sa.CheckConstraint("id = 1", name="head_is_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "identities",
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("handle"),
    )
    op.create_index("identities_account", "identities", ["account"], unique=False)

    op.create_table(
        "one_time_codes",
        sa.Column("account", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INT, nullable=False),
        sa.Column("attempts", INT, nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "outcome_ends",
        sa.Column("outcome", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.PrimaryKeyConstraint("outcome"),
    )
    op.create_table(
        "outcomes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("module", KEY, nullable=True),
        sa.Column("version", KEY, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Text(), nullable=False),
        sa.Column("verification", KEY, nullable=False),
        sa.Column("scene", KEY, nullable=True),
        sa.Column("level", KEY, nullable=True),
        sa.Column("opened_index", INT, nullable=False),
        sa.Column("credited_index", INT, nullable=True),
        sa.Column("credited_at", INT, nullable=True),
        sa.Column("achieved_on", KEY, nullable=True),
        sa.Column("credits", sa.Text(), nullable=False),
        sa.Column("particulars", sa.Text(), nullable=False),
        sa.Column("hours_theory", INT, nullable=False),
        sa.Column("hours_practice", INT, nullable=False),
        sa.Column("revoked_index", INT, nullable=True),
        sa.Column("revoked_at", INT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outcomes_account_subject", "outcomes", ["account", "subject"], unique=False)

    op.create_table(
        "presentations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("nonce", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("created_at", INT, nullable=False),
        sa.Column("expires_at", INT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("presentations_org", "presentations", ["org"], unique=False)

    op.create_table(
        "registers",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", KEY, nullable=False),
        sa.Column("valid_to", KEY, nullable=True),
        sa.PrimaryKeyConstraint("kind", "id", "version"),
    )
    op.create_table(
        "secrets",
        sa.Column("key_id", INT, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "status_positions",
        sa.Column("status_list", INT, nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("credential", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.PrimaryKeyConstraint("status_list", "position"),
        sa.UniqueConstraint("credential", name="status_positions_credential"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tiles",
        sa.Column("level", INT, nullable=False),
        sa.Column("tile_index", INT, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "tile_index"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tokens",
        sa.Column("id", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("role", KEY, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("account", KEY, nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", INT, nullable=False),
        sa.Column("expires_at", INT, nullable=False),
        sa.Column("revoked_at", INT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "uses",
        sa.Column("decision", KEY, nullable=False),
        sa.Column("number", INT, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("entry_index", INT, nullable=False),
        sa.Column("outcome", KEY, nullable=False),
        sa.Column("scope", KEY, nullable=False),
        sa.Column("rule", KEY, nullable=False),
        sa.Column("target", KEY, nullable=False),
        sa.Column("sharing", KEY, nullable=False),
        sa.Column("unit", KEY, nullable=False),
        sa.Column("amount", INT, nullable=False),
        sa.Column("of", INT, nullable=False),
        sa.PrimaryKeyConstraint("decision", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("uses_account", "uses", ["account"], unique=False)
    op.create_index("uses_outcome", "uses", ["outcome"], unique=False)

    op.create_table(
        "wallet_claims",
        sa.Column("offer", KEY, nullable=False),
        sa.Column("configuration", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("thumbprint", KEY, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("deferred", INT, nullable=False),
        sa.PrimaryKeyConstraint("offer", "configuration"),
    )
    op.create_index("wallet_claims_account", "wallet_claims", ["account"], unique=False)

    op.create_table(
        "wallet_nonces",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("until", INT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "wallet_offers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("offered", sa.Text(), nullable=False),
        sa.Column("transaction_digest", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", INT, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("created_at", INT, nullable=False),
        sa.Column("expires_at", INT, nullable=False),
        sa.Column("token", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("wallet_offers_account", "wallet_offers", ["account"], unique=False)
    op.create_index("wallet_offers_token", "wallet_offers", ["token"], unique=False)
    if op.get_context().dialect.name == "sqlite":
        statements = list(protection.sqlite_triggers().values())
    else:
        statements = protection.postgres_statements()
    for statement in statements:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("the first migration holds the ledger and is never undone")
