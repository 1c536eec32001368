"""`signing-key`: an institution's key, with which it signs what it posts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditbank.cli.local import AsJson
from creditbank.cli.output import say, say_json
from creditbank.cli.wording import Command, _, group
from creditbank.errors.verification import SigningKeyNotWritten

app = group(_("Make and show the key with which an institution signs what it posts."))


@app.command(
    "new", cls=Command, help=_("Make a new key file; the labour authority registers the key.")
)
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("Where to write it."))],
    origin: Annotated[str, typer.Option(help=_("Name of the bank's log (GET /v1/bank)."))],
    institution: Annotated[str, typer.Option(help=_("Your unified social credit code."))],
    kid: Annotated[str, typer.Option(help=_("A name for the key, such as 2026-1."))],
    *,
    post_quantum: Annotated[
        bool, typer.Option("--ml-dsa-44", help=_("ML-DSA-44 instead of Ed25519."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new key file."""
    from creditbank.clients.signing import new_key_file

    try:
        signer = new_key_file(
            file,
            log=origin,
            org=institution,
            kid=kid,
            alg="ml-dsa-44" if post_quantum else "ed25519",
        )
    except OSError:
        raise SigningKeyNotWritten(file=file.name) from None
    _say(signer.public_key, as_json=as_json)


@app.command("show", cls=Command, help=_("Show the public key of a key file."))
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The key file."))],
    *,
    as_json: AsJson = False,
) -> None:
    """Show what the institution's register has to say of the key."""
    from creditbank.clients.signing import load_signer

    _say(load_signer(file).public_key, as_json=as_json)


def _say(key: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        say_json(key)
        return
    say(_("For the member `keys` of your institution's register, with valid_from:"))
    for name, value in key.items():
        say(f"  {name}: {value}")
