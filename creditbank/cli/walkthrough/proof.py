"""The last steps: a clean audit, and one that finds a single changed byte."""

from __future__ import annotations

import time

import typer

from creditbank.cli import auditing
from creditbank.cli.output import fail, say
from creditbank.cli.walkthrough.stage import Stage
from creditbank.cli.walkthrough.tampering import change_byte, copy_database
from creditbank.cli.wording import _
from creditbank.services.auditing import AuditReport
from creditbank.services.operating import Operator
from creditbank.storage.database import Database


def audit(stage: Stage) -> None:
    """Audit the ledger; everything in it agrees."""
    stage.step(_("An audit"))
    report = _audit(stage, stage.operator.database)
    if not report.is_clean:
        _fail(_("The audit found something where nothing was changed."))


def tamper(stage: Stage, index: int) -> None:
    """Change a byte of entry `index` in a copy; the audit of the copy names the entry.

    Of a PostgreSQL database no copy is made.
    """
    stage.step(_("Somebody changes one byte"))
    file = stage.operator.database.file
    if file is None:
        say(_("   Left out: it needs a copy of the database, which only SQLite makes at a stroke."))
        return
    folder = stage.folder / "tampered"
    folder.mkdir()
    copy = Database(f"sqlite:///{copy_database(file, folder)}")
    try:
        change_byte(copy, index)
        say(
            _(
                "   In a copy of the database, entry {index} now says 9.50 credits instead of 1.50."
                " The guard that forbids it was removed before and put back after."
            ).format(index=index)
        )
        report = _audit(stage, copy)
    finally:
        copy.engine.dispose()
    if index not in {finding.index for finding in report.findings}:
        _fail(_("The audit did not find the changed entry."))


def _audit(stage: Stage, database: Database) -> AuditReport:
    started = time.monotonic()
    bank = Operator(database, stage.operator.keyring)
    report = auditing.audited(bank, stage.settings.record_file)
    auditing.say_report(report)
    say(
        _("   {entries} entries audited in {seconds:.2f} s").format(
            entries=report.entries, seconds=time.monotonic() - started
        )
    )
    return report


def _fail(text: str) -> None:
    fail(text)
    raise typer.Exit(1)
