"""`rebuild` and `erasures publish`: the operator's work on the ledger."""

from __future__ import annotations

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
