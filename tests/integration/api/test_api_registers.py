"""Registers for everybody: in force, every version, with proof; and their publication."""

from __future__ import annotations

import hashlib

import pytest

from creditbank.domain.registers import KINDS
from creditbank.ledger.canonical import encode
from tests import factories
from tests.banks import AUTHORITY, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.test_api_records import check_entry

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFICE = factories.organisation_code(50)


async def test_every_kind_is_named_in_the_readers_language(api: Api) -> None:
    for language, title in (("zh-CN", "模块"), ("en", "module")):
        response = await api.get("/v1/registers", headers={"accept-language": language})
        kinds = {one["kind"]: one for one in response.json()["kinds"]}
        assert set(kinds) == set(KINDS)
        assert kinds["module"]["title"] == title
        assert kinds["module"]["count"] >= 10


async def test_a_version_can_be_checked_against_the_log(api: Api) -> None:
    path = f"/v1/registers/module/{factories.MODULE}/versions/1"
    found = (await api.get(path)).json()
    proof = found["proof"]
    check_entry(proof)
    assert set(proof["parts"]) == {"act"}
    act = proof["parts"]["act"]["value"]["register"]
    assert act["digest"] == found["digest"]
    assert hashlib.sha256(encode(found["document"])).hexdigest() == found["digest"]
    leaf = await api.get(f"/v1/entries/{found['index']}/leaf")
    assert leaf.text == proof["leaf"]


async def test_what_is_in_force_depends_on_the_day(api: Api) -> None:
    later = factories.institution(OFFICE, version="2", valid_from="2027-01-01", title={"zh": "新"})
    for document in (factories.institution(OFFICE, valid_to="2027-06-30"), later):
        published = await api.post("/v1/registers/institution", document, AUTHORITY)
        assert published.status_code in (200, 201)

    async def version(query: str) -> list[str]:
        answer = (await api.get(f"/v1/registers/institution{query}")).json()
        return [one["version"] for one in answer["registers"] if one["id"] == OFFICE]

    assert await version("") == ["1"]
    assert await version("?on=2025-12-31") == []
    assert await version("?on=2026-12-31") == ["1"]
    assert await version("?on=2027-01-01") == ["2"]
    assert await version("?on=2030-01-01") == ["2"]
    assert await version("?all=true&limit=1000") == ["1", "2"]
    versions = (await api.get(f"/v1/registers/institution/{OFFICE}")).json()["versions"]
    assert [one["version"] for one in versions] == ["1", "2"]


async def test_every_version_is_listed_page_by_page(api: Api) -> None:
    whole = (await api.get("/v1/registers/module?all=true&limit=1000")).json()
    assert "next" not in whole
    found, query = [], "?all=true&limit=3"
    while query:
        page = (await api.get(f"/v1/registers/module{query}")).json()
        assert len(page["registers"]) <= 3
        found += page["registers"]
        query = f"?all=true&limit=3&after={page['next']}" if "next" in page else ""
    assert found == whole["registers"]
    assert len(found) > 3
    assert (await api.get("/v1/registers/nothing?all=true")).status_code == 404


async def test_publication_is_answered_again_and_a_change_refused(api: Api) -> None:
    office = factories.organisation_code(51)
    document = factories.institution(office)
    first = await api.post("/v1/registers/institution", document, AUTHORITY)
    assert first.status_code == 201
    again = await api.post("/v1/registers/institution", document, AUTHORITY)
    assert (again.status_code, again.json()) == (200, first.json() | {"replayed": True})
    changed = await api.post(
        "/v1/registers/institution", document | {"title": {"zh": "别名"}}, AUTHORITY
    )
    assert (changed.status_code, slug_of(changed)) == (409, "register-version-exists")


async def test_an_authority_publishes_within_its_jurisdiction(api: Api) -> None:
    elsewhere = factories.institution(factories.organisation_code(52), region="450000")
    refused = await api.post("/v1/registers/institution", elsewhere, AUTHORITY)
    assert (refused.status_code, slug_of(refused)) == (403, "outside-jurisdiction")


async def test_a_register_that_is_none_is_refused_at_every_fault(api: Api) -> None:
    refused = await api.post("/v1/registers/institution", {"id": "x", "roles": []}, AUTHORITY)
    assert (refused.status_code, slug_of(refused)) == (422, "register-invalid")
    assert {"/id", "/roles", "/version"} <= {one["where"] for one in refused.json()["errors"]}
    refused = await api.post("/v1/registers/planets", {}, AUTHORITY)
    assert (refused.status_code, slug_of(refused)) == (404, "register-kind-unknown")


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("planets", "register-kind-unknown"),
        ("planets/x", "register-kind-unknown"),
        ("module/NO-SUCH", "register-unknown"),
        ("module/NO-SUCH/versions/1", "register-unknown"),
        (f"module/{factories.MODULE}/versions/99", "register-unknown"),
    ],
)
async def test_what_was_never_published_is_unknown(api: Api, path: str, slug: str) -> None:
    unknown = await api.get(f"/v1/registers/{path}")
    assert (unknown.status_code, slug_of(unknown)) == (404, slug)


@pytest.mark.parametrize(
    "path", ["Module", "module/%00", "module/x%20y", "module/x/versions/one", "%ED%A0%80"]
)
async def test_names_have_a_form(api: Api, path: str) -> None:
    refused = await api.get(f"/v1/registers/{path}")
    assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")


@pytest.mark.parametrize(("query", "slug"), [("on=2026-13-01", "invalid-date"), ("all=2", None)])
async def test_parameters_have_a_form(api: Api, query: str, slug: str | None) -> None:
    refused = await api.get(f"/v1/registers/module?{query}")
    assert (refused.status_code, slug_of(refused)) == (422, slug or "request-invalid")
    assert refused.json()["where"] == f"query:{query.partition('=')[0]}"


async def test_an_institution_that_is_published_can_post(api: Api, person: int) -> None:
    refused = await api.post("/v1/registers/institution", factories.institution(OFFICE), SCHOOL)
    assert refused.status_code == 403
    assert (await api.post("/v1/learners", factories.learner(person), SCHOOL)).status_code == 201
