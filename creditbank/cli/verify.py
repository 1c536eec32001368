"""`verify`: whether a receipt, a statement or a certificate holds.

Receipts and statements need no network at all. For a certificate, its issuer's keys and status
list are asked for, of those that the command names and of nobody else. The exit code is 0 if it is
valid, 1 if not, 2 if it cannot be told.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import unquote, urlsplit

import typer

from creditbank.cli.files import read_file_bytes, read_file_text
from creditbank.cli.local import AsJson
from creditbank.cli.output import say, say_json, say_table
from creditbank.cli.wording import SEPARATOR, _, clock
from creditbank.errors.cli import FileUnreadable
from creditbank.errors.credentials import HostNotAllowed

if TYPE_CHECKING:
    from creditbank.domain.verification import Report, Step
    from creditbank.domain.verification.report import CredentialReport
    from creditbank.ledger.keys import VerifierKey
    from creditbank.ledger.policy import Policy
    from creditbank.services.verifying import Relied

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
    "suspended": _("suspended"),
}
_SIGNATURES: Final = {
    "signed": _("signed"),
    "unsigned": _("not signed"),
    "unchecked": _("not checked"),
}


def verify(  # noqa: PLR0917  # one argument per option
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help=_(
                "The receipt, statement or certificate (JSON, SD-JWT, PDF, PNG, SVG), or the"
                " address of one; - reads it here."
            ),
        ),
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
    issuer: Annotated[
        list[str] | None,
        typer.Option(
            "--issuer",
            metavar="DID",
            help=_(
                "An issuer of certificates that you rely on, such as did:web:bank.example.cn; its"
                " host is asked for keys and status. As often as needed."
            ),
            show_default=False,
        ),
    ] = None,
    did: Annotated[
        list[Path] | None,
        typer.Option(
            "--did",
            help=_("A DID document on file, of an issuer that you rely on; its host is not asked."),
            show_default=False,
        ),
    ] = None,
    ask: Annotated[
        list[str] | None,
        typer.Option(
            "--ask", metavar="HOST", help=_("A further host that may be asked."), show_default=False
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check a receipt, a statement or a certificate."""
    from creditbank.services.verifying import verify_document

    relied = relying(issuer or (), did or (), ask or ())
    report = verify_document(
        _brought(file, relied),
        now=int(time.time()),
        relied=relied,
        keys=[found for text in key or [] for found in read_keys(text)],
        policy=read_policy(policy) if policy else None,
    )
    if as_json:
        say_json(report.document(_))
    else:
        say_report(report)
    raise typer.Exit(report.result.exit_code)


def relying(issuers: Sequence[str], documents: Sequence[Path], hosts: Sequence[str]) -> Relied:
    """Return whom a verification relies on, and whom it asks: nobody who is not named.

    Raises `FileUnreadable` for a DID document that is none.
    """
    from creditbank.services.verifying import Relied, fetcher_of

    found = {}
    for path in documents:
        try:
            document = json.loads(read_file_text(path))
            found[str(document["id"])] = document
        except (ValueError, KeyError, TypeError):
            raise FileUnreadable(file=str(path), reason="not_did") from None
    own = [unquote(one.removeprefix("did:web:").split(":")[0]) for one in issuers]
    local = all(_is_local(host) for host in (*own, *hosts))
    fetcher = fetcher_of(issuers, hosts, local=local) if own or hosts else None
    return Relied(issuers=frozenset(issuers) | found.keys(), documents=found, fetcher=fetcher)


def _is_local(host: str) -> bool:
    """Return whether a host is this machine, where a bank on trial needs no HTTPS."""
    return host.partition(":")[0] in {"localhost", "127.0.0.1"}


def _brought(file: str, relied: Relied) -> bytes:
    """Return what is to be verified; an address is asked only of a host that was named."""
    if not file.startswith(("https://", "http://")):
        return _read(file)
    if relied.fetcher is None:
        raise HostNotAllowed(host=urlsplit(file).netloc[:200], reason="not_listed")
    return relied.fetcher.get(file)


def read_keys(text: str) -> list[VerifierKey]:
    """Return the key that `text` is, or the keys of the file that it names.

    Raises `MalformedKey`, and `FileUnreadable` for a file that is none.
    """
    from creditbank.clients.offline import keys_of
    from creditbank.ledger.keys import parse_key

    path = Path(text)
    if "+" in text and not path.is_file():
        return [parse_key(text)]
    return keys_of(read_file_text(path))


def read_policy(path: Path) -> Policy:
    """Return the policy of a file; raises `FileUnreadable` and `MalformedPolicy`."""
    from creditbank.ledger.policy import parse_policy

    return parse_policy(read_file_text(path))


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    return read_file_bytes(Path(file))


def say_report(report: Report) -> None:
    """Print the steps, what each found, the entries, and the result."""
    for number, step in enumerate(report.steps, start=1):
        say_step(number, step)
    if report.document_kind == "statement" and report.entries:
        say_table(
            [
                _("Entry"),
                _("Time (Beijing)"),
                _("Kind"),
                _("Institution's signature"),
                _("Standing"),
            ],
            [
                [
                    str(entry.index),
                    clock(entry.at),
                    entry.kind or "",
                    _SIGNATURES.get(entry.signature or "", ""),
                    _STANDINGS.get(entry.standing or "", ""),
                ]
                for entry in report.entries
            ],
        )
    for one in report.credentials:
        _say_certificate(one)
    say()
    say_result(report)
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


def say_result(report: Report) -> None:
    """Print whether the document is to be relied on."""
    text, style = _RESULTS[report.result.value]
    say(text, style=style)


def _say_certificate(one: CredentialReport) -> None:
    """Print what a certificate says, as far as its signature covers it."""
    said = [one.name, one.holder, one.issuer_name or one.issuer]
    say(SEPARATOR.join(text for text in said if text))
    if one.standing is not None:
        say(f"  {_STANDINGS.get(one.standing, one.standing)}", style="dim")


def say_step(number: int, step: Step) -> None:
    """Print a step, what it held against what, and what it found."""
    mark, style = _MARKS[step.state.code]
    say(f"{mark} {number}. {_(step.title)}", style=style)
    say(f"     {step.against.fill(_)}", style="dim")
    for finding in step.findings:
        entries = SEPARATOR.join(str(index) for index in finding.indexes)
        place = _("entry {entries}: ").format(entries=entries) if entries else ""
        say(f"     {place}{finding.message.fill(_)}", style=_MARKS[finding.state.code][1])
