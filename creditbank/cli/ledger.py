"""`audit`, `rebuild` and `erasures publish`: the operator's work on the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from creditbank.cli.local import AsJson, Data, load_settings, operator
from creditbank.cli.output import progress, say, say_json, say_table
from creditbank.cli.wording import Command, _, group

if TYPE_CHECKING:
    from creditbank.services.auditing import AuditReport
    from creditbank.services.operating import Operator

erasures = group(_("Publish what was erased at learners' demand."))

_SHOWN_FINDINGS = 50


def audit(data: Data = None, *, as_json: AsJson = False) -> None:
    """Check the whole ledger."""
    with operator(data) as bank:
        report = audited(bank, load_settings(data).record_file)
    if as_json:
        say_json(report.document())
    else:
        say_report(report)
    if not report.is_clean:
        raise typer.Exit(1)


def audited(bank: Operator, record_file: Path | None) -> AuditReport:
    """Return the report on a bank, held against the record of what was signed if there is one.

    Raises `LogFrozen` where the record cannot be read.
    """
    from creditbank.services import auditing
    from creditbank.storage import loading
    from creditbank.storage.signed_record import SignedRecord

    record = None
    if record_file is not None:
        origin = bank.database.read_sync(loading.read_head).origin
        record = SignedRecord(record_file, origin).read()
    signed = None if record is None else (record.size, record.root)
    with progress(_("Auditing")) as tell:
        return auditing.audit(bank.database, bank.keyring, tell, record=signed)


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
