"""The rest of `convert`: paths, sheets, intakes, evidence, and the sweep of reservations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from creditbank.cli.conversion_options import (
    Account,
    Conversion,
    EvidenceFile,
    Rulebook,
    read_evidence,
    target_of,
)
from creditbank.cli.converting import app
from creditbank.cli.deciding import say_results
from creditbank.cli.local import AsJson, Data, operator
from creditbank.cli.output import progress, say, say_json, say_table
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import Command, _, locale, word

__all__ = ["app"]


@app.command(
    "path",
    cls=Command,
    help=_("Name the modules that are left to learn for a target: the fewest class-hours."),
)
def path(  # one argument per option
    rulebook: Rulebook,
    target: Annotated[str, typer.Argument(metavar="TARGET", help=_("A rule, or rule:course."))],
    *,
    server: Server,
    token_file: TokenFile = None,
    account: Account = None,
    evidence: EvidenceFile = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Find a path."""
    said = read_evidence(evidence)
    with connect(server, token_file, allow_http=allow_http) as bank:
        found = bank.path(rulebook, target_of(target), account=account, evidence=said)
    if as_json:
        say_json(found.document())
        return
    if not found.modules:
        reached = found.verdict in {"met", "needs_evidence"}
        nothing = _("Nothing is left to learn for this target.")
        say(nothing if reached else _("No modules in force lead to this target."))
    else:
        wanted = "zh" if locale == "zh_CN" else "en"
        rows = [
            [str(number), one.module, one.title.get(wanted, one.title["zh"]), one.class_hours]
            for number, one in enumerate(found.modules, start=1)
        ]
        say_table(["", _("Module"), _("Title"), _("Class-hours")], rows, right=1)
        say(_("Together {hours} class-hours; then:").format(hours=found.class_hours))
    say_results([found.leads_to])


@app.command(
    "sheet", cls=Command, help=_("Write the conversion sheet (学分转换认定表) as PDF or HTML.")
)
def sheet(
    conversion: Conversion,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=_("Its name ends in .pdf or .html."))
    ],
    *,
    server: Server,
    token_file: TokenFile = None,
    allow_http: AllowHttp = False,
) -> None:
    """Write the sheet of a decision."""
    form = "html" if file.suffix.lower() in {".html", ".htm"} else "pdf"
    with connect(server, token_file, allow_http=allow_http) as bank:
        content = bank.conversion_sheet(conversion, form=form)
    file.write_bytes(content)
    say(_("{file}: {size} bytes").format(file=file, size=len(content)))


@app.command(
    "intake",
    cls=Command,
    help=_("Evaluate everybody who granted you a look, and count who meets what."),
)
def intake(
    rulebook: Rulebook,
    *,
    server: Server,
    token_file: TokenFile = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate an intake."""
    found: list[Any] = []
    with (
        connect(server, token_file, allow_http=allow_http) as bank,
        progress(_("Evaluating")) as tell,
    ):
        part = bank.intake(rulebook)
        found += part.learners
        while part.next is not None:
            tell(len(found), len(found) + 1)
            part = bank.intake(rulebook, after=part.next)
            found += part.learners
    if as_json:
        say_json([one.document() for one in found])
        return
    counts: dict[str, dict[str, int]] = {}
    for one in found:
        for result in one.results or ():
            verdicts = counts.setdefault(result.target, {})
            verdicts[result.verdict] = verdicts.get(result.verdict, 0) + 1
    rows = [
        [target, word(f"verdict_{verdict}"), str(number)]
        for target, verdicts in sorted(counts.items())
        for verdict, number in sorted(verdicts.items())
    ]
    say(_("{count} learners").format(count=len(found)))
    say_table([_("Target"), _("Result"), _("Learners")], rows, right=1)


@app.command(
    "evidence",
    cls=Command,
    help=_("Record what rules ask for beside outcomes, from a YAML or JSON file."),
)
def evidence_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("What is so, by its id."))],
    *,
    server: Server,
    token_file: TokenFile = None,
    account: Account = None,
    until: Annotated[
        str | None,
        typer.Option(help=_("The last day on which it may be relied on."), show_default=False),
    ] = None,
    allow_http: AllowHttp = False,
) -> None:
    """Supply evidence."""
    said = read_evidence(file) or {}
    with connect(server, token_file, allow_http=allow_http) as bank:
        for name, value in said.items():
            recorded = bank.supply_evidence(name, value, account=account, until=until)
            say(_("{name}: entry {index}").format(name=name, index=recorded.index))


@app.command(
    "expire",
    cls=Command,
    help=_("At the bank's machine: end reservations that have expired. A server does so hourly."),
)
def expire(data: Data = None) -> None:
    """End expired reservations."""
    with operator(data) as bank:
        say(_("Reservations ended: {count}").format(count=bank.expire_reservations()))
