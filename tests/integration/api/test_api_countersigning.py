"""A college countersigns a decision's certificate: with its registered key, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from creditbank.api.app import create_app
from creditbank.config import Settings
from creditbank.credentials.signing import JCS, RDFC, Key, countersign
from creditbank.services.certifying import Issued
from creditbank.services.rebuilding import rebuild
from creditbank.storage.tables import Views
from tests import decision_scene as scene
from tests import factories
from tests.banks import COLLEGE, SCHOOL, Stock, TestBank, sqlite_stock
from tests.integration.api.client import Api, slug_of
from tests.integration.decisions.test_certified_decisions import decided, issue

__all__ = ["sqlite_stock"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = bytes(range(32))


@pytest.fixture(scope="module")
def college(sqlite_stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A bank with one registered decision of a college whose key is registered."""
    with sqlite_stock.copied(sqlite_stock.bank(), tmp_path_factory.mktemp("college")) as bank:
        scene.publish_rulebooks(bank)
        key = {
            "kid": "2026-1",
            "alg": "ed25519",
            "public": Key(SEED).public.hex(),
            "valid_from": "2026-01-01",
        }
        bank.publish(
            "institution", factories.institution(COLLEGE, "college", version="2", keys=[key])
        )
        yield bank


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(college: TestBank, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    settings = Settings(
        public_url="https://bank.test",
        rate_limit_per_minute=0,
        data_dir=tmp_path_factory.mktemp("data"),
        keys_dir=college.keys,
    )
    app = create_app(settings, college.bank)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client,
    ):
        yield Api(college, app, client)
    await college.bank.close()


def certified(bank: TestBank, number: int) -> tuple[str, Issued]:
    account, decision = decided(bank, number)
    scene.register(bank, decision)
    return account, issue(bank, decision, account)


async def opened(api: Api, account: str, credential: str) -> dict[str, Any]:
    scene.learner(api.bank, account)
    document: dict[str, Any] = (await api.get(f"/v1/credentials/{credential}.json", account)).json()
    return document


def proof_over(document: dict[str, Any], seed: bytes = SEED, **more: Any) -> dict[str, Any]:
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return countersign(unsigned, Key(seed), int(time.time()), **more)


async def test_the_college_s_proof_stands_beside_the_bank_s(api: Api) -> None:
    account, issued = certified(api.bank, 101)
    document = await opened(api, account, issued.credential)
    url = f"/v1/credentials/{issued.credential}/countersignature"
    proof = proof_over(document)
    added = await api.post(url, {"proof": proof}, COLLEGE)
    assert added.status_code == 201
    again = await api.post(url, {"proof": proof}, COLLEGE)
    assert (again.status_code, again.json()["index"]) == (200, added.json()["index"])
    both = await opened(api, account, issued.credential)
    assert both["proof"] == [document["proof"], proof]
    report = (await api.post("/v1/verify", {"document": both}, None)).json()
    assert report["result"] == "valid"
    assert report["credentials"][0]["countersigned_by"] == [COLLEGE]
    bank = api.bank
    bank.require_clean()
    before = bank.rows(*Views.ALL)
    rebuild(bank.database, bank.bank.keyring)
    assert bank.rows(*Views.ALL) == before


async def test_no_other_proof_is_taken(api: Api) -> None:
    account, issued = certified(api.bank, 102)
    document = await opened(api, account, issued.credential)
    url = f"/v1/credentials/{issued.credential}/countersignature"
    stranger = await api.post(url, {"proof": proof_over(document)}, SCHOOL)
    assert slug_of(stranger) == "credential-unknown"
    other = proof_over(document | {"name": "另一份"})
    cases = {
        "key_not_registered": proof_over(document, bytes(32)),
        "suite": proof_over(document, suite=JCS),
        "signature": other,
        "form": proof_over(document) | {"challenge": "x"},
    }
    for reason, proof in cases.items():
        refused = await api.post(url, {"proof": proof}, COLLEGE)
        assert (slug_of(refused), refused.json()["reason"]) == ("countersignature-invalid", reason)
    assert cases["signature"]["cryptosuite"] == RDFC
    assert await opened(api, account, issued.credential) == document
