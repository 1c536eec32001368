"""`verify`: whether a receipt or a statement holds, without the bank and without any network.

The exit code is 0 if it is valid, 1 if not, 2 if it cannot be told.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from creditbank.cli.local import AsJson
from creditbank.cli.output import say, say_json, say_table
from creditbank.cli.wording import SEPARATOR, _
from creditbank.errors.cli import FileUnreadable

if TYPE_CHECKING:
    from creditbank.domain.verification import Report, Step
    from creditbank.ledger.keys import VerifierKey
    from creditbank.ledger.policy import Policy

_MARKS: Final = {
    "passed": ("✓", "green"),
    "noted": ("✓", "green"),
    "skipped": ("–", "dim"),
    "undecided": ("?", "yellow"),
    "failed": ("✗", "red"),
}
_RESULTS: Final = {
    "valid": (_("Valid."), "bold green"),
    "not_valid": (_("NOT valid: do not rely on this document."), "bold red"),
    "undecidable": (_("Undecidable: do not rely on it as it is."), "bold yellow"),
}
_LEVELS: Final = {
    "committed": _("committed"),
    "published": _("published"),
    "witnessed": _("witnessed"),
}
_STANDINGS: Final = {
    "stands": _("stands"),
    "revoked": _("revoked"),
    "superseded": _("corrected"),
    "award_ended": _("its credit ended"),
}
_SIGNATURES: Final = {
    "signed": _("signed"),
    "unsigned": _("not signed"),
    "unchecked": _("not checked"),
}


def verify(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help=_("The receipt or statement; - reads it here."))
    ],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            metavar="VKEY",
            help=_(
                "A key of the bank (name+id+base64), or a file with one to a line; as often as"
                " needed. Take it from a place that you trust, not from whoever sent the document."
            ),
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            help=_("A trust policy (c2sp.org/tlog-policy): logs, witnesses and their quorum."),
            show_default=False,
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check a receipt or a statement."""
    from creditbank.domain.verification import verify as verify_document

    keys = [found for text in key or [] for found in read_keys(text)]
    report = verify_document(_read(file), keys, read_policy(policy) if policy else None)
    if as_json:
        say_json(report.document(_))
    else:
        say_report(report)
    raise typer.Exit(report.result.exit_code)


def read_keys(text: str) -> list[VerifierKey]:
    """Return the key that `text` is, or the keys of the file that it names.

    Raises `MalformedKey`, and `FileUnreadable` for a file that is none.
    """
    from creditbank.clients.offline import keys_of
    from creditbank.ledger.keys import parse_key

    path = Path(text)
    return [parse_key(text)] if "+" in text and not path.is_file() else keys_of(_text(path))


def read_policy(path: Path) -> Policy:
    """Return the policy of a file; raises `FileUnreadable` and `MalformedPolicy`."""
    from creditbank.ledger.policy import parse_policy

    return parse_policy(_text(path))


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError:
        raise FileUnreadable(file=file, reason="file_missing") from None


def _text(path: Path) -> str:
    try:
        # Bytes decoded by hand: reading text would turn carriage returns into line ends.
        return path.read_bytes().decode("utf-8")
    except OSError:
        raise FileUnreadable(file=str(path), reason="file_missing") from None
    except UnicodeDecodeError:
        raise FileUnreadable(file=str(path), reason="not_text") from None


def say_report(report: Report) -> None:
    """Print the steps, what each found, the entries, and the result."""
    for number, step in enumerate(report.steps, start=1):
        _say_step(number, step)
    if report.document_kind == "statement" and report.entries:
        say_table(
            [_("Entry"), _("Time (UTC)"), _("Kind"), _("Institution's signature"), _("Standing")],
            [
                [
                    str(entry.index),
                    entry.at or "",
                    entry.kind or "",
                    _SIGNATURES.get(entry.signature or "", ""),
                    _STANDINGS.get(entry.standing or "", ""),
                ]
                for entry in report.entries
            ],
        )
    say()
    text, style = _RESULTS[report.result.value]
    say(text, style=style)
    if report.level is not None:
        say(
            _("Bank {bank}, {size} entries, {level}, as of {time}").format(
                bank=report.bank,
                size=report.size,
                level=_LEVELS[report.level.value],
                time=report.as_of or "—",
            )
        )
        say(_("Signed by: {keys}").format(keys=SEPARATOR.join(report.signed_by)))


def _say_step(number: int, step: Step) -> None:
    mark, style = _MARKS[step.state.code]
    say(f"{mark} {number}. {_(step.title)}", style=style)
    say(f"     {step.against.fill(_)}", style="dim")
    for finding in step.findings:
        entries = SEPARATOR.join(str(index) for index in finding.indexes)
        place = _("entry {entries}: ").format(entries=entries) if entries else ""
        say(f"     {place}{finding.message.fill(_)}", style=_MARKS[finding.state.code][1])
