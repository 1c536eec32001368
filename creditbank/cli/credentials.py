"""`credential`: certificates, for learners, the desk and institutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from creditbank.cli import verify
from creditbank.cli.local import AsJson
from creditbank.cli.output import progress, remark, say, say_json, say_table
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import SEPARATOR, Command, _, clock, group

if TYPE_CHECKING:
    from creditbank.clients.credential_answers import Credential, IssuedRow, Share

app = group(_("Issue certificates, hand them out, and let others see them."))

Id = Annotated[str, typer.Argument(metavar="CREDENTIAL", help=_("The certificate's id."))]
Reason = Annotated[str, typer.Option("--reason", help=_("Why."))]
_STATUSES = {
    "valid": _("stands"),
    "suspended": _("suspended"),
    "revoked": _("revoked"),
    "withdrawn": _("withdrawn for good"),
}
_FORMS = {
    "open_badge": _("Open Badge"),
    "clr": _("statement (CLR)"),
    "sd_jwt_vc": _("SD-JWT"),
    "decision": _("decision"),
}


@app.command(
    "issue",
    cls=Command,
    help=_(
        "Issue the certificate of an outcome; with --decision of a registered decision, with"
        " --statement of everything, with --batch of each outcome that a batch recorded. Issuing"
        " again finds the same certificate."
    ),
)
def issue(
    server: Server,
    outcome: Annotated[
        str | None, typer.Argument(metavar="OUTCOME", help=_("The outcome's id."))
    ] = None,
    token_file: TokenFile = None,
    *,
    decision: Annotated[
        str | None, typer.Option(help=_("Certify this decision."), show_default=False)
    ] = None,
    statement: Annotated[
        bool, typer.Option("--statement", help=_("Certify everything that can be."))
    ] = False,
    account: Annotated[
        str | None,
        typer.Option(help=_("Whose statement, at the desk."), show_default=False),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help=_("Certify each outcome of this batch."), show_default=False)
    ] = None,
    form: Annotated[
        Literal["open_badge", "sd_jwt_vc"],
        typer.Option(help=_("An Open Badge, or an SD-JWT whose members are shown one by one.")),
    ] = "open_badge",
    unnamed: Annotated[
        bool, typer.Option("--unnamed", help=_("Leave the holder's name out."))
    ] = False,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Issue certificates."""
    if sum((outcome is not None, decision is not None, statement, batch is not None)) != 1:
        raise typer.BadParameter(
            _("name an outcome, --decision, --statement or --batch, one of them")
        )
    with connect(server, token_file, allow_http=allow_http) as bank:
        if batch is not None:
            rows: list[IssuedRow] = []
            with progress(_("Issuing")) as tell:
                for row in bank.issue_credentials(batch=batch, form=form, named=not unnamed):
                    rows.append(row)
                    tell(row.row, row.of)
            _say_rows(rows, as_json=as_json)
            return
        if decision is not None:
            issued = bank.issue_decision(decision, named=not unnamed)
        elif statement:
            issued = bank.issue_statement(account, named=not unnamed)
        else:
            issued = bank.issue_credential(outcome or "", form=form, named=not unnamed)
    if as_json:
        say_json(issued.document())
        return
    for part in (issued, *issued.parts):
        said = _("It was issued before") if part.replayed else _("Issued as entry {index}")
        say(f"{part.credential}  {said.format(index=part.index)}")
        say(f"  {part.url}")


def _say_rows(rows: list[IssuedRow], *, as_json: bool) -> None:
    if as_json:
        say_json([row.document() for row in rows])
    for row in rows:
        if not as_json and row.problem is not None:
            remark(f"{row.row}  {row.outcome}  {row.problem.title}")
        elif not as_json:
            say(f"{row.row}  {row.credential}  {row.url}")
    if any(row.status == "refused" for row in rows):
        raise typer.Exit(1)


