"""What an evaluator is shown of a decision that rests on more than its own outcomes."""

from __future__ import annotations

from typing import Any

import pytest

from tests import decision_scene, factories
from tests.banks import ASSESSOR, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIXED = "test-mixed"
COURSE, OPINION, REASON = "高等数学", "不宜外传的意见", "不宜外传的理由"
FREE = {"scope": "academic", "sharing": "free", "effect": "recognise"}


def held(rule_id: str, **select: Any) -> dict[str, Any]:
    """Return a rule by which an exemption asks that an outcome is held."""
    title = {"zh": rule_id}
    needs = {"id": rule_id, "kind": "holds", "text": title, "select": select}
    target = {"kind": "exemption", "of": title}
    return decision_scene.rule(rule_id, title=title, target=target, needs=needs, use=FREE)


def mixed() -> dict[str, Any]:
    """Return a rulebook with a rule for a module and a course together, and one for each."""
    course, module = held("maths", type=["academic_course"]), held("vision", type=["module"])
    counted = decision_scene.rule()["needs"]
    whole = {"id": "all", "kind": "all", "of": [counted, course["needs"]]}
    both = decision_scene.rule("both", needs=whole)
    return decision_scene.rulebook(MIXED, COLLEGE, both, course, module)


async def decided(api: Api, person: int) -> tuple[str, str, dict[str, str]]:
    """Return account, conversion and outcomes of a decision on two evaluators' outcomes."""
    if (await api.get(f"/v1/registers/rulebook/{MIXED}")).status_code == 404:
        api.bank.publish("rulebook", mixed())
    vision = await api.posted(factories.completion(fresh("vision"), person), SCHOOL)
    maths = await api.posted(factories.course(fresh("maths"), person), ASSESSOR)
    account = await api.sign_in(vision["account"], DESK)
    applied = await api.post("/v1/conversions", {"rulebook": MIXED}, account)
    assert applied.status_code == 201, applied.text
    path = f"/v1/conversions/{applied.json()['conversion']}"
    said = {"step": "faculty", "result": "passed", "opinion": OPINION}
    await api.post(f"{path}/steps", said, COLLEGE)
    return account, path, {"vision": vision["outcome"], "maths": maths["outcome"]}


async def test_an_evaluator_is_shown_its_own_outcomes_only(api: Api, person: int) -> None:
    _, path, outcomes = await decided(api, person)
    for who in (COLLEGE, DESK, AUDITOR):
        whole = (await api.get(path, who)).text
        assert all(one in whole for one in (COURSE, OPINION, *outcomes.values()))
        assert COURSE in (await api.get(f"{path}/sheet", who)).text
    response = await api.get(path, SCHOOL)
    shown = response.json()
    assert [one["id"] for one in shown["outcomes"]] == [outcomes["vision"]]
    assert {one["outcome"] for one in shown["uses"]} == {outcomes["vision"]}
    assert [one["rule"] for one in shown["targets"]] == ["both", "vision"]
    assert [one["rule"] for one in shown["results"]] == ["both", "vision"]
    assert "1.50" in shown["results"][0]["sentence"]["en"]
    for listed in (response.text, (await api.get(f"{path}/sheet", SCHOOL)).text):
        assert COURSE not in listed
        assert "maths" not in listed
        assert outcomes["maths"] not in listed
        assert OPINION not in listed
    assert COURSE in (await api.get(path, ASSESSOR)).text


async def test_of_others_steps_an_evaluator_is_told_that_they_were_taken(
    api: Api, person: int
) -> None:
    account, path, _ = await decided(api, person)
    said = {"step": "check", "result": "passed", "opinion": "属实"}
    await api.post(f"{path}/steps", said, SCHOOL)
    await api.post(f"{path}/withdrawal", {"reason": REASON}, account)
    shown = (await api.get(path, SCHOOL)).json()
    (_, faculty, check, _) = shown["steps"]
    assert (faculty["org"], faculty["result"]) == (COLLEGE, "passed")
    assert "opinion" not in faculty
    assert check["opinion"] == "属实"
    assert (shown["end"]["end"], "reason" in shown["end"]) == ("withdrawn", False)
    other = (await api.get(path, ASSESSOR)).json()
    assert [one for one in other["steps"] if "opinion" in one] == []
    assert (await api.get(path, COLLEGE)).json()["end"]["reason"] == REASON


async def test_a_list_and_a_refusal_name_an_evaluator_its_own_outcomes(
    api: Api, person: int
) -> None:
    _, path, outcomes = await decided(api, person)
    entry = await _credited(api, path, outcomes["maths"])
    revocation = {"index": entry, "reason": "误报", "source_id": fresh("r")}
    assert (await api.post("/v1/revocations", revocation, ASSESSOR)).status_code == 201
    listed = (await api.get("/v1/conversions?flagged=true&limit=1000", SCHOOL)).json()
    (one,) = [one for one in listed["conversions"] if one["conversion"] in path]
    assert one["flagged"] == [{"reason": "outcome_ended"}]
    assert outcomes["maths"] not in str(one)
    assert outcomes["maths"] in str((await api.get(path, ASSESSOR)).json()["flagged"])
    said = {"step": "check", "result": "passed"}
    refused = await api.post(f"{path}/steps", said, SCHOOL)
    assert (slug_of(refused), refused.json()["outcomes"]) == ("conversion-flagged", [])


async def _credited(api: Api, path: str, outcome: str) -> int:
    shown = (await api.get(path, DESK)).json()
    (index,) = [one["entry"]["index"] for one in shown["outcomes"] if one["id"] == outcome]
    return int(index)


async def test_an_evaluator_is_told_whether_a_decision_derives_again(api: Api, person: int) -> None:
    _, path, _ = await decided(api, person)
    derived = (await api.get(f"{path}/derivation", SCHOOL)).json()
    assert (derived["same"], derived["violations"]) == (True, [])
