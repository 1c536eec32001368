"""Opening the bank that the settings describe."""

from __future__ import annotations

from typing import Final

from creditbank.config import Settings
from creditbank.services.actors import Notice
from creditbank.services.banking import Bank, open_bank
from creditbank.storage.database import Database

NO_NOTICE: Final = "none"
"""What entries say where no notice was shown: a bank for trying things out. An account's entry has
to name one, and production refuses to start without."""


def open_configured(settings: Settings) -> Bank:
    """Return the bank of these settings, its journal not yet started; raises as `open_bank`."""
    database = Database(settings.database_url)
    try:
        return open_bank(
            database,
            settings.keys_dir,
            origin=settings.origin,
            notice=Notice(settings.notice_version or NO_NOTICE),
            clock_tolerance_seconds=settings.clock_tolerance_seconds,
            group_items_max=settings.group_items_max,
        )
    except BaseException:
        database.engine.dispose()
        raise
