"""Log lines: their form, one for each request, and what is never in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from creditbank import logs
from creditbank.config import Settings
from creditbank.errors.storage import ClockOff
from creditbank.redaction import PRIVATE, REDACTED, redact_text

RESIDENT_ID = "440106199001011234"
PHONE = "13800138000"

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


@pytest.fixture(autouse=True)
def _logging_put_back() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before


class Lines:
    """Reads what was logged since the last look."""

    def __init__(self, capture: pytest.CaptureFixture[bytes]) -> None:
        self._capture = capture

    def text(self) -> str:
        return self._capture.readouterr().out.decode()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]

    def one(self) -> dict[str, Any]:
        (line,) = self.all()
        return line


@pytest.fixture
def lines(capsysbinary: pytest.CaptureFixture[bytes]) -> Lines:
    logs.configure(Settings(environment="production", log_format="json"))
    return Lines(capsysbinary)


def test_a_line_is_one_json_object_with_time_and_level(lines: Lines) -> None:
    structlog.get_logger().info("started", port=8000, origin="localhost/creditbank")
    line = lines.one()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "started",
        "level": "info",
        "port": 8000,
        "origin": "localhost/creditbank",
    }


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_lines_below_the_level_are_not_written(
    capsysbinary: pytest.CaptureFixture[bytes],
    level: Any,  # one of the literals
) -> None:
    logs.configure(Settings(log_format="json", log_level=level))
    names = ["debug", "info", "warning", "error"]
    for name in names:
        getattr(structlog.get_logger(), name)(name)
        getattr(logging.getLogger("library"), name)(name)
    written = [line["event"] for line in Lines(capsysbinary).all()]
    assert written == [name for name in names[names.index(level) :] for _ in range(2)]


@pytest.mark.parametrize("word", sorted(PRIVATE))
def test_private_members_are_blanked_at_any_depth(lines: Lines, word: str) -> None:
    structlog.get_logger().info(
        "x", **{word: "Zhang San", f"holder_{word}": 1, "at": {"list": [{word.upper(): "Zhang"}]}}
    )
    line = lines.one()
    assert line[word] == line[f"holder_{word}"] == REDACTED
    assert line["at"] == {"list": [{word.upper(): REDACTED}]}


def test_header_names_are_members_too(lines: Lines) -> None:
    structlog.get_logger().info("x", at={"X-Learner-Token": "t0", "accept": "text/html"})
    assert lines.one()["at"] == {"X-Learner-Token": REDACTED, "accept": "text/html"}


@pytest.mark.parametrize(
    "text",
    [
        f"learner {RESIDENT_ID} posted",
        "44010619900101123x",
        f"({PHONE})",
        "Authorization: Bearer cbk_abc.def",
        "身份证440106199001011234，已登记",
    ],
)
def test_numbers_of_people_and_tokens_are_blanked_in_texts(text: str) -> None:
    assert REDACTED in redact_text(text)
    assert not any(secret in redact_text(text) for secret in (RESIDENT_ID, PHONE, "cbk_abc"))


@pytest.mark.parametrize(
    "text",
    [
        "f00440106199001011234aa",  # within a digest
        "91440300708461136T",  # an institution's code
        "123456789012345678",  # no birth date in it
        "1767225600",  # a time in seconds
        "1767225600000",  # and in milliseconds
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact_text(text) == text


def test_numbers_of_people_are_blanked_as_values_and_as_keys(lines: Lines) -> None:
    structlog.get_logger().info(
        "x", found=int(RESIDENT_ID), size=7, ready=True, by={PHONE: 1}, both=(PHONE, 2)
    )
    line = lines.one()
    assert (line["found"], line["size"], line["ready"]) == (REDACTED, 7, True)
    assert (line["by"], line["both"]) == ({REDACTED: 1}, [REDACTED, 2])


def test_standard_logging_takes_the_same_way(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").warning("call %s", PHONE)
    line = lines.one()
    assert (line["logger"], line["level"]) == ("uvicorn.error", "warning")
    assert line["event"] == f"call {REDACTED}"


def test_a_record_with_wrong_arguments_is_written_without_them(lines: Lines) -> None:
    record = logging.makeLogRecord({"msg": "%d entries", "args": (RESIDENT_ID,), "levelno": 40})
    logs._Intake().handle(record)
    assert lines.one()["event"] == "%d entries"


def test_a_level_of_a_library_s_own_is_the_next_lower_one(lines: Lines) -> None:
    logging.getLogger("library").log(35, "between")
    assert lines.one()["level"] == "warning"


def test_libraries_that_repeat_values_are_quiet(lines: Lines) -> None:
    for name in ("sqlalchemy.engine.Engine", "httpx", "uvicorn.access"):
        logging.getLogger(name).info("INSERT INTO person VALUES ('Zhang San')")
    assert lines.all() == []


def test_warnings_are_lines_too(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    line = lines.one()
    assert line["logger"] == "py.warnings"
    assert "soon gone" in line["event"]


def _fail_in_two_steps() -> None:
    try:
        int("Zhang San")
    except ValueError as error:
        raise ClockOff(seconds=7, tolerance=2) from error


def test_of_exceptions_only_our_own_speak_in_production(lines: Lines) -> None:
    try:
        _fail_in_two_steps()
    except ClockOff:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed")
    for line in lines.all():
        assert "Zhang San" not in str(line)
        first, second = line["exception"].split("\nled to\n")
        assert first.startswith("ValueError\n")
        assert second.startswith("ClockOff: The clocks disagree by 7 seconds")
        assert "test_logs.py" in first
        assert "_fail_in_two_steps" in second


def test_in_development_every_exception_speaks(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    logs.configure(Settings(log_format="json"))
    structlog.get_logger().error("failed", exc_info=ValueError("seven"))
    assert Lines(capsysbinary).one()["exception"] == "ValueError: seven"


def test_a_context_that_was_suppressed_is_not_told(lines: Lines) -> None:
    error = KeyError("outer")
    error.__context__ = ValueError("inner")
    structlog.get_logger().error("failed", exc_info=error)
    error.__suppress_context__ = True
    structlog.get_logger().error("failed", exc_info=error)
    told, untold = lines.all()
    assert told["exception"] == "ValueError\nled to\nKeyError"
    assert untold["exception"] == "KeyError"


def test_without_an_exception_exc_info_leaves_no_trace(lines: Lines) -> None:
    structlog.get_logger().error("failed", exc_info=True)
    assert "exception" not in lines.one()


def test_what_json_cannot_say_is_named_by_its_type(lines: Lines) -> None:
    structlog.get_logger().info(
        "x", at=SimpleNamespace(told="Zhang San"), wide=2**70, half="\ud800"
    )
    line = lines.one()
    assert line["at"] == "<SimpleNamespace>"
    assert (line["wide"], line["half"]) == (2**70, "\ud800")


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_auto_is_pretty_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    logs.configure(Settings(log_format="auto"))
    structlog.get_logger().info("started", token="t0")
    written = terminal.getvalue()
    assert "started" in written
    assert not written.startswith("{")
    assert "t0" not in written


def test_auto_is_json_elsewhere(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    logs.configure(Settings(log_format="auto"))
    structlog.get_logger().info("started")
    assert Lines(capsysbinary).one()["event"] == "started"


# --- the canonical line of a request --------------------------------------------------------------


def _ask(app: logs.Application, *headers: tuple[bytes, bytes], **scope: object) -> list[Message]:
    """Return what `app` sent in answer to a request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    whole = {"type": "http", "method": "POST", "headers": list(headers), **scope}
    asyncio.run(_run(logs.RequestLog(app), whole, receive, send))
    return sent


