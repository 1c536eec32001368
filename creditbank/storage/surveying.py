"""Looking over all learners, account by account."""

from __future__ import annotations

import sqlalchemy as sa

from creditbank.storage.loading import OUTCOMES


def accounts_with_outcomes(connection: sa.Connection, after: str, limit: int) -> list[str]:
    """Return accounts that have an outcome, in order, those behind `after`, `limit` at most."""
    account = OUTCOMES.c.account
    query = sa.select(account).where(account > after).distinct().order_by(account).limit(limit)
    return list(connection.execute(query).scalars())
