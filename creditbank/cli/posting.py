"""`post`: an institution's spreadsheet to the bank, through the SDK."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditbank.cli.local import AsJson
from creditbank.cli.output import remark, say, say_json, say_table
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import EXPLAINED, SEPARATOR, _
from creditbank.clients.defaults import CHUNK, CHUNK_MAX, PASS_MARK
from creditbank.errors.sheets import COLUMNS

if TYPE_CHECKING:
    from creditbank.cli.sending import BadRow, SentSheet
    from creditbank.clients.sheets import Sheet

_SHOWN_ROWS = 50


def post(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The sheet: CSV, XLS or XLSX."))],
    *,
    server: Server,
    token_file: TokenFile = None,
    sheet: Annotated[
        str | None,
        typer.Option(help=_("Name of the sheet, where several have headings."), show_default=False),
    ] = None,
    institution: Annotated[
        str,
        typer.Option(
            help=_("Your unified social credit code; goes into source ids that are derived."),
            show_default=False,
        ),
    ] = "",
    pass_mark: Annotated[
        str,
        typer.Option(help=_("From which mark a part is passed, where a failed row does not say.")),
    ] = PASS_MARK,
    operator: Annotated[
        str | None,
        typer.Option(help=_("Who posts (经办), as you name them."), show_default=False),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option(help=_("Who checked (复核), as you name them."), show_default=False),
    ] = None,
    signing_key: Annotated[
        Path | None,
        typer.Option(
            "--signing-key",
            help=_("Your institution's key file (`signing-key new`): signs every row."),
            show_default=False,
        ),
    ] = None,
    chunk: Annotated[int, typer.Option(min=1, max=CHUNK_MAX, help=_("Rows to a batch."))] = CHUNK,
    atomic: Annotated[bool, typer.Option("--atomic", help=_("Record all rows or none."))] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Say what would happen, and record nothing."))
    ] = False,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Post the rows of a sheet."""
    from creditbank.cli.sending import send
    from creditbank.clients.sheets import read_sheet
    from creditbank.clients.signing import load_signer

    signer = None if signing_key is None else load_signer(signing_key)
    read = read_sheet(file, institution=institution, sheet=sheet, pass_mark=pass_mark)
    with connect(server, token_file, allow_http=allow_http) as bank:
        sent = send(
            bank,
            read,
            signer=signer,
            chunk=chunk,
            atomic=atomic,
            operator=operator,
            reviewer=reviewer,
            dry_run=dry_run,
        )
    if as_json:
        say_json(_document(sent, dry_run=dry_run))
    else:
        _remark_unread(read)
        say_bad_rows(sent.bad)
        say(_summary(sent, dry_run=dry_run))
        if sent.posted.batches:
            say(_("Batches: {batches}").format(batches=SEPARATOR.join(sent.posted.batches)))
    if sent.bad:
        raise typer.Exit(1)


def say_bad_rows(bad: list[BadRow], *, most: int = _SHOWN_ROWS) -> None:
    """Print rows that were refused, with their column and what to correct."""
    if bad:
        say_table([_("Row"), _("Column"), _("What to correct")], [*map(_cells, bad[:most])])
    if len(bad) > most:
        remark(_("… and {rows} more; --json lists all.").format(rows=len(bad) - most))


def _cells(bad: BadRow) -> list[str]:
    column = _(COLUMNS[bad.column]) if bad.column in COLUMNS else ""
    return [str(bad.number), column, EXPLAINED.format(title=bad.title, detail=bad.detail)]


def _document(sent: SentSheet, *, dry_run: bool) -> dict[str, object]:
    return {
        **sent.counts,
        "dry_run": dry_run,
        "batches": sent.posted.batches,
        "file_digest": sent.sheet.digest,
        "skipped_rows": sent.sheet.skipped,
        "unused_headings": sent.sheet.unused,
        "bad_rows": [row.document() for row in sent.bad],
    }


def _summary(sent: SentSheet, *, dry_run: bool) -> str:
    if dry_run:
        template = _(
            "{rows} rows: {recorded} would be recorded, {replayed} are recorded already, {refused}"
            " would be refused. Nothing was recorded."
        )
    else:
        template = _(
            "{rows} rows: {recorded} recorded, {replayed} were recorded before, {refused} refused."
        )
    return template.format(**sent.counts)


def _remark_unread(sheet: Sheet) -> None:
    if sheet.unused:
        remark(_("Columns not read: {names}").format(names=SEPARATOR.join(sheet.unused)))
    if sheet.skipped:
        rows = SEPARATOR.join(str(number) for number in sheet.skipped)
        remark(_("Rows passed over as notes: {rows}").format(rows=rows))
