"""Issuing the same certificate again: while one stands it is that one, else it is the next.

The certificates of one choice (account, outcome, form, what is said of the holder) are numbered
from 0. Each is issued only when the one before has ended for good, so none but the newest can
stand, and finding it takes no longer after many than after one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from creditbank.domain.civil_time import civil_date
from creditbank.errors.certifying import IssuedTooOften
from creditbank.services.credential_keys import keys_in
from creditbank.storage import credentials
from creditbank.storage.book import Book
from creditbank.storage.sealing import StoredEntry

ISSUED_A_DAY_MAX: Final = 10
"""How often the same is issued on one day, each time after the one before was withdrawn."""


def find(book: Book, choice: str) -> tuple[bytes, StoredEntry | None]:
    """Return the source id of the certificate of a choice, and its entry if one stands already.

    Refuses with `IssuedTooOften`.
    """

    def source_of(serial: int) -> bytes:
        return book.keyring.source("bank:credential", f"{choice}/{serial}")

    issued = _count(lambda serial: book.entry_by_source(source_of(serial)) is not None)
    newest = book.entry_by_source(source_of(issued - 1)) if issued else None
    if newest is not None and _stands(book, newest):
        return source_of(issued - 1), newest
    if issued >= ISSUED_A_DAY_MAX:
        earlier = book.entry_by_source(source_of(issued - ISSUED_A_DAY_MAX))
        if earlier is not None and civil_date(earlier.at) == civil_date(book.now):
            raise IssuedTooOften(limit=ISSUED_A_DAY_MAX)
    return source_of(issued), None


def _count(is_there: Callable[[int], bool]) -> int:
    """Return how many numbers from 0 on are there, looking at a few of them only."""
    least, most = 0, 0
    while is_there(most):
        least, most = most + 1, 2 * most + 1
    while least < most:
        middle = (least + most) // 2
        if is_there(middle):
            least = middle + 1
        else:
            most = middle
    return least


def _stands(book: Book, row: StoredEntry) -> bool:
    """Return whether a certificate was not ended, and its key was not given up."""
    if not credentials.standing(book.connection, row.act["credential"]).stands:
        return False
    _, _, multikey = row.act["key"].partition("#")
    keys = keys_in(book)
    return all(key.withdrawn is None for key in keys if key.multikey == multikey)
