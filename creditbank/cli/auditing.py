"""`audit`: of a bank's own ledger, of a copy of a log, or of another bank's log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditbank.cli.local import AsJson, Data, DatabaseUrl, load_settings, operator
from creditbank.cli.output import progress, say, say_json, say_table
from creditbank.cli.wording import _
from creditbank.errors.cli import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creditbank.services.audit_state import AuditState
    from creditbank.services.auditing import AuditReport
    from creditbank.services.operating import Operator

STATE_FILE = Path("audit-state.json")
_SHOWN_FINDINGS = 50


def audit(
    *,
    data: Data = None,
    database: DatabaseUrl = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log",
            help=_(
                "Audit a published log instead: the folder of a copy, or the address before"
                " /checkpoint. Name its keys with --key."
            ),
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            metavar="VKEY",
            help=_(
                "A key of that log, as its bank publishes it, or a file with one to a line; where"
                " it changed them, each."
            ),
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        Path,
        typer.Option(
            "--state", help=_("The auditor's file that says how far the last audit came.")
        ),
    ] = STATE_FILE,
    from_last: Annotated[
        bool,
        typer.Option(
            "--from-last",
            help=_(
                "Go on where the last audit ended that found nothing, and keep where this one does."
                " Balances and other views are then not checked."
            ),
        ),
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes", min=1, help=_("How many cores to use; all, unless the ledger is small.")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a whole ledger, or a log."""
    if log is None:
        report = _audit_ledger(data, database, state if from_last else None, processes)
    else:
        report = _audit_log(log, key or [], state if from_last else None, processes)
    if from_last:
        _keep(report, state)
    if as_json:
        say_json(report.document())
    else:
        say_report(report)
        if from_last and report.since:
            told = _("Entries below {size} were audited before and not read again.")
            say(told.format(size=report.since))
    if not report.is_clean:
        raise typer.Exit(1)


def _audit_ledger(
    data: Path | None, database: str | None, state: Path | None, processes: int | None
) -> AuditReport:
    record_file = load_settings(data, database_url=database).record_file
    with operator(data, database) as bank:
        return audited(bank, record_file, state, processes)


def audited(
    bank: Operator,
    record_file: Path,
    state: Path | None = None,
    processes: int | None = None,
) -> AuditReport:
    """Return the report on a bank, held against the record of what was signed."""
    from creditbank.services import auditing
    from creditbank.storage import loading
    from creditbank.storage.signed_record import SignedRecord

    origin = bank.database.read_sync(loading.read_head).origin
    with progress(_("Auditing")) as tell:
        return auditing.audit(
            bank.database,
            bank.keyring,
            tell,
            record=SignedRecord(record_file, origin),
            since=_last(state),
            processes=processes,
        )


def _audit_log(
    log: str, keys: Sequence[str], state: Path | None, processes: int | None
) -> AuditReport:
    from creditbank.cli.verify import read_keys
    from creditbank.services.log_auditing import audit_log

    if not keys:
        raise typer.BadParameter(_("a log is audited against its keys"), param_hint="--key")
    parsed = [key for text in keys for key in read_keys(text)]
    with progress(_("Auditing")) as tell:
        return audit_log(log, parsed, tell, since=_last(state), processes=processes)


def _last(state: Path | None) -> AuditState | None:
    from creditbank.services.audit_state import read_state

    return None if state is None else read_state(state)


def _keep(report: AuditReport, state: Path) -> None:
    from creditbank.services.audit_state import write_state

    if report.state is None:
        return
    try:
        write_state(state, report.state)
    except OSError as error:
        raise FileUnreadable(file=str(state), reason="file_missing") from error


def say_report(report: AuditReport) -> None:
    """Print an audit's report: what was checked, what was found."""
    from creditbank.services import auditing

    say(
        _("Log {origin}: {entries} entries, root {root}").format(
            origin=report.origin, entries=report.entries, root=report.root
        )
    )
    found = {finding.check for finding in report.findings}
    for check in report.checked:
        mark, style = ("✗", "red") if check in found else ("✓", "green")
        say(f"  {mark} {_(auditing.CHECKS[check])}", style=style)
    if report.findings:
        rows = [_finding_cells(finding) for finding in report.findings[:_SHOWN_FINDINGS]]
        say_table([_("Entry"), _("Finding")], rows)
    for check, count in report.left_out.items():
        more = _("… and {count} more of: {check}")
        say(more.format(count=count, check=_(auditing.CHECKS[check])))
    say(_summary(report), style="bold green" if report.is_clean else "bold red")


def _summary(report: AuditReport) -> str:
    if report.is_clean:
        return _("Nothing was found: the ledger is what it says it is.")
    return _(
        "{findings} findings. Stop writing, keep the database as it is, and compare it with"
        " checkpoints and receipts."
    ).format(findings=len(report.findings))


def _finding_cells(finding: Any) -> list[str]:
    index = "" if finding.index is None else str(finding.index)
    # A field may itself be a message: what is wrong with the row of a view.
    fields = {
        name: _(value) if isinstance(value, str) else value
        for name, value in finding.fields.items()
    }
    return [index, _(finding.message).format(**fields)]
