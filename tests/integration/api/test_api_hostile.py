"""Hostile text in every place that takes text: refused there, no 5xx, no neighbour harmed."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests import factories
from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = {
    "nul": "a\x00b",
    "high surrogate": "\ud800",
    "low surrogate": "x\udfff",
    "bidi override": "\u202eabc",
    "bidi isolate": "\u2066a",
    "very long": "长" * 20_000,
    "empty": "",
    "invisible": "\u200b",
    "line ends": "a\r\nb\u2028c",
    "escape": "\x1b[2J",
    "noncharacter": "\uffff",
    "astral": "\U0010ffff",
    "formula": "=cmd|' /C calc'!A0",
    "sql": "'; DROP TABLE entries; --",
    "path": "../../etc/passwd",
    "template": "{0.__class__} %s ${x}",
    "markup": "<script>alert(1)</script>",
    "pointer": "a/b~c",
    "full width": "１２３",
    "combining": "e\u0301" * 50,
}
NEVER_KEPT = ("nul", "high surrogate", "low surrogate", "bidi override", "bidi isolate", "escape")
WORST = ("nul", "low surrogate", "bidi override", "very long", "invisible", "line ends", "astral")

_people = itertools.count(3_000_001)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every text in a document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from places(inner, (*path, position))
    elif isinstance(value, str):
        yield path


def with_text(document: Any, path: tuple[str | int, ...], text: str, *, as_name: bool) -> Any:
    """Return the document with `text` at `path`, as the value or as the member's name."""
    changed = copy.deepcopy(document)
    target = changed
    for step in path[:-1]:
        target = target[step]
    if as_name and isinstance(target, dict):
        target[text] = target.pop(path[-1])
    else:
        target[path[-1]] = text
    return changed


def variants(document: Any, kinds: Iterable[str] = HOSTILE) -> Iterator[tuple[str, Any]]:
    """Yield the document with each hostile text at each place, as value and as name."""
    for path, kind in itertools.product(list(places(document)), kinds):
        text = HOSTILE[kind]
        yield kind, with_text(document, path, text, as_name=False)
        if kind in NEVER_KEPT:
            yield kind, with_text(document, path, text, as_name=True)


def encoded(value: Any) -> bytes:
    """Return JSON in which half characters are escaped, as a careless client sends it."""
    return json.dumps(value).encode()


@pytest.mark.parametrize("kind", ["module", "course", "certificate", "achievement"])
async def test_hostile_text_in_an_item_harms_no_neighbour(api: Api, kind: str) -> None:
    document = {
        "module": factories.completion("h", 1, factories.study(evidence="a" * 64)),
        "course": factories.course("h", 1, learning_event="e", offering="o"),
        "certificate": factories.certificate("h", 1),
        "achievement": {
            "source_id": "h",
            "type": "achievement",
            "learner": factories.learner(1),
            "achievement": {
                "category": "contest",
                "title": "竞赛",
                "on": "2026-05-01",
                "result": "一等",
            },
        },
    }[kind]
    document["verification"] = document.get("verification", {"level": "issuer"})
    every = list(variants(document))
    for start in range(0, len(every), 40):
        chunk = every[start : start + 40]
        items: list[Any] = []
        for _, item in chunk:
            neighbour = factories.course(fresh("neighbour"), next(_people))
            items += [item, neighbour]
        body = encoded({"items": items})
        response = await api.send("POST", "/v1/batches", SCHOOL, content=body)
        assert response.status_code == 200
        results = json.loads(response.content)["results"]
        assert [one["status"] for one in results[1::2]] == ["recorded"] * len(chunk)
        for (name, _), result in zip(chunk, results[::2], strict=True):
            if name in NEVER_KEPT:
                assert result["status"] == "refused", name
                assert result["problem"]["status"] in (409, 422), (name, result)


