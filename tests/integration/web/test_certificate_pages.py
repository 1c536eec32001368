"""A certificate's page: what its holder allows and nothing else, in any browser."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests import factories
from tests.banks import DESK
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh
from tests.printed import attached, scanned

ENGINES = ("sqlite",)
pytestmark = pytest.mark.asyncio(loop_scope="module")
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@dataclass
class Certificate:
    """A certificate, its learner, and what only the page's reader knows of it: the address."""

    id: str
    account: str
    name: str
    index: int
    api: Api

    @property
    def path(self) -> str:
        return f"/credentials/{self.id}"

    async def share(self, name: str, *shows: str) -> str:
        """Show it under a name; return the path of the link."""
        path = f"/v1/credentials/{self.id}/shares/{name}"
        answer = await self.api.put(path, {"shows": list(shows)}, self.account)
        assert answer.status_code in {200, 201}, answer.text
        url: str = answer.json()["url"]
        return url.removeprefix("https://bank.test")

    async def page(self, path: str | None = None, **headers: str) -> httpx.Response:
        return await self.api.client.get(path or self.path, headers=BROWSER | headers)


@pytest_asyncio.fixture(loop_scope="module")
async def certificate(api: Api, person: int) -> Certificate:
    posted = await api.posted(factories.completion(fresh("page"), person))
    account = await api.sign_in(posted["account"], DESK)
    issued = await api.post("/v1/credentials", {"outcome": posted["outcome"]}, account)
    assert issued.status_code == 201, issued.text
    name = factories.learner(person)["name"]
    return Certificate(issued.json()["credential"], account, name, posted["index"], api)


async def test_a_page_that_shows_nothing_says_that_it_exists_and_how_it_stands(
    certificate: Certificate,
) -> None:
    answer = await certificate.page()
    assert answer.status_code == 200
    assert "本证书有效。" in answer.text
    assert "持证人未在此展示" in answer.text
    for secret in (
        certificate.name,
        factories.MODULE,
        "学时",
    ):
        assert secret not in answer.text
    refused = await certificate.api.client.get(
        certificate.path, headers={"accept": "application/vc+ld+json"}
    )
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("shows", "name", "document"),
    [((), False, False), (("name",), True, False), (("document",), True, True)],
)
async def test_what_is_shown_is_shown_and_nothing_else(
    certificate: Certificate, shows: tuple[str, ...], name: bool, document: bool
) -> None:
    await certificate.share("public", *shows)
    answer = await certificate.page()
    assert factories.MODULE in answer.text
    assert (certificate.name in answer.text) is name
    assert ("proofValue" in answer.text) is document
    asked = await certificate.api.client.get(
        certificate.path, headers={"accept": "application/vc+ld+json"}
    )
    assert asked.status_code == (200 if document else 404)
    if document:
        assert asked.headers["content-type"] == "application/vc+ld+json"
        report = await certificate.api.client.post("/v1/verify", json={"document": asked.json()})
        assert report.status_code == 200


async def test_a_link_shows_what_the_public_does_not_see_until_it_is_withdrawn(
    certificate: Certificate,
) -> None:
    link = await certificate.share("college", "name", "document")
    assert certificate.name in (await certificate.page(link)).text
    assert certificate.name not in (await certificate.page()).text
    path = f"/v1/credentials/{certificate.id}/shares/college"
    assert (await certificate.api.delete(path, certificate.account)).status_code == 200
    gone = await certificate.page(link)
    assert gone.status_code == 404
    assert gone.headers["content-type"].startswith("text/html")
    assert certificate.name not in gone.text


