"""`balance`, `statement` and `receipt`: a learner's records, for whoever may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from creditbank.cli.local import AsJson
from creditbank.cli.output import say, say_json, say_table
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import _, clock, word

if TYPE_CHECKING:
    from creditbank.clients.answers import Balance, StatementEntry, Tally, Used

Account = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", help=_("The account; `me` is that of a learner's own token.")
    ),
]

Size = Annotated[
    int | None,
    typer.Option(
        min=1,
        help=_("As of the checkpoint published at this size; otherwise the newest."),
        show_default=False,
    ),
]
Parts = Annotated[
    str | None,
    typer.Option(
        help=_("Show only these parts, with commas between, such as act,person."),
        show_default=False,
    ),
]

_BASES = {"verified": _("verified"), "self_declared": _("self-declared")}
KIND_WORDS = {
    "account/1": _("account opened"),
    "outcome/1": _("outcome"),
    "revocation/1": _("revocation"),
    "grant/1": _("grant"),
    "grant_end/1": _("end of a grant"),
    "identity/1": _("identity changed"),
    "restriction/1": _("restriction"),
    "evidence/1": _("evidence"),
    "conversion/1": _("application"),
    "conversion_step/1": _("step of a decision"),
    "conversion_end/1": _("end of a decision"),
    "conversion_review/1": _("review of a decision"),
    "credential/1": _("certificate issued"),
    "credential_status/1": _("state of a certificate"),
    "credential_proof/1": _("countersignature"),
}
"""What a statement has in the place of each kind of entry that stands in a learner's chain."""


def balance(
    server: Server,
    account: Account = "me",
    token_file: TokenFile = None,
    recorded_by: Annotated[
        str | None,
        typer.Option(help=_("As recorded by a date, or a time in UTC."), show_default=False),
    ] = None,
    achieved_by: Annotated[
        str | None, typer.Option(help=_("As achieved by a date."), show_default=False)
    ] = None,
    *,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Show a balance."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        found = bank.balance(account, recorded_by=recorded_by, achieved_by=achieved_by)
    if as_json:
        say_json(found.document())
    else:
        say_balance(found)


def statement(
    server: Server,
    account: Account = "me",
    token_file: TokenFile = None,
    *,
    proven: Annotated[
        bool,
        typer.Option(
            "--proven",
            help=_("Print the document that anybody can verify (`creditbank verify`), as JSON."),
        ),
    ] = False,
    size: Size = None,
    parts: Parts = None,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Show all entries of an account's chain."""
    if not proven and (size is not None or parts is not None):
        raise typer.BadParameter(_("is for --proven"), param_hint="--size, --parts")
    with connect(server, token_file, allow_http=allow_http) as bank:
        if proven:
            say_json(bank.proven_statement(account, size=size, parts=_named(parts)))
            return
        entries = list(bank.statement_entries(account))
    if as_json:
        say_json([entry.document() for entry in entries])
        return
    say_table(
        [_("Place"), _("Entry"), _("Time (Beijing)"), _("Kind"), _("Of what"), _("Credit")],
        [_entry_cells(entry) for entry in entries],
    )


def receipt(
    server: Server,
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help=_("The entry's number."))],
    token_file: TokenFile = None,
    *,
    size: Size = None,
    parts: Parts = None,
    allow_http: AllowHttp = False,
) -> None:
    """Print an entry's receipt as JSON."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        say_json(bank.receipt(index, size=size, parts=_named(parts)))


def _named(parts: str | None) -> list[str]:
    return [] if parts is None else [name.strip() for name in parts.split(",")]


def say_balance(found: Balance) -> None:
    """Print a balance: a row for each credit system and basis, and one for class-hours.

    Below each stands what decisions left of it in the scopes in which they used some.
    """
    say(
        _("Account {account}, {lots} outcomes with credit").format(
            account=found.account, lots=found.lots
        )
    )
    rows = [
        cells
        for system in found.systems
        for basis, tally in (("verified", system.verified), ("self_declared", system.self_declared))
        if tally is not None
        for cells in _tally_rows(system.system, basis, tally)
    ]
    rows += [
        cells
        for basis, tally in found.class_hours.items()
        for cells in _tally_rows(_("class-hours"), basis, tally)
    ]
    say_table(
        [
            *(_("Credit system"), _("Basis"), _("Awarded"), _("Available"), _("Reserved")),
            *(_("Consumed"), _("Revoked"), _("Expired")),
        ],
        rows,
        right=6,
    )


def _tally_rows(what: str, basis: str, tally: Tally) -> list[list[str]]:
    """Return the cells of what was awarded, and of each scope in which some of it was used."""
    uses = (
        _cells(_("{system}, {scope}").format(system=what, scope=word(scope)), basis, tally, used)
        for scope, used in sorted(tally.by_use.items())
    )
    return [_cells(what, basis, tally, tally), *uses]


def _cells(what: str, basis: str, tally: Tally, used: Used) -> list[str]:
    amounts = (tally.awarded, used.available, used.reserved, used.consumed)
    return [what, _BASES.get(basis, basis), *amounts, used.revoked, used.expired]


def _entry_cells(entry: StatementEntry) -> list[str]:
    act, person = entry.act or {}, entry.person or {}
    award = act.get("award", {})
    amounts = [f"{one['amount']} {one['system']}" for one in award.get("credits", [])]
    return [
        *(
            str(entry.seq),
            str(entry.index),
            clock(entry.at),
            KIND_WORDS.get(entry.kind, entry.kind),
        ),
        *(str(person.get("title", "")), ", ".join(amounts)),
    ]
