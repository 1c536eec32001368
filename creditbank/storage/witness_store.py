"""A witness's memory: for each log the last checkpoint that it cosigned.

A small SQLite file of its own. What is to be remembered is decided and written in one transaction
that holds the write lock, and is on disk before anybody is told. Losing it means that the witness
could cosign a second history, so it is never made on the side: only `create` makes one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from creditbank.errors.storage import StorageUnavailable
from creditbank.errors.witness import (
    WitnessStateExists,
    WitnessStateMissing,
    WitnessStateOther,
)

FILE: Final = "witness.db"
_CONFLICTS_MAX: Final = 100  # kept for each log; one is proof enough
_BUSY_SECONDS: Final = 10.0

_TABLES: Final = """
CREATE TABLE witness (id INTEGER PRIMARY KEY CHECK (id = 1), keys TEXT NOT NULL) STRICT;
CREATE TABLE logs (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32), at INTEGER NOT NULL, note BLOB NOT NULL
) STRICT;
CREATE TABLE conflicts (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL,
    note BLOB NOT NULL, PRIMARY KEY (origin, size, root)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The last checkpoint of a log that was cosigned, at unix second `at`, as note bytes."""

    size: int
    root: bytes
    at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Conflict:
    """A checkpoint that the log signed although it contradicts the one cosigned at its size."""

    origin: str
    size: int
    root: bytes
    at: int
    note: bytes


class WitnessStore:
    """The memory in a folder, of the witness with these `keys` (as text, in order).

    Raises `WitnessStateMissing`, and `WitnessStateOther` where it was made for other keys.
    """

    def __init__(self, folder: Path, keys: tuple[str, ...]) -> None:
        if keys_in(folder) != keys:
            raise WitnessStateOther
        self._path = folder / FILE

    @classmethod
    def create(cls, folder: Path, keys: tuple[str, ...]) -> WitnessStore:
        """Make an empty memory in a folder; refuse with `WitnessStateExists` where there is one."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / FILE).exists():
            raise WitnessStateExists
        with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript("BEGIN;" + _TABLES)
            connection.execute("INSERT INTO witness VALUES (1, ?)", ("\n".join(keys),))
            connection.execute("COMMIT")
        return cls(folder, keys)

    def last(self, origin: str) -> Cosigned | None:
        """Return the last checkpoint of a log that was cosigned."""
        with _connected(self._path) as connection:
            return _last(connection, origin)

    def replace(self, origin: str, decide: Callable[[Cosigned | None], Cosigned]) -> Cosigned:
        """Return what `decide` makes of the last one, once it is on disk in its place.

        Nobody else decides in between. What `decide` raises changes nothing.
        """
        with _connected(self._path) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                new = decide(_last(connection, origin))
                connection.execute(
                    "INSERT INTO logs VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
                    " size = excluded.size, root = excluded.root, at = excluded.at,"
                    " note = excluded.note",
                    (origin, new.size, new.root, new.at, new.note),
                )
                commit(connection)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return new

    def add_conflict(self, conflict: Conflict) -> None:
        """Keep a contradictory checkpoint as proof, unless it is known or there are many."""
        with _connected(self._path) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO conflicts SELECT ?, ?, ?, ?, ?"
                " WHERE (SELECT count(*) FROM conflicts WHERE origin = ?) < ?",
                (
                    conflict.origin, conflict.size, conflict.root, conflict.at, conflict.note,
                    conflict.origin, _CONFLICTS_MAX,
                ),
            )  # fmt: skip

    def conflicts(self) -> list[Conflict]:
        """Return the contradictory checkpoints that were kept, oldest first."""
        with _connected(self._path) as connection:
            rows = connection.execute("SELECT * FROM conflicts ORDER BY at, origin, size")
            return [Conflict(*row) for row in rows]

    def all(self) -> dict[str, Cosigned]:
        """Return the last checkpoint of every log."""
        with _connected(self._path) as connection:
            rows = connection.execute("SELECT * FROM logs ORDER BY origin")
            return {row[0]: Cosigned(*row[1:]) for row in rows}


def keys_in(folder: Path) -> tuple[str, ...]:
    """Return the keys, as text, that the memory in a folder was made for.

    Raises `WitnessStateMissing` where there is none.
    """
    if not (folder / FILE).is_file():
        raise WitnessStateMissing
    with _connected(folder / FILE) as connection:
        row = connection.execute("SELECT keys FROM witness").fetchone()
    return () if row is None else tuple(row[0].split("\n"))


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    # mode=rw: a file that was removed under a running witness is not made anew.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)
    except sqlite3.OperationalError as error:
        raise WitnessStateMissing from error
    with closing(connection):
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except sqlite3.OperationalError as error:
            raise StorageUnavailable from error


def commit(connection: sqlite3.Connection) -> None:
    """Make it durable; the one place where a test can interrupt it."""
    connection.execute("COMMIT")


def _last(connection: sqlite3.Connection, origin: str) -> Cosigned | None:
    row = connection.execute(
        "SELECT size, root, at, note FROM logs WHERE origin = ?", (origin,)
    ).fetchone()
    return None if row is None else Cosigned(*row)
