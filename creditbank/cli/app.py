"""Every command, in the order in which a stranger needs them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from creditbank.cli import (
    auditing,
    backup,
    bank,
    credentials,
    demo,
    keys,
    ledger,
    log,
    planning,
    posting,
    records,
    registers,
    rules,
    signing,
    tokens,
    verify,
    witness,
)
from creditbank.cli.output import say
from creditbank.cli.wording import Command, _, group

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
        " college reads and decides, a stranger verifies a certificate, an audit finds a changed"
        " byte. Everything in it is fictitious."
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
app.command(
    "whoami",
    cls=Command,
    help=_("Show whose the token in use is, what it may do, and until when."),
)(tokens.whoami)
app.add_typer(registers.app, name="register")
app.add_typer(rules.app, name="rules")
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
    "receipt",
    cls=Command,
    help=_(
        "Print the receipt of an entry as JSON: whoever has it and the bank's keys can verify it."
    ),
)(records.receipt)
app.add_typer(planning.app, name="convert")
app.add_typer(credentials.app, name="credential")
app.command(
    "audit",
    cls=Command,
    help=_(
        "Check the whole ledger, or with --log a published log of anybody, and name every finding"
        " with its entry. The exit code is 0 if there is none, 1 if there are some, 2 if the audit"
        " could not run."
    ),
)(auditing.audit)
app.command(
    "rebuild",
    cls=Command,
    help=_("Fold balances and other views anew from the entries. Appends wait meanwhile."),
)(ledger.rebuild)
app.command(
    "export",
    cls=Command,
    help=_(
        "Write an export of the bank while it runs: the published log, and sealed what is private."
        " docs/backup.md has the whole procedure."
    ),
)(backup.export)
app.command(
    "restore",
    cls=Command,
    help=_("Make the bank of an export anew, in an empty database; later erasures stay erased."),
)(backup.restore)
app.command(
    "backup-key",
    cls=Command,
    help=_("Make a key that exports are sealed to; only its public half stays with the bank."),
)(backup.backup_key)
app.command(
    "verify",
    cls=Command,
    help=_(
        "Verify a receipt, a statement or a certificate without the bank. The exit code is 0 if it"
        " is valid, 1 if not, 2 if it cannot be told."
    ),
)(verify.verify)
ledger.erasures.command(
    "export",
    cls=Command,
    help=_(
        "Write which keys were destroyed so far, for a later restore; nothing personal is in it."
    ),
)(backup.export_erasures)
app.add_typer(ledger.erasures, name="erasures")
app.add_typer(keys.app, name="keys")
app.add_typer(log.app, name="log")
app.add_typer(witness.app, name="witness")
app.add_typer(signing.app, name="signing-key")
