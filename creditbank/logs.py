"""What the server says about itself: one JSON object a line on standard output.

Each request leaves one canonical line with all that is known of it, instead of many. The log is
not the audit trail, which is the ledger; it never holds a secret or anything about a person. What
must not be said is in `redaction`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from creditbank.config import Settings
from creditbank.redaction import ExceptionText, redact, redact_text

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")

# At INFO these repeat statements with their values and addresses with their query, or every
# request that the canonical line has already.
_QUIET = ("sqlalchemy", "httpx", "httpcore", "uvicorn.access", "asyncio")

# It has a line for each fault of a file, and strangers send files.
_SILENT = ("pypdf",)

_line: ContextVar[dict[str, object] | None] = ContextVar("request_line", default=None)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def configure(settings: Settings) -> None:
    """Send every log line of this process, ours and the libraries', to standard output."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    terminal = sys.stdout.isatty()
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and terminal)
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=terminal) if pretty else _to_json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            ExceptionText(all_messages=settings.environment == "development"),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_open_text if pretty else _open_bytes,
        cache_logger_on_first_use=False,
    )
    _take_over_standard_logging(level)


def _open_text(*_: object) -> structlog.PrintLogger:
    """Return a logger on what is standard output now, which a test or a daemon may replace."""
    return structlog.PrintLogger(sys.stdout)


def _open_bytes(*_: object) -> structlog.BytesLogger:
    """Return the same for lines that are UTF-8 already, whatever the terminal's encoding."""
    return structlog.BytesLogger(sys.stdout.buffer)


def note(**fields: object) -> None:
    """Add `fields` to the canonical line of the request being answered, if there is one.

    Usual ones: actor (the organisation), token_id, verb, index (of the entry), outcome (slug).
    """
    line = _line.get()
    if line is not None:
        line.update(fields)


def request_id() -> str | None:
    """Return the id of the request being answered; None outside of one."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return None if found is None else str(found)


class RequestLog:
    """ASGI middleware that names each request and writes its canonical line.

    The line has the route's template and never the path or the query, which may hold a number.
    A caller's X-Request-ID is kept if it is harmless; the answer carries the id in any case.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then write its line, however it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identity = _request_id(scope)
        line: dict[str, object] = {"method": scope["method"], "status": None}

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                line["status"] = message["status"]
                headers = [*message.get("headers", []), (b"x-request-id", identity.encode())]
                message = {**message, "headers": headers}
            await send(message)

        reset = _line.set(line)
        started = time.perf_counter_ns()
        with structlog.contextvars.bound_contextvars(request_id=identity):
            try:
                await self.app(scope, receive, send_named)
            except BaseException as error:
                line["raised"] = type(error).__name__
                raise
            finally:
                _line.reset(reset)
                _write_line(scope, line, time.perf_counter_ns() - started)


class _Intake(logging.Handler):
    """Hands the records of standard logging to structlog, so that all lines look the same."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write `record` as a line that names its logger."""
        known = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
        level = next((level for level in known if record.levelno >= level), logging.DEBUG)
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # its arguments do not fit its format
            text = str(record.msg)
        structlog.get_logger().log(level, text, logger=record.name, exc_info=record.exc_info)


def _take_over_standard_logging(level: int) -> None:
    """Route every standard logger through `_Intake`, and warnings too."""
    root = logging.getLogger()
    root.handlers[:] = [_Intake()]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)


def _write_line(scope: Scope, line: dict[str, object], nanoseconds: int) -> None:
    """Write the canonical line; without a status, the answer was never begun."""
    line["route"] = getattr(scope.get("route"), "path", None)
    line["milliseconds"] = nanoseconds // 10_000 / 100
    status = line["status"]
    failed = not isinstance(status, int) or status >= 500  # noqa: PLR2004  # RFC 9110, 15.6
    structlog.get_logger().log(logging.ERROR if failed else logging.INFO, "request", **line)


def _request_id(scope: Scope) -> str:
    """Return the caller's X-Request-ID if it is one harmless word, or else a new one."""
    for header, value in scope.get("headers", []):
        if header == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            text: str = value.decode()
            if redact_text(text) == text:
                return text
    return uuid.uuid4().hex


def _to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    """Return `event` as one line of JSON; what JSON cannot say, as the text of its type."""

    def unknown(value: object) -> str:
        # Not repr(value): an object's own description may repeat what it holds.
        return f"<{type(value).__name__}>"

    try:
        return orjson.dumps(event, default=unknown, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a lone surrogate, or a number that does not fit 64 bits
        return json.dumps(event, default=unknown, skipkeys=True).encode()
