"""目录 Registers: what exists, in every version, and the publication of a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import answer, published_document
from creditbank.api.bodies import read_json
from creditbank.api.dependencies import (
    After,
    PageSize,
    Publisher,
    RegisterKind,
    RegisterName,
    UsedContext,
    VersionName,
)
from creditbank.api.openapi import described
from creditbank.api.problems import locale_of
from creditbank.api.refusals import OF_RULEBOOKS, OF_WRITES
from creditbank.api.shapes import (
    ProvenRegisterVersion,
    PublishedRegister,
    RegisterKinds,
    Registers,
    RegisterVersions,
)
from creditbank.domain.access import Scope
from creditbank.domain.civil_time import parse_date
from creditbank.errors.access import OutsideJurisdiction
from creditbank.errors.identifiers import InvalidDate
from creditbank.errors.registers import (
    RegisterInvalid,
    RegisterKindUnknown,
    RegisterUnknown,
    RegisterVersionExists,
)
from creditbank.services import cataloguing
from creditbank.services.actors import Poster
from creditbank.services.permitting import require
from creditbank.services.registering import PublishRegister
from creditbank.services.rulebooks import PublishRulebook, publish_rulebook
from creditbank.texts import translator
from creditbank.words import WORDS

router = APIRouter()

_CACHED = {"cache-control": "public, max-age=60"}


@router.get(
    "/v1/registers",
    **described("目录种类 · Kinds of register", {200: RegisterKinds}, tag="registers", token=False),
)
async def show_kinds(request: Request, context: UsedContext) -> Response:
    """Return every kind of register, named in the reader's language, with its count."""
    texts = translator(locale_of(request))
    counts = await cataloguing.count_registers(context.bank)
    kinds = [
        {"kind": kind, "title": texts.gettext(WORDS.get(kind, kind)), "count": count}
        for kind, count in counts.items()
    ]
    return answer({"kinds": kinds}, headers=_CACHED | {"vary": "Accept-Language"})


@router.get(
    "/v1/registers/{kind}",
    **described(
        "现行目录 · Registers in force",
        {200: Registers},
        tag="registers",
        token=False,
        refuses=(RegisterKindUnknown, InvalidDate),
    ),
)
async def show_registers(
    context: UsedContext,
    kind: RegisterKind,
    *,
    all_versions: Annotated[
        bool, Query(alias="all", description="Every version, in force or not, a page at a time.")
    ] = False,
    on: Annotated[
        str | None, Query(max_length=10, description="In force on this day; without it, today.")
    ] = None,
    after: After = None,
    limit: PageSize = 100,
) -> Response:
    """Return the registers of a kind in force today (Asia/Shanghai), or on another day.

    Or every version that was ever published, oldest first: of those `after` and `limit` make pages.
    """
    day = parse_date(on, where="query:on") if on is not None else None
    if all_versions:
        page = await cataloguing.list_every_version(context.bank, kind, after=after, limit=limit)
        return answer(page, headers=_CACHED)
    found = await cataloguing.list_registers(context.bank, kind, on=day)
    return answer({"kind": kind, "registers": found}, headers=_CACHED)


@router.get(
    "/v1/registers/{kind}/{register}",
    **described(
        "一份目录的各版本 · Versions of a register",
        {200: RegisterVersions},
        tag="registers",
        token=False,
        refuses=(RegisterKindUnknown, RegisterUnknown),
    ),
)
async def show_versions(
    context: UsedContext, kind: RegisterKind, register: RegisterName
) -> Response:
    """Return every published version of a register, oldest first."""
    found = await cataloguing.list_versions(context.bank, kind, register)
    return answer({"kind": kind, "id": register, "versions": found}, headers=_CACHED)


@router.get(
    "/v1/registers/{kind}/{register}/versions/{version}",
    **described(
        "一个版本及其证明 · One version and its proof",
        {200: ProvenRegisterVersion},
        tag="registers",
        token=False,
        refuses=(RegisterKindUnknown, RegisterUnknown),
    ),
)
async def show_version(
    context: UsedContext, kind: RegisterKind, register: RegisterName, version: VersionName
) -> Response:
    """Return a version with what is needed to check it against the log, without trusting the bank.

    `digest` is SHA-256 of the document's canonical bytes; the part `act` names it; the leaf commits
    to the part with its salt. The format is entry-v1.
    """
    found = await cataloguing.show_version(context.bank, kind, register, version)
    return answer(found, headers=_CACHED)


@router.post(
    "/v1/registers/{kind}",
    **described(
        "发布目录 · Publish a register version",
        {201: PublishedRegister, 200: PublishedRegister},
        tag="registers",
        body="RegisterDocument",
        refuses=(
            RegisterKindUnknown,
            RegisterInvalid,
            RegisterVersionExists,
            OutsideJurisdiction,
            *OF_RULEBOOKS,
            *OF_WRITES,
        ),
    ),
)
async def publish_register(
    request: Request, context: UsedContext, principal: Publisher, kind: RegisterKind
) -> Response:
    """Publish a version of a register within the authority's jurisdiction.

    Needs `registers:publish`. A published version never changes: the same document again gets the
    first answer (200), another under the same version a 409.
    """
    poster = Poster(principal.token, principal.org)
    document = await read_json(request)
    if kind == "rulebook":
        require(principal, Scope.PUBLISH_RULES)
        rulebook = PublishRulebook(document, poster, context.bank.keyring)
        published = await publish_rulebook(context.bank, rulebook)
    else:
        work = PublishRegister(kind, document, poster, context.bank.keyring)
        published = await context.bank.journal.submit(work)
    logs.note(verb="publish_register", index=published.index)
    return answer(published_document(published), 200 if published.replayed else 201)
