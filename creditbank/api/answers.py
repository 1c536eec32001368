"""Answers as bytes: JSON built by hand, since what is answered was validated before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response

from creditbank.ledger.times import format_time
from creditbank.services.batching import BatchAnswer, result_state
from creditbank.services.posting import Posted
from creditbank.services.registering import PublishedVersion
from creditbank.storage.book import Recorded

NOT_STORED: Final = {"cache-control": "no-store"}
FOR_EVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
"""For what can never change, such as a leaf: a year is the longest that caches understand."""


def answer(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = NOT_STORED
) -> Response:
    """Return `value` as a JSON answer; by default no cache on the way may keep it."""
    return Response(to_json(value), status, headers=headers, media_type="application/json")


def to_json(value: Any) -> bytes:
    """Return `value` as JSON; half a character, which UTF-8 cannot say, as its escape."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=str).encode()


def posted_document(posted: Posted) -> dict[str, Any]:
    """Return the answer to a posting as JSON values."""
    document: dict[str, Any] = {
        "index": posted.index,
        "at": format_time(posted.at),
        "leaf_hash": posted.leaf_hash.hex(),
        "account": posted.account,
        "outcome": posted.outcome,
        "replayed": posted.replayed,
    }
    return document | awarded_document(posted)


def awarded_document(posted: Posted) -> dict[str, Any]:
    """Return what a posting brought, without its place: all that a dry run can say."""
    document: dict[str, Any] = {}
    if posted.awarded is not None:
        document["awarded"] = posted.awarded
    if posted.number_format is not None:
        document["number_format"] = posted.number_format
    return document


def recorded_document(recorded: Recorded) -> dict[str, Any]:
    """Return the place of an entry as JSON values."""
    return {
        "index": recorded.index,
        "at": format_time(recorded.at),
        "leaf_hash": recorded.leaf_hash.hex(),
    }


def published_document(published: PublishedVersion) -> dict[str, Any]:
    """Return the answer to the publication of a register version as JSON values."""
    return {
        "kind": published.kind,
        "id": published.id,
        "version": published.version,
        "index": published.index,
        "at": format_time(published.at),
        "leaf_hash": published.leaf_hash.hex(),
        "digest": published.digest.hex(),
        "replayed": published.replayed,
    }


def item_document(row: int, posted: Posted, *, dry_run: bool) -> dict[str, Any]:
    """Return what became of one item of a batch that was not refused.

    What a dry run would have recorded has no place in the log, so it gets none.
    """
    document: dict[str, Any] = {"row": row, "status": result_state(posted)}
    if dry_run and not posted.replayed:
        return document | awarded_document(posted)
    posted_members = posted_document(posted)
    del posted_members["replayed"]
    return document | posted_members


def batch_summary(answered: BatchAnswer) -> dict[str, Any]:
    """Return what a batch came to, without its results."""
    document: dict[str, Any] = {}
    if answered.batch is not None:
        document = {"batch": answered.batch, "index": answered.index}
    counts = {what: answered.count(what) for what in ("recorded", "replayed", "refused")}
    return document | {"items": len(answered.results), **counts, "dry_run": answered.dry_run}