async def _run(app: logs.Application, *arguments: Any) -> None:
    await app(*arguments)


async def _answer(scope: Message, _receive: object, send: Send) -> None:
    logs.note(actor="91440300708461136T", token_id="k7", index=41, outcome="recorded")
    scope["route"] = SimpleNamespace(path="/learners/{account}/entries")
    structlog.get_logger().info("within")
    await send({"type": "http.response.start", "status": 201, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": b""})


def test_a_request_leaves_one_line_with_what_is_known_of_it(lines: Lines) -> None:
    sent = _ask(_answer, path=f"/learners/{RESIDENT_ID}/entries", query_string=b"phone=1")
    within, line = lines.all()
    assert within["request_id"] == line["request_id"]
    assert sent[0]["headers"] == [(b"a", b"b"), (b"x-request-id", line["request_id"].encode())]
    assert line.pop("milliseconds") >= 0
    assert len(line.pop("request_id")) == 32
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "route": "/learners/{account}/entries",
        "status": 201,
        "actor": "91440300708461136T",
        "token_id": "k7",
        "index": 41,
        "outcome": "recorded",
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"trace-0001", True),
        (b"short", False),
        (b"two words", False),
        (b"x" * 65, False),
        (b'"},{"event":', False),
        (RESIDENT_ID.encode(), False),
    ],
)
def test_only_a_harmless_request_id_is_kept(lines: Lines, given: bytes, kept: bool) -> None:
    _ask(_answer, (b"accept", b"*/*"), (b"x-request-id", given))
    assert (lines.all()[-1]["request_id"] == given.decode()) is kept


def test_a_failed_request_leaves_its_line_as_an_error(lines: Lines) -> None:
    async def fail(*_: object) -> None:
        raise ValueError("Zhang San")

    with pytest.raises(ValueError, match="Zhang San"):
        _ask(fail)
    line = lines.one()
    assert (line["level"], line["status"], line["raised"]) == ("error", None, "ValueError")
    assert "Zhang San" not in str(line)


def test_a_server_error_is_an_error_and_a_refusal_is_not(lines: Lines) -> None:
    for status in (503, 409):

        async def answer(
            _scope: object, _receive: object, send: Send, status: int = status
        ) -> None:
            await send({"type": "http.response.start", "status": status})

        _ask(answer)
    assert [line["level"] for line in lines.all()] == ["error", "info"]


def test_other_than_requests_pass_through_without_a_line(lines: Lines) -> None:
    async def start(scope: Message, *_: object) -> None:
        assert scope["type"] == "lifespan"
        assert logs.request_id() is None
        logs.note(index=1)

    _ask(start, type="lifespan")
    assert lines.all() == []


def test_the_request_id_is_known_within_the_request_only(lines: Lines) -> None:
    seen: list[str | None] = []

    async def look(*_: object) -> None:
        seen.append(logs.request_id())

    _ask(look, (b"x-request-id", b"trace-0001"))
    seen.append(logs.request_id())
    assert seen == ["trace-0001", None]
    assert lines.one()["request_id"] == "trace-0001"
