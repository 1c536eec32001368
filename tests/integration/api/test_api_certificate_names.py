"""Who learns a learner's name from certificates: nobody who did not know it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.banks import ASSESSOR, DESK
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def posted(api: Api, person: int, learner: dict[str, Any]) -> str:
    """Return the outcome of a certificate that the assessor posts of a learner so named."""
    body = factories.certificate(fresh("named"), person) | {"learner": learner}
    answer = await api.post("/v1/outcomes", body, ASSESSOR)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["outcome"])


async def seen(api: Api, outcome: str) -> tuple[str, str]:
    """Return all that the assessor gets to see of the certificate of an outcome, and its id."""
    issued = (await api.post("/v1/credentials", {"outcome": outcome}, ASSESSOR)).json()
    url = f"/v1/credentials/{issued['credential']}"
    paths = (url, f"{url}.json", f"{url}.svg", f"/v1/entries/{issued['index']}")
    answers = [await api.get(path, ASSESSOR) for path in (*paths, "/v1/entries?limit=100")]
    assert [one.status_code for one in answers] == [200] * 5
    entries = answers[4].json()["entries"]
    assert all("person" not in one for one in entries if one["kind"] == "credential/1")
    assert "person" not in answers[3].json()["parts"]
    return "".join(one.text for one in answers), issued["credential"]


async def test_whoever_posts_by_account_learns_no_name(api: Api, person: int) -> None:
    account = (await api.posted(factories.completion(fresh("named"), person)))["account"]
    outcome = await posted(api, person, {"account": account})
    name = factories.learner(person)["name"]
    shown, credential = await seen(api, outcome)
    assert name not in shown
    bulk = await api.post("/v1/credentials/bulk", {"outcomes": [outcome]}, ASSESSOR)
    assert '"replayed": 1' in bulk.text or '"replayed":1' in bulk.text
    # The learner's own certificate names them, and is another one.
    other = (await api.post("/v1/credentials", {"outcome": outcome}, DESK)).json()["credential"]
    assert other != credential
    assert name in (await api.get(f"/v1/credentials/{other}.json", DESK)).text


async def test_whoever_posts_by_document_and_name_has_it_certified(api: Api, person: int) -> None:
    outcome = await posted(api, person, factories.learner(person))
    shown, _ = await seen(api, outcome)
    assert factories.learner(person)["name"] in shown
