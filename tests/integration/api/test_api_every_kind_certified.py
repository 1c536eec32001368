"""Whatever counts as credit can leave as a certificate: modules, courses, recorded certificates."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


def work(source_id: str, person: int) -> dict[str, Any]:
    """Return an achievement that somebody has seen papers of."""
    verified = {"level": "original_seen", "on": "2026-06-01", "by": "窗口"}
    return factories.achievement(source_id, person, verification=verified)


KINDS = [
    ("module", factories.completion, SCHOOL, "MicroCredential", "工业视觉质检", "GD-AI-VQI"),
    ("course", factories.course, COLLEGE, "Course", "高等数学", "MATH-101"),
    ("recorded", factories.certificate, ASSESSOR, "Certification", None, "skill-level"),
    ("work", work, ASSESSOR, None, "质检岗位", "work_experience"),
]


@pytest.mark.parametrize(
    ("make", "poster", "kind", "title", "code"),
    [given[1:] for given in KINDS],
    ids=[given[0] for given in KINDS],
)
async def test_every_kind_of_outcome_is_certified_in_every_form(
    api: Api,
    person: int,
    make: Any,
    poster: str,
    kind: str | None,
    title: str | None,
    code: str,
) -> None:
    answer = await api.post("/v1/outcomes", make(fresh("kind"), person), poster)
    assert answer.status_code == 201, answer.text
    posted = answer.json()
    account = await api.sign_in(posted["account"], DESK)
    wanted = {"outcome": posted["outcome"]}
    issued = await api.post("/v1/credentials", wanted, account)
    assert issued.status_code == 201, issued.text
    url = f"/v1/credentials/{issued.json()['credential']}"
    document = (await api.get(f"{url}.json", account)).json()
    achievement = document["credentialSubject"]["achievement"]
    assert achievement["humanCode"] == code
    assert achievement.get("achievementType") == kind or kind is None
    assert achievement["name"] == title or title is None
    for rendering in ("pdf", "png", "svg"):
        file = await api.get(f"{url}.{rendering}", account)
        assert file.status_code == 200, file.text
        sent = {"content": file.content, "headers": {"content-type": "application/octet-stream"}}
        verified = (await api.send("POST", "/v1/verify", None, **sent)).json()
        assert verified["result"] == "valid", verified
    selective = await api.post("/v1/credentials", wanted | {"form": "sd_jwt_vc"}, account)
    text = (await api.get(f"/v1/credentials/{selective.json()['credential']}.jwt", account)).text
    assert (await api.post("/v1/verify", {"text": text}, None)).json()["result"] == "valid"


async def test_what_nobody_confirmed_is_not_certified(api: Api, person: int) -> None:
    made = factories.achievement(fresh("kind"), person)
    posted = (await api.post("/v1/outcomes", made, ASSESSOR)).json()
    account = await api.sign_in(posted["account"], DESK)
    refused = await api.post("/v1/credentials", {"outcome": posted["outcome"]}, account)
    assert slug_of(refused) == "not-certifiable"
