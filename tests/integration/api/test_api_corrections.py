"""Corrections and revocations: who may, what remains, and that sending twice is the same."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.access import Role
from tests import factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _credits(api: Api, account: str) -> dict[str, str]:
    balance = (await api.get(f"/v1/learners/{account}/balance", DESK)).json()
    return {one["system"]: one["verified"]["available"] for one in balance["systems"]}


def _correction(index: int, outcome: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"index": index, "reason": "录入有误", "outcome": outcome} | more


async def test_a_correction_takes_the_place_of_what_was_recorded(api: Api, person: int) -> None:
    course = factories.course(fresh("course"), person)
    first = await api.posted(course, COLLEGE)
    course["source_id"] = fresh("course")
    course["course"]["credits"][0]["amount"] = "3.00"
    body = _correction(first["index"], course, operator="经办")
    corrected = await api.post("/v1/corrections", body, COLLEGE)
    assert corrected.status_code == 201
    assert corrected.json()["account"] == first["account"]
    assert await _credits(api, first["account"]) == {"cn-18": "3.00"}
    again = await api.post("/v1/corrections", body, COLLEGE)
    assert (again.status_code, again.json()["index"]) == (200, corrected.json()["index"])


async def test_what_was_corrected_cannot_be_corrected_again(api: Api, person: int) -> None:
    course = factories.course(fresh("course"), person)
    first = await api.posted(course, COLLEGE)
    for status in (201, 409):
        course["source_id"] = fresh("course")
        answer = await api.post("/v1/corrections", _correction(first["index"], course), COLLEGE)
        assert answer.status_code == status
    assert slug_of(answer) == "not-revocable"


async def test_faults_of_the_outcome_are_named_inside_the_correction(api: Api, person: int) -> None:
    outcome = factories.completion(fresh("fault"), person)
    first = await api.posted(outcome)
    outcome = factories.completion(fresh("fault"), person, factories.study("0.50"))
    refused = await api.post("/v1/corrections", _correction(first["index"], outcome))
    assert slug_of(refused) == "too-few-hours"
    assert refused.json()["where"] == "/outcome/stages/0/hours"
    refused = await api.post("/v1/corrections", _correction(first["index"], {"type": "module"}))
    assert slug_of(refused) == "submission-invalid"
    places = [fault["where"] for fault in refused.json()["errors"]]
    assert "/outcome/source_id" in places
    assert refused.json()["where"] == places[0]


@pytest.mark.parametrize("index", [-1, 2**53, 1.5, "1", None, True])
async def test_an_index_is_a_whole_number(api: Api, person: int, index: object) -> None:
    outcome = factories.completion(fresh("index"), person)
    refused = await api.post("/v1/corrections", {"index": index, "reason": "x", "outcome": outcome})
    assert (refused.status_code, refused.json()["where"]) == (422, "/index")


async def test_an_entry_that_is_not_there_cannot_be_corrected(api: Api, person: int) -> None:
    outcome = factories.completion(fresh("beyond"), person)
    refused = await api.post("/v1/corrections", _correction(2**53 - 1, outcome))
    assert (refused.status_code, slug_of(refused)) == (404, "entry-unknown")
    assert refused.json()["where"] == "/index"


async def test_a_revocation_ends_the_credit(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(fresh("revoke"), person))
    body = {"index": first["index"], "reason": "重复", "source_id": fresh("r"), "note": "来函"}
    revoked = await api.post("/v1/revocations", body | {"reviewer": "复核"})
    assert revoked.status_code == 201
    assert revoked.json()["target"] == first["index"]
    assert await _credits(api, first["account"]) == {"cn-16": "0.00", "cn-18": "0.00"}
    again = await api.post("/v1/revocations", body)
    assert (again.status_code, again.json()) == (200, revoked.json() | {"replayed": True})
    for change in ({"reason": "另因"}, {"note": "另注"}, {"index": first["index"] + 1}):
        refused = await api.post("/v1/revocations", body | change)
        assert (refused.status_code, slug_of(refused)) == (409, "source-id-reused")
        assert refused.json()["differs"] == [f"/{next(iter(change))}"]


async def test_a_source_id_stands_for_one_thing_whatever_it_is(api: Api, person: int) -> None:
    outcome = factories.completion(fresh("one"), person)
    first = await api.posted(outcome)
    body = {"index": first["index"], "reason": "重复", "source_id": outcome["source_id"]}
    refused = await api.post("/v1/revocations", body)
    assert (refused.status_code, slug_of(refused)) == (409, "source-id-reused")


async def test_an_institution_revokes_only_its_own(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(fresh("own"), person))
    body = {"index": first["index"], "reason": "x", "source_id": fresh("r")}
    assert (await api.post("/v1/revocations", body, ASSESSOR)).status_code == 404
    assert (await api.post("/v1/revocations", body, SCHOOL)).status_code == 201


async def test_an_authority_revokes_within_its_jurisdiction(api: Api, person: int) -> None:
    county = factories.organisation_code(40, "11")
    if county not in api.bank.tokens:
        api.bank.publish("institution", factories.authority(county, "440100"))
        api.bank.tokens[county] = api.bank.token(county, Role.AUTHORITY)
    first = await api.posted(factories.completion(fresh("region"), person))
    body = {"index": first["index"], "reason": "违规", "source_id": fresh("r")}
    refused = await api.post("/v1/revocations", body, county)  # the school is in 440300
    assert (refused.status_code, slug_of(refused)) == (403, "outside-jurisdiction")
    assert refused.json()["region"] == factories.REGION
    assert (await api.post("/v1/revocations", body, AUTHORITY)).status_code == 201


async def test_an_authority_that_is_not_registered_revokes_nothing(api: Api, person: int) -> None:
    unknown = factories.organisation_code(41, "11")
    api.bank.tokens[unknown] = api.bank.token(unknown, Role.AUTHORITY)
    first = await api.posted(factories.completion(fresh("unknown"), person))
    body = {"index": first["index"], "reason": "x", "source_id": fresh("r")}
    assert (await api.post("/v1/revocations", body, unknown)).status_code == 403
