"""`POST /v1/verify` on certificates: by document, text, file or address, each told apart."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from creditbank.services.workers import Workers
from tests import factories
from tests.banks import DESK
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)


async def issue(api: Api, person: int) -> tuple[str, str, dict[str, Any]]:
    """Return account, certificate, and the answer to the posting that it is of."""
    posted = await api.posted(factories.completion(fresh("verify"), person))
    account = await api.sign_in(posted["account"], DESK)
    answer = await api.post("/v1/credentials", {"outcome": posted["outcome"]}, account)
    return account, answer.json()["credential"], posted


async def verified(api: Api, body: Any) -> dict[str, Any]:
    answer = await api.post("/v1/verify", body, None)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def test_every_form_of_a_certificate_is_taken(api: Api, person: int) -> None:
    account, credential, _ = await issue(api, person)
    base = f"/v1/credentials/{credential}"
    document = (await api.get(f"{base}.json", account)).json()
    assert (await verified(api, {"document": document}))["result"] == "valid"
    assert (await verified(api, {"text": json.dumps(document)}))["result"] == "valid"
    for rendering in ("json", "pdf", "png", "svg"):
        file = await api.get(f"{base}.{rendering}", account)
        headers = {"content-type": file.headers["content-type"]}
        answer = await api.send("POST", "/v1/verify", None, content=file.content, headers=headers)
        assert answer.json()["result"] == "valid", rendering


async def test_an_sd_jwt_is_taken_as_text_and_as_a_file(api: Api, person: int) -> None:
    account, _, posted = await issue(api, person)
    body = {"outcome": posted["outcome"], "form": "sd_jwt_vc"}
    credential = (await api.post("/v1/credentials", body, account)).json()["credential"]
    text = (await api.get(f"/v1/credentials/{credential}.jwt", account)).text
    assert (await verified(api, {"text": text}))["result"] == "valid"
    headers = {"content-type": "application/dc+sd-jwt"}
    answer = await api.send("POST", "/v1/verify", None, content=text, headers=headers)
    assert answer.json()["result"] == "valid"


async def test_changed_suspended_and_revoked_are_told_apart(api: Api, person: int) -> None:
    account, credential, posted = await issue(api, person)
    document = (await api.get(f"/v1/credentials/{credential}.json", account)).json()
    forged = document | {"name": "另一张证书"}
    assert "forged" in (await verified(api, {"document": forged}))["answers"]
    await api.post(f"/v1/credentials/{credential}/suspension", {"reason": "复核"}, DESK)
    assert "suspended" in (await verified(api, {"document": document}))["answers"]
    await api.post(f"/v1/credentials/{credential}/resumption", {"reason": "复核"}, DESK)
    assert (await verified(api, {"document": document}))["result"] == "valid"
    revocation = {"index": posted["index"], "reason": "误报", "source_id": fresh("r")}
    await api.post("/v1/revocations", revocation)
    report = await verified(api, {"document": document})
    assert report["result"] == "not_valid"
    assert "revoked" in report["answers"]
    assert "forged" not in report["answers"]


async def test_an_address_of_ours_is_taken_within_what_its_holder_shows(
    api: Api, person: int
) -> None:
    account, credential, _ = await issue(api, person)
    url = f"https://bank.test/credentials/{credential}"
    refused = await api.post("/v1/verify", {"url": url}, None)
    assert slug_of(refused) == "share-unknown"
    share = {"shows": ["document"]}
    path = f"/v1/credentials/{credential}/shares/college"
    link = (await api.put(path, share, account)).json()["url"]
    assert (await verified(api, {"url": link}))["result"] == "valid"
    unknown = await api.post("/v1/verify", {"url": "https://bank.test/credentials/x"}, None)
    assert slug_of(unknown) == "credential-unknown"


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/c", "http://169.254.169.254/latest", "http://localhost/x"]
)
async def test_hosts_that_are_not_listed_are_not_asked(api: Api, url: str) -> None:
    refused = await api.post("/v1/verify", {"url": url}, None)
    assert slug_of(refused) == "host-not-allowed"


@pytest.mark.parametrize("body", [{}, {"text": "x", "url": "https://a.example/"}, {"url": "ftp:"}])
async def test_one_thing_is_brought_and_no_more(api: Api, body: dict[str, str]) -> None:
    refused = await api.post("/v1/verify", body, None)
    assert slug_of(refused) == "request-invalid"


async def test_after_a_rotation_old_certificates_verify_and_new_ones_have_the_new_key(
    api: Api, person: int
) -> None:
    from creditbank.services.credential_keys import rotate_credential_key

    account, credential, _ = await issue(api, person)
    before = (await api.get(f"/v1/credentials/{credential}.json", account)).json()
    bank = api.bank.bank
    key = rotate_credential_key(bank.database, bank.recorder, bank.keyring, bank.keys_dir)
    assert key.generation >= 1
    assert (await verified(api, {"document": before}))["result"] == "valid"
    _, credential, _ = await issue(api, person + 1)
    after = (await api.get(f"/v1/credentials/{credential}.json", DESK)).json()
    assert after["proof"]["verificationMethod"].endswith(key.multikey)
    assert (await verified(api, {"document": after}))["result"] == "valid"


async def test_many_who_verify_at_once_wait_for_a_list_and_not_for_one_another(
    api: Api, person: int
) -> None:
    # Each of them needs a list that is signed anew; that takes a thread which none of them holds.
    account, credential, _ = await issue(api, person)
    document = (await api.get(f"/v1/credentials/{credential}.json", account)).json()
    loop, many = asyncio.get_running_loop(), 12
    loop.set_default_executor(ThreadPoolExecutor(2))
    await api.posted(factories.completion(fresh("grown"), person + 1))
    async with asyncio.timeout(60):
        reports = await asyncio.gather(
            *(verified(api, {"document": document}) for _ in range(many))
        )
    assert {report["result"] for report in reports} == {"valid"}


async def test_a_flood_is_told_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(threads=1, waiting_max=1)
    monkeypatch.setattr(api.app.state.context.verifier, "workers", workers)
    held = threading.Event()
    waiting = [asyncio.create_task(workers.run(held.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    refused = await api.post("/v1/verify", {"text": "{}"}, None)
    assert slug_of(refused) == "overloaded"
    assert int(refused.headers["retry-after"]) > 0
    files = {"file": ("c.json", b"{}", "application/json")}
    page = await api.client.post("/verify", files=files, headers={"accept": "text/html"})
    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")
    held.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert (await api.post("/v1/verify", {"text": "{}"}, None)).status_code == 200
