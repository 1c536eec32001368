"""Evidence that a decision on its way rests on, and that its supplier takes back or shortens."""

from __future__ import annotations

from typing import Any

import pytest

from tests import decision_scene, factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import Scene, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENROLLED = "test-enrolled"
SAYS = {"major": "510209"}
PASSED = {"step": "faculty", "result": "passed"}


def enrolled() -> dict[str, Any]:
    """Return a rulebook with a rule that asks for an enrolment, and one that does not."""
    wanted = {"id": "enrolment", "kind": "enrolment", "title": {"zh": "学籍"}}
    needs = {"id": "e", "kind": "evidence", "evidence": "enrolment"}
    asking = decision_scene.rule(
        "asking",
        needs={"id": "all", "kind": "all", "of": [decision_scene.rule()["needs"], needs]},
        evidence=[wanted | {"confirmed_by": "learner"}],
    )
    free = {"scope": "academic", "sharing": "free", "effect": "recognise"}
    silent = decision_scene.rule(
        "silent", target={"kind": "exemption", "of": {"zh": "实训"}}, use=free
    )
    return decision_scene.rulebook(ENROLLED, COLLEGE, asking, silent)


async def supply(api: Api, who: str, account: str, *, status: int = 201, **more: Any) -> None:
    body = {"account": account, "id": "enrolment", "value": SAYS} | more
    response = await api.post("/v1/conversions/evidence", body, who)
    assert response.status_code == status, response.text


async def applied(api: Api, person: int, rule: str = "asking", **more: Any) -> tuple[Scene, str]:
    """Return a scene with a decision, and its path; the college says that they are enrolled."""
    if ENROLLED not in api.bank.tokens:
        api.bank.publish("rulebook", enrolled())
        api.bank.tokens[ENROLLED] = api.bank.tokens[COLLEGE]  # so that it is published once
    scene = await set_scene(api, person)
    await supply(api, COLLEGE, scene.account)
    body = {"rulebook": ENROLLED, "targets": [{"rule": rule}]} | more
    answer = await api.post("/v1/conversions", body, scene.account)
    assert answer.status_code == 201, answer.text
    return scene, f"/v1/conversions/{answer.json()['conversion']}"


async def flags(api: Api, path: str, who: str = COLLEGE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(path, who)).json()["flagged"]
    listed = (await api.get("/v1/conversions?flagged=true&limit=1000", who)).json()["conversions"]
    assert any(one["conversion"] in path for one in listed) == bool(found)
    return found


@pytest.mark.parametrize(
    "more", [{"value": {"major": "other"}}, {"until": "2020-01-01"}, {"until": "2098-12-31"}]
)
async def test_what_is_taken_back_or_shortened_lets_no_step_pass(
    api: Api, person: int, more: dict[str, Any]
) -> None:
    scene, path = await applied(api, person)
    assert await flags(api, path) == []
    await supply(api, COLLEGE, scene.account, **more)
    (flag,) = await flags(api, path)
    assert (flag["reason"], flag["evidence"]) == ("evidence_changed", "enrolment")
    assert await flags(api, path, SCHOOL) == [{"reason": "evidence_changed"}]
    refused = await api.post(f"{path}/steps", PASSED, COLLEGE)
    assert (refused.status_code, slug_of(refused)) == (409, "conversion-flagged")
    assert (refused.json()["outcomes"], refused.json()["evidence"]) == ([], ["enrolment"])
    rejected = PASSED | {"result": "rejected", "opinion": "学籍已变更"}
    assert (await api.post(f"{path}/steps", rejected, COLLEGE)).status_code == 201
    assert await flags(api, path) == []
    api.bank.require_clean()


async def test_what_is_said_again_supports_a_decision_again(api: Api, person: int) -> None:
    scene, path = await applied(api, person)
    await supply(api, COLLEGE, scene.account, value={"major": "other"})
    await supply(api, COLLEGE, scene.account, digest="ab" * 32)
    assert await flags(api, path) == []
    assert (await api.post(f"{path}/steps", PASSED, COLLEGE)).status_code == 201


async def test_a_decision_rests_on_no_more_than_its_rules_ask_for(api: Api, person: int) -> None:
    scene, path = await applied(api, person, "silent")
    await supply(api, COLLEGE, scene.account, value={"major": "other"})
    assert await flags(api, path) == []


async def test_another_supplier_takes_back_nothing(api: Api, person: int) -> None:
    scene, path = await applied(api, person)
    await supply(api, scene.account, scene.account, value={"major": "other"})
    assert await flags(api, path) == []


async def test_what_was_said_with_an_application_is_taken_back_too(api: Api, person: int) -> None:
    said: dict[str, Any] = {"value": {"major": "other"}}
    first = factories.completion("before", person)
    account = await api.sign_in((await api.posted(first))["account"], DESK)
    await supply(api, account, account, **said)
    given = {"enrolment": SAYS | {"year": "2026"}}
    assert ENROLLED in api.bank.tokens
    body = {"rulebook": ENROLLED, "targets": [{"rule": "asking"}], "evidence": given}
    answer = await api.post("/v1/conversions", body, account)
    path = f"/v1/conversions/{answer.json()['conversion']}"
    assert await flags(api, path) == []
    await supply(api, account, account, **said)
    assert [one["reason"] for one in await flags(api, path)] == ["evidence_changed"]
    await supply(api, account, account, status=200, **said)
