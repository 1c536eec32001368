"""Erasing an operator 经办 or reviewer 复核: the `actor` parts that name them, and nothing else.

Such a part stands under a key of the token together with those it names, so that it is erased by
destroying that key. Who else is named beside them goes with it; the entries, their learners and
every proof stay. Like any erasure it is covered by the day's entry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from creditbank.domain.civil_time import civil_date
from creditbank.storage import loading, reading, vault
from creditbank.storage.book import Book, Needs
from creditbank.storage.database import Database
from creditbank.storage.journal import Recorder, record_now
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import StoredEntry, actor_parts

_NAMING = ("operator", "reviewer")
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many entries of an organisation named the operator, and under how many keys."""

    entries: int
    keys: int


class EraseActors:
    """The erasure of what `actor` parts under these keys say."""

    items = 1
    needs = Needs()

    def __init__(self, key_ids: Collection[int]) -> None:
        self._key_ids = sorted(key_ids)

    def decide(self, book: Book) -> int:
        """Erase what is still there; return how many keys that were."""
        there = [
            key_id
            for key_id in self._key_ids
            if loading.key(book.connection, book.keyring, key_id) is not None
        ]
        today = civil_date(book.now).isoformat()
        for statement in vault.erasing_actors(book.keyring, there, today):
            book.add_statement(statement)
        return len(there)


def forget_operator(
    database: Database,
    keyring: Keyring,
    org: str,
    name: str,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Forgotten:
    """Erase who an organisation's entries name as operator or reviewer, everywhere.

    The files are scrubbed afterwards. Doing it again finds what was posted since.
    """
    found = database.read_sync(
        lambda connection: find_actors(connection, keyring, org, name, progress)
    )
    if found:
        traces = database.read_sync(lambda connection: vault.secrets_of(connection, list(found)))
        record_now(database, Recorder(keyring), EraseActors(found))
        vault.scrub(database, traces)
    return Forgotten(entries=sum(found.values()), keys=len(found))


def find_actors(
    connection: Connection,
    keyring: Keyring,
    org: str,
    name: str,
    progress: Callable[[int, int], None],
) -> dict[int, int]:
    """Return the keys of the actors that name somebody, each with how many entries it seals."""
    total, last = loading.org_head(connection, org)[0], 0
    names: dict[int, bool] = {}
    count: dict[int, int] = {}
    while rows := reading.entries_of_org(connection, org, after=last, limit=_PAGE):
        for row in rows:
            if row.actor_ref is None:
                continue
            key_id = keyring.mask(row.actor_ref, row.index)
            if key_id not in names:
                names[key_id] = _is_named(connection, keyring, key_id, row, name)
            if names[key_id]:
                count[key_id] = count.get(key_id, 0) + 1
        last = rows[-1].org_seq
        progress(last, total)
    return count


def _is_named(
    connection: Connection, keyring: Keyring, key_id: int, row: StoredEntry, name: str
) -> bool:
    key = loading.key(connection, keyring, key_id)
    if key is None:
        return False
    actor = actor_parts(row, key)["actor"].value
    return name in {actor.get(member) for member in _NAMING}
