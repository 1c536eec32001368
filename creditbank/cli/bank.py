"""`init` makes a bank, `serve` runs its server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from creditbank.cli.local import AsJson, Data, DatabaseUrl, database_of, load_settings
from creditbank.cli.output import say, say_json
from creditbank.cli.wording import _

if TYPE_CHECKING:
    from creditbank.config import Settings


def init(
    data: Data = None,
    origin: Annotated[
        str | None,
        typer.Option(
            help=_(
                "Name of the log for ever: a domain of your own and a path, such as"
                " bank.example.cn/2026."
            ),
            show_default=False,
        ),
    ] = None,
    database: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a new bank: keys, the first entry, and the registers that ship with the program."""
    from creditbank.services import banking

    settings = load_settings(data, origin=origin, database_url=database)
    settings.require_safe()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with database_of(settings, must_exist=False) as opened:
        size = banking.create_bank(opened, settings.keys_dir, settings.origin)
    if as_json:
        say_json({"origin": settings.origin, "entries": size, "keys": str(settings.keys_dir)})
        return
    say(
        _("The bank {origin} has been made, with {size} entries.").format(
            origin=settings.origin, size=size
        )
    )
    say(
        _(
            "Keys: {folder}. Without them nothing in the vault can be read: keep a copy elsewhere."
        ).format(folder=settings.keys_dir)
    )
    say(_("Start it with: creditbank serve --data {folder}").format(folder=settings.data_dir))


def serve(
    data: Data = None,
    database: DatabaseUrl = None,
    host: Annotated[
        str | None, typer.Option(help=_("Address to listen on."), show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help=_("Port to listen on."), show_default="8000")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help=_("Server processes."))] = 1,
) -> None:
    """Run the server until it is stopped. All other settings are CREDITBANK_… variables."""
    import uvicorn

    from creditbank.storage import loading

    settings = load_settings(data, database_url=database, host=host, port=port)
    with database_of(settings, must_exist=True) as opened:
        head = opened.read_sync(loading.read_head)
    if "origin" not in settings.model_fields_set:
        # The ledger knows its name; a name that is set has to be the same.
        settings = load_settings(
            data, database_url=database, host=host, port=port, origin=head.origin
        )
    settings.require_safe()
    _check_bank(settings)
    os.environ.update(_environment(settings))
    uvicorn.run(
        "creditbank.server:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        loop="uvloop" if os.name != "nt" else "auto",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )


def _check_bank(settings: Settings) -> None:
    """Refuse here what would make every server process fail: keys, guards, another's ledger."""
    from creditbank.services.opening import open_configured

    open_configured(settings).database.engine.dispose()


def _environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which server processes find the same settings."""
    names = ("data_dir", "database_url", "keys_dir", "origin", "host", "port", "public_url")
    return {f"CREDITBANK_{name.upper()}": str(getattr(settings, name)) for name in names}
