"""A college's decision in the learner's own wallet."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.credentials.wallet_metadata import BADGE, DECISION
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import Scene, fresh, set_scene
from tests.integration.wallets.wallet import Wallet

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)
STEPS = (("faculty", COLLEGE), ("check", SCHOOL), ("record", DESK))


async def registered(api: Api, person: int) -> Scene:
    """Return the scene of a decision that every step has passed."""
    scene = await set_scene(api, person, decided=True)
    for step, who in STEPS:
        body = {"step": step, "result": "passed", "opinion": fresh("同意")}
        path = f"/v1/conversions/{scene.conversion}/steps"
        assert (await api.post(path, body, who)).status_code == 201
    return scene


async def offer(api: Api, account: str, **body: Any) -> Any:
    return await api.post("/v1/learners/me/wallet-offers", body, account)


async def test_a_decision_is_bound_to_the_key_that_the_wallet_holds(api: Api, person: int) -> None:
    scene = await registered(api, person)
    made = await offer(api, scene.account, decision=scene.conversion)
    assert made.status_code == 201, made.text
    wallet = Wallet(api.client)
    await wallet.redeem(await wallet.offer(made.json()["uri"]), made.json()["transaction_code"])
    answer = await wallet.ask_for(DECISION)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["credentials"]
    decision = one["credential"]
    assert decision["credentialSubject"]["id"] == wallet.did
    assert "SkillsDecision" in decision["credentialSubject"]["type"]
    supported = (await wallet.metadata())["credential_configurations_supported"][DECISION]
    assert decision["@context"] == supported["credential_definition"]["@context"]
    report = await api.post("/v1/verify", {"document": decision}, None)
    assert report.json()["result"] == "valid"


async def test_only_ones_own_registered_decision_can_be_offered(api: Api, person: int) -> None:
    pending = await set_scene(api, person, decided=True)
    refused = await offer(api, pending.account, decision=pending.conversion)
    assert (slug_of(refused), refused.json()["reason"]) == ("not-certifiable", "not_registered")
    other = await registered(api, person + 1)
    unknown = await offer(api, pending.account, decision=other.conversion)
    assert slug_of(unknown) == "outcome-unknown"
    target = await offer(api, other.account, decision=other.conversion, target="course:none")
    assert slug_of(target) == "outcome-unknown"
    badge = await offer(api, other.account, decision=other.conversion, configurations=[BADGE])
    assert slug_of(badge) == "not-offerable"
    both = await offer(api, other.account, decision=other.conversion, outcome=other.outcome)
    assert slug_of(both) == "request-invalid"
    stray = await offer(api, other.account, outcome=other.outcome, target="course:none")
    assert slug_of(stray) == "request-invalid"
