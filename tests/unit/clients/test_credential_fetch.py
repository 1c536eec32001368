"""Whom a certificate can make us ask, and what the answer may be."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from creditbank.clients.credential_fetch import Fetcher
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable, MalformedDid

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return the addresses that names resolve to; the others do not resolve."""
    known: dict[str, list[str]] = {}

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(-2, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


def refused(fetcher: Fetcher, url: str) -> tuple[type[Exception], object]:
    with pytest.raises((HostNotAllowed, HostUnreachable)) as error:
        fetcher.get(url)
    return type(error.value), error.value.fields["reason"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://other.example/x", "not_listed"),
        ("https://bank.example.evil.example/x", "not_listed"),
        ("https://bank.example:8443/x", "not_listed"),
        ("https://user@bank.example/x", "form"),
        ("https://bank.example@evil.example/x", "form"),
        ("http://bank.example/x", "scheme"),
        ("ftp://bank.example/x", "scheme"),
        ("file:///etc/passwd", "form"),
        ("//bank.example/x", "scheme"),
        ("https://bänk.example/x", "form"),
        ("https://bank.example:99999/x", "form"),
        ("https://[::1", "form"),
        ("", "form"),
        ("http://169.254.169.254/latest/meta-data", "not_listed"),
        ("https://127.0.0.1/x", "not_listed"),
    ],
)
def test_only_listed_hosts_are_asked_and_only_by_https(url: str, reason: str) -> None:
    assert refused(Fetcher(["bank.example"]), url) == (HostNotAllowed, reason)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],  # noqa: S104  # an address to be refused
        ["::1"],
        ["fc00::1"],
        ["::ffff:10.0.0.1"],
        ["93.184.216.34", "10.0.0.1"],
    ],
)
def test_a_listed_name_that_leads_inside_is_not_followed(
    addresses: dict[str, list[str]], found: list[str]
) -> None:
    addresses["bank.example"] = found
    assert refused(Fetcher(["bank.example"]), "https://bank.example/x") == (
        HostNotAllowed,
        "address",
    )


def test_the_address_that_was_checked_is_the_one_connected_to(
    addresses: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses["bank.example"] = ["93.184.216.34"]
    tried: list[Any] = []

    def connect(address: Any, *_: Any, **__: Any) -> Any:
        tried.append(address)
        addresses["bank.example"] = ["127.0.0.1"]  # the name is turned meanwhile
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", connect)
    fetcher = Fetcher(["bank.example"])
    assert refused(fetcher, "https://bank.example/x") == (HostUnreachable, "timeout")
    assert tried == [("93.184.216.34", 443)]


def test_a_name_that_nobody_knows_is_not_reached(addresses: dict[str, list[str]]) -> None:
    assert addresses == {}
    fetcher = Fetcher(["bank.example"])
    assert refused(fetcher, "https://bank.example/x") == (HostUnreachable, "connect")


class _Server:
    """A web server on this machine, as a development bank is one."""

    def __init__(self) -> None:
        answers = self.answers = dict[str, Answer]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answers[self.path](self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return f"http://{self.host}{path}"


@pytest.fixture
def server() -> Iterator[_Server]:
    made = _Server()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _answer(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20):
        time.sleep(0.05)
        try:
            handler.wfile.write(b".")
        except OSError:
            return


def test_what_a_host_answers_is_bounded(server: _Server) -> None:
    fetcher = Fetcher([server.host], local=True, timeout=0.5)
    assert fetcher.get(server.url("/ok", _answer(200, b"yes"))) == b"yes"
    cases = {
        "/missing": (_answer(404, b""), "answer"),
        "/failing": (_answer(500, b""), "answer"),
        "/large": (_answer(200, b"x" * 5000), "size"),
        "/moved": (_answer(302, b"", location="http://169.254.169.254/"), "redirect"),
        "/slow": (_drip, "timeout"),
    }
    for path, (answer, reason) in cases.items():
        with pytest.raises(HostUnreachable) as error:
            fetcher.get(server.url(path, answer), most=1000)
        assert error.value.fields["reason"] == reason, path
    server.server.shutdown()
    server.server.server_close()
    assert refused(fetcher, f"http://{server.host}/gone") == (HostUnreachable, "connect")


def test_http_and_private_addresses_are_for_development_alone(server: _Server) -> None:
    url = server.url("/ok", _answer(200, b"yes"))
    assert refused(Fetcher([server.host]), url) == (HostNotAllowed, "scheme")
    assert refused(Fetcher(["localhost"], local=True), url) == (HostNotAllowed, "not_listed")


def test_documents_of_dids_are_json_objects(server: _Server) -> None:
    name = f"did:web:{server.host.replace(':', '%3A')}"
    fetcher = Fetcher([server.host], local=True)
    server.url("/.well-known/did.json", _answer(200, json.dumps({"id": name}).encode()))
    assert fetcher.resolve_did(name) == {"id": name}
    for body in (b"[]", b"{", b"\xff"):
        server.url("/.well-known/did.json", _answer(200, body))
        with pytest.raises(HostUnreachable):
            fetcher.resolve_did(name)
    for wrong in ("did:example:x", "did:web:", "x"):
        with pytest.raises(MalformedDid):
            fetcher.resolve_did(wrong)
    with pytest.raises(HostNotAllowed):
        fetcher.resolve_did("did:web:other.example")
    with pytest.raises((MalformedDid, HostNotAllowed)):
        fetcher.resolve_did("did:webvh:QmScid:other.example")
