"""Reservations that nobody carried to their end: each expires by an entry of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from creditbank.domain.access import BANK
from creditbank.domain.decisions import Decision, Status
from creditbank.services.actors import recorded_before
from creditbank.storage import decision_reading
from creditbank.storage.book import Book, Needs
from creditbank.storage.sealing import Draft

if TYPE_CHECKING:
    from creditbank.services.banking import Bank

GROUP: Final = 500
"""How many are ended in one transaction."""


def expire(book: Book, decisions: Iterable[Decision]) -> int:
    """End the reservations among these that have expired; return how many there were."""
    ended = 0
    for decision in decisions:
        if decision.status is not Status.PENDING or book.now < decision.expires_at:
            continue
        source = book.keyring.source("bank:conversion_end", f"{decision.id}/expired")
        if recorded_before(book, source) is not None:
            continue
        book.record(
            Draft(
                kind="conversion_end/1",
                org=BANK,
                source=source,
                act={"conversion": decision.id, "end": Status.EXPIRED.value},
                account=decision.account,
                person={"account": decision.account},
            )
        )
        ended += 1
    return ended


class ExpireReservations:
    """The sweep: ends what has expired, oldest first."""

    items = GROUP
    alone = True
    needs = Needs()

    def decide(self, book: Book) -> int:
        """Return how many were ended."""
        found = decision_reading.expired(book.connection, book.now, GROUP)
        return expire(book, filter(None, [book.decisions.get(one.id) for one in found]))


async def expire_reservations(bank: Bank) -> int:
    """End every reservation that has expired; return how many there were."""
    ended = 0
    while True:
        more: int = await bank.journal.submit(ExpireReservations())
        ended += more
        if more < GROUP:
            return ended
