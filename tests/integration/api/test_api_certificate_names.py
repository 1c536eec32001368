"""Who learns a learner's name from certificates: nobody who did not know it, or is to see it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.banks import ASSESSOR, DESK
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh, set_scene

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


async def shown(api: Api, credential: str, account: str) -> tuple[str, str]:
    """Show a certificate's name to everybody and by a link; return both addresses."""
    url = f"/v1/credentials/{credential}/shares"
    await api.put(f"{url}/public", {"shows": ["name"]}, account)
    link = (await api.put(f"{url}/college", {"shows": ["name"]}, account)).json()["url"]
    return f"/credentials/{credential}", link.removeprefix("https://bank.test")


async def test_nothing_of_a_restricted_account_is_shown_in_public(api: Api, person: int) -> None:
    scene, name = await set_scene(api, person), factories.learner(person)["name"]
    public, link = await shown(api, scene.credential, scene.account)
    assert [name in (await api.get(one)).text for one in (public, link)] == [True, True]
    restriction = f"/v1/learners/{scene.account}/restriction"
    answer = await api.put(restriction, {"until": "2099-01-01", "reason": "legal_retention"}, DESK)
    assert answer.status_code < 300, answer.text
    page = await api.get(public)
    assert page.status_code == 200
    assert name not in page.text
    assert slug_of(await api.get(link)) == "share-unknown"


async def test_what_its_holder_withdrew_is_shown_no_more(api: Api, person: int) -> None:
    scene, name = await set_scene(api, person), factories.learner(person)["name"]
    addresses = await shown(api, scene.credential, scene.account)
    url = f"/v1/credentials/{scene.credential}"
    await api.post(f"{url}/withdrawal", {"reason": "不再需要"}, scene.account)
    for address in addresses:
        answer = await api.get(address)
        assert answer.status_code == 200
        assert "已收回" in answer.text, answer.text[:3000]
        assert name not in answer.text
