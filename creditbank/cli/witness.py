"""`witness`: a witness for other banks' logs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditbank.cli.files import read_file_text
from creditbank.cli.local import AsJson
from creditbank.cli.output import fail, remark, say, say_json, say_table
from creditbank.cli.wording import Command, _, group

app = group(_("Witness other banks' logs: cosign them as long as nothing in them is changed."))

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("The witness's folder."))]


@app.command(
    "init",
    cls=Command,
    help=_("Make a witness: its keys and its memory, in an empty folder."),
)
def init(
    folder: Folder,
    name: Annotated[
        str,
        typer.Option(
            help=_("Name of the witness for ever, such as witness.example.cn/w1, without scheme.")
        ),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a witness."""
    from creditbank.services.witness_state import make_witness

    keys = [str(key) for key in make_witness(folder, name)]
    if as_json:
        say_json({"name": name, "keys": keys})
        return
    say(_("The witness {name} has been made. Its keys, for others' policies:").format(name=name))
    for key in keys:
        say(f"  {key}")
    remark(
        _(
            "Never put the folder back to an earlier state: a witness that forgets may cosign two"
            " histories."
        )
    )


@app.command("serve", cls=Command, help=_("Run the witness until it is stopped."))
def serve(
    folder: Folder,
    log: Annotated[
        list[str] | None,
        typer.Option(
            "--log",
            help=_("Verifier key of a log that it cosigns, any number of times."),
            show_default=False,
        ),
    ] = None,
    logs: Annotated[
        Path | None,
        typer.Option(
            "--logs",
            help=_("A policy file; the logs that it names are cosigned."),
            show_default=False,
        ),
    ] = None,
    host: Annotated[str, typer.Option(help=_("Address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=_("Port to listen on."))] = 8100,
) -> None:
    """Run the witness."""
    import uvicorn

    from creditbank.services.witness_app import create_witness_app
    from creditbank.services.witness_state import load_witness, read_logs

    texts = [*(log or []), *([read_file_text(logs)] if logs else [])]
    known = read_logs(texts)
    if not known:
        raise typer.BadParameter(_("name at least one log"), param_hint="--log")
    app_ = create_witness_app(folder, load_witness(folder), known)
    for key in known:
        remark(str(key))
    uvicorn.run(
        app_,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


@app.command(
    "status",
    cls=Command,
    help=_(
        "Show the witness's keys and what it cosigned last. The exit code is 1 if a log has signed"
        " contradictory checkpoints."
    ),
)
def status(folder: Folder, *, as_json: AsJson = False) -> None:
    """Show what the witness remembers."""
    from creditbank.services.witness_state import witness_state

    state = witness_state(folder)
    if as_json:
        say_json(state)
    else:
        for key in state["keys"]:
            say(key)
        rows = [[one["origin"], one["at"], str(one["size"])] for one in state["logs"]]
        say_table([_("Log"), _("Time"), _("Size")], rows, right=1)
    if state["conflicts"]:
        if not as_json:
            fail(_("A log has signed contradictory checkpoints. Keep this folder as proof."))
            for one in state["conflicts"]:
                say(one["checkpoint"])
        raise typer.Exit(1)
