"""What decisions say of a learner stands in no log, and in no refusal of somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.decision_scene import OTHER_COLLEGE, OTHER_TRANSFER, TRANSFER
from tests.integration.api.client import AUDITOR, Api
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)

SECRET = "机密之词"


async def test_nothing_of_a_learner_is_logged(
    api: Api, person: int, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = await set_scene(api, person, decided=True)
    path = f"/v1/conversions/{scene.conversion}"
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("/v1/conversions/evidence", {"id": "work", "value": {"said": SECRET}}, scene.account),
        ("/v1/conversions/evidence", {"id": "work", "value": {SECRET: SECRET}}, scene.account),
        ("/v1/conversions/evidence", {"id": "work", "value": {"s": SECRET * 4096}}, scene.account),
        ("/v1/conversions/evidence", {"account": scene.account, "id": "w", "value": True}, COLLEGE),
        (
            "/v1/conversions/evidence",
            {"account": scene.account, "id": "work", "value": {"said": SECRET}},
            OTHER_COLLEGE,
        ),
        (
            "/v1/conversions/evaluations",
            {"rulebook": TRANSFER, "evidence": {"work": {"said": SECRET}}},
            scene.account,
        ),
        ("/v1/conversions", {"rulebook": OTHER_TRANSFER, "source_id": SECRET}, scene.account),
        (f"{path}/steps", {"step": "record", "result": "passed", "opinion": SECRET}, DESK),
        (f"{path}/steps", {"step": "faculty", "result": "passed", "opinion": SECRET}, SCHOOL),
        (f"{path}/steps", {"step": "faculty", "result": "passed", "opinion": SECRET}, COLLEGE),
        (f"{path}/steps", {"step": "check", "result": "rejected", "opinion": SECRET}, SCHOOL),
        (f"{path}/withdrawal", {"reason": SECRET}, scene.account),
        (f"{path}/review", {"reason": SECRET}, COLLEGE),
    ]
    for where, body, who in asked:
        response = await api.post(where, body, who)
        assert SECRET not in response.text or response.status_code < 300
    for who in (scene.account, COLLEGE, SCHOOL, AUDITOR):
        await api.get(path, who)
        await api.get(f"{path}/sheet", who)
    written = "".join(capsys.readouterr())
    assert "verb=take_step" in written
    for secret in (
        SECRET,
        factories.learner(person)["name"],
        factories.resident_id(person),
        scene.account,
    ):
        assert secret not in written


async def test_a_stranger_learns_nothing_of_a_decision(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    stranger = await set_scene(api, person + 1)
    path = f"/v1/conversions/{scene.conversion}"
    unknown = f"/v1/conversions/{'0' * 32}"
    step = {"step": "faculty", "result": "passed"}
    for who in (stranger.account, OTHER_COLLEGE):
        for method, end, body in (
            ("GET", "", None),
            ("GET", "/sheet", None),
            ("GET", "/derivation", None),
            ("POST", "/steps", step),
            ("POST", "/withdrawal", {}),
        ):
            answers = []
            for place in (path, unknown):
                given = {} if body is None else {"json": body}
                refused = (await api.send(method, place + end, who, **given)).json()
                refused.pop("request_id")
                refused["detail"] = refused["detail"].replace(place.rpartition("/")[2], "…")
                answers.append({name: refused[name] for name in ("type", "status", "detail")})
            assert answers[0] == answers[1]
            assert answers[0]["status"] == 404
    listed = (await api.get(f"/v1/conversions?account={scene.account}", OTHER_COLLEGE)).json()
    assert listed == {"conversions": []}
    listed = (await api.get(f"/v1/conversions?account={scene.account}", stranger.account)).json()
    assert scene.conversion not in str(listed)
    named = {"account": scene.account, "rulebook": TRANSFER}
    for verb, more in (("evaluations", {}), ("path", {"target": {"rule": "vision"}})):
        refused = await api.post(f"/v1/conversions/{verb}", named | more, stranger.account)
        assert refused.status_code == 403
    applied = named | {"source_id": fresh("x")}
    assert (await api.post("/v1/conversions", applied, stranger.account)).status_code == 403
