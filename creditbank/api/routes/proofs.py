"""回执与对账单 Receipts and statements that prove what they say, without the bank."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import answer
from creditbank.api.dependencies import (
    INDEX_MAX,
    AccountName,
    Holder,
    HolderOrNobody,
    Index,
    context_of,
)
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_LEARNERS
from creditbank.errors.access import NotGranted, Unauthenticated
from creditbank.errors.api import RequestInvalid
from creditbank.errors.log import NotInLog, NotYetPublished
from creditbank.errors.recording import AccountRestricted, EntryUnknown
from creditbank.errors.storage import Erased
from creditbank.ledger.entry import PARTS
from creditbank.services.permitting import account_of
from creditbank.services.receipting import Proofs

router = APIRouter()

Size = Annotated[
    int | None,
    Query(ge=1, le=INDEX_MAX, description="Under the checkpoint published at this size."),
]
Parts = Annotated[
    str | None,
    Query(
        max_length=100,
        pattern=r"^[a-z_]+(,[a-z_]+)*$",
        description="Show these parts and no others, with commas between; never more than allowed.",
        examples=["act,person"],
    ),
]
_OPEN: Final[dict[str, Any]] = {"content": {"application/json": {"schema": {"type": "object"}}}}


def proofs_of(request: Request) -> Proofs:
    """Return what makes this bank's documents."""
    return context_of(request).proofs


@router.get(
    "/v1/entries/{index}/receipt",
    **described(
        "回执 · The receipt of an entry",
        {},
        tag="log",
        token=None,
        refuses=(
            EntryUnknown,
            Unauthenticated,
            Erased,
            AccountRestricted,
            RequestInvalid,
            NotYetPublished,
            NotInLog,
        ),
        more={
            200: {"description": "schemas/verification/receipt.v1.schema.json", **_OPEN},
        },
    ),
)
async def show_receipt(
    request: Request,
    principal: HolderOrNobody,
    index: Index,
    size: Size = None,
    parts: Parts = None,
) -> Response:
    """Return a document by which anybody can check, without the bank, that the entry is recorded.

    It has the parts that the reader may see: registers and keys are for everyone, everything else
    for its poster, its learner and auditors. Later checkpoints give newer receipts.
    """
    proofs = proofs_of(request)
    document = await proofs.receipt(principal, index, size=size, parts=_parts(parts))
    logs.note(verb="show_receipt", index=index)
    return answer(document)


@router.get(
    "/v1/learners/{account}/statement/proven",
    **described(
        "可核验的对账单 · A statement that proves itself complete",
        {},
        tag="records",
        refuses=(*OF_LEARNERS, NotGranted, AccountRestricted, NotYetPublished, NotInLog),
        more={
            200: {"description": "schemas/verification/statement.v1.schema.json", **_OPEN},
        },
    ),
)
async def show_statement(
    request: Request,
    principal: Holder,
    account: AccountName,
    size: Size = None,
    parts: Parts = None,
) -> Response:
    """Return all entries of a learner below the published size, with the signed head of the chain.

    It proves that nothing was left out. For the learner, the desk, auditors, and an organisation
    with a grant that stands; the reading is noted in the learner's access log.
    """
    named = account_of(principal, account)
    proofs = proofs_of(request)
    document = await proofs.statement(principal, named, size=size, parts=_parts(parts))
    logs.note(verb="show_proven_statement")
    return answer(document)


def _parts(named: str | None) -> list[str] | None:
    """Return the names of parts; refuse others with `RequestInvalid`."""
    if named is None:
        return None
    parts = named.split(",")
    if not set(parts) <= set(PARTS):
        fault = {"where": "query:parts", "reason": "not_one_of"}
        raise RequestInvalid(where=fault["where"], errors=[fault])
    return parts
