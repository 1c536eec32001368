"""What whoever has to do with a decision is told of its learner, and what they are not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from creditbank.errors.decisions import RulebookUnknown
from creditbank.services import converting
from creditbank.storage import decision_reading
from tests import factories
from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.decision_scene import TRANSFER
from tests.integration.api.client import Api, slug_of
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


async def test_decisions_of_a_restricted_learner_are_stored_and_not_used(
    api: Api, person: int
) -> None:
    scene = await set_scene(api, person, decided=True)
    other = await set_scene(api, person + 1, decided=True)
    body = {"until": "2098-12-31", "reason": "legal_retention"}
    await api.put(f"/v1/learners/{scene.account}/restriction", body, DESK)
    for who in (COLLEGE, SCHOOL, AUTHORITY):
        for path in ("", "/sheet", "/derivation"):
            refused = await api.get(f"/v1/conversions/{scene.conversion}{path}", who)
            assert (refused.status_code, slug_of(refused)) == (409, "account-restricted")
    path = "/v1/conversions?limit=1000"
    listed = [one["conversion"] for one in (await api.get(path, COLLEGE)).json()["conversions"]]
    assert other.conversion in listed
    assert scene.conversion not in listed
    for who in (scene.account, DESK):
        assert scene.conversion in (await api.get(path, who)).text


async def test_a_list_goes_on_without_who_is_erased_while_it_is_read(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await set_scene(api, person, decided=True)
    other = await set_scene(api, person + 1, decided=True)
    gone = api.bank.database.read_sync(
        lambda connection: decision_reading.decision(connection, scene.conversion)
    )
    await api.delete(f"/v1/learners/{scene.account}", DESK)
    stale, listed = [gone], decision_reading.listed

    def listed_before(connection: Any, listing: Any, now: int) -> list[Any]:
        return [stale.pop()] if stale else listed(connection, listing, now)

    monkeypatch.setattr(decision_reading, "listed", listed_before)
    page = await api.get("/v1/conversions?limit=1000", COLLEGE)
    assert page.status_code == 200
    assert other.conversion in page.text
    assert scene.conversion not in page.text


async def test_an_application_is_answered_again_when_its_rulebook_left_force(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await set_scene(api, person)
    body = {"rulebook": TRANSFER, "source_id": fresh("apply")}
    first = await api.post("/v1/conversions", body, scene.account)

    def none_in_force(_catalogue: object, rulebook: str, on: date) -> None:
        raise RulebookUnknown(where="/rulebook", rulebook=rulebook, on=on.isoformat())

    monkeypatch.setattr(converting, "books_in_force", none_in_force)
    again = await api.post("/v1/conversions", body, scene.account)
    assert (again.status_code, again.json()["conversion"]) == (200, first.json()["conversion"])
    changed = await api.post("/v1/conversions", body | {"rulebook": "another"}, scene.account)
    assert (changed.status_code, slug_of(changed)) == (409, "source-id-reused")
    new = await api.post("/v1/conversions", body | {"source_id": fresh("apply")}, scene.account)
    assert slug_of(new) == "rulebook-unknown"
