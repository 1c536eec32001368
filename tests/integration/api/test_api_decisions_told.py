"""What whoever has to do with a decision is told of its learner, and what they are not."""

from __future__ import annotations

import pytest

from tests import factories
from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.decision_scene import TRANSFER
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAPER = {"notice": "2026-1", "digest": "ab" * 32}


async def test_an_applying_college_keeps_no_whole_record(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    body = {"account": scene.account, "rulebook": TRANSFER, "consent": PAPER}
    applied = (await api.post("/v1/conversions", body, COLLEGE)).json()
    await api.delete(f"/v1/grants/{scene.grant}", scene.account)
    index = applied["index"]
    entry = (await api.get(f"/v1/entries/{index}", COLLEGE)).json()
    assert "act" in entry["parts"]
    assert "person" not in entry["parts"]
    assert "person" not in (await api.get(f"/v1/entries/{index}/receipt", COLLEGE)).json()["parts"]
    listed = (await api.get("/v1/entries?limit=1000", COLLEGE)).json()["entries"]
    assert [one for one in listed if one["kind"] == "conversion/1" and "person" in one] == []
    own = (await api.get(f"/v1/entries/{index}", scene.account)).json()
    assert "case" in own["parts"]["person"]["value"]
    shown = await api.get(f"/v1/conversions/{applied['conversion']}", COLLEGE)
    assert shown.status_code == 200


async def test_a_sheet_names_its_learner_to_those_who_know_them(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    path, name = f"/v1/conversions/{scene.conversion}/sheet", factories.learner(person)["name"]
    for who in (scene.account, DESK, COLLEGE):
        assert name in (await api.get(path, who)).text
    for who in (SCHOOL, AUTHORITY):
        sheet = await api.get(path, who)
        assert scene.account in sheet.text
        assert name not in sheet.text


async def test_a_balance_shows_the_corrected_lot_as_consumed(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    for step, who in (("faculty", COLLEGE), ("check", SCHOOL), ("record", DESK)):
        said = {"step": step, "result": "passed"}
        await api.post(f"/v1/conversions/{scene.conversion}/steps", said, who)
    outcome = factories.completion(fresh("corrected"), person)
    correction = {"index": scene.index, "reason": "录入有误", "outcome": outcome}
    assert (await api.post("/v1/corrections", correction, SCHOOL)).status_code == 201
    balance = (await api.get("/v1/learners/me/balance", scene.account)).json()
    (tally,) = [one["verified"] for one in balance["systems"] if one["system"] == "cn-16"]
    academic = tally["by_use"]["academic"]
    assert [academic[one] for one in ("available", "consumed", "revoked")] == [
        "0.00",
        "1.50",
        "1.50",
    ]
