"""账本 The bank's log and its entries."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from creditbank.api.answers import FOR_EVER, answer
from creditbank.api.dependencies import (
    After,
    HolderOrNobody,
    Index,
    PageSize,
    PosterOrAuditor,
    UsedContext,
)
from creditbank.api.openapi import described
from creditbank.api.shapes import BankState, Entries, ProvenEntry
from creditbank.errors.recording import AccountRestricted, EntryUnknown
from creditbank.errors.storage import Erased
from creditbank.services.showing import list_entries, read_entry, read_leaf, read_state

router = APIRouter()


@router.get(
    "/v1/bank",
    **described("账本现状 · The log as it stands", {200: BankState}, tag="log", token=False),
)
async def show_bank(context: UsedContext) -> Response:
    """Return name, size, root hash and public keys of the log. For everyone.

    `verifier_keys` are what receipts and statements are verified with, also those signed under
    earlier keys. Whoever does not trust this server takes them from somewhere else.
    """
    state = await read_state(context.bank)
    keys = [str(key) for key in await context.proofs.keys()]
    return answer(state | {"verifier_keys": keys}, headers={"cache-control": "no-cache"})


@router.get(
    "/v1/entries/{index}/leaf",
    **described(
        "公开的叶 · The public leaf of an entry",
        {},
        tag="log",
        token=False,
        refuses=(EntryUnknown,),
        more={
            200: {
                "description": "The exact bytes of the leaf, which its hash is of.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    ),
)
async def show_leaf(context: UsedContext, index: Index) -> Response:
    """Return the exact bytes of a leaf: time, index, previous hash, commitment. For everyone."""
    leaf = await read_leaf(context.bank, index)
    return Response(leaf, headers=FOR_EVER, media_type="application/json")


@router.get(
    "/v1/entries",
    **described(
        "分录列表 · List entries", {200: Entries}, tag="log", refuses=(Erased, AccountRestricted)
    ),
)
async def show_entries(
    context: UsedContext,
    principal: PosterOrAuditor,
    after: After = None,
    limit: PageSize = 100,
) -> Response:
    """Return what was posted in one's own name (`outcomes:read`), or everything to an auditor.

    The poster sees its submissions; of an erased learner, what is not personal. A reading of
    personal data is kept in the learners' access logs.
    """
    page = await list_entries(context.bank, principal, after=after, limit=limit)
    document: dict[str, object] = {"entries": [entry for _, entry in page]}
    if len(page) == limit:
        document["next"] = page[-1][0]
    return answer(document)


@router.get(
    "/v1/entries/{index}",
    **described(
        "一条分录 · One entry",
        {200: ProvenEntry},
        tag="log",
        token=None,
        refuses=(EntryUnknown, Erased, AccountRestricted),
    ),
)
async def show_entry(context: UsedContext, principal: HolderOrNobody, index: Index) -> Response:
    """Return an entry's leaf, digests and the parts that the reader may see, with their salts.

    Genesis, registers and erasures are for everyone; everything else for its poster, its learner
    and auditors.
    """
    return answer(await read_entry(context.bank, principal, index))
