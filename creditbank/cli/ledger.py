"""`rebuild`, `erasures publish` and `erasures operator`: the bank operator's work on the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from creditbank.cli.local import AsJson, Data, operator
from creditbank.cli.output import progress, say, say_json
from creditbank.cli.wording import Command, _, group

erasures = group(_("Publish and keep what was erased at learners' demand."))


def rebuild(data: Data = None, *, as_json: AsJson = False) -> None:
    """Fold the views anew."""
    from creditbank.services import rebuilding

    with operator(data) as bank, progress(_("Rebuilding")) as tell:
        entries = rebuilding.rebuild(bank.database, bank.keyring, tell)
    if as_json:
        say_json({"entries": entries})
    else:
        say(_("The views were rebuilt from {entries} entries.").format(entries=entries))


@erasures.command(
    "publish",
    cls=Command,
    help=_(
        "Record one entry for all erasures of past days that none covers yet. Run it once a day."
    ),
)
def publish(data: Data = None, *, as_json: AsJson = False) -> None:
    """Record the entry that covers past erasures."""
    with operator(data) as bank:
        recorded = bank.publish_erasures()
    if as_json:
        say_json({} if recorded is None else {"index": recorded.index})
    elif recorded is None:
        say(_("There is nothing to cover."))
    else:
        say(_("Entry {index} covers the erasures.").format(index=recorded.index))


@erasures.command(
    "operator",
    cls=Command,
    help=_(
        "Erase the name of an institution's operator or reviewer from every entry that has it, at"
        " that person's demand. The entries stay. It cannot be undone."
    ),
)
def forget(
    *,
    org: Annotated[
        str, typer.Option(help=_("Unified social credit code of the institution that posted."))
    ],
    name: Annotated[str, typer.Option(help=_("The name, exactly as it was posted."))],
    yes: Annotated[bool, typer.Option("--yes", help=_("Do not ask before erasing."))] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Erase an operator."""
    from creditbank.services.forgetting import forget_operator

    if not yes:
        typer.confirm(_("Erase this name from all entries of {org}?").format(org=org), abort=True)
    with operator(data) as bank, progress(_("Erasing")) as tell:
        gone = forget_operator(bank.database, bank.keyring, org, name, tell)
    if as_json:
        say_json({"entries": gone.entries, "keys": gone.keys})
    elif gone.entries:
        said = _("Erased from {entries} entries; the next `erasures publish` covers it.")
        say(said.format(entries=gone.entries))
    else:
        say(_("No entry of this institution has that name."))
