"""`keys`: the log's signing keys, and their rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from creditbank.cli.local import AsJson, Data, load_settings, operator
from creditbank.cli.output import remark, say, say_json, say_table
from creditbank.cli.wording import Command, _, group

if TYPE_CHECKING:
    from creditbank.storage.seeds import Seed

app = group(_("Show and rotate the keys that sign the log."))

_OVERLAP_DAYS = 30


@app.command(
    "list",
    cls=Command,
    help=_(
        "Show the bank's public keys over time, as verifiers and witnesses are given them. What is"
        " printed is a file that `verify --key` takes."
    ),
)
def list_keys(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the keys."""
    from creditbank.services.log_keys import period_document, read_periods
    from creditbank.services.proving import account_head_signer
    from creditbank.storage import loading

    with operator(data) as bank:
        origin = bank.database.read_sync(loading.read_head).origin
        periods = bank.database.read_sync(lambda found: read_periods(found, bank.keyring, origin))
    documents = [period_document(period) for period in periods]
    account_head = str(account_head_signer(origin, load_settings(data).keys_dir).key)
    if as_json:
        say_json({"origin": origin, "periods": documents, "account_head": account_head})
        return
    for document in documents:
        heading = _("From size {size}, entry {index}").format(
            size=document["from_size"], index=document["index"]
        )
        if "until" in document:
            heading += _("; sign along until {until}").format(until=document["until"])
        _say_keys(heading, document["keys"])
    _say_keys(_("Account heads: what statements are verified with"), [account_head])


def _say_keys(heading: str, keys: list[str]) -> None:
    """Print keys as a file of keys has them: the heading is a remark there."""
    say(f"# {heading}", style="bold")
    for key in keys:
        say(key)


@app.command(
    "rotate",
    cls=Command,
    help=_(
        "Begin to sign with new keys. An entry names them; what was signed before stays valid,"
        " and running servers take them up. After a theft use --overlap-days 0."
    ),
)
def rotate(
    data: Data = None,
    overlap_days: Annotated[
        int,
        typer.Option(min=0, max=366, help=_("Days for which the keys before sign along.")),
    ] = _OVERLAP_DAYS,
    *,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare",
            help=_(
                "Only make the next keys, to be copied to every server before the rotation itself."
            ),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rotate the keys."""
    from creditbank.services.log_keys import prepare_keys, rotate_keys
    from creditbank.storage.journal import Recorder

    keys_dir = load_settings(data).keys_dir
    with operator(data) as bank:
        if prepare:
            _say_prepared(prepare_keys(bank.database, bank.keyring, keys_dir), as_json=as_json)
            return
        recorder = Recorder(bank.keyring)
        rotated = rotate_keys(
            bank.database, recorder, bank.keyring, keys_dir, overlap_days=overlap_days
        )
    if as_json:
        say_json(
            {
                "generation": rotated.generation,
                "index": rotated.index,
                "leaf_hash": rotated.leaf_hash.hex(),
                "keys": [str(key) for key in rotated.keys],
                "replayed": rotated.replayed,
            }
        )
        return
    say(
        _("Entry {index} names the new keys. Give them to witnesses and verifiers:").format(
            index=rotated.index
        )
    )
    for key in rotated.keys:
        say(f"  {key}")
    remark(_("Copy the key folder to the key backup now: {folder}").format(folder=keys_dir))


def _say_prepared(prepared: list[Seed], *, as_json: bool) -> None:
    if as_json:
        say_json([{"alg": seed.alg, "file": str(seed.file)} for seed in prepared])
        return
    say_table([_("Algorithm"), _("File")], [[seed.alg, str(seed.file)] for seed in prepared])
    remark(_("Copy these files to every server, then run the rotation on one of them."))
