"""How Alembic reaches the database. A migration never rewrites an entry."""

from __future__ import annotations

import os

import sqlalchemy as sa
from alembic import context

from creditbank.storage import tables, wallet_tables
from creditbank.storage.database import Database

LOCK_TIMEOUT = "5s"  # better to fail than to queue every request behind a waiting migration

# One metadata: a table is in it once its module is imported.
METADATA = tables.table_of(wallet_tables.PresentationRow).metadata


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.commit()
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(os.environ["CREDITBANK_DATABASE_URL"]).engine.connect() as own:
        run(own)
