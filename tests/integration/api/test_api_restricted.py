"""What a poster still sees of a learner whose account is restricted; and grants sent twice."""

from __future__ import annotations

import pytest

from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_poster_sees_that_it_posted_and_not_of_whom(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    place = (await api.get(f"/v1/entries/{scene.index}", SCHOOL)).json()["parts"]["org_link"]
    until = {"until": "2098-01-01", "reason": "保存"}
    await api.put(f"/v1/learners/{scene.account}/restriction", until, DESK)
    page = f"/v1/entries?after={place['value']['seq'] - 1}&limit=1"
    (listed,) = (await api.get(page, SCHOOL)).json()["entries"]
    assert (listed["index"], listed["restricted"], "person" in listed) == (scene.index, True, False)
    for path in (f"/v1/entries/{scene.index}", f"/v1/entries/{scene.index}/receipt"):
        refused = await api.get(path, SCHOOL)
        assert (refused.status_code, slug_of(refused)) == (409, "account-restricted")
        assert (await api.get(path, scene.account)).status_code == 200
    revocation = {"index": scene.index, "reason": "误报", "source_id": fresh("r")}
    assert (await api.post("/v1/revocations", revocation, SCHOOL)).status_code == 409
    assert (await api.post("/v1/revocations", revocation, AUTHORITY)).status_code == 201
    await api.delete(f"/v1/learners/{scene.account}/restriction", DESK)
    (listed,) = (await api.get(page, SCHOOL)).json()["entries"]
    assert listed["person"]["account"] == scene.account


async def test_a_grant_may_be_sent_again(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    body = {"org": COLLEGE, "purpose": "转换", "until": "2099-12-31", "source_id": "app-1"}
    first = await api.post("/v1/grants", body, scene.account)
    again = await api.post("/v1/grants", body, scene.account)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    other = await api.post("/v1/grants", body | {"purpose": "别的"}, scene.account)
    assert (other.status_code, slug_of(other)) == (409, "source-id-reused")
