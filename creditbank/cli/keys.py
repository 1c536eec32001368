"""`keys`: the log's signing keys, and their rotation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from creditbank.cli.local import AsJson, Data, load_settings, operator
from creditbank.cli.output import remark, say, say_json, say_table
from creditbank.cli.wording import Command, _, clock, group

if TYPE_CHECKING:
    from creditbank.storage.seeds import Seed

app = group(_("Show and rotate the keys that sign the log, and those that sign certificates."))

Role = Annotated[
    Literal["log", "credential"],
    typer.Argument(help=_("The keys of the log, or the one of certificates.")),
]

_OVERLAP_DAYS = 30


@app.command(
    "list",
    cls=Command,
    help=_(
        "Show the bank's public keys over time, as verifiers and witnesses are given them. What is"
        " printed is a file that `verify --key` takes."
    ),
)
def list_keys(role: Role = "log", data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the keys."""
    if role == "credential":
        _list_credential_keys(data, as_json=as_json)
        return
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
        " and running servers take them up. After a theft use --overlap-days 0, or for the key of"
        " certificates --compromised."
    ),
)
def rotate(
    role: Role = "log",
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
    compromised: Annotated[
        bool,
        typer.Option(
            "--compromised",
            help=_(
                "Give up the certificate key before: what it signed is valid no more, and is issued"
                " again when it is asked for."
            ),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rotate the keys."""
    if role == "credential":
        _rotate_credential_key(data, compromised=compromised, as_json=as_json)
        return
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


def _list_credential_keys(data: Path | None, *, as_json: bool) -> None:
    from creditbank.services.credential_keys import read_keys
    from creditbank.storage import loading

    with operator(data) as bank:
        origin = bank.database.read_sync(loading.read_head).origin
        keys = bank.database.read_sync(lambda found: read_keys(found, bank.keyring, origin))
    documents = [key.document() for key in keys]
    if as_json:
        say_json(documents)
        return
    say_table(
        [_("Entry"), _("Since (Beijing time)"), _("Until (Beijing time)"), _("Key")],
        [
            [str(one["index"]), clock(one["since"]), clock(one.get("until")), one["multikey"]]
            for one in documents
        ],
    )


def _rotate_credential_key(data: Path | None, *, compromised: bool, as_json: bool) -> None:
    from creditbank.services.credential_keys import rotate_credential_key
    from creditbank.storage.journal import Recorder

    keys_dir = load_settings(data).keys_dir
    with operator(data) as bank:
        recorder = Recorder(bank.keyring)
        key = rotate_credential_key(
            bank.database, recorder, bank.keyring, keys_dir, compromised=compromised
        )
    if as_json:
        say_json(key.document())
        return
    say(_("Entry {index} names the new key of certificates:").format(index=key.index))
    say(f"  {key.multikey}")
    remark(_("Copy the key folder to every server and to the key backup now: {folder}").format(
        folder=keys_dir
    ))  # fmt: skip


def _say_prepared(prepared: list[Seed], *, as_json: bool) -> None:
    if as_json:
        say_json([{"alg": seed.alg, "file": str(seed.file)} for seed in prepared])
        return
    say_table([_("Algorithm"), _("File")], [[seed.alg, str(seed.file)] for seed in prepared])
    remark(_("Copy these files to every server, then run the rotation on one of them."))
