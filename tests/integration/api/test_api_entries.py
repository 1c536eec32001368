"""Entries: which parts to whom, by the table of the entry format, and that they can be checked."""

from __future__ import annotations

import pytest

from creditbank.api.dependencies import INDEX_MAX
from creditbank.ledger import entry
from tests import factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh, set_scene
from tests.integration.api.test_api_records import check_entry

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTER = {"act", "actor", "org_link", "person"}
LEARNER = {"act", "learner_link", "person"}
EVERY_PART = POSTER | LEARNER


async def test_each_reader_sees_the_parts_of_the_table(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    path = f"/v1/entries/{scene.index}"
    seen = {}
    for who in (SCHOOL, AUDITOR, scene.account):
        shown = (await api.get(path, who)).json()
        check_entry(shown)
        assert set(shown["digests"]) == EVERY_PART
        assert shown["kind"] == "outcome/1"
        seen[who] = set(shown["parts"])
    assert seen == {SCHOOL: POSTER, AUDITOR: POSTER, scene.account: LEARNER}
    for who in (ASSESSOR, COLLEGE, AUTHORITY, DESK):
        unknown = await api.get(path, who)
        assert (unknown.status_code, slug_of(unknown)) == (404, "entry-unknown")


async def test_what_is_not_there_looks_like_what_may_not_be_seen(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    hidden = (await api.get(f"/v1/entries/{scene.index}", ASSESSOR)).json()
    beyond = (await api.get(f"/v1/entries/{INDEX_MAX}", ASSESSOR)).json()
    for answer in (hidden, beyond):
        del answer["request_id"], answer["index"], answer["detail"]
    assert hidden == beyond
    nobody = await api.get(f"/v1/entries/{scene.index}")
    assert (nobody.status_code, slug_of(nobody)) == (401, "unauthenticated")
    assert (await api.get(f"/v1/entries/{INDEX_MAX}")).status_code == 401


@pytest.mark.parametrize("who", [None, ASSESSOR, DESK, AUTHORITY])
async def test_public_kinds_show_what_happened_to_everyone(api: Api, who: str | None) -> None:
    genesis = (await api.get("/v1/entries/0", who)).json()
    check_entry(genesis)
    assert set(genesis["parts"]) == {"act"}
    assert genesis["parts"]["act"]["value"]["kind"] == "genesis/1"
    bank = (await api.get("/v1/bank")).json()
    assert genesis["parts"]["act"]["value"]["keys"] == bank["keys"]


async def test_an_authority_sees_what_it_recorded(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    body = {"index": scene.index, "reason": "违规", "source_id": fresh("r")}
    revoked = (await api.post("/v1/revocations", body, AUTHORITY)).json()
    shown = (await api.get(f"/v1/entries/{revoked['index']}", AUTHORITY)).json()
    assert set(shown["parts"]) == POSTER


async def test_the_bank_is_nobodys_organisation(api: Api, person: int) -> None:
    """Learners' tokens act for the bank, and so do its own entries: neither opens the other."""
    scene = await set_scene(api, person)
    other = await set_scene(api, person + 1)
    grant_entry = (await api.get("/v1/grants", other.account)).json()["grants"][0]["index"]
    assert (await api.get(f"/v1/entries/{grant_entry}", scene.account)).status_code == 404
    assert (await api.get(f"/v1/entries/{grant_entry}", other.account)).status_code == 200


async def test_an_organisation_lists_what_it_posted(api: Api, person: int) -> None:
    await api.posted(factories.completion(fresh("list"), person, factories.study()))
    await api.posted(factories.completion(fresh("list"), person, factories.assessment()), ASSESSOR)
    entries, query = [], "?limit=3"
    while query:
        page = (await api.get(f"/v1/entries{query}", ASSESSOR)).json()
        entries += page["entries"]
        query = f"?limit=3&after={page['next']}" if "next" in page else ""
    assert {one["act"]["org"] for one in entries} == {ASSESSOR}
    assert [one["org_link"]["seq"] for one in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["person"]["submission"]["source_id"].startswith("list-")


async def test_an_auditor_lists_everything_by_index(api: Api, person: int) -> None:
    await set_scene(api, person)
    entries, query = [], "?limit=7"
    while query:
        page = (await api.get(f"/v1/entries{query}", AUDITOR)).json()
        entries += page["entries"]
        query = f"?limit=7&after={page['next']}" if "next" in page else ""
    assert [one["index"] for one in entries] == list(range(len(entries)))
    assert len(entries) == api.bank.size


async def test_lists_of_the_erased_show_what_is_left(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(fresh("gone"), person))
    await api.delete(f"/v1/learners/{first['account']}", DESK)
    path = f"/v1/entries?after={first['index'] - 1}&limit=1"
    (shown,) = (await api.get(path, AUDITOR)).json()["entries"]
    assert shown["erased"] is True
    assert "person" not in shown
    assert shown["act"]["award"]


async def test_leaves_are_for_everyone_and_form_the_chain(api: Api) -> None:
    previous = None
    for index in range(4):
        response = await api.get(f"/v1/entries/{index}/leaf")
        assert "immutable" in response.headers["cache-control"]
        leaf = entry.parse_leaf(response.content)
        assert leaf.index == index
        assert previous is None or leaf.prev == previous
        previous = entry.leaf_hash(response.content)
    beyond = await api.get(f"/v1/entries/{INDEX_MAX}/leaf")
    assert (beyond.status_code, slug_of(beyond)) == (404, "entry-unknown")


@pytest.mark.parametrize("index", ["-1", "x", str(2**53), str(2**80), "1.5", "%00"])
async def test_an_index_in_a_path_is_a_whole_number(api: Api, index: str) -> None:
    for path in (f"/v1/entries/{index}", f"/v1/entries/{index}/leaf"):
        refused = await api.get(path, SCHOOL)
        assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")
        assert refused.json()["where"] == "path:index"