@app.command("list", cls=Command, help=_("List a learner's certificates and how each stands."))
def list_credentials(
    server: Server,
    account: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT", help=_("The account; `me` is that of a learner's own token.")
        ),
    ] = "me",
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """List certificates."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        found = bank.credentials(account)
    if as_json:
        say_json(found.document())
        return
    say_table(
        [_("Certificate"), _("Of what"), _("Form"), _("Issued (Beijing time)"), _("Standing")],
        [_cells(one) for one in found.credentials],
    )


def _cells(one: Credential) -> list[str]:
    form = _FORMS.get(one.form, one.form)
    return [one.credential, one.title, form, clock(one.created), _STATUSES[one.status]]


@app.command("show", cls=Command, help=_("Show what a certificate is about and how it stands."))
def show(
    server: Server,
    credential: Id,
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Show a certificate."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        found = bank.credential(credential)
        shares = bank.shares(credential).shares
    if as_json:
        say_json(found.document() | {"shares": [one.document() for one in shares]})
        return
    say(found.title, style="bold")
    entries = SEPARATOR.join(str(index) for index in found.causes)
    say(_("{status}; rests on entry {entries}").format(
        status=_STATUSES[found.status], entries=entries
    ))  # fmt: skip
    say(found.url)
    for one in shares:
        _say_share(one)


@app.command(
    "save", cls=Command, help=_("Save a certificate: PDF to print, a picture, JSON or SD-JWT.")
)
def save(
    server: Server,
    credential: Id,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=_("Its ending says the form: .pdf, .png …"))
    ],
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
) -> None:
    """Save a certificate."""
    rendering = file.suffix.removeprefix(".").lower()
    known = ("json", "jwt", "pdf", "png", "svg")
    if rendering not in known:
        raise typer.BadParameter(
            _("must end in {endings}").format(endings=SEPARATOR.join(f".{one}" for one in known)),
            param_hint="FILE",
        )
    with connect(server, token_file, allow_http=allow_http) as bank:
        file.write_bytes(bank.credential_file(credential, rendering))  # type: ignore[arg-type]  # one of known
    remark(_("Saved as {file}").format(file=file))


@app.command(
    "share",
    cls=Command,
    help=_(
        "Show a certificate: under a name of your own it gets a link, `public` is what everybody"
        " sees at its address."
    ),
)
def share(  # noqa: PLR0917  # one argument per option
    server: Server,
    credential: Id,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("A name of your choice."))],
    token_file: TokenFile = None,
    shows: Annotated[
        list[str] | None,
        typer.Option(
            "--show",
            help=_("Also show name, results or document; as often as needed."),
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help=_("Until this day, or this time in UTC."), show_default=False),
    ] = None,
    *,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Show a certificate to others."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        made = bank.share_credential(credential, name, shows or (), until=until)
    if as_json:
        say_json(made.document())
    else:
        say(made.url)


def _say_share(one: Share) -> None:
    until = _("until {until}").format(until=one.until) if one.until else _("until it is ended")
    shown = SEPARATOR.join(one.shows) or "—"
    say(f"  {one.name}  {until}  {shown}")
    say(f"    {one.url}")


@app.command("unshare", cls=Command, help=_("End a link; it never works again."))
def unshare(
    server: Server,
    credential: Id,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("The name of the link."))],
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
) -> None:
    """End a share."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        bank.end_share(credential, name)


@app.command("suspend", cls=Command, help=_("Suspend a certificate, at the desk."))
def suspend(
    server: Server,
    credential: Id,
    reason: Reason,
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
) -> None:
    """Suspend a certificate."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        _say_changed(bank.suspend_credential(credential, reason).index)


@app.command("resume", cls=Command, help=_("End a suspension, at the desk."))
def resume(
    server: Server,
    credential: Id,
    reason: Reason,
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
) -> None:
    """Resume a certificate."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        _say_changed(bank.resume_credential(credential, reason).index)


@app.command(
    "withdraw", cls=Command, help=_("End a certificate for good; its outcome stands as it did.")
)
def withdraw(
    server: Server,
    credential: Id,
    reason: Reason,
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
) -> None:
    """Withdraw a certificate."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        _say_changed(bank.withdraw_credential(credential, reason).index)


@app.command(
    "countersign",
    cls=Command,
    help=_(
        "Sign a certificate that names your institution, such as that of your decision, beside the"
        " bank; the file is the certificate as its holder showed it."
    ),
)
def countersign(
    server: Server,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The certificate, as JSON."))],
    signing_key: Annotated[
        Path, typer.Option("--signing-key", help=_("Your institution's key file."))
    ],
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
) -> None:
    """Countersign a certificate."""
    from creditbank.clients.countersigning import countersign as proof_over
    from creditbank.credentials.extracting import extract

    document = extract(file.read_bytes())
    if isinstance(document, str):
        raise typer.BadParameter(_("an SD-JWT cannot be countersigned"), param_hint="FILE")
    credential = str(document.get("id", "")).rpartition("/")[2]
    proof = proof_over(document, signing_key)
    with connect(server, token_file, allow_http=allow_http) as bank:
        added = bank.countersign_credential(credential, proof)
    _say_changed(added.index)


app.command(
    "verify", cls=Command, help=_("Verify a certificate; the same command as `creditbank verify`.")
)(verify.verify)


def _say_changed(index: int | None) -> None:
    if index is None:
        remark(_("It was so before."))
    else:
        remark(_("Recorded as entry {index}").format(index=index))
