"""Commands that ask a bank over the network, through the SDK."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditbank.cli.files import read_file_text
from creditbank.cli.output import remark
from creditbank.cli.wording import _, language
from creditbank.errors.cli import TokenMissing

if TYPE_CHECKING:
    from creditbank.clients.bank import BankClient

Server = Annotated[
    str,
    typer.Option(
        "--server",
        envvar="CREDITBANK_SERVER",
        help=_("Address of the bank, for example https://bank.example.cn."),
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help=_("A file that holds the token; otherwise CREDITBANK_TOKEN has it."),
        show_default=False,
    ),
]
AllowHttp = Annotated[
    bool,
    typer.Option("--allow-http", help=_("Send the token unencrypted, in a network you trust.")),
]


def connect(server: str, token_file: Path | None, *, allow_http: bool) -> BankClient:
    """Return a client of the bank.

    Raises `TokenMissing`, `FileUnreadable`, and what `BankClient` raises.
    """
    import stamina.instrumentation

    from creditbank.clients.bank import BankClient

    stamina.instrumentation.set_on_retry_hooks([_remark_retry])
    return BankClient(server, _token(token_file), language=language, allow_http=allow_http)


def _remark_retry(details: Any) -> None:
    """Say that a request is made again; the library would write a log line of its own."""
    if details.wait_for < 1:
        return
    waiting = _("The bank does not answer or is busy; trying again in {seconds:.0f} s …")
    remark(waiting.format(seconds=details.wait_for))


def _token(file: Path | None) -> str:
    named = os.environ.get("CREDITBANK_TOKEN", "")
    token = named if file is None else read_file_text(file).strip()
    if not token:
        raise TokenMissing
    return token
