"""Rebuilding the views from the entries: the same folding as when they were written."""

from __future__ import annotations

from collections.abc import Callable

from creditbank.storage import replaying
from creditbank.storage.database import Database
from creditbank.storage.keyring import Keyring

Progress = Callable[[int, int], None]


def rebuild(
    database: Database, keyring: Keyring, progress: Progress = lambda _done, _all: None
) -> int:
    """Fold every entry anew into empty views, in one transaction; return the number of entries.

    `progress` is told how many entries are done, of how many. Appends wait meanwhile.
    """
    return database.write_sync(
        lambda connection: replaying.rebuild_views(connection, keyring, progress)
    )
