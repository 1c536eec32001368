"""Receipts, proven statements and verification over HTTP: who gets what, and in which language."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator

from creditbank.api.app import create_app
from creditbank.api.routes import proofs, verify
from creditbank.config import Settings
from creditbank.domain.access import Role
from creditbank.domain.verification import verify as verify_document
from creditbank.domain.verification.schemas import verification_schemas
from creditbank.services.receipting import Proofs
from tests import factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, SCHOOL, TestBank
from tests.integration.proving.publishing_desk import Desk
from tests.proof_scene import ED25519, WITNESSES

AUDITOR = factories.organisation_code(6, "11")


class Service:
    """The application, and requests in somebody's name."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient) -> None:
        self.desk, self.client = desk, client
        self.tokens = {org: token.text for org, token in desk.bank.tokens.items()}

    async def get(self, path: str, who: str | None = None) -> httpx.Response:
        headers = {} if who is None else {"authorization": f"Bearer {self.tokens[who]}"}
        return await self.client.get(path, headers=headers)

    async def verify(self, body: Any, **headers: str) -> httpx.Response:
        if isinstance(body, bytes):
            return await self.client.post("/v1/verify", content=body, headers=headers)
        return await self.client.post("/v1/verify", json=body, headers=headers)


@pytest_asyncio.fixture
async def service(bank: TestBank) -> AsyncIterator[Service]:
    """The application with the routes of proofs, whoever else wires them."""
    bank.tokens[AUDITOR] = bank.token(AUDITOR, Role.AUDITOR)
    desk = Desk(bank)
    settings = Settings(public_url="https://bank.test", rate_limit_per_minute=0)
    app = create_app(settings, bank.bank)
    known = {getattr(route, "path", "") for route in app.routes}
    for router in (proofs.router, verify.router):
        app.router.routes.extend(
            route for route in router.routes if getattr(route, "path", "") not in known
        )

    async def sign_commit(_size: int, _root: bytes) -> bytes:
        return desk.checkpoint(only_committed=True)

    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client,
    ):
        app.state.context.proofs = Proofs(bank.bank, bank.keys, sign_commit)
        yield Service(desk, client)
    await bank.bank.close()


async def test_each_gets_a_receipt_of_the_parts_that_they_may_see(service: Service) -> None:
    desk = service.desk
    posted = desk.bank.post(factories.completion("a", 1))
    desk.publish()
    path = f"/v1/entries/{posted.index}/receipt"
    for who, shown in (
        (SCHOOL, {"act", "actor", "org_link", "person"}),
        (AUDITOR, {"act", "actor", "org_link", "person"}),
    ):
        answer = await service.get(path, who)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert set(answer.json()["parts"]) == shown
        assert desk.verify(answer.json()).result.value == "valid"
    for other, status in ((ASSESSOR, 404), (COLLEGE, 404), (AUTHORITY, 404), (None, 401)):
        assert (await service.get(path, other)).status_code == status
    register = await service.get("/v1/entries/1/receipt")
    assert (register.status_code, set(register.json()["parts"])) == (200, {"act"})
    assert (await service.get("/v1/entries/99999/receipt", AUDITOR)).status_code == 404


async def test_reader_may_ask_for_fewer_parts_and_an_older_checkpoint(service: Service) -> None:
    desk = service.desk
    posted = desk.bank.post(factories.completion("a", 1))
    first = desk.publish()
    desk.bank.post(factories.completion("b", 2))
    desk.publish()
    path = f"/v1/entries/{posted.index}/receipt"
    answer = await service.get(f"{path}?parts=act,learner_link&size={first}", SCHOOL)
    assert set(answer.json()["parts"]) == {"act"}, "never more than may be seen"
    assert desk.verify(answer.json()).size == first
    for wrong in ("parts=secret", "parts=act,,person", "size=0", "size=x"):
        assert (await service.get(f"{path}?{wrong}", SCHOOL)).status_code == 422


async def test_receipt_before_publication_stands_under_a_commit(service: Service) -> None:
    desk = service.desk
    desk.publish()
    posted = desk.bank.post(factories.completion("a", 1))
    path = f"/v1/entries/{posted.index}/receipt"
    report = desk.verify((await service.get(path, SCHOOL)).json())
    assert (report.result.value, report.level) == ("valid", "committed")
    desk.publish()
    assert desk.verify((await service.get(path, SCHOOL)).json()).level == "published"


