"""Who is not told: a wallet's token, an auditor with a sheet, the reader of a decision."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.decision_scene import TRANSFER, rule, rulebook
from tests.integration.api.client import AUDITOR, Api
from tests.integration.api.scene import set_scene
from tests.integration.wallets.wallet import Wallet

ENGINES = ("sqlite",)
pytestmark = pytest.mark.asyncio(loop_scope="module")
WORKING = "test-working"


async def test_a_wallets_token_opens_no_entry(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    made = await api.post(
        "/v1/learners/me/wallet-offers", {"outcome": scene.outcome}, scene.account
    )
    wallet = Wallet(api.client)
    await wallet.redeem(await wallet.offer(made.json()["uri"]), made.json()["transaction_code"])
    api.learners["wallet"] = wallet.token
    assert (await api.get(f"/v1/entries/{scene.index}", "wallet")).status_code == 404
    assert "person" not in (await api.get(f"/v1/entries/{scene.index}/receipt", "wallet")).text
    assert "person" in (await api.get(f"/v1/entries/{scene.index}", scene.account)).text


async def test_an_auditors_sheet_names_nobody(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    path, name = f"/v1/conversions/{scene.conversion}/sheet", factories.learner(person)["name"]
    assert name in (await api.get(path, COLLEGE)).text
    audited = await api.get(path, AUDITOR)
    assert scene.account in audited.text
    assert name not in audited.text


async def test_a_decision_holds_no_evidence_that_no_rule_asks_for(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    supplied = {"id": "schooling", "value": {"degree": "secret"}}
    await api.post("/v1/conversions/evidence", supplied, scene.account)
    applied = await api.post("/v1/conversions", {"rulebook": TRANSFER}, scene.account)
    for who in (COLLEGE, SCHOOL):
        shown = await api.get(f"/v1/conversions/{applied.json()['conversion']}", who)
        assert shown.json()["evidence"] == []


@pytest.mark.parametrize(
    "named", [{"edition": [1], "code": {}}, {"edition": {"a": []}}, [], "4-04-05-05"]
)
async def test_odd_evidence_is_no_evidence(api: Api, person: int, named: Any) -> None:
    working = rule(
        evidence=[
            {"id": "work", "kind": "work", "title": {"zh": "从业"}, "confirmed_by": "learner"}
        ],
        needs={"id": "years", "kind": "work", "period": "P1Y"},
        target={"kind": "exemption", "of": {"zh": "实训"}},
        use={"scope": "academic", "sharing": "free", "effect": "recognise"},
    )
    api.bank.publish("rulebook", rulebook(WORKING, COLLEGE, working))
    scene = await set_scene(api, person)
    period = {"from": "2020-01-01", "occupation": named, "related": [named]}
    body = {"rulebook": WORKING, "evidence": {"work": {"periods": [period]}}}
    assert (await api.post("/v1/conversions/evaluations", body, scene.account)).status_code == 200


async def test_a_list_of_this_very_second_is_not_kept_for_long(api: Api, person: int) -> None:
    await set_scene(api, person)
    this_second = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    answer = await api.get(f"/status/revocation-1?timestamp={this_second}")
    assert answer.headers["cache-control"] == "public, no-cache"


async def test_no_cache_answers_for_the_bank_how_a_certificate_stands(
    api: Api, person: int
) -> None:
    scene = await set_scene(api, person)
    paths = ("/status/revocation-1", "/status/token-1", "/.well-known/did.json")
    seen = {}
    for path in (*paths, "/.well-known/jwt-vc-issuer"):
        first = await api.get(path)
        assert first.headers["cache-control"] == "public, no-cache", path
        seen[path] = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
        again = await api.client.get(path, headers=seen[path])
        assert (again.status_code, again.content) == (304, b""), path
    listed = (await api.get(paths[0])).json()
    assert listed["credentialSubject"]["ttl"] <= 1000  # so long verifiers may do without asking
    await api.post(f"/v1/credentials/{scene.credential}/withdrawal", {"reason": "x"}, DESK)
    changed = await api.client.get(paths[0], headers=seen[paths[0]])
    assert changed.status_code == 200
