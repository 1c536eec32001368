"""Revoking what was posted, and the first half of correcting it.

A lot never changes: a revocation ends it, and what other entries contributed to the outcome goes on
in an outcome of its own. A correction is a revocation and a new posting in one submission.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from creditbank.domain.access import BANK
from creditbank.domain.outcomes import Outcome, without_entry
from creditbank.errors.recording import EntryUnknown, NotRevocable
from creditbank.storage.book import Book, Recorded
from creditbank.storage.sealing import Draft, StoredEntry


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is to be revoked, why, and under which keyed source id."""

    index: int
    reason: str
    source: bytes
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A revocable entry, the live outcome it belongs to, and what would remain of that."""

    row: StoredEntry
    account: str
    outcome: Outcome
    rest: Outcome | None


def find_target(book: Book, revocation: Revocation, org: str | None) -> Target:
    """Return the target of a revocation by `org`; None for the authority, who may revoke any.

    Refuses with `EntryUnknown` where there is no such entry of `org`, with `NotRevocable` where
    it is no outcome or no longer stands, with `Erased` where its learner was erased.
    """
    row = book.entry_at(revocation.index)
    if row is None or (org is not None and row.org != org):
        raise EntryUnknown(where="/index", index=revocation.index)
    if row.act["kind"] != "outcome/1":
        raise NotRevocable(where="/index", index=revocation.index)
    person = book.learner_values(row)["person"]
    for outcome in book.outcomes(person["account"], person["subject"]):
        if _belongs(row.index, outcome):
            return Target(row, person["account"], outcome, _rest(outcome, row.index))
    raise NotRevocable(where="/index", index=revocation.index)


def _belongs(index: int, outcome: Outcome) -> bool:
    return index in (outcome.opened_index, outcome.credited_index) or any(
        one["index"] == index for one in (*outcome.stages, *outcome.attempts)
    )


def _rest(outcome: Outcome, index: int) -> Outcome | None:
    stages, attempts = without_entry(outcome, index)
    if not stages and not attempts:
        return None
    return replace(
        outcome,
        id=secrets.token_hex(16),
        stages=stages,
        attempts=attempts,
        credited_index=None,
        credited_at=None,
        achieved_on=None,
        credits=[],
        hours_theory=0,
        hours_practice=0,
    )


def record_revocation(
    book: Book, revocation: Revocation, target: Target, org: str, actor: dict[str, Any]
) -> Recorded:
    """Record the revocation of `target`."""
    act: dict[str, Any] = {
        "target": {
            "log": book.origin,
            "index": target.row.index,
            "hash": target.row.leaf_hash.hex(),
        },
        "outcome": target.outcome.id,
    }
    if target.rest is not None:
        act["continues"] = target.rest.id
    person = {"account": target.account, "reason": revocation.reason}
    if revocation.note is not None:
        person["note"] = revocation.note
    return book.record(
        Draft(
            kind="revocation/1",
            org=org,
            source=revocation.source,
            act=act,
            account=target.account,
            person=person,
            actor=actor,
        )
    )


__all__ = ["BANK", "Revocation", "Target", "find_target", "record_revocation"]
