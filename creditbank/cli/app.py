"""Every command, in the order in which a stranger needs them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from creditbank.cli import (
    bank,
    demo,
    keys,
    ledger,
    log,
    posting,
    records,
    registers,
    signing,
    tokens,
    verify,
    witness,
)
from creditbank.cli.output import say
from creditbank.cli.wording import Command, _, group, translate_typer

translate_typer()
app = group(
    _(
        "A skills credit bank (技能学分银行): a ledger on which working people keep what they have"
        " learned."
    )
)


def _show_version(value: bool) -> None:  # Typer passes it so
    if value:
        say(version("creditbank"))
        raise typer.Exit


@app.callback()
def main(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help=_("Show the version and exit.")
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command(
    "demo",
    cls=Command,
    help=_(
        "Walk through the bank in a minute: institutions post, a learner looks and grants, a"
        " college reads, an audit finds a changed byte. Everything in it is fictitious."
    ),
)(demo.demo)
app.command(
    "init",
    cls=Command,
    help=_("Make a new bank: keys, the first entry, and the registers that ship with the program."),
)(bank.init)
app.command(
    "serve",
    cls=Command,
    help=_("Run the server until it is stopped. Further settings are in docs/settings.md."),
)(bank.serve)
app.add_typer(tokens.app, name="token")
app.add_typer(registers.app, name="register")
app.command(
    "post",
    cls=Command,
    help=_(
        "Post the rows of a sheet as learning outcomes. docs/sheets.md says how sheets are read."
        " The exit code is 1 if rows were refused."
    ),
)(posting.post)
app.command("balance", cls=Command, help=_("Show a learner's balance."))(records.balance)
app.command("statement", cls=Command, help=_("Show all entries of a learner's account."))(
    records.statement
)
app.command(
    "audit",
    cls=Command,
    help=_(
        "Check the whole ledger against itself, and name every finding with its entry. The exit"
        " code is 0 if there is none, 1 if there are some, 2 if the audit could not run."
    ),
)(ledger.audit)
app.command(
    "rebuild",
    cls=Command,
    help=_("Fold balances and other views anew from the entries. Appends wait meanwhile."),
)(ledger.rebuild)
app.command(
    "verify",
    cls=Command,
    help=_(
        "Verify a receipt or a statement without the bank. The exit code is 0 if it is valid, 1 if"
        " not, 2 if it cannot be told."
    ),
)(verify.verify)
app.add_typer(ledger.erasures, name="erasures")
app.add_typer(keys.app, name="keys")
app.add_typer(log.app, name="log")
app.add_typer(witness.app, name="witness")
app.add_typer(signing.app, name="signing-key")