async def test_statement_is_for_whoever_may_read_the_learners_records(service: Service) -> None:
    desk = service.desk
    posted = desk.bank.post(factories.completion("a", 1))
    size = desk.publish()
    path = f"/v1/learners/{posted.account}/statement/proven"
    token = desk.bank.token("bank", Role.LEARNER, account=posted.account)
    service.tokens["learner"] = token.text
    own = await service.get("/v1/learners/me/statement/proven", "learner")
    for answer in (own, await service.get(path, DESK), await service.get(path, AUDITOR)):
        assert answer.status_code == 200, answer.text
        report = desk.verify(answer.json())
        assert (report.result.value, report.size, len(report.entries)) == ("valid", size, 2)
    narrow = await service.get(f"{path}?parts=act", DESK)
    assert {frozenset(entry["parts"]) for entry in narrow.json()["entries"]} == {
        frozenset({"act", "learner_link"})
    }
    assert desk.verify(narrow.json()).result.value == "valid"
    for who, status in ((SCHOOL, 403), (COLLEGE, 403), (None, 401)):
        assert (await service.get(path, who)).status_code == status
    log = await service.get("/v1/learners/me/access-log", "learner")
    assert "proven_statement" in [one["action"] for one in log.json()["accesses"]]


async def test_reading_a_receipt_of_somebody_is_noted(service: Service) -> None:
    desk = service.desk
    posted = desk.bank.post(factories.completion("a", 1))
    desk.publish()
    service.tokens["learner"] = desk.bank.token("bank", Role.LEARNER, account=posted.account).text
    path = f"/v1/entries/{posted.index}/receipt"
    assert (await service.get(f"{path}?parts=act", SCHOOL)).status_code == 200
    assert (await service.get(path, SCHOOL)).status_code == 200
    own = await service.get(path, "learner")
    assert set(own.json()["parts"]) == {"act", "learner_link", "person"}
    log = (await service.get("/v1/learners/me/access-log", "learner")).json()["accesses"]
    noted = [(one["org"], one["action"]) for one in log if one["action"] == "receipt"]
    assert sorted(noted) == sorted([(SCHOOL, "receipt"), ("bank", "receipt")])


async def test_verification_answers_in_the_language_asked_for(service: Service) -> None:
    desk = service.desk
    desk.publish()
    document = desk.receipt(1, frozenset({"act"}))
    answer = await service.verify({"document": document}, **{"accept-language": "en"})
    assert answer.status_code == 200
    report = answer.json()
    Draft202012Validator(verification_schemas()["report.v1"]).validate(report)
    assert report["result"] == "valid"
    assert report["steps"] == verify_document(document, desk.keys).document()["steps"]
    assert answer.headers["vary"] == "Accept-Language"
    chinese = (await service.verify({"document": document})).json()
    assert [step["check"] for step in chinese["steps"]] == [
        step["check"] for step in report["steps"]
    ]


async def test_verification_uses_the_keys_and_the_policy_that_are_given(service: Service) -> None:
    desk = service.desk
    desk.publish()
    document = desk.receipt(1, frozenset({"act"}))
    for more, result in (
        ({"keys": [str(key) for key in desk.keys]}, "valid"),
        ({"keys": [str(ED25519.key)]}, "not_valid"),
        ({"keys": []}, "undecidable"),
        ({"policy": "quorum none\n"}, "valid"),
        ({"policy": f"witness W {WITNESSES[0].key}\nquorum W\n"}, "not_valid"),
    ):
        answer = await service.verify({"document": document} | more)
        assert answer.json()["result"] == result
    changed = copy.deepcopy(document)
    changed["leaf_hash"] = "00" * 32
    assert (await service.verify({"document": changed})).json()["answers"] == [
        "forged",
        "later_unknown",
    ]
    assert (await service.verify({"document": {}})).json()["result"] == "undecidable"


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ({}, 422, "/document"),
        ({"document": []}, 422, "/document"),
        ({"document": {}, "more": 1}, 422, "/more"),
        ({"document": {}, "keys": ["bank+key"]}, 422, "/keys/0"),
        ({"document": {}, "keys": [f"{ED25519.key}", 1]}, 422, "/keys/1"),
        ({"document": {}, "policy": "quorum\n"}, 422, "/policy"),
        (b'{"document":{},"document":{}}', 400, None),
        (b"{", 400, None),
    ],
)
async def test_request_of_another_form_is_refused_at_its_place(
    service: Service, body: Any, status: int, where: str | None
) -> None:
    answer = await service.verify(body)
    assert answer.status_code == status
    assert answer.json().get("where") == where


async def test_witness_under_the_name_of_the_log_is_refused(service: Service) -> None:
    from creditbank.ledger.keys import KeyType
    from creditbank.ledger.note import NoteSigner

    service.desk.publish()
    document = service.desk.receipt(1, frozenset({"act"}))
    posing = NoteSigner("bank.test/log", KeyType.COSIGNATURE, WITNESSES[0].signer).key
    keys = [*(str(key) for key in service.desk.keys), str(posing)]
    answer = await service.verify({"document": document, "keys": keys})
    assert (answer.status_code, answer.json()["where"]) == (422, "/keys")
