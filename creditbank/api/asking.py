"""From request bodies about decisions to the questions that the services answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditbank.domain.access import Principal
from creditbank.domain.conversion.facts import Request as Target
from creditbank.domain.conversion.parsing import parse_evidence
from creditbank.errors.api import RequestInvalid
from creditbank.errors.conversion import FactsInvalid
from creditbank.services.actors import Poster
from creditbank.services.converting import Question
from creditbank.services.evidencing import word_of
from creditbank.services.vouching import Statement


def account_in(body: Mapping[str, Any], principal: Principal) -> str:
    """Return the account that a body names; a learner need not name their own.

    Raises `RequestInvalid` where nobody is named.
    """
    account: str | None = body.get("account") or principal.account
    if account is None:
        fault = {"where": "/account", "reason": "missing"}
        raise RequestInvalid(where="/account", errors=[fault])
    return account


def poster_of(body: Mapping[str, Any], principal: Principal) -> Poster:
    """Return who acts, with the operators that the body names."""
    named = {name: body[name] for name in ("operator", "reviewer") if name in body}
    return Poster(principal.token, principal.org, **named)


def targets_in(body: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the targets that a body asks for, in its order."""
    return tuple(Target(one["rule"], one.get("course")) for one in body.get("targets", ()))


def question_of(body: Mapping[str, Any], principal: Principal) -> Question:
    """Return the question that a body asks; raises `RequestInvalid` and `FactsInvalid`."""
    return Question(
        account_in(body, principal),
        body["rulebook"],
        targets_in(body),
        statements_in(body.get("evidence", {}), principal),
    )


def statements_in(
    evidence: Mapping[str, Any], principal: Principal, where: str = "/evidence"
) -> tuple[Statement, ...]:
    """Return what is said beside the outcomes, as the word of who sends it."""
    by = word_of(principal)
    return tuple(
        Statement(name, value_of(name, evidence[name], f"{where}/{name}"), by, principal.org)
        for name in sorted(evidence)
    )


def value_of(name: str, value: Any, where: str) -> Mapping[str, Any]:
    """Return what evidence says in its long form; raises `FactsInvalid` at `where`.

    Whose word it is follows from the token, and is never taken from what is said.
    """
    try:
        found = parse_evidence({name: value})[0].value
    except FactsInvalid as error:
        errors = error.fields["errors"]
        assert isinstance(errors, list)  # noqa: S101  # it is made with a list
        placed = [
            fault | {"where": where + fault["where"].removeprefix(f"/{name}")} for fault in errors
        ]
        raise FactsInvalid(where=placed[0]["where"], count=len(placed), errors=placed) from None
    return {member: said for member, said in found.items() if member != "confirmed_by"}
