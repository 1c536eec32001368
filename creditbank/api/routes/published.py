"""账本文件 The published log, as c2sp.org/tlog-tiles has it, and that it only grew.

The files need no token and no database that is up to date: a copy of them behind any HTTP server
is the same log.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank.api.answers import FOR_EVER, answer
from creditbank.api.dependencies import (
    INDEX_MAX,
    PAGE_MAX,
    UsedContext,
    context_of,
)
from creditbank.api.log_shapes import (
    Consistency,
    LogKeyHistory,
    PublicationState,
    PublishedSizes,
)
from creditbank.api.openapi import described, path_parameter
from creditbank.api.plain import PlainRoute
from creditbank.errors.api import RequestInvalid
from creditbank.errors.log import NotInLog
from creditbank.services.log_files import CHECKPOINT_TYPE, TILE_TYPE, LogFile, LogFiles
from creditbank.services.log_keys import key_history

router = APIRouter()
plain = APIRouter(route_class=PlainRoute)

_SHORTLY: Final = {"cache-control": "public, max-age=1"}
_SIZE_DIGITS_MAX: Final = 16
_CHECKPOINT: Final = {
    "description": "A signed note: origin, size, root, and the signatures of log and witnesses.",
    "content": {CHECKPOINT_TYPE: {"schema": {"type": "string"}}},
}
_TILE: Final = {
    "description": "Hashes of 32 bytes each, or leaves behind two bytes of length.",
    "content": {TILE_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}
_UNCHANGED: Final = {"description": "The file is the one that the client has."}

Size = Annotated[int, Query(ge=0, le=INDEX_MAX, description="A published size.")]


def _files(request: Request) -> LogFiles:
    return context_of(request).publisher.files


@plain.get(
    "/log/checkpoint",
    **described(
        "最新检查点 · The newest checkpoint",
        {},
        tag="log",
        token=False,
        refuses=(NotInLog,),
        more={200: _CHECKPOINT, 304: _UNCHANGED},
    ),
)
async def show_checkpoint(request: Request) -> Response:
    """Return the newest published checkpoint."""
    return _sent(request, await _files(request).newest_checkpoint())


@plain.get(
    "/log/checkpoints/{size}",  # noqa: FAST003  # a plain route reads it itself
    **described(
        "历次检查点 · A checkpoint of before",
        {},
        tag="log",
        token=False,
        refuses=(NotInLog,),
        parameters=[path_parameter("size", r"^[0-9]{1,16}$", "A published size.", "1000")],
        more={200: _CHECKPOINT, 304: _UNCHANGED},
    ),
)
async def show_checkpoint_at(request: Request) -> Response:
    """Return the checkpoint published at a size; all are kept for ever."""
    text: str = request.path_params["size"]
    files = _files(request)
    if not (text.isascii() and text.isdecimal() and len(text) <= _SIZE_DIGITS_MAX):
        return _sent(request, await files.checkpoint(-1))
    return _sent(request, await files.checkpoint(int(text)))


@plain.get(
    "/log/tile/{path:path}",  # noqa: FAST003  # a plain route reads it itself
    **described(
        "哈希块与分录束 · Hash tiles and entry bundles",
        {},
        tag="log",
        token=False,
        refuses=(NotInLog,),
        parameters=[
            path_parameter(
                "path",
                r"^(entries|[0-9]{1,2})/(x[0-9]{3}/)*[0-9]{3}(\.p/[0-9]{1,3})?$",
                "`<level>/<index>[.p/<width>]`, or `entries/…` for the leaves.",
                "0/000",
            )
        ],
        more={200: _TILE, 304: _UNCHANGED},
    ),
)
async def show_tile(request: Request) -> Response:
    """Return a tile of the published log; it never changes."""
    return _sent(request, await _files(request).tile(f"tile/{request.path_params['path']}"))


for _path, _endpoint in (
    ("/log/checkpoint", show_checkpoint),
    ("/log/checkpoints/{size}", show_checkpoint_at),
    ("/log/tile/{path:path}", show_tile),
):
    plain.add_api_route(_path, _endpoint, methods=["HEAD"], include_in_schema=False)


@router.get(
    "/log/checkpoints",
    **described("检查点规模 · Published sizes", {200: PublishedSizes}, tag="log", token=False),
)
async def show_checkpoints(
    context: UsedContext,
    after: Annotated[int, Query(ge=0, le=INDEX_MAX)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> Response:
    """Return the sizes above `after` at which a checkpoint was published."""
    sizes = await context.publisher.files.checkpoint_sizes(after, limit)
    document: dict[str, object] = {"sizes": sizes}
    if len(sizes) == limit:
        document["next"] = sizes[-1]
    return answer(document, headers=_SHORTLY)


@router.get(
    "/v1/log/consistency",
    **described(
        "一致性证明 · Consistency proof",
        {200: Consistency},
        tag="log",
        token=False,
        refuses=(NotInLog, RequestInvalid),
    ),
)
async def show_consistency(context: UsedContext, old: Size, new: Size) -> Response:
    """Return the proof that the tree published at `new` began as the one published at `old`."""
    if old > new:
        fault = {"where": "query:old", "reason": "range"}
        raise RequestInvalid(where=fault["where"], errors=[fault])
    proof = await context.publisher.files.consistency(old, new)
    return answer({"old": old, "new": new, "proof": proof}, headers=FOR_EVER)


@router.get(
    "/v1/log/keys",
    **described("账本公钥 · The log's keys", {200: LogKeyHistory}, tag="log", token=False),
)
async def show_keys(context: UsedContext) -> Response:
    """Return the log's public keys over time and that of account heads, as verifiers take them."""
    history = await key_history(context.bank)
    history["account_head"] = str(context.proofs.account_head_key)
    return answer(history, headers=_SHORTLY)


@router.get(
    "/v1/log/status",
    **described("发布状态 · Publication", {200: PublicationState}, tag="log", token=False),
)
async def show_publication(context: UsedContext) -> Response:
    """Return how far the log is published, by whom it was cosigned, and what it waits for."""
    state = await context.publisher.files.state()
    return answer(
        context.publisher.status() | {"committed": state["size"], "published": state["published"]}
    )


def _sent(request: Request, file: LogFile) -> Response:
    """Return a file, or that the client has it; compressed if that pays and the client may."""
    headers = {**(FOR_EVER if file.is_final else _SHORTLY), "content-type": file.media_type}
    zipped = file.compresses and _takes_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{file.tag}-gzip"' if zipped else f'"{file.tag}"'
    headers["etag"] = tag
    if file.compresses:
        headers["vary"] = "Accept-Encoding"
    if _is_known(tag, request.headers.get("if-none-match", "")):
        del headers["content-type"]
        return Response(None, 304, headers)
    if zipped:
        headers["content-encoding"] = "gzip"
    return Response(file.gzipped if zipped else file.body, 200, headers)


def _is_known(tag: str, if_none_match: str) -> bool:
    """Return whether the client has the representation (RFC 9110, section 13.1.2)."""
    named = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in named or named == ["*"]


def _takes_gzip(accept_encoding: str) -> bool:
    """Return whether gzip is named, or everything is, with a weight above zero (12.5.3)."""
    weights: dict[str, bool] = {}
    for one in accept_encoding.lower().split(","):
        coding, _, parameter = one.partition(";")
        weight = parameter.strip().removeprefix("q=").rstrip("0").rstrip(".") or "0"
        weights[coding.strip()] = not parameter or weight != "0"
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))
