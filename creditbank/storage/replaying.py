"""Replaying entries into views.

A chunk at a time: new rows are written between chunks, so memory does not grow with the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import orjson
import sqlalchemy as sa

from creditbank.domain.outcomes import Outcome
from creditbank.storage import loading, reading, views
from creditbank.storage.decision_views import Decisions
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Key, StoredEntry, clear_parts, learner_parts
from creditbank.storage.tables import Views, table_of
from creditbank.storage.views import Folded, ViewRows

CHUNK_ENTRIES = 5_000


class Keys:
    """The keys that entries refer to, from the secret table as it is now: a chunk at a time."""

    def __init__(self, connection: sa.Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self._pads: dict[int, int] = {}
        self._secrets: dict[int, bytes] = {}
        self._keys: dict[int, Key] = {}

    def read(self, refs: Iterable[tuple[int, int | None, int | None]]) -> None:
        """Read the keys of entries: index, learner's and actor's key as the entry refers to them.

        Those read before are forgotten.
        """
        self._pads = {}
        wanted: set[int] = set()
        for index, *both in refs:
            pad = self._pads[index] = self._keyring.mask(0, index)
            wanted.update(ref ^ pad for ref in both if ref is not None)
        self._secrets = secrets_of(self._connection, wanted)
        self._keys = {}

    def key_id(self, ref: int, index: int) -> int:
        """Return the id of the key that an entry refers to."""
        return ref ^ self._pads[index]

    def get(self, ref: int | None, index: int) -> Key | None:
        """Return the key that an entry refers to, None if it has none or it was destroyed."""
        if ref is None:
            return None
        key_id = ref ^ self._pads[index]
        key = self._keys.get(key_id)
        if key is None:
            secret = self._secrets.get(key_id)
            if secret is None:
                return None
            key = self._keys[key_id] = Key(key_id, self._keyring.cipher(secret))
        return key


def secrets_of(connection: sa.Connection, key_ids: Collection[int]) -> dict[int, bytes]:
    """Return the secrets of these keys that there are: one statement, however many.

    What is no secret, as SQLite can hold in its place, is as good as none.
    """
    query = "SELECT key_id, secret FROM secrets WHERE key_id "
    if connection.dialect.name == "sqlite":
        given: object = orjson.dumps(list(key_ids)).decode()
        query += "IN (SELECT value FROM json_each(?))"
    else:
        given = list(key_ids)
        query += "= ANY(%s)"
    rows = connection.exec_driver_sql(query, (given,))
    return {key_id: secret for key_id, secret in rows if isinstance(secret, bytes)}


class Workspace:
    """The shelf of a rebuild: what folding reads, from this chunk or from the rows before it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.views = ViewRows()
        self.decisions = Decisions(connection)
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, outcome_id: str) -> Outcome | None:
        """Return an outcome."""
        known = self._outcomes.get(outcome_id)
        if known is None:
            known = loading.outcome(self._connection, outcome_id)
            if known is not None:
                self._outcomes[outcome_id] = known
        return known

    def put_outcome(self, outcome: Outcome, *, new: bool) -> None:
        """Take a new or changed outcome."""
        self._outcomes[outcome.id] = outcome
        self.views.put_outcome(outcome, new=new)

    def put_certificate(self, subject: str, outcome: Outcome, index: int) -> None:
        """Take a certificate number."""
        self.views.certificates[subject] = (subject, outcome.id, outcome.account, index)

    def drop_certificate(self, subject: str) -> None:
        """Take a certificate number out."""
        self.views.drop_certificate(subject)

    def restrict(self, account: str, until: str | None, reason: str | None) -> None:
        """Take a restriction, or its end."""
        self.views.restrictions[account] = (until, reason)

    def write(self, connection: sa.Connection) -> None:
        """Write what was folded."""
        self.views.write(connection)
        self.decisions.write(connection)


def fold_chunk(connection: sa.Connection, keys: Keys, rows: list[StoredEntry]) -> Workspace:
    """Return what `rows` add to the views already written."""
    workspace = Workspace(connection)
    keys.read((row.index, row.sealed_ref, row.actor_ref) for row in rows)
    for row in rows:
        views.fold(workspace, folded(row, keys))
    return workspace


def folded(row: StoredEntry, keys: Keys) -> Folded:
    """Return an entry as views see it."""
    key = keys.get(row.sealed_ref, row.index)
    parts = clear_parts(row)
    if key is not None:
        parts |= learner_parts(row, key)
    link = parts["learner_link"].value if "learner_link" in parts else None
    return Folded(
        index=row.index,
        at=row.at,
        leaf_hash=row.leaf_hash,
        act=parts["act"].value,
        person=parts["person"].value if "person" in parts else None,
        account=link["chain"] if link else None,
        seq=link["seq"] if link else None,
        key_id=key.key_id if key else None,
    )


def chunks(connection: sa.Connection, size: int) -> Iterator[list[StoredEntry]]:
    """Yield all entries below `size`, in order, a chunk at a time."""
    for first in range(0, size, CHUNK_ENTRIES):
        yield reading.entries_from(connection, first, min(CHUNK_ENTRIES, size - first))


def rebuild_views(
    connection: sa.Connection, keyring: Keyring, progress: Callable[[int, int], None]
) -> int:
    """Empty the views and fold every entry into them."""
    loading.lock_head(connection)
    head = loading.read_head(connection)
    for row in Views.ALL:
        connection.execute(table_of(row).delete())
    keys = Keys(connection, keyring)
    done = 0
    for chunk in chunks(connection, head.size):
        fold_chunk(connection, keys, chunk).write(connection)
        done += len(chunk)
        progress(done, head.size)
    return done
