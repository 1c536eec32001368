"""Posting one outcome: recorded, replayed, refused, and never answered before it is committed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from creditbank.storage import database
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import AUDITOR, Api, slug_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_outcome_is_recorded(api: Api, person: int) -> None:
    size = api.bank.size
    response = await api.post("/v1/outcomes", factories.completion(f"new-{person}", person))
    assert response.status_code == 201
    answer = response.json()
    assert answer["index"] == size + 1  # after the account's own entry
    assert answer["replayed"] is False
    assert answer["awarded"]["hours"] == {"theory": "8.00", "practice": "16.00"}
    assert response.headers["cache-control"] == "no-store"
    leaf = await api.get(f"/v1/entries/{answer['index']}/leaf")
    assert leaf.json()["at"] == answer["at"]


async def test_a_stage_alone_is_recorded_and_awards_nothing(api: Api, person: int) -> None:
    stage = factories.completion(f"stage-{person}", person, factories.study())
    answer = await api.posted(stage)
    assert "awarded" not in answer


async def test_a_replay_gets_the_first_answer(api: Api, person: int) -> None:
    outcome = factories.completion(f"twice-{person}", person)
    first = await api.posted(outcome)
    size = api.bank.size
    again = await api.post("/v1/outcomes", outcome)
    assert again.status_code == 200
    assert again.json() == first | {"replayed": True}
    assert api.bank.size == size


async def test_other_content_under_a_source_id_is_refused_and_the_fields_named(
    api: Api, person: int
) -> None:
    outcome = factories.completion(f"other-{person}", person)
    first = await api.posted(outcome)
    outcome["stages"][1]["hours"]["practice"] = "17.00"
    outcome["learner"] = factories.learner(person + 1)
    refused = await api.post("/v1/outcomes", outcome)
    assert refused.status_code == 409
    assert slug_of(refused) == "source-id-reused"
    problem = refused.json()
    assert problem["index"] == first["index"]
    assert problem["where"] == "/source_id"
    assert problem["differs"] == ["/stages/1/hours/practice", "/learner"]


async def test_a_refused_submission_does_not_use_up_its_source_id(api: Api, person: int) -> None:
    source_id = f"short-{person}"
    short = factories.completion(source_id, person, factories.study("7.00"))
    refused = await api.post("/v1/outcomes", short)
    assert (refused.status_code, slug_of(refused)) == (422, "too-few-hours")
    assert refused.json()["where"] == "/stages/0/hours"
    await api.posted(factories.completion(source_id, person))


async def test_the_same_source_id_of_another_organisation_is_another(api: Api, person: int) -> None:
    await api.posted(factories.completion("shared", person, factories.study()))
    sitting = factories.completion("shared", person, factories.assessment())
    await api.posted(sitting, ASSESSOR)


async def test_operators_are_kept_for_the_institution_and_auditors(api: Api, person: int) -> None:
    outcome = factories.completion(f"operators-{person}", person)
    answer = await api.posted(outcome | {"operator": "张经办", "reviewer": "李复核"})
    for who in (SCHOOL, AUDITOR):
        entry = (await api.get(f"/v1/entries/{answer['index']}", who)).json()
        actor = entry["parts"]["actor"]["value"]
        assert actor == {
            "token": api.bank.tokens[SCHOOL].id,
            "operator": "张经办",
            "reviewer": "李复核",
        }


async def test_operators_are_not_part_of_the_content(api: Api, person: int) -> None:
    outcome = factories.completion(f"colleague-{person}", person)
    await api.posted(outcome | {"operator": "张经办"})
    again = await api.post("/v1/outcomes", outcome | {"operator": "王经办"})
    assert again.status_code == 200


@pytest.mark.parametrize("operator", ["", "x" * 201, "a\nb", 7, None])
async def test_an_operator_is_a_line_of_text(api: Api, person: int, operator: object) -> None:
    outcome = factories.completion(f"operator-{person}", person) | {"operator": operator}
    refused = await api.post("/v1/outcomes", outcome)
    assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")
    assert refused.json()["where"] == "/operator"


@pytest.mark.parametrize("body", [None, 1, "text", [], {}, {"type": "module"}, {"type": "x"}])
async def test_what_is_no_submission_is_refused_at_every_fault(api: Api, body: object) -> None:
    refused = await api.send("POST", "/v1/outcomes", SCHOOL, content=json.dumps(body))
    assert (refused.status_code, slug_of(refused)) == (422, "submission-invalid")
    assert refused.json()["errors"]


async def test_a_certificate_says_in_which_format_its_number_is(api: Api, person: int) -> None:
    answer = await api.posted(factories.certificate(f"certificate-{person}", person % 1_000_000))
    assert answer["number_format"] == "skill_level_22"
    assert answer["awarded"]["credits"] == []


async def test_a_course_of_a_college_brings_its_own_credits(api: Api, person: int) -> None:
    answer = await api.posted(factories.course(f"course-{person}", person), COLLEGE)
    assert answer["awarded"]["credits"] == [{"system": "cn-18", "amount": "4.00"}]


async def test_a_learner_may_be_named_by_account(api: Api, person: int) -> None:
    first = await api.posted(factories.completion(f"by-id-{person}", person))
    course = factories.course(f"by-account-{person}", person)
    course["learner"] = {"account": first["account"]}
    assert (await api.posted(course, COLLEGE))["account"] == first["account"]


async def test_an_unknown_account_is_refused(api: Api, person: int) -> None:
    course = factories.course(f"nobody-{person}", person)
    course["learner"] = {"account": "la-aaaaaaaaaaaaaaaa"}
    refused = await api.post("/v1/outcomes", course, COLLEGE)
    assert (refused.status_code, slug_of(refused)) == (404, "learner-unknown")


# --- the order: commit, then answer


class Recorder:
    """Notes in which order a request is committed and answered."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        self._app = api.app
        commit = database.commit

        def noted(connection: sa.Connection) -> None:
            commit(connection)
            self.events.append("commit")

        monkeypatch.setattr(database, "commit", noted)

    async def send(self, api: Api, path: str, body: bytes, who: str) -> int:
        """Send a request past the HTTP client, which keeps no order; return the status."""
        status = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            self.events.append(message["type"])
            status = message.get("status", status)

        scope = {
            "type": "http",
            "method": "POST" if body else "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {api.token(who)}".encode())],
        }
        await self._app(scope, receive, send)
        return status