async def test_the_code_on_paper_leads_to_a_page_that_can_be_checked(
    certificate: Certificate, tmp_path: Path
) -> None:
    token = {"authorization": f"Bearer {certificate.api.token(certificate.account)}"}
    pdf = await certificate.api.client.get(f"/v1/credentials/{certificate.id}.pdf", headers=token)
    assert pdf.headers["content-type"] == "application/pdf"
    link = scanned(pdf.content, tmp_path).removeprefix("https://bank.test")
    page = await certificate.page(link)
    assert certificate.name in page.text
    embedded = re.search(r'<script id="credential"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert embedded is not None
    document = json.loads(embedded[1])
    assert document["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    content = json.loads(attached(pdf.content))
    assert {**content, "proof": None} == {**document, "proof": None}


async def test_a_page_says_what_the_server_found(certificate: Certificate) -> None:
    await certificate.share("public", "name")
    page = await certificate.page()
    assert "有效。" in page.text
    assert 'class="failed"' not in page.text
    english = await certificate.page(**{"accept-language": "en"})
    assert "This certificate stands." in english.text
    assert english.headers["content-language"] == "en"
    assert '<html lang="en">' in english.text


async def test_a_suspended_and_a_revoked_certificate_say_so_to_everybody(
    certificate: Certificate,
) -> None:
    path = f"/v1/credentials/{certificate.id}"
    await certificate.api.post(f"{path}/suspension", {"reason": "复核中"}, DESK)
    assert "已暂停" in (await certificate.page()).text
    await certificate.api.post(f"{path}/resumption", {"reason": "复核完毕"}, DESK)
    assert "本证书有效。" in (await certificate.page()).text
    body = {"index": certificate.index, "reason": "重复报送", "source_id": fresh("page")}
    assert (await certificate.api.post("/v1/revocations", body)).status_code == 201
    page = await certificate.page()
    assert "已撤销" in page.text
    assert 'class="failed"' in page.text


async def test_after_an_erasure_nothing_personal_is_served(certificate: Certificate) -> None:
    link = await certificate.share("college", "name", "document")
    assert (await certificate.api.delete("/v1/learners/me", certificate.account)).is_success
    for path in (certificate.path, link):
        page = await certificate.page(path)
        assert page.status_code == 410
        assert certificate.name not in page.text


@pytest.mark.parametrize("path", ["/credentials/x", "/credentials/" + "0" * 36])
async def test_addresses_that_are_none(api: Api, path: str) -> None:
    assert (await api.client.get(path, headers=BROWSER)).status_code in {404, 422}


async def test_an_unknown_certificate_is_a_page_and_a_problem(api: Api) -> None:
    path = "/credentials/7e0f5c0e-8a4c-4b7a-9d2f-0c1b2a394857"
    page = await api.client.get(path, headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    problem = await api.client.get(path, headers={"accept": "application/vc+ld+json"})
    assert problem.json()["type"].endswith("/credential-unknown")


async def test_pages_load_nothing_from_elsewhere_and_run_nothing_else(
    certificate: Certificate,
) -> None:
    link = await certificate.share("college", "name", "document")
    for path in (link, "/verify", certificate.path):
        page = await certificate.page(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"
        loaded = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
        assert all(one.startswith(("/", "#", "data:,")) for one in loaded), loaded
        assert not re.search(r"<style|\son[a-z]+=|style=", page.text)
        for one in loaded:
            if one.startswith("/web/"):
                assert (await certificate.page(one)).status_code == 200
    assert (await certificate.page("/web/../rendering.py")).status_code == 404
    assert (await certificate.page("/web/none.js")).status_code == 404


async def test_a_page_can_be_read_without_eyes_or_mouse(certificate: Certificate) -> None:
    link = await certificate.share("college", "name", "document")
    for path in (link, "/verify"):
        text = (await certificate.page(path)).text
        assert text.count("<h1>") == 1
        assert '<html lang="zh-CN">' in text
        assert '<a class="skip" href="#main">' in text
        assert re.search(r'<main id="main"', text)
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        for named in re.findall(r'(?:aria-labelledby|aria-describedby|for)="([^"]+)"', text):
            assert named in ids
        assert not re.search(r"<img(?![^>]*alt=)", text)


async def test_names_are_shown_and_never_obeyed(api: Api, person: int) -> None:
    posted = await api.posted(factories.completion(fresh("page"), person))
    account = await api.sign_in(posted["account"], DESK)
    hostile = "</script><script>alert(1)</script>"
    changed = await api.post(f"/v1/learners/{account}/identity", {"name": hostile}, DESK)
    if changed.status_code != 201:  # such a name is not even taken
        assert changed.status_code == 422
        return
    issued = (await api.post("/v1/credentials", {"outcome": posted["outcome"]}, account)).json()
    one = Certificate(issued["credential"], account, hostile, posted["index"], api)
    page = await one.page(await one.share("x", "name", "document"))
    assert hostile not in page.text


def multipart(**parts: Any) -> dict[str, Any]:
    return {"files": parts}


@pytest.mark.parametrize("rendering", ["json", "pdf", "png", "svg"])
async def test_anybody_can_verify_any_form_on_a_page(
    certificate: Certificate, rendering: str
) -> None:
    token = {"authorization": f"Bearer {certificate.api.token(certificate.account)}"}
    path = f"/v1/credentials/{certificate.id}.{rendering}"
    file = (await certificate.api.client.get(path, headers=token)).content
    given = multipart(file=(f"x.{rendering}", file))
    page = await certificate.api.client.post("/verify", headers=BROWSER, **given)
    assert page.status_code == 200
    assert 'class="result valid"' in page.text
    assert certificate.name in page.text
    if rendering == "json":
        text = file.decode().replace(certificate.name, "李四")
        page = await certificate.api.client.post(
            "/verify", headers=BROWSER, **multipart(text=(None, text))
        )
        assert 'class="result not_valid"' in page.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (multipart(text=(None, " ")), 400),
        (multipart(text=(None, "no certificate")), 200),
        (multipart(file=("x.pdf", b"%PDF-1.7 broken")), 200),
        (multipart(text=(None, '{"format":"creditbank-receipt/1"}')), 200),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        (
            {
                "content": b"--x\r\nbroken",
                "headers": {"content-type": "multipart/form-data; boundary=x"},
            },
            400,
        ),
        ({"content": b"", "headers": {"content-type": "text/plain"}}, 400),
    ],
)
async def test_what_is_no_document_gets_a_page_too(
    api: Api, request_: dict[str, Any], status: int
) -> None:
    headers = BROWSER | request_.pop("headers", {})
    page = await api.client.post("/verify", headers=headers, **request_)
    assert page.status_code == status, page.text
    assert page.headers["content-type"].startswith("text/html")
    assert 'class="result valid"' not in page.text


async def test_an_upload_has_a_limit(api: Api) -> None:
    page = await api.client.post(
        "/verify", headers=BROWSER, **multipart(file=("x", b"a" * (17 << 20)))
    )
    assert page.status_code == 413
