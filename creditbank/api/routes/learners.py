"""学习者 Accounts: opening one, keeping identities current, restriction and erasure."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import examples
from creditbank.api.answers import answer, recorded_document
from creditbank.api.bodies import read_as
from creditbank.api.dependencies import (
    AccountName,
    Desk,
    Holder,
    LearnerOrDesk,
    Opener,
    UsedContext,
)
from creditbank.api.learner_shapes import (
    ErasedLearner,
    Learner,
    OneTimeCode,
    OpenedAccount,
    Restricted,
)
from creditbank.api.models import ACCOUNT, IDENTITY, RESTRICTION
from creditbank.api.openapi import described
from creditbank.api.refusals import OF_IDENTITIES, OF_LEARNERS, OF_WRITES
from creditbank.api.shapes import Place
from creditbank.domain.access import Principal
from creditbank.domain.civil_time import civil_date
from creditbank.domain.identifiers import normalise_name
from creditbank.errors.api import RequestInvalid
from creditbank.errors.learners import DocumentTaken, NothingToChange, RestrictionStands
from creditbank.errors.recording import AccountRestricted, InstitutionUnknown, NameMismatch
from creditbank.ledger.times import format_time
from creditbank.services import enquiring, learners
from creditbank.services.actors import Notice, Poster
from creditbank.services.identifying import Claim
from creditbank.services.permitting import OWNER_OR_DESK, account_of, ground_for
from creditbank.services.sessions import issue_code

router = APIRouter()


@router.post(
    "/v1/learners",
    **described(
        "开户 · Open an account",
        {201: OpenedAccount, 200: OpenedAccount},
        tag="learners",
        body="AccountOpening",
        examples={"resident": examples.ACCOUNT},
        refuses=(
            *OF_IDENTITIES,
            NameMismatch,
            AccountRestricted,
            InstitutionUnknown,
            *OF_WRITES,
        ),
    ),
)
async def open_account(request: Request, context: UsedContext, principal: Opener) -> Response:
    """Open an account for an identity document; the same document always finds the same account.

    Needs `learners:open`. Recorded with it are the legal basis and the version of the notice that
    the learner was shown (PIPL 13 and 17).
    """
    body = await read_as(request, ACCOUNT)
    bank = context.bank
    claim = Claim.of(body, bank.keyring, where="")
    notice = bank.notice
    if "legal_basis" in body:
        notice = Notice(notice.version, body["legal_basis"])
    opened: learners.Opened = await bank.journal.submit(
        learners.OpenAccount(claim, _poster(principal), notice, body.get("phone"))
    )
    logs.note(verb="open_account")
    document = {"account": opened.account, "replayed": opened.replayed}
    return answer(document, 200 if opened.replayed else 201)


def _poster(principal: Principal) -> Poster:
    return Poster(principal.token, principal.org)


@router.get(
    "/v1/learners/{account}",
    **described(
        "账户 · Who an account belongs to", {200: Learner}, tag="learners", refuses=OF_LEARNERS
    ),
)
async def show_learner(context: UsedContext, principal: Holder, account: AccountName) -> Response:
    """Return names and documents, numbers masked. For the learner and the desk."""
    account = account_of(principal, account)
    return answer(await enquiring.read_identity(context.bank, principal, account))


@router.post(
    "/v1/learners/{account}/identity",
    **described(
        "变更身份信息 · Change an identity",
        {201: Place},
        tag="learners",
        body="IdentityChanging",
        examples={"renamed": {"name": "陈晓明"}},
        refuses=(
            *OF_LEARNERS,
            *OF_IDENTITIES,
            AccountRestricted,
            DocumentTaken,
            NothingToChange,
        ),
    ),
)
async def change_identity(
    request: Request, context: UsedContext, principal: Desk, account: AccountName
) -> Response:
    """Record a further or renewed document, a changed name or phone, as seen at the desk.

    Needs `learners:serve`. The ledger says that something changed; what it is, only the vault.
    """
    body = await read_as(request, IDENTITY)
    bank = context.bank
    if "name" in body:
        normalise_name(body["name"], where="/name")
    document = Claim.by_document(body["document"], bank.keyring) if "document" in body else None
    change = learners.IdentityChange(document, body.get("name"), body.get("phone"))
    work = learners.ChangeIdentity(account_of(principal, account), change, _poster(principal))
    return answer(recorded_document(await bank.journal.submit(work)), 201)


@router.post(
    "/v1/learners/{account}/codes",
    **described(
        "一次性验证码 · One-time code", {201: OneTimeCode}, tag="learners", refuses=OF_LEARNERS
    ),
)
async def create_code(context: UsedContext, principal: Desk, account: AccountName) -> Response:
    """Give out a one-time code, shown once, for the learner at the counter and nobody else.

    Needs `learners:serve`. An earlier code ends.
    """
    account = account_of(principal, account)
    minutes = context.settings.one_time_code_minutes
    code = await issue_code(context.bank, principal, account, minutes)
    return answer({"code": code.code, "expires_at": format_time(code.expires_at)}, 201)


@router.put(
    "/v1/learners/{account}/restriction",
    **described(
        "限制处理 · Restrict an account",
        {200: Restricted},
        tag="learners",
        body="RestrictionPosting",
        examples={"restriction": examples.RESTRICTION},
        refuses=OF_LEARNERS,
    ),
)
async def restrict(
    request: Request, context: UsedContext, principal: Desk, account: AccountName
) -> Response:
    """Let an account be stored and not used until a day, included (PIPL 47).

    Needs `learners:serve`. While it stands, nothing is posted, corrected, granted or changed,
    institutions read nothing of the learner, and the learner is not erased. Only the authority may
    still revoke what is wrong, and a grant may end.
    """
    body = await read_as(request, RESTRICTION)
    if body["until"] < civil_date(int(time.time())).isoformat():
        raise RequestInvalid(where="/until", errors=[{"where": "/until", "reason": "past"}])
    work = learners.Restrict(
        account_of(principal, account), body["until"], body["reason"], _poster(principal)
    )
    document: dict[str, Any] = recorded_document(await context.bank.journal.submit(work))
    return answer({"restricted": True, "until": body["until"]} | document)


@router.delete(
    "/v1/learners/{account}/restriction",
    **described(
        "结束限制 · End a restriction", {200: Restricted}, tag="learners", refuses=OF_LEARNERS
    ),
)
async def end_restriction(context: UsedContext, principal: Desk, account: AccountName) -> Response:
    """End a restriction; where none stands, nothing is recorded. Needs `learners:serve`."""
    account = account_of(principal, account)
    current = await enquiring.read_identity(context.bank, principal, account)
    if "restriction" not in current:
        return answer({"restricted": False})
    work = learners.Restrict(account, None, "ended", _poster(principal))
    return answer(
        {"restricted": False} | recorded_document(await context.bank.journal.submit(work))
    )


@router.delete(
    "/v1/learners/{account}",
    **described(
        "删除个人信息 · Erase a learner",
        {200: ErasedLearner},
        tag="learners",
        refuses=(*OF_LEARNERS, RestrictionStands),
    ),
)
async def erase(context: UsedContext, principal: LearnerOrDesk, account: AccountName) -> Response:
    """Destroy the learner's key and clear what is known of them (PIPL 47); it cannot be undone.

    For the learner and the desk. The entries stay, and every proof of them holds. Afterwards
    whatever names the account is answered with 410.
    """
    account = account_of(principal, account)
    ground_for(principal, account, OWNER_OR_DESK)
    bank = context.bank
    work = learners.Erase(account, principal.token)
    day = await bank.journal.submit(work)
    scrubbing = asyncio.to_thread(learners.scrub, bank.database, work.traces)
    context.in_background("scrub", scrubbing)
    logs.note(verb="erase")
    return answer({"erased": True, "day": day})
