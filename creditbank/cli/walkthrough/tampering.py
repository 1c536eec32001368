"""One byte of one entry changed behind the bank's back, in a copy of its database."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

from creditbank.storage.database import Database

# In the entry's open part, the credit awarded: one digit of it.
_BEFORE: Final = b'"amount":"1.50"'
_AFTER: Final = b'"amount":"9.50"'


def copy_database(file: Path, folder: Path) -> Path:
    """Return a copy of a SQLite database whose server has stopped, with what is not yet in it."""
    for suffix in ("", "-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            shutil.copy2(part, folder / part.name)
    return folder / file.name


def change_byte(database: Database, index: int) -> None:
    """Make 9.50 credits of 1.50 in an entry, as somebody with the database file could.

    The database refuses it at first, so its guard is removed before and put back after.
    """

    def change(connection: Any) -> None:
        guard = "SELECT sql FROM sqlite_master WHERE name = 'entries_no_update'"
        text = connection.exec_driver_sql(guard).scalar_one()
        connection.exec_driver_sql("DROP TRIGGER entries_no_update")
        found = connection.exec_driver_sql(
            "SELECT open FROM entries WHERE entry_index = ?", (index,)
        ).scalar_one()
        assert _BEFORE in found  # noqa: S101  # the caller chose an entry with such an award
        connection.exec_driver_sql(
            "UPDATE entries SET open = ? WHERE entry_index = ?",
            (found.replace(_BEFORE, _AFTER, 1), index),
        )
        connection.exec_driver_sql(text)

    database.write_sync(change)
