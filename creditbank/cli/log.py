"""`log`: how far the log is signed and published, and going on after the record was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditbank.cli.files import read_file_bytes
from creditbank.cli.local import AsJson, Data, load_settings, operator
from creditbank.cli.output import fail, say, say_json
from creditbank.cli.wording import Command, _, group
from creditbank.errors.log import REASONS

app = group(_("Look after the published log."))


@app.command(
    "status",
    cls=Command,
    help=_(
        "Show how far the log is committed, signed and published. The exit code is 1 if nothing"
        " more is signed."
    ),
)
def status(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show how far the log is."""
    from creditbank.services.resuming import log_state

    with operator(data) as bank:
        state = log_state(bank.database, bank.keyring, load_settings(data).record_file)
    if as_json:
        say_json(state)
    else:
        say(state["origin"], style="bold")
        say(_("Entries committed: {size}").format(size=state["committed"]))
        say(_("Largest size signed: {size}").format(size=state.get("signed", "–")))
        say(_("Published size: {size}").format(size=state["published"]))
    if "frozen" in state:
        if not as_json:
            fail(_("Nothing more is signed: {reason}.").format(reason=_(REASONS[state["frozen"]])))
        raise typer.Exit(1)


@app.command(
    "resume",
    cls=Command,
    help=_(
        "Make the record of what was signed anew, after its file was lost. Name the largest"
        " checkpoint that anybody outside keeps; docs/operations-log.md says where to get it."
    ),
)
def resume(
    checkpoint: Annotated[
        Path, typer.Option("--checkpoint", help=_("A checkpoint of this log, in a file."))
    ],
    data: Data = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make the record anew."""
    from creditbank.services.resuming import resume_log

    note = read_file_bytes(checkpoint)
    with operator(data) as bank:
        head = resume_log(bank.database, bank.keyring, load_settings(data).record_file, note)
    if as_json:
        say_json({"size": head.size, "root": head.root.hex()})
    else:
        say(_("The record says that size {size} was signed.").format(size=head.size))
