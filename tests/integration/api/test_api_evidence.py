"""Evidence: who may say what of whom, how far it is believed, and how much of it there may be."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from creditbank.domain.access import Role
from creditbank.services import evidencing
from creditbank.storage import decision_reading
from tests import decision_scene, factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.decision_scene import OTHER_COLLEGE, TRANSFER
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVALUATE = "/v1/conversions/evaluations"
AFAR = factories.organisation_code(41, "11")
SAYS = {"major": "510209"}


async def signed_in(api: Api, person: int) -> str:
    """Return the account of somebody of whom the school posted, and who granted nothing."""
    posted = await api.posted(factories.completion(fresh("ev"), person))
    return await api.sign_in(posted["account"], DESK)


async def supply(api: Api, who: str, account: str, **more: Any) -> httpx.Response:
    body = {"account": account, "id": "enrolment", "value": SAYS} | more
    return await api.post("/v1/conversions/evidence", body, who)


def asking(api: Api, name: str, confirmed_by: str = "learner", **more: Any) -> str:
    """Publish a rulebook of the college that asks for an enrolment; return its id."""
    wanted = {"id": "enrolment", "kind": "enrolment", "title": {"zh": "学籍"}}
    needs = {"id": "e", "kind": "evidence", "evidence": "enrolment"}
    one = decision_scene.rule(
        needs={"id": "all", "kind": "all", "of": [decision_scene.rule()["needs"], needs]},
        evidence=[wanted | {"confirmed_by": confirmed_by}],
    )
    document = decision_scene.rulebook(name, COLLEGE, one, **more)
    if name not in api.bank.tokens:
        api.bank.publish("rulebook", document)
        api.bank.tokens[name] = api.bank.tokens[COLLEGE]  # so that it is published once
    return name


async def believed(api: Api, account: str, rulebook: str, who: str | None = None) -> list[str]:
    """Return whose word an evaluation takes the enrolment as."""
    body = {"rulebook": rulebook, "account": account}
    answer = (await api.post(EVALUATE, body, who or account)).json()
    return [one["confirmed_by"] for one in answer["evidence"]]


async def test_who_has_nothing_to_do_with_a_learner_says_nothing_of_them(
    api: Api, person: int
) -> None:
    account = await signed_in(api, person)
    for who, said in ((COLLEGE, account), (ASSESSOR, account), (COLLEGE, f"la-{'2' * 16}")):
        refused = await supply(api, who, said)
        assert (refused.status_code, slug_of(refused)) == (403, "evidence-not-yours")
    other = await signed_in(api, person + 1)
    refused = await supply(api, other, account)
    assert (refused.status_code, slug_of(refused)) == (403, "forbidden")
    assert await believed(api, account, asking(api, "ev-asking")) == []


async def test_a_grant_lasts_as_long_as_it_stands(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    assert (await supply(api, COLLEGE, scene.account)).status_code == 201
    await api.delete(f"/v1/grants/{scene.grant}", scene.account)
    refused = await supply(api, COLLEGE, scene.account, value={"major": "510301"})
    assert slug_of(refused) == "evidence-not-yours"


async def test_who_posted_an_outcome_speaks_until_it_ends(api: Api, person: int) -> None:
    posted = await api.posted(factories.completion(fresh("ev"), person))
    account = posted["account"]
    assert (await supply(api, SCHOOL, account)).status_code == 201
    revocation = {"index": posted["index"], "reason": "误报", "source_id": fresh("r")}
    await api.post("/v1/revocations", revocation, SCHOOL)
    refused = await supply(api, SCHOOL, account, value={"major": "510301"})
    assert slug_of(refused) == "evidence-not-yours"


async def test_an_owner_speaks_while_a_decision_is_on_its_way(api: Api, person: int) -> None:
    account = await signed_in(api, person)
    applied = await api.post("/v1/conversions", {"rulebook": TRANSFER}, account)
    path = f"/v1/conversions/{applied.json()['conversion']}"
    assert (await supply(api, COLLEGE, account)).status_code == 201
    assert slug_of(await supply(api, OTHER_COLLEGE, account)) == "evidence-not-yours"
    await api.post(f"{path}/withdrawal", {}, account)
    refused = await supply(api, COLLEGE, account, value={"major": "510301"})
    assert slug_of(refused) == "evidence-not-yours"


async def test_an_authority_speaks_within_its_jurisdiction(api: Api, person: int) -> None:
    if AFAR not in api.bank.tokens:
        api.bank.publish("institution", factories.authority(AFAR, "310000"))
        api.bank.tokens[AFAR] = api.bank.token(AFAR, Role.AUTHORITY)
    here, afar = asking(api, "ev-asking"), asking(api, "ev-afar", region="310000")
    scene = await set_scene(api, person)
    assert slug_of(await supply(api, AFAR, scene.account)) == "evidence-not-yours"
    answer = await supply(api, AUTHORITY, scene.account)
    assert (answer.status_code, answer.json()["by"]) == (201, "authority")
    assert await believed(api, scene.account, here) == ["registry"]
    assert await believed(api, scene.account, afar) == []
    await api.post(
        "/v1/grants", {"org": AFAR, "purpose": "佐证", "until": "2099-12-31"}, scene.account
    )
    assert (await supply(api, AFAR, scene.account)).status_code == 201
    assert await believed(api, scene.account, afar) == ["registry"]


async def test_evidence_with_a_request_is_trusted_by_the_same_table(api: Api, person: int) -> None:
    rulebook = asking(api, "ev-asking")
    scene = await set_scene(api, person)
    body = {"rulebook": rulebook, "account": scene.account, "evidence": {"enrolment": SAYS}}
    said = {scene.account: ["learner"], COLLEGE: ["owner"], DESK: ["registry"], AUDITOR: []}
    for who, words in said.items():
        answer = (await api.post(EVALUATE, body, who)).json()
        assert [one["confirmed_by"] for one in answer["evidence"]] == words
    reader = api.bank.token(COLLEGE, Role.COLLEGE, scopes=frozenset({"learners:granted"}))
    api.bank.tokens["reader"] = reader
    answer = (await api.post(EVALUATE, body, "reader")).json()
    assert answer["evidence"] == []
    paper = body | {"consent": {"notice": "2026-1", "digest": "ab" * 32}, "rulebook": TRANSFER}
    refused = await api.post("/v1/conversions", paper, "reader")
    assert (refused.status_code, slug_of(refused)) == (403, "forbidden")
    granted = await api.post(
        "/v1/grants", {"org": OTHER_COLLEGE, "purpose": "转", "until": "2099-12-31"}, scene.account
    )
    assert granted.status_code == 201
    answer = (await api.post(EVALUATE, body, OTHER_COLLEGE)).json()
    assert answer["evidence"] == []  # another college is no owner of this rulebook


async def test_the_same_again_is_no_new_entry(api: Api, person: int) -> None:
    account = await signed_in(api, person)
    first = await supply(api, account, account, until="2099-12-31")
    again = await supply(api, account, account, until="2099-12-31")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert (await supply(api, DESK, account, until="2099-12-31")).status_code == 201
    for more in ({}, {"until": "2098-12-31"}, {"digest": "ab" * 32}, {"until": "2099-12-31"}):
        assert (await supply(api, account, account, **more)).status_code == 201


async def test_the_latest_word_takes_back_the_one_before(api: Api, person: int) -> None:
    rulebook = asking(api, "ev-asking")
    scene = await set_scene(api, person)
    await supply(api, COLLEGE, scene.account, until="2099-12-31")
    assert await believed(api, scene.account, rulebook) == ["owner"]
    await supply(api, COLLEGE, scene.account, until="2026-01-01")
    assert await believed(api, scene.account, rulebook) == []
    await supply(api, scene.account, scene.account)
    assert await believed(api, scene.account, rulebook) == ["learner"]


async def test_evidence_is_bounded(api: Api, person: int, monkeypatch: pytest.MonkeyPatch) -> None:
    account = await signed_in(api, person)
    deep: dict[str, Any] = {}
    for _ in range(8):
        deep = {"a": deep}
    for value, reason in (({"a": "x" * 4096}, "too_long"), (deep, "depth")):
        refused = await supply(api, account, account, value=value)
        assert (refused.status_code, refused.json()["errors"][0]["reason"]) == (422, reason)
        body = {"rulebook": TRANSFER, "evidence": {"any": value}}
        refused = await api.post(EVALUATE, body, account)
        assert refused.json()["errors"] == [{"where": "/evidence/any", "reason": reason}]
    assert (await supply(api, account, account, value={"a": "x" * 4088})).status_code == 201
    assert (await supply(api, account, account, value=deep["a"])).status_code == 201
    monkeypatch.setattr(evidencing, "IDS_MAX", 2)
    monkeypatch.setattr(evidencing, "YEARLY_MAX", 4)
    assert (await supply(api, account, account, id="second")).status_code == 201
    refused = await supply(api, account, account, id="third")
    assert (refused.status_code, slug_of(refused)) == (409, "too-much-evidence")
    assert refused.json()["ids"] == 2
    assert (await supply(api, account, account)).status_code == 201
    assert slug_of(await supply(api, account, account, value=True)) == "too-much-evidence"
    assert (await supply(api, account, account)).status_code == 200  # what stands stands
    assert (await supply(api, DESK, account)).status_code == 201  # each for themselves
    found = api.bank.database.read_sync(
        lambda connection: decision_reading.evidence_of(connection, account)
    )
    assert len(found) == 5


async def test_an_evaluator_is_not_told_what_others_said_of_the_learner(
    api: Api, person: int
) -> None:
    rulebook = asking(api, "ev-asking")
    scene = await set_scene(api, person)
    await supply(api, COLLEGE, scene.account)
    applied = await api.post("/v1/conversions", {"rulebook": rulebook}, scene.account)
    path = f"/v1/conversions/{applied.json()['conversion']}"
    for who in (scene.account, COLLEGE, DESK, AUTHORITY, AUDITOR):
        assert "510209" in (await api.get(path, who)).text
    for end in ("", "/sheet"):
        assert "510209" not in (await api.get(path + end, SCHOOL)).text
    assert (await api.get(path, SCHOOL)).json()["evidence"] == []
