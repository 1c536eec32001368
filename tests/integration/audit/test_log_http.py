"""Auditing a log over HTTP: whoever serves it may be slow, broken, or worse."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from creditbank.clients.log import LogSite
from creditbank.errors.audit import LogUnreadable
from tests.banks import refusal_of
from tests.integration.audit.copies import SIZES, Found, Leaves, audited, found_in

SIZE = SIZES[-1]
LOG = Leaves()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the log."""
    LOG.write(tmp_path / "log")
    return tmp_path / "log"


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


class Server:
    """Answers from a folder, after a fault at some paths."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        self.faults: dict[str, list[httpx.Response | Exception]] = {}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/log/")
        self.asked.append(path)
        waiting = self.faults.get(path, [])
        if waiting:
            fault = waiting.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        file = self.copy / path
        if not file.is_file():
            return httpx.Response(404)
        body = gzip.compress(file.read_bytes())
        return httpx.Response(200, content=body, headers={"content-encoding": "gzip"})

    def opening(self, address: str) -> LogSite:
        return LogSite(address, httpx.MockTransport(self))

    def found(self, **given: Any) -> Found:
        return found_in("https://bank.example/log", opening=self.opening, **given)


@pytest.fixture
def server(copy: Path) -> Server:
    return Server(copy)


def test_answers_may_be_compressed(server: Server) -> None:
    assert server.found() == set()


def test_partial_files_that_are_gone_are_read_from_the_full_ones(tmp_path: Path) -> None:
    LOG.write(tmp_path / "small", (300,))
    LOG.write(tmp_path / "large", (SIZE,))
    server = Server(tmp_path / "large")
    (tmp_path / "large" / "checkpoint").write_bytes((tmp_path / "small/checkpoint").read_bytes())
    (tmp_path / "large" / "checkpoints.jsonl").unlink()
    assert server.found() == {("tiles", 0)}  # of level 1 there is only one, at another size


def test_what_passes_is_tried_again(server: Server) -> None:
    server.faults["tile/entries/001"] = [httpx.Response(503), httpx.ConnectError("gone")]
    server.faults["checkpoint"] = [httpx.Response(429)]
    assert server.found() == set()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda: httpx.Response(500), "status"),
        (lambda: httpx.Response(302, headers={"location": "https://else.example/"}), "redirect"),
        (lambda: httpx.ConnectTimeout("slow"), "timeout"),
        (lambda: httpx.ConnectError("no"), "connect"),
        (lambda: httpx.RemoteProtocolError("cut"), "connection_lost"),
        (lambda: httpx.Response(200, content=bytes(1_000_001)), "size"),
    ],
)
def test_log_that_cannot_be_had_is_said_to_be(
    server: Server, fault: Callable[[], Any], reason: str
) -> None:
    server.faults["checkpoint"] = [fault() for _ in range(3)]
    refused = refusal_of(server.found, LogUnreadable)
    assert refused.fields == {"file": "checkpoint", "reason": reason}


def test_folder_without_a_log_is_said_to_be_none(tmp_path: Path) -> None:
    refused = refusal_of(lambda: audited(tmp_path), LogUnreadable)
    assert refused.fields == {"file": "checkpoint", "reason": "missing"}
    (tmp_path / "checkpoint").write_bytes(bytes(1_000_001))
    refused = refusal_of(lambda: audited(tmp_path), LogUnreadable)
    assert refused.fields["reason"] == "size"


def test_checkpoints_of_before_are_read_where_they_are_listed(server: Server) -> None:
    """A bank of ours lists them; each has to be signed and on the way to the newest."""

    def forked(index: int, members: dict[str, Any]) -> None:
        if index == 42:
            members["body"] = bytes(32)

    listing = httpx.Response(200, json={"sizes": [100, 300], "next": 300})
    end = httpx.Response(200, json={"sizes": []})
    server.faults["checkpoints"] = [listing, end]
    server.faults["checkpoints/100"] = [httpx.Response(200, content=LOG.note(100))]
    fork = Leaves(change=forked).note(300)
    server.faults["checkpoints/300"] = [httpx.Response(200, content=fork)]
    assert server.found() == {("checkpoints", 299)}


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b'{"sizes":["x"]}', b'{"sizes":1}'])
def test_listing_of_another_form_is_passed_over(server: Server, answer: bytes) -> None:
    server.faults["checkpoints"] = [httpx.Response(200, content=answer)]
    assert server.found() == set()
