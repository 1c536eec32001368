"""Status lists: giving out places, and what each says now or said at any moment.

A place is drawn at random from those that were never given out, so that it tells neither when nor
for how many a certificate was issued. What a list says is worked out from the acts of entries:
it holds when learners have been erased, and for every moment of the past.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from creditbank.domain.credential_kinds import POSITIONS
from creditbank.ledger.times import MAX_TIME
from creditbank.storage import vault
from creditbank.storage.credential_tables import (
    CredentialCauseRow,
    CredentialChangeRow,
    OutcomeEndRow,
    StatusPositionRow,
)
from creditbank.storage.keyring import Keyring
from creditbank.storage.tables import EntryRow, ErasureRow, table_of

TAKEN_MAX: Final = POSITIONS * 3 // 4
"""A list with so many places taken gets no more: then a free one is found in four draws."""

PLACES = table_of(StatusPositionRow)
CAUSES = table_of(CredentialCauseRow)
CHANGES = table_of(CredentialChangeRow)
ENDS = table_of(OutcomeEndRow)
_ENTRIES = table_of(EntryRow)
_ERASURES = table_of(ErasureRow)


class Places:
    """Gives out places to one group under the lock."""

    def __init__(self, connection: sa.Connection, taken_max: int = TAKEN_MAX) -> None:
        self._connection, self._max = connection, taken_max
        self._list = 0
        self._taken = 0
        self._drawn: set[int] = set()

    def take(self) -> tuple[int, int]:
        """Return number of the list and position of a place that was never given out."""
        if not self._list:
            self._list = max(1, newest_list(self._connection))
            self._taken = taken(self._connection, self._list)
        if self._taken >= self._max:
            self._list, self._taken = self._list + 1, 0
            self._drawn.clear()
        position = secrets.randbelow(POSITIONS)
        while not self._is_free(position):
            position = secrets.randbelow(POSITIONS)
        self._drawn.add(position)
        self._taken += 1
        return self._list, position

    def _is_free(self, position: int) -> bool:
        if position in self._drawn:
            return False
        if self._taken == len(self._drawn):
            return True  # nothing was taken before this group
        query = sa.select(PLACES.c.position).where(
            PLACES.c.status_list == self._list, PLACES.c.position == position
        )
        return self._connection.execute(query).first() is None


def newest_list(connection: sa.Connection) -> int:
    """Return the number of the newest list, 0 before the first."""
    return connection.execute(sa.select(sa.func.max(PLACES.c.status_list))).scalar_one() or 0


def taken(connection: sa.Connection, status_list: int, until: int = MAX_TIME) -> int:
    """Return how many places of a list were given out by unix second `until`."""
    query = sa.select(sa.func.count()).where(
        PLACES.c.status_list == status_list, PLACES.c.at <= until
    )
    return connection.execute(query).scalar_one()


def revoked(connection: sa.Connection, status_list: int, until: int = MAX_TIME) -> Iterator[int]:
    """Yield the positions whose certificate was withdrawn, or rests on an outcome that ended."""
    ended = (
        sa.select(PLACES.c.position)
        .join(CAUSES, CAUSES.c.credential == PLACES.c.credential)
        .join(ENDS, ENDS.c.outcome == CAUSES.c.outcome)
        .where(PLACES.c.status_list == status_list, ENDS.c.at <= until)
    )
    withdrawn = (
        sa.select(PLACES.c.position)
        .join(CHANGES, CHANGES.c.credential == PLACES.c.credential)
        .where(
            PLACES.c.status_list == status_list,
            CHANGES.c.change == "withdrawn",
            CHANGES.c.at <= until,
        )
    )
    yield from connection.execute(sa.union(ended, withdrawn)).scalars()


def suspended(connection: sa.Connection, status_list: int, until: int = MAX_TIME) -> Iterator[int]:
    """Yield the positions whose certificate is suspended."""
    query = (
        sa.select(PLACES.c.position, CHANGES.c.change)
        .join(CHANGES, CHANGES.c.credential == PLACES.c.credential)
        .where(
            PLACES.c.status_list == status_list,
            CHANGES.c.change.in_(("suspended", "resumed")),
            CHANGES.c.at <= until,
        )
        .order_by(CHANGES.c.entry_index)
    )
    last = {row.position: row.change for row in connection.execute(query)}
    yield from (position for position, change in last.items() if change == "suspended")


def superseded(connection: sa.Connection, status_list: int, until: int = MAX_TIME) -> Iterator[int]:
    """Yield the positions whose certificate another one replaced after a correction."""
    query = (
        sa.select(PLACES.c.position)
        .join(CHANGES, CHANGES.c.credential == PLACES.c.credential)
        .where(
            PLACES.c.status_list == status_list,
            CHANGES.c.change == "superseded",
            CHANGES.c.at <= until,
        )
    )
    yield from connection.execute(query.distinct()).scalars()


class ErasedPlaces:
    """Whose learner's key an erasure entry says to be destroyed, by list.

    Finding that out takes two keyed digests for each taken place, and anybody may ask for a list.
    It is done once for each list after a day's erasure entry, and kept: a place that is taken later
    belongs to none of the erased.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._found: dict[int, tuple[tuple[int, int], list[tuple[int, int]]]] = {}

    def positions(
        self, connection: sa.Connection, status_list: int, until: int = MAX_TIME
    ) -> Iterator[int]:
        """Yield the positions of the list that were erased by unix second `until`."""
        covered = sa.select(
            sa.func.count(_ERASURES.c.entry_index), sa.func.max(_ERASURES.c.entry_index)
        )
        count, last = connection.execute(covered).one()
        if not count:
            return
        known = self._found.get(status_list)
        if known is None or known[0] != (count, last):
            found = list(_erased_places(connection, self._keyring, status_list))
            known = self._found[status_list] = ((count, last), found)
        yield from (position for position, at in known[1] if at <= until)


def _erased_places(
    connection: sa.Connection, keyring: Keyring, status_list: int
) -> Iterator[tuple[int, int]]:
    """Yield each erased position with the time of the erasure entry."""
    covered = sa.select(_ERASURES.c.key_digest, _ENTRIES.c.at).join(
        _ENTRIES, _ENTRIES.c.entry_index == _ERASURES.c.entry_index
    )
    erased_at = {row.key_digest: row.at for row in connection.execute(covered)}
    query = (
        sa.select(PLACES.c.position, PLACES.c.entry_index, _ENTRIES.c.sealed_ref)
        .join(_ENTRIES, _ENTRIES.c.entry_index == PLACES.c.entry_index)
        .where(PLACES.c.status_list == status_list)
    )
    for row in connection.execute(query):
        key_id = keyring.mask(row.sealed_ref, row.entry_index)
        at = erased_at.get(vault.key_digest(keyring, key_id))
        if at is not None:
            yield row.position, at
