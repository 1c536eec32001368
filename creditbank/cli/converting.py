"""`convert`: decisions through the SDK, from what is missing to each step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from creditbank.cli.conversion_options import (
    Account,
    Conversion,
    EvidenceFile,
    Operator,
    Rulebook,
    Targets,
    read_evidence,
    targets_of,
)
from creditbank.cli.deciding import say_conversion, say_conversions, say_results
from creditbank.cli.files import read_file_bytes
from creditbank.cli.local import AsJson
from creditbank.cli.output import say, say_json
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import Command, _, group, word

app = group(_("Decisions: evaluate, apply, take steps, look up, find a path, print the sheet."))


@app.command(
    "evaluate",
    cls=Command,
    help=_("Say what a rulebook grants a learner today, and what is missing. Nothing is reserved."),
)
def evaluate(  # one argument per option
    rulebook: Rulebook,
    *,
    server: Server,
    token_file: TokenFile = None,
    account: Account = None,
    target: Targets = None,
    evidence: EvidenceFile = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate without effect."""
    said = read_evidence(evidence)
    with connect(server, token_file, allow_http=allow_http) as bank:
        found = bank.evaluate(rulebook, account=account, targets=targets_of(target), evidence=said)
    if as_json:
        say_json(found.document())
        return
    say(
        _("Account {account}, as of {day}, under {books}").format(
            account=found.account,
            day=found.on,
            books=" / ".join(f"{one.id} {one.version}" for one in found.rulebooks),
        )
    )
    say_results(found.results)


@app.command(
    "apply",
    cls=Command,
    help=_(
        "Apply for a decision: all that is asked for has to be met, and is reserved. A learner"
        " consents by their own token; others name the signed paper."
    ),
)
def apply(  # one argument per option
    rulebook: Rulebook,
    *,
    server: Server,
    token_file: TokenFile = None,
    account: Account = None,
    target: Targets = None,
    evidence: EvidenceFile = None,
    paper: Annotated[
        Path | None,
        typer.Option(help=_("The signed paper, of which the digest is sent."), show_default=False),
    ] = None,
    notice: Annotated[
        str | None,
        typer.Option(help=_("Version of the notice that the learner was shown.")),
    ] = None,
    source_id: Annotated[
        str | None,
        typer.Option(help=_("A number of yours, so that it may be sent again.")),
    ] = None,
    by: Operator = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Apply for a decision."""
    said, consent = read_evidence(evidence), _consent(paper, notice)
    with connect(server, token_file, allow_http=allow_http) as bank:
        applied = bank.apply(
            rulebook,
            account=account,
            targets=targets_of(target),
            evidence=said,
            consent=consent,
            source_id=source_id,
            operator=by,
        )
    if as_json:
        say_json(applied.document())
        return
    say(
        _("Decision {conversion}: {status}, entry {index}, reserved until {until}").format(
            conversion=applied.conversion,
            status=word(f"conversion_{applied.status}"),
            index=applied.index,
            until=applied.expires_at,
        )
    )


def _consent(paper: Path | None, notice: str | None) -> dict[str, str] | None:
    if paper is None:
        return None
    from hashlib import sha256

    return {"digest": sha256(read_file_bytes(paper)).hexdigest(), "notice": notice or ""}


@app.command(
    "step", cls=Command, help=_("Take the next step of a decision: passed, or --reject with why.")
)
def step(  # one argument per option
    conversion: Conversion,
    step_id: Annotated[str, typer.Argument(metavar="STEP", help=_("Id of the step."))],
    *,
    server: Server,
    token_file: TokenFile = None,
    opinion: Annotated[
        str | None, typer.Option(help=_("The opinion (意见)."), show_default=False)
    ] = None,
    reject: Annotated[bool, typer.Option("--reject", help=_("Reject instead of pass."))] = False,
    by: Operator = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Take a step."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        result = "rejected" if reject else "passed"
        decided = bank.take_step(conversion, step_id, result=result, opinion=opinion, operator=by)
    _say_decided(decided, as_json=as_json)


@app.command(
    "withdraw",
    cls=Command,
    help=_("End a decision before it is registered; as its owner, give a registered one back."),
)
def withdraw(
    conversion: Conversion,
    *,
    server: Server,
    token_file: TokenFile = None,
    reason: Annotated[str | None, typer.Option(help=_("Why."), show_default=False)] = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw a decision."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        decided = bank.withdraw_conversion(conversion, reason=reason)
    _say_decided(decided, as_json=as_json)


def _say_decided(decided: Any, *, as_json: bool) -> None:
    if as_json:
        say_json(decided.document())
        return
    say(
        _("Decision {conversion}: {status}, entry {index}").format(
            conversion=decided.conversion,
            status=word(f"conversion_{decided.status}"),
            index=decided.index,
        )
    )


@app.command("list", cls=Command, help=_("List the decisions that you may see."))
def list_(  # one argument per option
    *,
    server: Server,
    token_file: TokenFile = None,
    status: Annotated[
        str | None, typer.Option(help=_("Only those that stand so."), show_default=False)
    ] = None,
    flagged: Annotated[
        bool,
        typer.Option("--flagged", help=_("Only those that rest on what ended or was taken back.")),
    ] = False,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """List decisions."""
    found: list[Any] = []
    with connect(server, token_file, allow_http=allow_http) as bank:
        page = bank.conversions(status=status, flagged=flagged or None)
        found += page.conversions
        while page.next is not None:
            page = bank.conversions(status=status, flagged=flagged or None, after=page.next)
            found += page.conversions
    if as_json:
        say_json([one.document() for one in found])
    else:
        say_conversions(found)


@app.command(
    "show", cls=Command, help=_("Show a decision with its steps; --check derives it again.")
)
def show(
    conversion: Conversion,
    *,
    server: Server,
    token_file: TokenFile = None,
    check: Annotated[
        bool, typer.Option("--check", help=_("Derive it again from its own entry."))
    ] = False,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Show a decision."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        found = bank.conversion(conversion)
        derived = bank.derivation(conversion) if check else None
    if as_json:
        more = {} if derived is None else {"derivation": derived.document()}
        say_json(found.document() | more)
    else:
        say_conversion(found)
        say_results(found.results)
        if derived is not None:
            sound = derived.same and not derived.violations
            say(_("Derived again: the same.") if sound else _("Derived again: it differs."))
    if derived is not None and not (derived.same and not derived.violations):
        raise typer.Exit(1)
