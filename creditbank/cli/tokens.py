"""`token` and `whoami`: what institutions, colleges, authorities and desks show to the API."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from creditbank.cli.local import AsJson, Data, operator
from creditbank.cli.output import remark, say, say_json, say_table
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import Command, _, group
from creditbank.domain.access import BANK, Role
from creditbank.ledger.times import format_time

app = group(_("Issue, revoke and list tokens."))

# A learner's token is not issued but opened, with a one-time code.
_ROLES = {role.value: role for role in Role if role is not Role.LEARNER}
_NAMES = ", ".join(_ROLES)


@app.command(
    "create",
    cls=Command,
    help=_(
        "Issue a token. It is shown once, on standard output; the bank keeps only a digest of it."
    ),
)
def create(
    *,
    org: Annotated[
        str,
        typer.Option(
            help=_("Unified social credit code of the holder; `bank` for the bank's own people.")
        ),
    ],
    role: Annotated[str, typer.Option(help=_("One of: {roles}.").format(roles=_NAMES))],
    data: Data = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=_("A scope, any number of times; all of the role's without one."),
            show_default=False,
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help=_("Days for which it is valid."))] = 90,
    label: Annotated[str, typer.Option(help=_("Whose it is or where it is used."))] = "",
    as_json: AsJson = False,
) -> None:
    """Issue a token."""
    held = _role(role)
    with operator(data) as bank:
        token = bank.issue_token(
            org, held, days=days, label=label, scopes=frozenset(scope) if scope else None
        )
        known = org == BANK or bank.is_registered(org)
    if not known:
        remark(
            _(
                "No institution {org} is in the registers yet; until then it can post nothing."
            ).format(org=org)
        )
    if as_json:
        expires_at = format_time(token.expires_at)
        say_json({"id": token.id, "token": token.text, "expires_at": expires_at})
        return
    remark(
        _("Token {id}, until {until}. It is shown this once:").format(
            id=token.id, until=format_time(token.expires_at)
        )
    )
    say(token.text)


@app.command("revoke", cls=Command, help=_("Revoke a token as of now."))
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="ID", help=_("The token's id, from the list."))
    ],
    data: Data = None,
) -> None:
    """Revoke a token."""
    with operator(data) as bank:
        bank.revoke_token(token_id)
    say(_("Token {id} is revoked.").format(id=token_id))


@app.command("list", cls=Command, help=_("List all tokens but learners', newest first."))
def list_tokens(data: Data = None, *, as_json: AsJson = False) -> None:
    """List tokens."""
    with operator(data) as bank:
        tokens = [_shown(token) for token in bank.tokens()]
    if as_json:
        say_json(tokens)
        return
    say_table(
        [_("Id"), _("Organisation"), _("Role"), _("Label"), _("Until"), _("Status")],
        [
            [
                *(token["id"], token["org"], token["role"], token["label"], token["expires_at"]),
                _STATUSES[token["status"]],
            ]
            for token in tokens
        ],
    )


def whoami(
    server: Server,
    token_file: TokenFile = None,
    *,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Show the token in use."""
    with connect(server, token_file, allow_http=allow_http) as bank:
        held = bank.token_held()
    if as_json:
        say_json(held.model_dump(mode="json", exclude_none=True))
        return
    rows = [
        [_("Id"), held.id],
        [_("Organisation"), held.org],
        [_("Role"), held.role],
        [_("Scopes"), ", ".join(held.scopes)],
        [_("Until"), held.expires_at],
    ]
    if held.account is not None:
        rows.append([_("Account"), held.account])
    say_table([_("Token"), ""], rows)


_STATUSES = {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}


def _role(text: str) -> Role:
    if text not in _ROLES:
        reason = _("it is one of {roles}").format(roles=_NAMES)
        raise typer.BadParameter(reason, param_hint="--role")
    return _ROLES[text]


def _shown(token: dict[str, Any]) -> dict[str, Any]:
    status = "expired" if token["expires_at"] <= time.time() else "valid"
    shown = {name: token[name] for name in ("id", "org", "role", "label")}
    return shown | {
        "scopes": token["scopes"].split(),
        "created_at": format_time(token["created_at"]),
        "expires_at": format_time(token["expires_at"]),
        "status": "revoked" if token["revoked_at"] is not None else status,
    }
