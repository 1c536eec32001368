"""Batches: a result for each item in order, all or nothing, and trying without a trace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from creditbank.api import bodies
from creditbank.api.routes import batches as batch_routes
from tests import factories
from tests.banks import ASSESSOR, SCHOOL
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_item_has_its_result_in_order(api: Api, person: int) -> None:
    known = factories.completion(fresh("batch"), person)
    await api.posted(known)
    items = [
        factories.completion(fresh("batch"), person + 1),
        known,
        {"type": "module"},
        factories.completion(fresh("batch"), person + 2, factories.study("1.00")),
        factories.course(fresh("batch"), person + 1),
    ]
    response = await api.post("/v1/batches", {"items": items, "operator": "经办"})
    assert response.status_code == 200
    answer = response.json()
    results = answer["results"]
    assert [one["row"] for one in results] == [1, 2, 3, 4, 5]
    assert [one["status"] for one in results] == [
        "recorded",
        "replayed",
        "refused",
        "refused",
        "recorded",
    ]
    assert (answer["recorded"], answer["replayed"], answer["refused"]) == (2, 1, 2)
    assert results[0]["account"] == results[4]["account"]
    assert results[3]["problem"]["type"].endswith("/problems/too-few-hours")
    assert results[3]["problem"]["where"] == "/stages/0/hours"
    assert results[2]["problem"]["errors"]


async def test_a_batch_sent_again_is_answered_with_replays(api: Api, person: int) -> None:
    items = [factories.completion(fresh("again"), person + one) for one in range(3)]
    first = (await api.post("/v1/batches", {"items": items})).json()
    size = api.bank.size
    again = (await api.post("/v1/batches", {"items": items})).json()
    assert api.bank.size == size
    assert "batch" not in again
    assert again["replayed"] == 3
    places = [(one["index"], one["leaf_hash"]) for one in first["results"]]
    assert [(one["index"], one["leaf_hash"]) for one in again["results"]] == places


async def test_an_item_sees_those_before_it(api: Api, person: int) -> None:
    twice = [factories.completion(fresh("seen"), person) for _ in range(2)]
    results = (await api.post("/v1/batches", {"items": twice})).json()["results"]
    assert results[0]["status"] == "recorded"
    assert results[1]["problem"]["type"].endswith("/already-credited")
    assert results[1]["problem"]["index"] == results[0]["index"]


async def test_all_or_nothing_is_nothing_if_one_is_refused(api: Api, person: int) -> None:
    items = [factories.completion(fresh("atomic"), person), {"type": "module"}]
    before = api.bank.rows()
    response = await api.post("/v1/batches", {"items": items, "atomic": True})
    assert (response.status_code, slug_of(response)) == (422, "batch-refused")
    problem = response.json()
    assert (problem["items"], problem["refused"]) == (2, 1)
    assert [one["status"] for one in problem["results"]] == ["recorded", "refused"]
    assert "index" not in problem["results"][0]  # it was not recorded after all
    assert api.bank.rows() == before


async def test_all_or_nothing_is_all_if_none_is_refused(api: Api, person: int) -> None:
    items = [factories.completion(fresh("atomic"), person + one) for one in range(2)]
    answer = (await api.post("/v1/batches", {"items": items, "atomic": True})).json()
    assert answer["recorded"] == 2


async def test_a_dry_run_leaves_no_trace(api: Api, person: int) -> None:
    known = factories.completion(fresh("dry"), person)
    first = await api.posted(known)
    items = [factories.completion(fresh("dry"), person + 1), known, {"type": "module"}]
    before = api.bank.rows()
    response = await api.post("/v1/batches", {"items": items, "dry_run": True})
    assert response.status_code == 200
    answer = response.json()
    assert api.bank.rows() == before
    assert answer["dry_run"] is True
    assert {"batch", "index"}.isdisjoint(answer)
    would_be, replayed, refused = answer["results"]
    assert would_be["status"] == "recorded"
    assert would_be["awarded"]["credits"]
    assert {"index", "leaf_hash", "account", "outcome"}.isdisjoint(would_be)
    assert replayed["index"] == first["index"]
    assert refused["status"] == "refused"
    real = (await api.post("/v1/batches", {"items": items})).json()
    assert [one["status"] for one in real["results"]] == [
        one["status"] for one in answer["results"]
    ]


async def test_a_batch_can_be_fetched_again(api: Api, person: int) -> None:
    digest = hashlib.sha256(b"sheet").hexdigest()
    items = [factories.completion(fresh("fetch"), person), {}]
    posted = (await api.post("/v1/batches", {"items": items, "file_digest": digest})).json()
    batch = (await api.get(f"/v1/batches/{posted['batch']}", SCHOOL)).json()
    assert batch["org"] == SCHOOL
    assert batch["index"] == posted["index"]
    assert batch["refused_rows"] == [2]
    assert batch["file_digest"] == digest
    result = posted["results"][0]
    assert batch["results"] == [
        {"row": 1, "index": result["index"], "leaf_hash": result["leaf_hash"]}
    ]
    assert (await api.get(f"/v1/batches/{posted['batch']}", AUDITOR)).json() == batch
    other = await api.get(f"/v1/batches/{posted['batch']}", ASSESSOR)
    unknown = await api.get(f"/v1/batches/{'0' * 32}", ASSESSOR)
    assert slug_of(other) == slug_of(unknown) == "batch-unknown"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], ""),
        ({}, "/items"),
        ({"items": {}}, "/items"),
        ({"items": [], "atomic": "yes"}, "/atomic"),
        ({"items": [], "dry_run": 1}, "/dry_run"),
        ({"items": [], "file_digest": "x"}, "/file_digest"),
        ({"items": [], "colour": "red"}, "/colour"),
    ],
)
async def test_a_batch_of_another_form_is_refused(api: Api, body: object, where: str) -> None:
    refused = await api.post("/v1/batches", body)
    assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")
    assert refused.json()["where"] == where


async def test_an_empty_batch_is_no_entry(api: Api) -> None:
    size = api.bank.size
    answer = (await api.post("/v1/batches", {"items": []})).json()
    assert (answer["items"], answer["results"]) == (0, [])
    assert api.bank.size == size


async def test_a_batch_has_at_most_as_many_items_as_the_settings_say(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.app.state.context.intake, "_items_max", 2)
    refused = await api.post("/v1/batches", {"items": [{}] * 3})
    assert (refused.status_code, slug_of(refused)) == (413, "batch-too-large")
    assert refused.json()["items_max"] == 2


async def test_a_long_batch_is_prepared_off_the_event_loop(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_routes, "LONG_BODY_BYTES", 1024)
    monkeypatch.setattr(batch_routes, "_LONG_ITEMS", 2)
    away = []
    off_loop = bodies.off_loop

    async def watched(work: Callable[..., Any], *arguments: Any, long: bool) -> Any:
        away.append(long)
        return await off_loop(work, *arguments, long=long)

    monkeypatch.setattr(batch_routes, "off_loop", watched)
    items = [factories.completion(fresh("long"), person + one) for one in range(5)]
    answer = (await api.post("/v1/batches", {"items": items})).json()
    assert answer["recorded"] == 5
    assert away == [True, True]


async def test_problems_of_items_speak_the_readers_language(api: Api) -> None:
    for language, title in (("en", "not of the published form"), ("zh", "格式")):
        response = await api.post(
            "/v1/batches", {"items": [{}]}, headers={"accept-language": language}
        )
        assert title in response.json()["results"][0]["problem"]["title"]
