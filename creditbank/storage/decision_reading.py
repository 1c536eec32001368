"""Queries about decisions and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from creditbank.domain.civil_time import civil_date
from creditbank.domain.decisions import Decision, Status
from creditbank.domain.outcomes import Outcome
from creditbank.storage.decision_views import (
    DECISIONS,
    EVIDENCE,
    USES,
    between_spaces,
    read_decisions,
)
from creditbank.storage.loading import ACCOUNTS, ENTRIES, OUTCOMES, outcome_of


@dataclass(frozen=True, slots=True)
class EvidenceOnRecord:
    """Evidence as it was supplied: by whom, under which name, what it says."""

    id: str
    org: str
    by: str
    name: str
    value: Mapping[str, Any]
    until: str | None
    digest: str | None
    index: int
    at: int


def decision(connection: sa.Connection, decision_id: str) -> Decision | None:
    """Return one decision, None if there is none or its learner was erased."""
    return next(iter(read_decisions(connection, DECISIONS.c.id == decision_id)), None)


def decisions_of(connection: sa.Connection, account: str) -> list[Decision]:
    """Return every decision of an account, in order."""
    return read_decisions(connection, DECISIONS.c.account == account)


def evidence_of(connection: sa.Connection, account: str) -> list[EvidenceOnRecord]:
    """Return the evidence about an account, oldest first."""
    query = (
        sa.select(EVIDENCE).where(EVIDENCE.c.account == account).order_by(EVIDENCE.c.entry_index)
    )
    return [
        EvidenceOnRecord(
            row.id,
            row.org,
            row.by,
            row.name,
            orjson.loads(row.value),
            row.until,
            row.digest,
            row.entry_index,
            row.at,
        )
        for row in connection.execute(query)
    ]


def crediting_hashes(connection: sa.Connection, outcomes: Iterable[Outcome]) -> dict[int, str]:
    """Return the leaf hash, in hex, of the entry that credited each outcome, by its index."""
    indexes = [one.credited_index for one in outcomes if one.credited_index is not None]
    query = sa.select(ENTRIES.c.entry_index, ENTRIES.c.leaf_hash).where(
        ENTRIES.c.entry_index.in_(indexes)
    )
    return {row.entry_index: row.leaf_hash.hex() for row in connection.execute(query)}


def expired(connection: sa.Connection, now: int, limit: int) -> list[Decision]:
    """Return pending decisions whose reservation has expired by `now`, oldest first."""
    ids = sa.select(DECISIONS.c.id).where(
        DECISIONS.c.status == Status.PENDING.value, DECISIONS.c.expires_at <= now
    )
    return read_decisions(
        connection, DECISIONS.c.id.in_(ids.order_by(DECISIONS.c.entry_index).limit(limit))
    )


def is_flagged() -> sa.ColumnElement[bool]:
    """Return the condition that an outcome of a decision ended since its owner looked at it.

    Or that evidence for one on its way was changed.
    """
    ended = (
        sa.select(USES.c.decision)
        .join(OUTCOMES, OUTCOMES.c.id == USES.c.outcome)
        .where(
            USES.c.decision == DECISIONS.c.id,
            OUTCOMES.c.revoked_index > sa.func.coalesce(DECISIONS.c.review_index, -1),
        )
    )
    pending, registered = Status.PENDING.value, Status.REGISTERED.value
    changed = sa.and_(DECISIONS.c.status == pending, DECISIONS.c.changed_index.is_not(None))
    return sa.or_(changed, sa.and_(DECISIONS.c.status.in_([pending, registered]), ended.exists()))


def ended_outcomes(connection: sa.Connection, one: Decision) -> list[tuple[str, int]]:
    """Return the outcomes of a decision that ended since its owner looked at it, and by which
    entry.
    """
    reviewed = -1 if one.review_index is None else one.review_index
    query = (
        sa.select(OUTCOMES.c.id, OUTCOMES.c.revoked_index)
        .join(USES, USES.c.outcome == OUTCOMES.c.id)
        .where(USES.c.decision == one.id, OUTCOMES.c.revoked_index > reviewed)
        .distinct()
        .order_by(OUTCOMES.c.revoked_index, OUTCOMES.c.id)
    )
    return [(row.id, row.revoked_index) for row in connection.execute(query)]


def outcomes_of(connection: sa.Connection, one: Decision) -> list[Outcome]:
    """Return the outcomes that a decision rests on, ended ones too, in order of their ids."""
    rested = sa.select(USES.c.outcome).where(USES.c.decision == one.id)
    query = sa.select(OUTCOMES).where(OUTCOMES.c.id.in_(rested)).order_by(OUTCOMES.c.id)
    return [outcome_of(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Listing:
    """Which decisions are asked for; of `org` those that it owns or may be asked to check.

    To it those of learners whose account is restricted (PIPL 47) are not listed.
    """

    account: str | None = None
    org: str | None = None
    status: str | None = None
    flagged: bool | None = None
    after: int | None = None
    limit: int = 100


def listed(connection: sa.Connection, listing: Listing, now: int) -> list[Decision]:
    """Return a page of decisions in order of their entries."""
    where: list[sa.ColumnElement[bool]] = []
    if listing.account is not None:
        where.append(DECISIONS.c.account == listing.account)
    if listing.org is not None:
        asked = DECISIONS.c.evaluators.contains(between_spaces(listing.org), autoescape=True)
        where.append(sa.or_(DECISIONS.c.owner == listing.org, asked))
        restricted = sa.select(ACCOUNTS.c.account).where(
            ACCOUNTS.c.restricted_until >= civil_date(now).isoformat()
        )
        where.append(DECISIONS.c.account.not_in(restricted))
    if listing.status is not None:
        where.append(_has_status(listing.status, now))
    if listing.flagged is not None:
        where.append(is_flagged() if listing.flagged else sa.not_(is_flagged()))
    if listing.after is not None:
        where.append(DECISIONS.c.entry_index > listing.after)
    ids = (
        sa.select(DECISIONS.c.id)
        .where(*where)
        .order_by(DECISIONS.c.entry_index)
        .limit(listing.limit)
    )
    page = list(connection.execute(ids).scalars())
    return read_decisions(connection, DECISIONS.c.id.in_(page)) if page else []


def _has_status(status: str, now: int) -> sa.ColumnElement[bool]:
    """A reservation that has expired counts as expired before the entry that says so."""
    late = sa.and_(DECISIONS.c.status == Status.PENDING.value, DECISIONS.c.expires_at <= now)
    if status == Status.PENDING.value:
        return sa.and_(DECISIONS.c.status == status, DECISIONS.c.expires_at > now)
    if status == Status.EXPIRED.value:
        return sa.or_(DECISIONS.c.status == status, late)
    return DECISIONS.c.status == status
