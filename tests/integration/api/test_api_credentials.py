"""Certificates over HTTP: issued, opened in every form, shown, suspended, revoked, erased."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio
from openvc.status import decode_bitstring, get_status_bit

from creditbank.services.learners import PublishErasures
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRANGER = COLLEGE


class Holder:
    """A learner with one completed module, signed in."""

    def __init__(self, api: Api, account: str, posted: dict[str, Any]) -> None:
        self.api, self.account, self.posted = api, account, posted

    @classmethod
    async def of(cls, api: Api, person: int) -> Holder:
        posted = await api.posted(factories.completion(fresh("cert"), person))
        return cls(api, await api.sign_in(posted["account"], DESK), posted)

    async def issue(self, **more: Any) -> dict[str, Any]:
        body = {"outcome": self.posted["outcome"]} | more
        answer = await self.api.post("/v1/credentials", body, self.account)
        assert answer.status_code == 201, answer.text
        issued: dict[str, Any] = answer.json()
        return issued

    async def document(self, credential: str) -> dict[str, Any]:
        answer = await self.api.get(f"/v1/credentials/{credential}.json", self.account)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest_asyncio.fixture(loop_scope="module")
async def holder(api: Api, person: int) -> Holder:
    return await Holder.of(api, person)


async def bit(api: Api, document: dict[str, Any], purpose: str) -> bool:
    """Return what the list of a purpose says of a certificate."""
    entry = next(one for one in document["credentialStatus"] if one["statusPurpose"] == purpose)
    return await is_set(api, entry)


async def said(api: Api, document: dict[str, Any]) -> set[str]:
    """Return the messages of the list about a certificate."""
    entries = [one for one in document["credentialStatus"] if one["statusPurpose"] == "message"]
    return {one["statusMessage"][1]["message"] for one in entries if await is_set(api, one)}


async def is_set(api: Api, entry: dict[str, Any]) -> bool:
    answer = await api.get(entry["statusListCredential"].removeprefix("https://bank.test"))
    assert answer.status_code == 200, answer.text
    bits = decode_bitstring(answer.json()["credentialSubject"]["encodedList"])
    return bool(get_status_bit(bits, int(entry["statusListIndex"])))


async def test_issuing_the_same_again_gets_the_same_certificate(holder: Holder) -> None:
    issued = await holder.issue()
    again = await holder.api.post(
        "/v1/credentials", {"outcome": holder.posted["outcome"]}, holder.account
    )
    assert again.status_code == 200
    assert again.json() == issued | {"replayed": True}
    other = await holder.issue(named=False)
    assert other["credential"] != issued["credential"]


async def test_a_certificate_is_made_when_it_is_opened_and_the_same_every_time(
    holder: Holder,
) -> None:
    issued = await holder.issue()
    document = await holder.document(issued["credential"])
    assert document["id"] == issued["url"]
    assert document["issuer"]["id"] == "did:web:bank.test"
    assert document["credentialSubject"]["achievement"]["name"] == "工业视觉质检"
    holder.api.app.state.context.certificates._kept.clear()
    assert await holder.document(issued["credential"]) == document


async def test_it_can_be_had_as_a_page_and_as_pictures(holder: Holder) -> None:
    credential = (await holder.issue())["credential"]
    for rendering, start in (("pdf", b"%PDF-"), ("png", b"\x89PNG"), ("svg", b"<svg")):
        answer = await holder.api.get(f"/v1/credentials/{credential}.{rendering}", holder.account)
        assert answer.content.lstrip().startswith(start)
    refused = await holder.api.get(f"/v1/credentials/{credential}.jwt", holder.account)
    assert slug_of(refused) == "form-unavailable"
    shares = await holder.api.get(f"/v1/credentials/{credential}/shares", holder.account)
    assert [one["name"] for one in shares.json()["shares"]] == ["print"]


async def test_an_sd_jwt_is_had_as_text_and_stands_in_a_token_list(holder: Holder) -> None:
    credential = (await holder.issue(form="sd_jwt_vc"))["credential"]
    answer = await holder.api.get(f"/v1/credentials/{credential}.jwt", holder.account)
    assert answer.text.count("~") > 5
    issued = await holder.api.get("/.well-known/jwt-vc-issuer")
    assert issued.json()["jwks"]["keys"]
    token = await holder.api.get("/status/token-1")
    assert token.headers["content-type"] == "application/statuslist+jwt"


async def test_a_statement_holds_the_certificates_of_all_its_outcomes(holder: Holder) -> None:
    body = {"statement": True}
    answer = await holder.api.post("/v1/credentials", body, holder.account)
    assert answer.status_code == 201
    document = await holder.document(answer.json()["credential"])
    assert "ClrCredential" in document["type"]
    inner = document["credentialSubject"]["verifiableCredential"]
    listed = await holder.api.get("/v1/learners/me/credentials", holder.account)
    assert [one["form"] for one in listed.json()["credentials"]] == ["open_badge", "clr"]
    assert [one["id"] for one in inner] == [listed.json()["credentials"][0]["url"]]


async def test_suspending_and_resuming_turn_the_list_and_withdrawing_is_final(
    holder: Holder,
) -> None:
    api, credential = holder.api, (await holder.issue())["credential"]
    document = await holder.document(credential)
    url, why = f"/v1/credentials/{credential}", {"reason": "复核"}
    for path, status, suspended in (
        ("suspension", 201, True), ("suspension", 200, True), ("resumption", 201, False),
    ):  # fmt: skip
        answer = await api.post(f"{url}/{path}", why, DESK)
        assert answer.status_code == status
        assert await bit(api, document, "suspension") is suspended
    assert (await api.post(f"{url}/withdrawal", why, holder.account)).status_code == 201
    assert await bit(api, document, "revocation")
    assert slug_of(await api.post(f"{url}/suspension", why, DESK)) == "credential-ended"
    assert (await api.get(url, holder.account)).json()["status"] == "withdrawn"
    assert (await holder.issue())["credential"] != credential  # another can be issued


async def test_a_revoked_outcome_turns_its_certificates_at_once(holder: Holder) -> None:
    api = holder.api
    badge, sealed = await holder.issue(), await holder.issue(form="sd_jwt_vc")
    document = await holder.document(badge["credential"])
    assert not await bit(api, document, "revocation")
    revocation = {
        "index": holder.posted["index"], "reason": "误报", "source_id": fresh("r"),
    }  # fmt: skip
    assert (await api.post("/v1/revocations", revocation)).status_code == 201
    assert await bit(api, document, "revocation")
    for one in (badge, sealed):
        shown = await api.get(f"/v1/credentials/{one['credential']}", holder.account)
        assert shown.json()["status"] == "revoked"
    refused = await api.post(
        "/v1/credentials", {"outcome": holder.posted["outcome"]}, holder.account
    )
    assert (slug_of(refused), refused.json()["reason"]) == ("not-certifiable", "revoked")


async def test_a_corrected_outcome_gets_a_new_certificate_in_place_of_the_old(
    holder: Holder, person: int
) -> None:
    api, before = holder.api, await holder.issue()
    document = await holder.document(before["credential"])
    corrected = {
        "index": holder.posted["index"],
        "reason": "录入有误",
        "outcome": factories.completion(
            fresh("cert"), person, factories.study("9.00"), factories.training(),
            factories.assessment(),
        ),
    }  # fmt: skip
    holder.posted = (await api.post("/v1/corrections", corrected)).json()
    after = await holder.issue()
    shown = (await api.get(f"/v1/credentials/{after['credential']}", holder.account)).json()
    assert shown["replaces"] == before["credential"]
    assert await bit(api, document, "revocation")
    assert await said(api, document) == {"superseded"}


async def test_a_list_can_be_had_as_of_a_past_moment(holder: Holder) -> None:
    api, issued = holder.api, await holder.issue()
    document = await holder.document(issued["credential"])
    why = {"reason": "复核"}
    await api.post(f"/v1/credentials/{issued['credential']}/withdrawal", why, DESK)
    assert await bit(api, document, "revocation")
    shown = (await api.get(f"/v1/credentials/{issued['credential']}", holder.account)).json()
    now = f"?timestamp={shown['created']}"
    listed = await api.get(f"/status/revocation-1{now}")
    assert listed.json()["validFrom"] == shown["created"]
    for moment in ("2020-01-01", "2199-01-01"):
        refused = await api.get(f"/status/revocation-1?timestamp={moment}")
        assert slug_of(refused) == "status-list-unknown"
    assert slug_of(await api.get("/status/revocation-2")) == "status-list-unknown"


async def test_only_holder_desk_and_issuer_see_a_certificate(holder: Holder) -> None:
    api, credential = holder.api, (await holder.issue())["credential"]
    url = f"/v1/credentials/{credential}"
    assert (await api.get(url, DESK)).status_code == 200
    for who in (SCHOOL, STRANGER, ASSESSOR):
        assert slug_of(await api.get(url, who)) == "credential-unknown"
        assert slug_of(await api.get(f"{url}.json", who)) == "credential-unknown"
    log = (await api.get("/v1/learners/me/access-log", holder.account)).json()["accesses"]
    assert "credential" in {one["action"] for one in log}


async def test_an_institution_has_its_own_batch_certified_with_progress(
    api: Api, person: int
) -> None:
    items = [factories.completion(fresh("bulk"), person + number) for number in range(3)]
    items.append(factories.achievement(fresh("bulk"), person))
    batch = (await api.post("/v1/batches", {"items": items})).json()
    answer = await api.post("/v1/credentials/bulk", {"batch": batch["batch"]})
    *lines, counts = [json.loads(line) for line in answer.text.splitlines()]
    assert counts == {"items": 4, "issued": 3, "replayed": 0, "refused": 1}
    assert [one["row"] for one in lines] == [1, 2, 3, 4]
    assert lines[3]["problem"]["type"].endswith("/not-certifiable")
    issued = f"/v1/credentials/{lines[0]['credential']}"
    assert (await api.get(issued, SCHOOL)).status_code == 200
    assert slug_of(await api.get(issued, ASSESSOR)) == "credential-unknown"
    again = await api.post("/v1/credentials/bulk", {"batch": batch["batch"]})
    assert json.loads(again.text.splitlines()[-1])["replayed"] == 3
    refused = await api.post("/v1/credentials/bulk", {"batch": batch["batch"]}, ASSESSOR)
    assert slug_of(refused) == "batch-unknown"


async def test_links_show_what_they_say_until_they_end(holder: Holder) -> None:
    api, credential = holder.api, (await holder.issue())["credential"]
    url = f"/v1/credentials/{credential}/shares"
    body = {"shows": ["name"], "until": "2099-12-31"}
    made = (await api.put(f"{url}/zhaopin", body, holder.account)).json()
    wider = {"shows": ["name", "document"]}
    again = (await api.put(f"{url}/zhaopin", wider, holder.account)).json()
    assert again["url"] == made["url"]
    assert again["shows"] == ["document", "name"]
    public = (await api.put(f"{url}/public", {"shows": []}, holder.account)).json()
    assert public["url"] == f"https://bank.test/credentials/{credential}"
    assert (await api.delete(f"{url}/zhaopin", holder.account)).json() == {"ended": True}
    assert (await api.delete(f"{url}/zhaopin", holder.account)).json() == {"ended": False}
    renewed = (await api.put(f"{url}/zhaopin", body, holder.account)).json()
    assert renewed["url"] != made["url"]
    assert slug_of(await api.put(f"{url}/a", wider | {"until": "2020-01-01"}, DESK)) == (
        "request-invalid"
    )


async def test_after_an_erasure_nothing_is_served_and_the_status_says_so(
    api: Api, person: int
) -> None:
    holder = await Holder.of(api, person)
    credential = (await holder.issue())["credential"]
    document = await holder.document(credential)
    await api.put(f"/v1/credentials/{credential}/shares/public", {"shows": []}, holder.account)
    account = holder.account
    assert (await api.delete(f"/v1/learners/{account}", DESK)).status_code == 200
    for path in (credential, f"{credential}.json", f"{credential}.pdf", f"{credential}/shares"):
        gone = await api.get(f"/v1/credentials/{path}", DESK)
        assert (gone.status_code, slug_of(gone)) == (410, "erased")
    assert not await bit(api, document, "revocation")  # what it says stands
    await api.bank.bank.journal.submit(PublishErasures(through_today=True))
    assert await said(api, document) == {"erased"}


async def test_the_issuer_is_described_for_every_verifier(api: Api) -> None:
    did = await api.get("/.well-known/did.json")
    assert did.json()["id"] == "did:web:bank.test"
    assert len(did.json()["verificationMethod"]) == 1
    assert (await api.get("/contexts/skills-credit-v1.jsonld")).json()["@context"]
    assert (await api.get("/types/skills-credit-v1")).json()["claims"]
    for answer in (did, await api.get("/types/skills-credit-v1")):
        assert answer.headers["access-control-allow-origin"] == "*"
