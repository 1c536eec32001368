"""Issuing many certificates, with progress: each is an entry of its own, none is made or signed.

What is issued stays issued if the asking breaks off; asking again goes on where it ended, because
issuing the same again finds the same certificate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from creditbank.domain.access import Principal, Scope
from creditbank.domain.certifying import Form
from creditbank.errors import CreditBankError
from creditbank.errors.api import BatchUnknown
from creditbank.services.actors import Poster
from creditbank.services.banking import Bank
from creditbank.services.certifying import Asked, IssueCredential, Issued
from creditbank.services.documents import Certificates
from creditbank.storage import credentials, loading, reading
from creditbank.storage.reading import Connection

_TOGETHER: Final = 200
"""How many are asked for at once: they share commits, and progress is told after each such many."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One certificate of many: its row from 1, and what became of it."""

    row: int
    outcome: str
    result: Issued | CreditBankError


async def outcomes_of_batch(bank: Bank, principal: Principal, batch: str) -> list[str]:
    """Return the outcomes that a batch recorded, in its order, each once.

    Refuses with `BatchUnknown` unless the asking institution posted it, or is the bank's desk.
    """

    def read(connection: Connection) -> list[str]:
        found = reading.batch(connection, batch)
        may = principal.may(Scope.SERVE_LEARNER)
        if found is None or not (may or found[0] == principal.org):
            raise BatchUnknown(batch=batch)
        outcomes: dict[str, None] = {}
        for _, index, _ in reading.batch_items(connection, batch):
            row = loading.entry_at(connection, index)
            if row is not None:
                outcomes.setdefault(row.act["outcome"])
        return list(outcomes)

    return await bank.database.read(read, long=True)


async def issue_many(
    certificates: Certificates,
    principal: Principal,
    outcomes: Sequence[str],
    *,
    form: Form = Form.OPEN_BADGE,
    named: bool = True,
) -> AsyncIterator[Progress]:
    """Yield what became of each outcome, in order, as soon as it is committed.

    An institution can have those certified that it posted, the desk any.
    """
    posted_by = None if principal.may(Scope.SERVE_LEARNER) else principal.org
    poster = Poster(principal.token, principal.org)
    for start in range(0, len(outcomes), _TOGETHER):
        some = outcomes[start : start + _TOGETHER]
        known = await certificates.bank.database.read(partial(credentials.owners_of, outcomes=some))
        works = [
            IssueCredential(
                certificates.issuing,
                Asked(form, outcome, named),
                poster,
                posted_by=posted_by,
                known=known.get(outcome),
            )
            for outcome in some
        ]
        results = await asyncio.gather(
            *(certificates.bank.journal.submit(work) for work in works), return_exceptions=True
        )
        for row, (outcome, result) in enumerate(zip(some, results, strict=True), start + 1):
            if isinstance(result, BaseException) and not isinstance(result, CreditBankError):
                raise result
            yield Progress(row, outcome, result)
