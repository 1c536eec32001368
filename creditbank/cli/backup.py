"""`export`, `restore`, `backup-key` and `erasures export`; docs/backup.md says how they belong.

Exports are sealed to the public half of a key whose other half stays away from the bank.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditbank.cli.local import AsJson, Data, DatabaseUrl, database_of, load_settings, operator
from creditbank.cli.output import progress, say, say_json
from creditbank.cli.wording import _

PublicKey = Annotated[
    Path,
    typer.Option("--to", help=_("The .pub file of the key that the private part is sealed to.")),
]
SecretKey = Annotated[
    Path, typer.Option("--with", help=_("The secret half of the key that the export is sealed to."))
]


def backup_key(
    file: Annotated[Path, typer.Argument(help=_("Where to write the secret half."))],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key for backups."""
    from creditbank.errors.export import ExportTargetExists
    from creditbank.storage.sealed_files import new_identity, write_identity

    try:
        public = write_identity(file, new_identity())
    except FileExistsError:
        raise ExportTargetExists(folder=file.name) from None
    if as_json:
        say_json({"secret": str(file), "public": str(public)})
    else:
        say(_("Keep {file} away from the bank; exports take {public}.").format(
            file=file, public=public
        ))  # fmt: skip


def export(
    folder: Annotated[Path, typer.Argument(help=_("A new folder for the export."))],
    *,
    to: PublicKey,
    keys_to: Annotated[
        Path | None,
        typer.Option(
            "--keys-to",
            help=_("The .pub file of another key, for learners' keys; otherwise the same."),
            show_default=False,
        ),
    ] = None,
    data: Data = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write an export of the bank while it runs."""
    from creditbank.services.exporting import export_bank
    from creditbank.storage.sealed_files import read_recipient

    recipient = read_recipient(to)
    keys_recipient = None if keys_to is None else read_recipient(keys_to)
    with operator(data, database) as bank, progress(_("Exporting")) as tell:
        exported = export_bank(
            bank.database, folder, recipient, keys_recipient=keys_recipient, progress=tell
        )
    if as_json:
        say_json(exported.document())
    else:
        said = _("{size} entries were exported, {published} of them in the published log.")
        say(said.format(size=exported.size, published=exported.published))


def restore(
    folder: Annotated[Path, typer.Argument(help=_("The folder of the export."))],
    *,
    secret: SecretKey,
    keys_file: Annotated[
        Path | None,
        typer.Option(
            "--keys", help=_("Learners' keys, where they are kept apart."), show_default=False
        ),
    ] = None,
    keys_secret: Annotated[
        Path | None,
        typer.Option(
            "--keys-with",
            help=_("The secret half of the key that they are sealed to, if it is another."),
            show_default=False,
        ),
    ] = None,
    erasures: Annotated[
        list[Path] | None,
        typer.Option(
            "--erasures",
            help=_("A later file of `erasures export`; what it lists is not brought back."),
            show_default=False,
        ),
    ] = None,
    data: Data = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write the bank of an export into an empty database."""
    from creditbank.services.restoring import Source, restore_bank
    from creditbank.storage.keyring import load_keyring
    from creditbank.storage.sealed_files import read_identity

    source = Source(
        folder,
        read_identity(secret),
        keys_file,
        None if keys_secret is None else read_identity(keys_secret),
        tuple(erasures or ()),
    )
    settings = load_settings(data, database_url=database)
    keyring = load_keyring(settings.keys_dir)
    with database_of(settings, must_exist=False) as target, progress(_("Restoring")) as tell:
        restored = restore_bank(source, target, keyring, tell)
    if as_json:
        say_json(restored.document())
        return
    say(_("{size} entries were restored; {erased} keys stay destroyed.").format(
        size=restored.size, erased=restored.erased
    ))  # fmt: skip
    if restored.published and not settings.record_file.exists():
        say(_(
            "The record of what was signed is missing: put it back, or make it anew with"
            " `creditbank log resume`. Until then nothing is signed."
        ))  # fmt: skip


def export_erasures(
    file: Annotated[Path, typer.Argument(help=_("Where to write them."))],
    data: Data = None,
    database: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write which keys were destroyed so far."""
    from creditbank.services import exporting

    with operator(data, database) as bank:
        count = exporting.export_erasures(bank.database, file)
    if as_json:
        say_json({"erasures": count})
    else:
        say(_("{count} erasures were written.").format(count=count))
