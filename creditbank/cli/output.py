"""What commands print: results on standard output, everything else on standard error.

A machine reads standard output, with `--json` as one JSON value. Progress and remarks go to
standard error, and progress only where that is a terminal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_WIDTH_WITHOUT_TERMINAL: Final = 160
_REFRESH_SECONDS: Final = 0.1

Done = Callable[[int, int], None]
"""Told how many are done, of how many."""


def _console(*, stderr: bool) -> Console:
    # What is printed may come from a file or from the bank: none of it is markup.
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console


def say(text: str = "", style: str | None = None) -> None:
    """Print a line of the result."""
    _console(stderr=False).print(text, style=style, soft_wrap=True)


def remark(text: str, style: str | None = "dim") -> None:
    """Print a line that is not part of the result."""
    _console(stderr=True).print(text, style=style, soft_wrap=True)


def fail(title: str, detail: str = "") -> None:
    """Print what went wrong."""
    remark(title, style="bold red")
    if detail:
        remark(detail, style=None)


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    _console(stderr=False).out(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: int = 0) -> None:
    """Print rows under headings, the last `right` columns flush right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        is_number = position >= len(headings) - right
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    _console(stderr=False).print(table)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Done]:
    """Show how far something is while the block runs; yield what is to be told."""
    console = _console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        last = 0.0

        def tell(done: int, of: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _REFRESH_SECONDS or done >= of:
                last = now
                bar.update(task, completed=done, total=of)

        yield tell
