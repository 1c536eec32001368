"""Problems: one shape for every refusal, in the reader's language, and never a bare 500."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import creditbank.errors
from creditbank.api.problems import HANDLERS, STATUSES, problem_of, status_of
from creditbank.errors import CreditBankError, Unavailable, concrete_errors
from creditbank.errors.api import Internal
from creditbank.errors.recording import SubmissionInvalid
from tests import factories
from tests.banks import SCHOOL
from tests.integration.api.client import Api, slug_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)

# The areas whose errors a request can meet. Others belong to programs beside the server, or to what
# happens before it starts; some of theirs are in the table too.
REACHED = {
    *("access", "api", "identifiers", "learners", "log", "recording", "registers", "storage"),
}


def _errors() -> dict[str, type[CreditBankError]]:
    for module in pkgutil.walk_packages(creditbank.errors.__path__, "creditbank.errors."):
        importlib.import_module(module.name)
    return {
        error.slug: error
        for error in concrete_errors()
        if error.__module__.startswith("creditbank.errors.")
    }


async def test_every_slug_has_a_status_and_every_status_a_slug() -> None:
    errors = _errors()
    needed = {
        slug for slug, error in errors.items() if error.__module__.rpartition(".")[2] in REACHED
    }
    assert needed - set(STATUSES) == set()
    assert set(STATUSES) - set(errors) == set()


async def test_what_can_be_tried_again_later_is_a_503() -> None:
    for slug, error in _errors().items():
        if slug in STATUSES:
            assert (STATUSES[slug] == 503) is issubclass(error, Unavailable), slug


async def test_an_error_without_a_status_is_ours(api: Api) -> None:
    class Unlisted(CreditBankError):
        slug = ""

    assert status_of(Unlisted()) == 500
    assert set(HANDLERS) >= {CreditBankError, Exception}


async def test_fields_are_members_and_do_not_displace_the_standards_own() -> None:
    error = SubmissionInvalid(where="/a", status=200, type="x", detail="y", title="z", errors=[])
    problem = problem_of(error, "https://bank.test", "en")
    assert problem["status"] == 422
    assert problem["type"] == "https://bank.test/problems/submission-invalid"
    assert problem["detail"].startswith("Correct the fields")
    assert problem["errors"] == []


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        (None, "zh-CN", "需要有效的令牌"),
        ("en-GB,en;q=0.9", "en", "A valid token is needed"),
        ("fr, zh;q=0.5", "zh-CN", "需要有效的令牌"),
        ("de", "zh-CN", "需要有效的令牌"),
    ],
)
async def test_problems_speak_the_readers_language(
    api: Api, accepted: str | None, language: str, title: str
) -> None:
    headers = {} if accepted is None else {"accept-language": accepted}
    refused = await api.get("/v1/entries", headers=headers)
    assert refused.json()["title"] == title
    assert refused.headers["content-language"] == language
    assert "Accept-Language" in refused.headers["vary"]
    assert refused.headers["cache-control"] == "no-store"


async def test_a_problem_names_its_request(api: Api) -> None:
    refused = await api.get("/v1/entries", headers={"x-request-id": "caller-1234"})
    assert refused.json()["request_id"] == refused.headers["x-request-id"] == "caller-1234"


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/bank", "/v1/bank/", "/V1/bank", "/v1/learners/"])
async def test_an_unknown_path_is_a_problem(api: Api, path: str) -> None:
    response = await api.get(path)
    assert (response.status_code, slug_of(response)) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/bank", "GET"),
        ("PATCH", "/v1/grants", "GET, POST"),
        ("PUT", "/v1/registers/module", "GET, POST"),
        ("POST", "/v1/learners/la-aaaaaaaaaaaaaaaa", "DELETE, GET"),
        ("GET", "/v1/outcomes", "POST"),
        ("HEAD", "/v1/bank", "GET"),
    ],
)
async def test_a_wrong_method_names_the_right_ones(
    api: Api, method: str, path: str, allowed: str
) -> None:
    response = await api.client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.headers["content-type"] == "application/problem+json"


async def test_every_page_is_served_in_two_forms(api: Api) -> None:
    slugs = [path.stem for path in (Path(__file__).parents[3] / "docs" / "problems").glob("*.md")]
    assert len(slugs) > 20
    for slug in slugs:
        page = await api.get(f"/problems/{slug}", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert slug in page.text
        assert "<h1>" in page.text
        text = await api.get(f"/problems/{slug}", headers={"accept": "text/markdown"})
        assert text.headers["content-type"] == "text/markdown; charset=utf-8"
        assert text.text.startswith("# ")


@pytest.mark.parametrize("slug", ["no-such-problem", "README"])
async def test_there_is_no_page_of_no_problem(api: Api, slug: str) -> None:
    response = await api.get(f"/problems/{slug}")
    assert response.status_code in (404, 422)


@pytest.mark.parametrize("slug", ["..%2F..%2Fpyproject", "a.b", "A", "x" * 65])
async def test_the_page_of_a_problem_is_no_way_into_the_file_system(api: Api, slug: str) -> None:
    assert (await api.get(f"/problems/{slug}")).status_code in (404, 422)


# --- failures that nobody foresaw


class Unforeseen(Exception):
    """Something that no handler names."""


async def test_an_unforeseen_failure_is_a_problem_and_logged_under_its_request(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: Any) -> None:
        raise Unforeseen(factories.resident_id(person))

    monkeypatch.setattr(type(api.bank.bank.journal), "_submit", fail)
    outcome = factories.completion("unforeseen", person)
    response = await api.post("/v1/outcomes", outcome, headers={"x-request-id": "to-be-found"})
    assert (response.status_code, slug_of(response)) == (500, "internal")
    assert response.json()["request_id"] == "to-be-found"
    assert factories.resident_id(person) not in response.text
    logged = capsys.readouterr().out
    assert "to-be-found" in logged
    assert "Unforeseen" in logged


async def test_an_unforeseen_failure_of_a_documented_route_is_a_problem_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Unforeseen

    monkeypatch.setattr(type(api.bank.bank.database), "read", fail)
    response = await api.get("/v1/bank")
    assert (response.status_code, slug_of(response)) == (500, "internal")


async def test_our_own_record_failing_a_check_is_logged_and_answered(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise Internal

    monkeypatch.setattr(type(api.bank.bank.database), "read", fail)
    assert slug_of(await api.get("/v1/bank")) == "internal"
    assert "internal" in capsys.readouterr().out


async def test_what_utf_8_cannot_say_is_answered_all_the_same(api: Api) -> None:
    body = b'{"items": [{"\\ud800": 1, "type": "module", "source_id": "\\udfff"}]}'
    response = await api.client.post(
        "/v1/batches", content=body, headers={"authorization": f"Bearer {api.token(SCHOOL)}"}
    )
    assert response.status_code == 200
    assert json.loads(response.content)["refused"] == 1


async def test_an_answer_that_began_is_not_followed_by_another(api: Api) -> None:
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            raise OSError("the client hung up")

    scope = {"type": "http", "method": "GET", "path": "/healthz", "headers": []}
    with pytest.raises((OSError, RuntimeError)):
        await api.app(scope, receive, send)
    assert sent == ["http.response.start", "http.response.body"]