async def test_hostile_text_in_any_other_body_is_no_failure(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    register = factories.institution(factories.organisation_code(60)) | {
        "sources": [{"title": "文件", "status": "example", "clause": "一", "note": "注"}],
        "licences": [
            {"title": "许可", "number": "1", "issued_by": "机关", "valid_from": "2026-01-01"}
        ],
        "ext": {"gd": {"note": "x", "list": ["a"]}},
    }
    document = factories.learner(person)["document"]
    bodies: list[tuple[str, str, str | None, Any]] = [
        ("POST", "/v1/registers/institution", AUTHORITY, register),
        (
            "POST",
            "/v1/corrections",
            SCHOOL,
            {
                "index": 0,
                "reason": "r",
                "outcome": factories.completion("h", 1),
                "operator": "o",
                "reviewer": "r",
            },
        ),
        (
            "POST",
            "/v1/revocations",
            SCHOOL,
            {"index": 0, "reason": "r", "source_id": "s", "note": "n", "operator": "o"},
        ),
        ("POST", "/v1/learners", DESK, factories.learner(person + 1) | {"phone": "13800000000"}),
        (
            "POST",
            f"/v1/learners/{scene.account}/identity",
            DESK,
            {"document": document, "name": "名", "phone": "13800000000"},
        ),
        (
            "PUT",
            f"/v1/learners/{scene.account}/restriction",
            DESK,
            {"until": "2098-01-01", "reason": "r"},
        ),
        ("POST", "/v1/sessions", None, {"account": scene.account, "code": "1"}),
        ("POST", "/v1/sessions", None, {"document": document, "code": "1"}),
        (
            "POST",
            "/v1/grants",
            scene.account,
            {"org": COLLEGE, "purpose": "p", "until": "2099-01-01"},
        ),
        ("POST", "/v1/batches", SCHOOL, {"items": [], "operator": "o", "file_digest": "a" * 64}),
        ("POST", "/v1/outcomes", SCHOOL, factories.completion("h", 1) | {"operator": "o"}),
    ]
    for method, path, who, body in bodies:
        for kind, variant in variants(body, WORST):
            response = await api.send(method, path, who, content=encoded(variant))
            assert response.status_code < 500, (path, kind)
            if kind in NEVER_KEPT:
                assert response.status_code >= 400, (path, kind)
    api.bank.require_clean()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/learners/{}/balance",
        "/v1/learners/{}/outcomes",
        "/v1/learners/{}",
        "/v1/batches/{}",
        "/v1/entries/{}",
        "/v1/registers/{}",
        "/v1/registers/module/{}",
        "/v1/registers/module/GD-AI-VQI/versions/{}",
        "/v1/registers/module?on={}",
        "/v1/registers/module?all={}",
        "/v1/entries?after={}",
        "/v1/entries?limit={}",
        "/v1/learners/la-aaaaaaaaaaaaaaaa/balance?recorded_by={}",
        "/v1/learners/la-aaaaaaaaaaaaaaaa/balance?achieved_by={}",
        "/v1/learners/la-aaaaaaaaaaaaaaaa/balance?format={}",
        "/problems/{}",
        "/{}",
    ],
)
async def test_hostile_text_in_an_address_is_no_failure(api: Api, path: str) -> None:
    raw = ["%00", "%ff", "%ed%a0%80", "%F0%9F%98%80", "..%2f..", "%252e", "a" * 4000, "-1", "1e9"]
    for text in raw:
        for who in (DESK, SCHOOL, None):
            response = await api.get(path.format(text), who)
            assert response.status_code < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept-language", "x" * 10_000),
        ("accept-language", ",".join(["zh;q=0.5"] * 1000)),
        ("accept-language", "\xff\xfe"),
        ("authorization", "Bearer \xff"),
        ("authorization", "Bearer cbt_\xb2_x"),
        ("authorization", "Bearer " + "a" * 10_000),
        ("accept", "\xff"),
        ("content-length", "x"),
        ("x-request-id", "\xff" * 10),
        ("content-type", "application/xml"),
    ],
)
async def test_hostile_headers_are_no_failure(api: Api, name: str, value: str) -> None:
    for method, path in (("GET", "/v1/entries"), ("POST", "/v1/outcomes"), ("GET", "/v1/bank")):
        response = await api.client.request(
            method, path, headers=[(name.encode(), value.encode("latin-1"))], content=b"{}"
        )
        assert response.status_code < 500
