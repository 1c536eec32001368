"""What a record says, to whom, and that each reading is kept before it is answered."""

from __future__ import annotations

import ast
import asyncio
import csv
import io
import time
from collections import Counter
from typing import Any

import pytest

from creditbank.ledger import entry
from creditbank.ledger.canonical import encode
from creditbank.services.identifying import new_id
from creditbank.storage import access
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- balance


async def test_a_balance_keeps_systems_and_bases_apart(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    declared = factories.course(fresh("declared"), person, verification={"level": "self_declared"})
    await api.posted(declared, COLLEGE)
    balance = (await api.get("/v1/learners/me/balance", scene.account)).json()
    assert balance["account"] == scene.account
    by_system = {one["system"]: one for one in balance["systems"]}
    assert by_system["cn-16"]["verified"]["available"] == "1.50"
    assert by_system["cn-18"]["verified"]["available"] == "1.33"
    assert by_system["cn-18"]["self_declared"]["available"] == "4.00"
    assert balance["class_hours"]["verified"]["awarded"] == "24.00"


async def test_a_balance_as_of_the_past(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    path = "/v1/learners/me/balance"
    expected = {
        "recorded_by=2026-01-01": 0,
        "recorded_by=2026-01-01T00:00:00Z": 0,
        "recorded_by=2099-01-01": 1,
        "achieved_by=2026-06-19": 0,
        "achieved_by=2026-06-20": 1,
        "achieved_by=2026-06-20&recorded_by=2026-01-01": 0,
    }
    for query, lots in expected.items():
        balance = (await api.get(f"{path}?{query}", scene.account)).json()
        assert balance["lots"] == lots, query


async def test_a_balance_as_recorded_by_its_own_second(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(fresh("second"), person))
    path = f"/v1/learners/{first['account']}/balance?recorded_by={first['at']}"
    assert (await api.get(path, DESK)).json()["lots"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "recorded_by=yesterday",
        "recorded_by=2026-02-30",
        "recorded_by=",
        "recorded_by=2026-01-01T00:00:00%2B08:00",
        "achieved_by=2026-1-1",
        "achieved_by=2026-01-01T00:00:00Z",
    ],
)
async def test_a_moment_has_a_form(api: Api, person: int, query: str) -> None:
    scene = await set_scene(api, person)
    refused = await api.get(f"/v1/learners/me/balance?{query}", scene.account)
    assert (refused.status_code, slug_of(refused)) == (422, "invalid-date")
    assert refused.json()["where"] == f"query:{query.partition('=')[0]}"


@pytest.mark.parametrize(
    ("query", "accept", "is_csv"),
    [
        ("", "*/*", False),
        ("", "text/csv", True),
        ("?format=csv", "application/json", True),
        ("?format=json", "text/csv", False),
    ],
)
async def test_a_balance_is_json_or_csv(
    api: Api, person: int, query: str, accept: str, is_csv: bool
) -> None:
    scene = await set_scene(api, person)
    path = f"/v1/learners/me/balance{query}"
    response = await api.get(path, scene.account, headers={"accept": accept})
    assert (response.headers["content-type"] == "text/csv; charset=utf-8") is is_csv
    assert response.headers["vary"] == "Accept"
    if is_csv:
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert [(row["system"], row["basis"], row["available"]) for row in rows] == [
            ("cn-16", "verified", "1.50"),
            ("cn-18", "verified", "1.33"),
            ("class_hours", "verified", "24.00"),
        ]


async def test_a_balance_has_no_other_form(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    refused = await api.get("/v1/learners/me/balance?format=xml", scene.account)
    assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")
    assert refused.json()["errors"] == [{"where": "query:format", "reason": "not_one_of"}]


# --- outcomes and statement


async def test_outcomes_show_stages_attempts_and_what_was_revoked(api: Api, person: int) -> None:
    first = await api.posted(
        factories.completion(fresh("out"), person, factories.study(), factories.training())
    )
    account = first["account"]
    await api.posted(factories.completion(fresh("out"), person, factories.assessment(passed=False)))
    path = f"/v1/learners/{account}/outcomes"
    (outcome,) = (await api.get(path, DESK)).json()["outcomes"]
    assert outcome["status"] == "begun"
    assert [one["stage"] for one in outcome["stages"]] == ["study", "training"]
    assert [one["passed"] for one in outcome["attempts"]] == [False]
    last = await api.posted(
        factories.completion(
            fresh("out"), person, factories.assessment(sitting="resit", on="2026-06-27")
        )
    )
    (outcome,) = (await api.get(path, DESK)).json()["outcomes"]
    assert (outcome["status"], outcome["credited_index"]) == ("credited", last["index"])
    await api.post(
        "/v1/revocations", {"index": last["index"], "reason": "x", "source_id": fresh("r")}
    )
    outcomes = (await api.get(path, DESK)).json()["outcomes"]
    assert [one["status"] for one in outcomes] == ["revoked", "begun"]


async def test_a_statement_is_complete_page_by_page(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    for _ in range(3):
        await api.posted(
            factories.course(fresh("page"), person, course=_course(fresh("code")), passed=True),
            COLLEGE,
        )
    whole = (await api.get("/v1/learners/me/statement", scene.account)).json()
    assert "next" not in whole
    assert [one["seq"] for one in whole["entries"]] == list(range(1, len(whole["entries"]) + 1))
    links = [one["learner_link"] for one in whole["entries"]]
    hashes = [one["leaf_hash"] for one in whole["entries"]]
    assert [link.get("prev") for link in links] == [None, *hashes[:-1]]
    pages: list[dict[str, Any]] = []
    query = "?limit=2"
    while query:
        page = (await api.get(f"/v1/learners/me/statement{query}", scene.account)).json()
        pages += page["entries"]
        query = f"?limit=2&after={page['next']}" if "next" in page else ""
    assert pages == whole["entries"]


def _course(code: str) -> dict[str, Any]:
    return {"code": code, "title": "课程", "credits": [{"system": "cn-18", "amount": "1"}]}


async def test_an_auditor_sees_the_actor_and_no_learner_link(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    path = f"/v1/learners/{scene.account}/statement"
    for one in (await api.get(path, AUDITOR)).json()["entries"]:
        assert {"act", "org_link"} <= set(one)
        # a certificate names its holder, which an auditor has no need to know
        assert ("person" in one) is (one["kind"] != "credential/1")
        assert "learner_link" not in one
        assert one["actor"]["token"]
    for one in (await api.get(path, COLLEGE)).json()["entries"]:
        assert {"act", "learner_link"} <= set(one)
        assert {"actor", "org_link"}.isdisjoint(one)
        # a grant is for outcomes: who else was granted something is not theirs to see
        assert ("person" in one) == (one["kind"] in {"outcome/1", "revocation/1"})


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=-1", "after=9e9"])
async def test_pages_have_sizes(api: Api, person: int, query: str) -> None:
    scene = await set_scene(api, person)
    refused = await api.get(f"/v1/learners/me/statement?{query}", scene.account)
    assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")
    assert refused.json()["where"] == f"query:{query.partition('=')[0]}"


# --- grants


async def test_a_grant_holds_until_it_is_ended(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    paths = [
        f"/v1/learners/{scene.account}/{what}" for what in ("balance", "outcomes", "statement")
    ]
    for path in paths:
        assert (await api.get(path, COLLEGE)).status_code == 200
    ended = await api.delete(f"/v1/grants/{scene.grant}", scene.account)
    assert ended.json()["ended"] is True
    again = await api.delete(f"/v1/grants/{scene.grant}", scene.account)
    assert again.json() == ended.json()
    for path in paths:
        refused = await api.get(path, COLLEGE)
        assert (refused.status_code, slug_of(refused)) == (403, "not-granted")
    (own,) = (await api.get("/v1/grants", scene.account)).json()["grants"]
    assert own["status"] == "ended"
    theirs = (await api.get("/v1/grants", COLLEGE)).json()["grants"]
    assert scene.account not in {one["account"] for one in theirs}


async def test_a_grant_holds_until_its_time_is_over(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(fresh("until"), person))
    account = await api.sign_in(first["account"], DESK)
    path = f"/v1/learners/{account}/balance"
    for seconds in (2, 10, 60):  # on a loaded machine a short time may be over before it is used
        ends = int(time.time()) + seconds
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        body = {"org": COLLEGE, "purpose": "学分转换", "until": until}
        grant = await api.post("/v1/grants", body, account)
        assert grant.json()["until"] == until
        status = (await api.get(path, COLLEGE)).status_code
        if time.time() < ends:
            break
    assert status == 200
    while (await api.get(path, COLLEGE)).status_code == 200:
        assert time.time() < ends + 60
        await asyncio.sleep(0.2)
    own = (await api.get("/v1/grants", account)).json()["grants"]
    assert {grant["status"] for grant in own} == {"expired"}


async def test_a_grant_until_a_day_includes_it(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    (own,) = (await api.get("/v1/grants", scene.account)).json()["grants"]
    assert own["until"] == "2099-12-31T16:00:00Z"  # midnight in China


@pytest.mark.parametrize(
    ("change", "slug", "where"),
    [
        ({"until": "2020-01-01"}, "request-invalid", "/until"),
        ({"until": "soon"}, "invalid-date", "/until"),
        ({"org": factories.organisation_code(99)}, "institution-unknown", "/org"),
        ({"org": "91449999000000003X"}, "request-invalid", "/org"),
        ({"purpose": "\u202e"}, "request-invalid", "/purpose"),
        ({"scope": "all"}, "request-invalid", "/scope"),
    ],
)
async def test_a_grant_of_another_form_is_refused(
    api: Api, person: int, change: dict[str, str], slug: str, where: str
) -> None:
    scene = await set_scene(api, person)
    body = {"org": COLLEGE, "purpose": "x", "until": "2099-01-01"} | change
    refused = await api.post("/v1/grants", body, scene.account)
    assert (refused.status_code, slug_of(refused)) == (422, slug)
    assert refused.json()["where"] == where


# --- the access log


async def test_each_reading_is_kept_with_who_and_what(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    path = f"/v1/learners/{scene.account}"
    await api.get(f"{path}/balance", COLLEGE)
    await api.get(f"{path}/statement", AUDITOR)
    await api.get(path, DESK)
    await api.get(f"/v1/entries/{scene.index}", SCHOOL)
    await api.get("/v1/entries?limit=1000", SCHOOL)
    await api.get("/v1/learners/me/export", scene.account)
    accesses = (await api.get("/v1/learners/me/access-log", scene.account)).json()["accesses"]
    kept = {(one["org"], one["action"]) for one in accesses}
    assert kept >= {
        (COLLEGE, "balance"),
        (AUDITOR, "statement"),
        (DESK, "identity"),
        (DESK, "code"),
        (SCHOOL, "entry"),
        (SCHOOL, "entries"),
        ("bank", "export"),
        ("bank", "access_log"),
    }
    college = next(one for one in accesses if one["org"] == COLLEGE)
    assert college["token_id"] == api.bank.tokens[COLLEGE].id


async def test_the_access_log_is_read_page_by_page(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    path = f"/v1/learners/{scene.account}/access-log"
    for _ in range(6):
        await api.get(f"/v1/learners/{scene.account}", DESK)
    whole = (await api.get(f"{path}?limit=1000", DESK)).json()
    assert "next" not in whole
    pages, query = [], "?limit=3"
    while query:
        page = (await api.get(f"{path}{query}", DESK)).json()
        assert len(page["accesses"]) <= 3
        pages += page["accesses"]
        query = f"?limit=3&before={page['next']}" if "next" in page else ""
    # nothing of before is missed or told twice; of this same second, the pages' own readings too
    before, told = (Counter(str(one) for one in many) for many in (whole["accesses"], pages))
    assert before <= told
    assert {one["action"] for one in map(ast.literal_eval, told - before)} == {"access_log"}
    assert [one["at"] for one in pages] == sorted((one["at"] for one in pages), reverse=True)
    for wrong in ("x", "1-", "-1", "1-" + "g" * 32):
        assert (await api.get(f"{path}?before={wrong}", DESK)).status_code == 422


async def test_a_reading_that_is_refused_is_not_kept(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(fresh("refused"), person))
    account = await api.sign_in(first["account"], DESK)
    for who in (COLLEGE, SCHOOL):
        assert (await api.get(f"/v1/learners/{account}/balance", who)).status_code == 403
    accesses = (await api.get("/v1/learners/me/access-log", account)).json()["accesses"]
    assert {one["action"] for one in accesses} == {"code", "access_log"}


# --- the export


async def test_an_export_has_everything_and_can_be_checked(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    export = (await api.get("/v1/learners/me/export", scene.account)).json()
    assert export["identities"][0]["number"] == factories.resident_id(person)
    assert len(export["outcomes"]) == 1
    assert [one["grant"] for one in export["grants"]] == [scene.grant]
    assert any(one["action"] == "export" for one in export["access_log"])
    assert [one["seq"] for one in export["entries"]] == [1, 2, 3, 4]
    assert export["shares"] == []
    for one in export["entries"]:
        check_entry(one)
        assert {"act", "person", "learner_link"} <= set(one["parts"])


def check_entry(shown: dict[str, Any]) -> None:
    """Hold what is shown of an entry against its digests, its body and its leaf."""
    for name, part in shown["parts"].items():
        digest = entry.part_digest(name, bytes.fromhex(part["salt"]), encode(part["value"]))
        assert digest.hex() == shown["digests"][name]
    digests = {name: bytes.fromhex(digest) for name, digest in shown["digests"].items()}
    leaf = entry.parse_leaf(shown["leaf"].encode())
    assert leaf.body == entry.body_commitment(digests)
    assert entry.leaf_hash(shown["leaf"].encode()).hex() == shown["leaf_hash"]


async def test_an_export_leaves_no_reading_out(api: Api, person: int) -> None:
    """Not even where there are more than a page of the access log has."""
    account = (await set_scene(api, person)).account
    notes = [
        access.AccessNote(new_id(), account, number, COLLEGE, "college", "balance")
        for number in range(1100)
    ]

    def read_often(connection: Any) -> None:
        for note in notes:
            access.add_access(connection, note)

    api.bank.database.write_sync(read_often)
    export = (await api.get("/v1/learners/me/export", account)).json()
    assert sum(1 for one in export["access_log"] if one["token_id"] == "college") == len(notes)
