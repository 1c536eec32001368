"""`demo`: the bank in a minute, with a real server and made-up people."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from creditbank.cli.wording import _


def demo(
    database: Annotated[
        str | None,
        typer.Option(
            help=_("An empty PostgreSQL database to use; otherwise a SQLite file is made."),
            show_default=False,
        ),
    ] = None,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help=_("Keep the bank, to go on with it."))
    ] = False,
) -> None:
    """Walk through the bank."""
    from creditbank.cli.walkthrough import walk

    with _folder(keep=keep) as folder:
        walk(folder, database, keep=keep)


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="creditbank-demo-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
