"""Whoever scans the code on a certificate: a real browser opens the page and checks by itself."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from creditbank.api.app import create_app
from creditbank.config import Settings
from creditbank.storage.database import Database
from tests import factories
from tests.banks import DESK, ORIGIN, SCHOOL, TestBank, make_bank
from tests.e2e.browsing import browser, opened
from tests.printed import scanned

STEP = re.compile(r'<li class="(\w+)"><span class="state">')


@dataclass
class Site:
    """A bank at an address of its own; `swap` is what a dishonest server would show instead."""

    bank: TestBank
    url: str
    swap: dict[bytes, bytes] = field(default_factory=dict)

    def send(self, method: str, path: str, token: str | None = None, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = httpx.request(method, self.url + path, headers=headers, **more)
        assert answer.is_success, answer.text
        return answer


def lying(site: Site, app: Any) -> Any:
    """Return the application behind one that changes pages on their way."""

    async def changed(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.body" and site.swap:
                for old, new in site.swap.items():
                    message["body"] = message["body"].replace(old, new)
            await send(message)

        await app(scope, receive, sending)

    return changed


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    browser()
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(sqlite_template, folder / "bank.db")
    database = Database(f"sqlite:///{folder / 'bank.db'}")
    bank = make_bank(database, folder)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://localhost:{listener.getsockname()[1]}"
        settings = Settings(
            data_dir=folder,
            database_url=f"sqlite:///{folder / 'bank.db'}",
            keys_dir=bank.keys,
            origin=ORIGIN,
            notice_version="1",
            rate_limit_per_minute=0,
            public_url=url,
        )
        site = Site(bank, url)
        app = lying(site, create_app(settings))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        try:
            yield site
        finally:
            server.should_exit = True
            thread.join(10)
            database.engine.dispose()


@dataclass(frozen=True)
class Paper:
    """A printed certificate, and what its code says."""

    link: str
    name: str
    index: int


@pytest.fixture(scope="module")
def paper(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    tokens = site.bank.tokens
    outcome = factories.completion("browser-1", 77)
    posted = site.send("POST", "/v1/outcomes", tokens[SCHOOL].text, json=outcome).json()
    account = posted["account"]
    code = site.send("POST", f"/v1/learners/{account}/codes", tokens[DESK].text).json()["code"]
    session = site.send("POST", "/v1/sessions", json={"account": account, "code": code}).json()
    asked = {"outcome": posted["outcome"]}
    issued = site.send("POST", "/v1/credentials", session["token"], json=asked).json()
    pdf = site.send("GET", f"/v1/credentials/{issued['credential']}.pdf", session["token"])
    link = scanned(pdf.content, tmp_path_factory.mktemp("paper"))
    assert link.startswith(f"{site.url}/credentials/{issued['credential']}?k=")
    return Paper(link, factories.learner(77)["name"], posted["index"])


def found(page: str) -> list[str]:
    """Return the states of the steps that the browser itself made."""
    (own,) = re.findall(r'<ol id="local"[^>]*data-done="yes"[^>]*>(.*?)</ol>', page, re.DOTALL)
    return STEP.findall(own)


def test_the_browser_checks_the_certificate_behind_the_code(
    site: Site, paper: Paper, tmp_path: Path
) -> None:
    page = opened(paper.link, tmp_path)
    assert paper.name in page
    assert found(page) == ["passed"] * 4


def test_the_browser_finds_what_a_dishonest_server_changed(
    site: Site, paper: Paper, tmp_path: Path
) -> None:
    other = "李" + paper.name[1:]  # as long as the true one, so that the answer stays whole
    site.swap = {
        paper.name.encode(form, "backslashreplace"): other.encode(form, "backslashreplace")
        for form in ("utf-8", "ascii")  # as it is read, and as it stands in the document
    }
    try:
        page = opened(paper.link, tmp_path)
        assert other in page
        assert found(page)[0] == "failed"
    finally:
        site.swap = {}


def test_the_browser_finds_that_the_page_says_something_else_than_was_signed(
    site: Site, paper: Paper, tmp_path: Path
) -> None:
    other = "李" + paper.name[1:]
    shown = "<strong data-signed>{}</strong>"
    site.swap = {shown.format(paper.name).encode(): shown.format(other).encode()}
    try:
        page = opened(paper.link, tmp_path)
        assert f">{other}</strong>" in page
        assert found(page)[:2] == ["passed", "failed"]
    finally:
        site.swap = {}


def test_the_browser_relies_on_no_other_list_than_the_one_that_is_named(
    site: Site, paper: Paper, tmp_path: Path
) -> None:
    named = b'"BitstringStatusList","statusPurpose":"%s"'
    site.swap = {named % b"revocation": named % b"revocatio_"}
    try:
        assert found(opened(paper.link, tmp_path))[-1] == "undecided"
    finally:
        site.swap = {}


def test_the_browser_reads_that_a_certificate_was_revoked(
    site: Site, paper: Paper, tmp_path: Path
) -> None:
    body = {"index": paper.index, "reason": "重复报送", "source_id": "browser-2"}
    site.send("POST", "/v1/revocations", site.bank.tokens[SCHOOL].text, json=body)
    assert found(opened(paper.link, tmp_path)) == ["passed", "passed", "passed", "failed"]
