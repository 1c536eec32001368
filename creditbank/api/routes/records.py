"""查询 What a learner's record says: balance, outcomes, statement, access log, export.

Each reading is recorded and committed before anything is answered.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank.api.answers import NOT_STORED, answer
from creditbank.api.dependencies import (
    INDEX_MAX,
    AccountName,
    Holder,
    PageSize,
    UsedContext,
    context_of,
    known_principal_of,
)
from creditbank.api.learner_shapes import AccessLog, Balance, Export, Outcomes, Statement
from creditbank.api.openapi import described, path_parameter, query_parameter
from creditbank.api.plain import PlainRoute
from creditbank.api.refusals import OF_LEARNERS
from creditbank.api.times import last_of
from creditbank.domain.balances import STATUSES, AsOf
from creditbank.domain.civil_time import parse_date
from creditbank.errors.access import NotGranted
from creditbank.errors.api import RequestInvalid
from creditbank.errors.identifiers import InvalidDate
from creditbank.errors.recording import AccountRestricted
from creditbank.services import enquiring, showing
from creditbank.services.permitting import account_of

router = APIRouter()
plain = APIRouter(route_class=PlainRoute)

_GRANTED: Final = (*OF_LEARNERS, NotGranted, AccountRestricted)
_ACCOUNT: Final = r"^(me|la-[a-z2-7]{16})$"
_CSV: Final = "text/csv"


@plain.get(
    "/v1/learners/{account}/balance",  # noqa: FAST003  # a plain route reads it itself
    **described(
        "余额 · Balance",
        {200: Balance},
        tag="records",
        refuses=(*_GRANTED, RequestInvalid, InvalidDate),
        parameters=(
            path_parameter(
                "account",
                _ACCOUNT,
                "An account; a learner may write `me`.",
                "la-w3vq5gpksyh3s2qb",
            ),
            query_parameter(
                "recorded_by",
                {"type": "string"},
                "As recorded by then: a UTC time, or a civil date.",
            ),
            query_parameter(
                "achieved_by", {"type": "string", "format": "date"}, "As achieved by that day."
            ),
            query_parameter("format", {"enum": ["json", "csv"]}, "Instead of Accept."),
        ),
        more={
            200: {
                "content": {
                    _CSV: {"schema": {"type": "string"}},
                }
            }
        },
    ),
)
async def show_balance(request: Request) -> Response:
    """Return credits per credit system, and class-hours, by status; JSON, or CSV by Accept.

    For the learner, the desk, auditors, and an organisation with a grant that stands. Amounts of
    different systems are never added, nor verified ones to self-declared ones.
    """
    context = context_of(request)
    principal = await known_principal_of(request)
    named: str = request.path_params["account"]
    if re.fullmatch(_ACCOUNT[1:-1], named) is None:
        raise _invalid("path:account", "form")
    as_csv = _wants_csv(request)
    account = account_of(principal, named)
    balance = await enquiring.read_balance(context.bank, principal, account, _as_of(request))
    if as_csv:
        headers = NOT_STORED | {"vary": "Accept"}
        return Response(_balance_csv(balance), headers=headers, media_type=_CSV)
    return answer(balance, headers=NOT_STORED | {"vary": "Accept"})


def _as_of(request: Request) -> AsOf:
    query = request.query_params
    recorded_by, achieved_by = query.get("recorded_by"), query.get("achieved_by")
    return AsOf(
        None if recorded_by is None else last_of(recorded_by, where="query:recorded_by"),
        None
        if achieved_by is None
        else parse_date(achieved_by, where="query:achieved_by").isoformat(),
    )


def _wants_csv(request: Request) -> bool:
    named = request.query_params.get("format")
    if named not in (None, "json", "csv"):
        raise _invalid("query:format", "not_one_of")
    return named == "csv" or (named is None and _CSV in request.headers.get("accept", ""))


def _invalid(where: str, reason: str) -> RequestInvalid:
    return RequestInvalid(where=where, errors=[{"where": where, "reason": reason}])


def _balance_csv(balance: dict[str, Any]) -> bytes:
    """Return rows per system, basis and scope; marked as UTF-8 for spreadsheets."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("system", "basis", "scope", "awarded", *STATUSES))
    for system in balance["systems"]:
        for basis in ("verified", "self_declared"):
            if basis in system:
                rows.writerows(_rows(system["system"], basis, system[basis]))
    for basis, tally in balance["class_hours"].items():
        rows.writerows(_rows("class_hours", basis, tally))
    return text.getvalue().encode("utf-8-sig")


def _rows(what: str, basis: str, tally: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the row of the lots themselves, then one for each scope in which some are used."""
    awarded = tally["awarded"]
    for scope, amounts in (("", tally), *tally["by_use"].items()):
        yield (what, basis, scope, awarded, *(amounts[name] for name in STATUSES))


@router.get(
    "/v1/learners/{account}/outcomes",
    **described("学习成果 · Outcomes", {200: Outcomes}, tag="records", refuses=_GRANTED),
)
async def show_outcomes(context: UsedContext, principal: Holder, account: AccountName) -> Response:
    """Return every outcome with stages, attempts and credit, revoked ones too.

    For the learner, the desk, auditors, and an organisation with a grant that stands.
    """
    account = account_of(principal, account)
    outcomes = await enquiring.read_outcomes(context.bank, principal, account)
    return answer({"account": account, "outcomes": outcomes})


@router.get(
    "/v1/learners/{account}/statement",
    **described("对账单 · Statement", {200: Statement}, tag="records", refuses=_GRANTED),
)
async def show_statement(
    context: UsedContext,
    principal: Holder,
    account: AccountName,
    after: Annotated[
        int, Query(ge=0, le=INDEX_MAX, description="Go on after this `seq`; `next` of a page.")
    ] = 0,
    limit: PageSize = 100,
) -> Response:
    """Return every entry of the learner's chain in order; `seq` has no gaps.

    For the learner, the desk, auditors, and an organisation with a grant that stands.
    """
    account = account_of(principal, account)
    entries = await showing.read_statement(
        context.bank, principal, account, after=after, limit=limit
    )
    document: dict[str, Any] = {"account": account, "entries": entries}
    if len(entries) == limit:
        document["next"] = entries[-1]["seq"]
    return answer(document)


@router.get(
    "/v1/learners/{account}/access-log",
    **described("查阅记录 · Access log", {200: AccessLog}, tag="records", refuses=OF_LEARNERS),
)
async def show_access_log(
    context: UsedContext,
    principal: Holder,
    account: AccountName,
    before: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9]{1,15}-[0-9a-f]{32}$",
            description="Go on with what is older: `next` of the page before.",
        ),
    ] = None,
    limit: PageSize = 100,
) -> Response:
    """Return who read the learner's data, newest first, this reading among them.

    For the learner and the desk.
    """
    account = account_of(principal, account)
    page = await enquiring.read_access_log(context.bank, principal, account, limit, before)
    return answer(page)


@router.get(
    "/v1/learners/{account}/export",
    **described("个人信息副本 · Export", {200: Export}, tag="records", refuses=OF_LEARNERS),
)
async def show_export(context: UsedContext, principal: Holder, account: AccountName) -> Response:
    """Return everything that the bank holds about the learner, nothing masked (PIPL 45).

    For the learner and the desk. Entries have their leaves and salts, so they can be checked.
    """
    account = account_of(principal, account)
    return answer(await showing.read_export(context.bank, principal, account))
