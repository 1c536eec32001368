"""Bodies are read raw: JSON in UTF-8, once, and without becoming model objects.

A member that occurs twice is refused, since readers differ in which one counts (RFC 8259,
section 4). Half a character (a lone surrogate) is let through, so that the check of the submission
can name the place; one bad item of a batch must not fail its neighbours.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from creditbank.domain.registers.faults import faults_of
from creditbank.errors.api import BodyTooLarge, MalformedJson, RequestInvalid

T = TypeVar("T")

LONG_BODY_BYTES: Final = 256 * 1024
"""Longer bodies are parsed and prepared in a thread, so that other requests go on."""

_WHITE_SPACE: Final = b" \t\r\n"


async def read_body(request: Request) -> bytes:
    """Return the body; raise `BodyTooLarge` before reading more than the settings allow."""
    bytes_max: int = request.app.state.context.settings.request_body_bytes_max
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > bytes_max:
        raise BodyTooLarge(bytes_max=bytes_max)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise BodyTooLarge(bytes_max=bytes_max)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_json(request: Request) -> Any:
    """Return the JSON value of the body; raises `BodyTooLarge` and `MalformedJson`."""
    body = await read_body(request)
    return await off_loop(parse_json, body, long=len(body) > LONG_BODY_BYTES)


async def off_loop(work: Callable[..., T], *arguments: Any, long: bool) -> T:
    """Return what `work` returns; long work leaves the event loop to others."""
    return await asyncio.to_thread(work, *arguments) if long else work(*arguments)


async def read_as(request: Request, adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Return the body as `adapter` validates it; raise `RequestInvalid` naming every fault."""
    return validated(adapter, await read_json(request))


def validated(adapter: TypeAdapter[Any], document: object) -> dict[str, Any]:
    """Return `document` as `adapter` validates it; raise `RequestInvalid` naming every fault."""
    try:
        value: dict[str, Any] = adapter.validate_python(document)
    except ValidationError as error:
        _refuse(error)
    return value


def _refuse(error: ValidationError) -> NoReturn:
    faults = [fault.members() for fault in faults_of(error)]
    raise RequestInvalid(where=faults[0]["where"], errors=faults) from None


def parse_json(body: bytes) -> Any:
    """Return the JSON value of `body`; raises `MalformedJson`.

    The fast reader is used where it is exact: a text without a backslash cannot hide a member
    name behind an escape, so that counting the members tells whether one was dropped.
    """
    if not body:
        raise MalformedJson(reason="body_empty")
    if b"\\" not in body:
        try:
            value = orjson.loads(body)
            if _members(body) == _members(orjson.dumps(value)):
                return value
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            pass  # not JSON, or deeper than this library goes: the other reader says which
    return _parse_slowly(body)


def _members(text: bytes) -> int:
    """Count `":`: each member has one, and so has what is a text's own, in both texts alike."""
    return text.translate(None, _WHITE_SPACE).count(b'":')


def _parse_slowly(body: bytes) -> Any:
    """Return the value by the standard reader, which sees every member and keeps surrogates."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedJson(reason="encoding") from None
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise MalformedJson(reason="depth") from None
    except ValueError:  # also an integer of more digits than the interpreter reads
        raise MalformedJson(reason="syntax") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson(reason="duplicate_member")
    return members


def _constant(_name: str) -> NoReturn:
    raise MalformedJson(reason="constant")
