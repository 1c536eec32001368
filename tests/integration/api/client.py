"""A client that holds every answer against the published description of the route."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from starlette.routing import Match, Route

from creditbank.api.app import Application, openapi_document
from tests import factories
from tests.banks import SCHOOL, TestBank

AUDITOR = factories.organisation_code(6, "11")
STRANGER = factories.organisation_code(7)


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return openapi_document()


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a published schema."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": description()["components"]}
    return Draft202012Validator(schema)


@dataclass(slots=True, weakref_slot=True, eq=False)
class Api:
    """The application, its bank, and requests in somebody's name."""

    bank: TestBank
    app: Application
    client: httpx.AsyncClient
    learners: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, who: str | None = None, **more: Any) -> httpx.Response:
        return await self.send("GET", path, who, **more)

    async def post(
        self, path: str, body: Any = None, who: str | None = SCHOOL, **more: Any
    ) -> httpx.Response:
        return await self.send("POST", path, who, json=body, **more)

    async def put(self, path: str, body: Any, who: str | None) -> httpx.Response:
        return await self.send("PUT", path, who, json=body)

    async def delete(self, path: str, who: str | None) -> httpx.Response:
        return await self.send("DELETE", path, who)

    async def send(self, method: str, path: str, who: str | None, **more: Any) -> httpx.Response:
        """Send a request in the name of an organisation or an account; check the answer."""
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["authorization"] = f"Bearer {self.token(who)}"
        response = await self.client.request(method, path, headers=headers, **more)
        self.check(response)
        return response

    def token(self, who: str) -> str:
        """Return the token's text of an organisation or of a learner who signed in."""
        return self.learners[who] if who in self.learners else self.bank.tokens[who].text

    async def posted(self, outcome: dict[str, Any], who: str = SCHOOL) -> dict[str, Any]:
        """Return the answer to a posting, which is to be recorded."""
        response = await self.post("/v1/outcomes", outcome, who)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def sign_in(self, account: str, desk: str) -> str:
        """Sign a learner in with a code from the desk; return the account, now a name to use."""
        code = (await self.post(f"/v1/learners/{account}/codes", who=desk)).json()["code"]
        body = {"account": account, "code": code}
        session = await self.post("/v1/sessions", body, who=None)
        self.learners[account] = session.json()["token"]
        return account

    # --- the published description

    def route_of(self, response: httpx.Response) -> Route | None:
        """Return the route that answered, None where there is none."""
        request = response.request
        scope = {"type": "http", "path": request.url.path, "method": request.method}
        for route in self.app.routes:
            if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
                return route
        return None

    def check(self, response: httpx.Response) -> None:
        """Make sure that the answer is one that the description announces."""
        assert "x-request-id" in response.headers
        route = self.route_of(response)
        media = response.headers["content-type"].partition(";")[0]
        if response.status_code >= 400:
            refused = _other_form(response.request.url.path)
            assert media == (refused or "application/problem+json")
            if refused is None:
                assert response.json()["status"] == response.status_code
        if route is None or not route.include_in_schema:
            return
        operation = description()["paths"][route.path_format][response.request.method.lower()]
        content = operation["responses"][str(response.status_code)]["content"]
        announced = content.get(media) or content[response.headers["content-type"]]
        if response.status_code >= 400 and media == "application/problem+json":
            assert slug_of(response) in announced["examples"]
        reference = announced["schema"].get("$ref")
        if reference is not None:
            faults = validator(reference.rpartition("/")[2]).iter_errors(response.json())
            assert [fault.message for fault in faults] == []


def _other_form(path: str) -> str | None:
    """Return the media type of refusals that are no problem documents: wallets', and pages."""
    if path.startswith("/openid/"):
        return "application/json"
    return "text/html" if path == "/verify" else None


def slug_of(response: httpx.Response) -> str:
    """Return the last step of a problem's type."""
    kind: str = response.json()["type"]
    assert kind.startswith("https://bank.test/problems/")
    return kind.rpartition("/")[2]
