"""Who sends a request, and what stands in its address: shared by the endpoints.

Nothing here opens or commits a transaction: FastAPI runs what stands after a dependency's `yield`
when the answer is already on its way, and an answer must not run ahead of its commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from creditbank import logs
from creditbank.api.context import Context
from creditbank.domain.access import Principal, Scope
from creditbank.errors.access import Unauthenticated
from creditbank.services.permitting import require
from creditbank.services.sessions import authenticate

INDEX_MAX: Final = 2**53 - 1
PAGE_MAX: Final = 1000

BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of the bank's operator, or a learner's own from POST /v1/sessions.",
)


def context_of(request: Request) -> Context:
    """Return what the endpoints work with."""
    context: Context = request.app.state.context
    return context


def token_text(request: Request) -> str:
    """Return the token of the Authorization header; raise `Unauthenticated` without one."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise Unauthenticated
    return text.strip()


async def principal_of(request: Request) -> Principal:
    """Return who sends the request, as the database knows them now.

    Raises `Unauthenticated` and `RateLimited`.
    """
    context = context_of(request)
    return _admit(context, await authenticate(context.bank, token_text(request)))


async def known_principal_of(request: Request, *scopes: Scope) -> Principal:
    """Return who sends the request, perhaps from memory; see `KnownTokens` for when that will do.

    Raises `Unauthenticated`, `RateLimited` and `Forbidden`.
    """
    context = context_of(request)
    principal = _admit(context, await context.known_tokens.authenticate(token_text(request)))
    if scopes:
        require(principal, *scopes)
    return principal


def _admit(context: Context, principal: Principal) -> Principal:
    logs.note(actor=principal.org, token_id=principal.token)
    context.rate_limit.check(principal.token)
    return principal


async def _context(request: Request) -> Context:
    return context_of(request)


Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


async def _holder(request: Request, _credentials: Credentials) -> Principal:
    return await principal_of(request)


async def _holder_or_nobody(request: Request, _credentials: Credentials) -> Principal | None:
    return await principal_of(request) if "authorization" in request.headers else None


def holding(*scopes: Scope) -> Callable[..., Awaitable[Principal]]:
    """Return the dependency for who holds one of `scopes`; it raises `Forbidden`."""

    async def holder(request: Request, _credentials: Credentials) -> Principal:
        principal = await principal_of(request)
        require(principal, *scopes)
        return principal

    return holder


UsedContext = Annotated[Context, Depends(_context)]
Holder = Annotated[Principal, Depends(_holder)]
HolderOrNobody = Annotated[Principal | None, Depends(_holder_or_nobody)]
Poster = Annotated[Principal, Depends(holding(Scope.POST))]
Revoker = Annotated[Principal, Depends(holding(Scope.POST, Scope.REVOKE))]
Publisher = Annotated[Principal, Depends(holding(Scope.PUBLISH))]
RulePublisher = Annotated[Principal, Depends(holding(Scope.PUBLISH_RULES))]
Opener = Annotated[Principal, Depends(holding(Scope.OPEN_ACCOUNT))]
Desk = Annotated[Principal, Depends(holding(Scope.SERVE_LEARNER))]
Learner = Annotated[Principal, Depends(holding(Scope.OWN))]
LearnerOrDesk = Annotated[Principal, Depends(holding(Scope.OWN, Scope.SERVE_LEARNER))]
PosterOrDesk = Annotated[Principal, Depends(holding(Scope.POST, Scope.SERVE_LEARNER))]
LearnerOrGranted = Annotated[Principal, Depends(holding(Scope.OWN, Scope.READ_GRANTED))]
PosterOrAuditor = Annotated[Principal, Depends(holding(Scope.READ_POSTED, Scope.AUDIT))]

AccountName = Annotated[
    str,
    Path(
        pattern=r"^(me|la-[a-z2-7]{16})$",
        description="An account; a learner may write `me`.",
        examples=["la-w3vq5gpksyh3s2qb"],
    ),
]
Index = Annotated[int, Path(ge=0, le=INDEX_MAX, description="An entry's index, from zero.")]
HexId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", examples=["3f0c8e5d0a4b4f6e9d7c2b1a00112233"])
]
RegisterKind = Annotated[str, Path(pattern=r"^[a-z][a-z_]{0,39}$", examples=["module"])]
RegisterName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["GD-AI-VQI"])
]
VersionName = Annotated[str, Path(pattern=r"^[0-9.]{1,32}$", examples=["1"])]

PageSize = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")]
After = Annotated[
    int | None,
    Query(ge=0, le=INDEX_MAX, description="Go on after this place: `next` of the page before."),
]