@pytest.mark.parametrize("kind", ["outcome", "batch", "reading"])
async def test_an_answer_follows_its_commit(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    outcome = factories.completion(f"order-{kind}-{person}", person)
    account = (await api.posted(factories.course(f"before-{kind}-{person}", person)))["account"]
    content = api.client.build_request("POST", "/", json=outcome).content
    batch = api.client.build_request("POST", "/", json={"items": [outcome]}).content
    path, body, who = {
        "outcome": ("/v1/outcomes", content, SCHOOL),
        "batch": ("/v1/batches", batch, SCHOOL),
        "reading": (f"/v1/learners/{account}/balance", b"", DESK),
    }[kind]
    recorder = Recorder(api, monkeypatch)
    assert await recorder.send(api, path, body, who) in (200, 201)
    assert recorder.events == ["commit", "http.response.start", "http.response.body"]


async def test_what_could_not_be_committed_is_not_answered_as_recorded(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = api.bank.size

    def lose(connection: sa.Connection) -> None:
        connection.rollback()
        raise sa.exc.OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    outcome = factories.completion(f"lost-{person}", person)
    with monkeypatch.context() as patched:
        patched.setattr(database, "commit", lose)
        refused = await api.post("/v1/outcomes", outcome)
    assert (refused.status_code, slug_of(refused)) == (503, "storage-unavailable")
    assert refused.headers["retry-after"].isdecimal()
    assert api.bank.size == size
    await api.posted(outcome)


async def test_concurrent_postings_are_all_answered_and_each_once(api: Api, person: int) -> None:
    outcomes = [factories.completion(f"many-{person}-{one}", person + one) for one in range(20)]
    answers = await asyncio.gather(*(api.posted(outcome) for outcome in outcomes))
    assert len({answer["index"] for answer in answers}) == 20
    again = await asyncio.gather(*(api.post("/v1/outcomes", outcome) for outcome in outcomes))
    assert [one.json() for one in again] == [answer | {"replayed": True} for answer in answers]
