"""Commands at the bank's own machine: its settings, database and keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditbank.cli.wording import _
from creditbank.errors.cli import DatabaseUnreachable
from creditbank.errors.storage import NotInitialised

if TYPE_CHECKING:
    from creditbank.config import Settings
    from creditbank.services.operating import Operator
    from creditbank.storage.database import Database

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help=_("The bank's folder; otherwise CREDITBANK_DATA_DIR decides, otherwise it is `data`."),
        show_default=False,
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        help=_(
            "Address of the database; otherwise CREDITBANK_DATABASE_URL decides, otherwise it is a"
            " file in the folder."
        ),
        show_default=False,
    ),
]
# What the layer below raises for an address that is none, and for a database without our tables.
_NO_SUCH_DATABASE = ("ArgumentError", "NoSuchModuleError", "ProgrammingError")

AsJson = Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))]


def load_settings(data: Path | None = None, **given: object) -> Settings:
    """Return the settings from options and environment; raises `InvalidSettings`."""
    from creditbank.config import Settings

    named = {name: value for name, value in given.items() if value is not None}
    return Settings.load(**({"data_dir": data} if data else {}), **named)


@contextmanager
def operator(data: Path | None, database_url: str | None = None) -> Iterator[Operator]:
    """Yield the operator of the bank in a folder.

    Raises `NotInitialised` where there is none, `KeyMissing`, and `DatabaseUnreachable`.
    """
    from creditbank.services.operating import Operator
    from creditbank.storage.keyring import load_keyring

    settings = load_settings(data, database_url=database_url)
    with database_of(settings, must_exist=True) as database:
        yield Operator(database, load_keyring(settings.keys_dir))


@contextmanager
def database_of(settings: Settings, *, must_exist: bool) -> Iterator[Database]:
    """Yield the database of the settings; an outage becomes `DatabaseUnreachable`.

    Whatever is done with one that is no bank's raises `NotInitialised`.
    """
    from creditbank.storage.database import Database, is_missing_table, is_outage

    database = None
    try:
        database = Database(settings.database_url)
        if must_exist:
            _require_file(database)
        yield database
    except Exception as error:
        if is_missing_table(error):
            raise NotInitialised from None
        if is_outage(error) or type(error).__name__ in _NO_SUCH_DATABASE:
            raise DatabaseUnreachable from None
        raise
    finally:
        if database is not None:
            database.engine.dispose()


def _require_file(database: Database) -> None:
    """Refuse a SQLite file that is not there, since looking at it would make it."""
    if database.file is not None and not database.file.is_file():
        raise NotInitialised
