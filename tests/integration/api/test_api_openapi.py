"""The published description: complete, true to itself, and made without a bank."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from creditbank.api.app import openapi_document, routes
from creditbank.api.openapi import TAGS
from creditbank.api.plain import PlainRoute
from creditbank.api.problems import STATUSES
from creditbank.clients.signing import InstitutionSigner
from creditbank.domain.registers import KINDS
from tests import factories
from tests.integration.api.client import Api, description, validator

ENGINES = ("sqlite",)
UNDESCRIBED = {"/docs"}
OPERATIONS = [
    (path, method, operation)
    for path, operations in description()["paths"].items()
    for method, operation in operations.items()
]
IDS = [f"{method.upper()} {path}" for path, method, _ in OPERATIONS]


def test_every_route_is_described() -> None:
    described = {(path, method) for path, method, _ in OPERATIONS}
    served = {
        (route.path_format, method.lower())
        for route in routes()
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert {(path, method) for path, method in served if path not in UNDESCRIBED} == described


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_an_operation_says_all_that_a_caller_needs(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert re.search(r"[\u4e00-\u9fff]", operation["summary"])
    assert re.search(r"[A-Za-z]{3}", operation["summary"])
    assert len(operation["description"]) > 20
    assert operation["tags"][0] in {tag["name"] for tag in TAGS}
    parameters = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
    assert parameters == re.findall(r"\{(\w+)\}", path)
    successes = [status for status in operation["responses"] if status < "300"]
    assert successes
    for status in successes:
        for content in operation["responses"][status]["content"].values():
            assert content["schema"]
    if method in ("post", "put") and not path.endswith(("/codes", "/nonce")):
        assert operation["requestBody"]["required"]
        assert "400" in operation["responses"]
    if operation.get("security"):
        assert operation["security"][0] == {"token": []}
        assert {"401", "429"} <= set(operation["responses"])
        assert ("403" in operation["responses"]) is ({} not in operation["security"])


# How wallets are refused, by their protocols, and what a browser is shown.
OTHER_FORMS = {
    "application/json": {"$ref": "#/components/schemas/WalletError"},
    "text/html": {"type": "string"},
}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_problems_are_announced_with_their_status(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    del path, method
    for status, response in operation["responses"].items():
        if status < "400":
            continue
        (media,) = response["content"]
        if media != "application/problem+json":
            assert OTHER_FORMS[media] == response["content"][media]["schema"]
            continue
        for slug, example in response["content"][media]["examples"].items():
            assert STATUSES[slug] == int(status)
            assert validator("Problem").is_valid(example["value"])
            assert f"`{slug}`" in response["description"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_examples_are_of_the_form_that_they_illustrate(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    del method
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "$ref" not in content["schema"]:
            # Any document at all may be sent to be verified; a protocol says what wallets send.
            assert path.endswith("/verify") or path.startswith("/openid/")
            continue
        name = content["schema"]["$ref"].rpartition("/")[2]
        assert content.get("examples") or path == "/v1/registers/{kind}"
        for title, example in content.get("examples", {}).items():
            faults = [fault.message for fault in validator(name).iter_errors(example["value"])]
            assert faults == [], title


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    schemas = description()["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(description())))
    assert referred <= set(schemas)
    assert "HTTPValidationError" not in schemas


def test_submissions_are_closed_and_the_batch_refers_to_them() -> None:
    schemas = description()["components"]["schemas"]
    assert schemas["BatchPosting"]["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/OutcomeSubmission"
    }
    assert schemas["ModuleOutcomeSubmission"]["additionalProperties"] is False
    assert "operator" in schemas["ModuleOutcomePosting"]["properties"]


@pytest.mark.parametrize("name", ["Posting", "Submission"])
def test_a_signed_outcome_is_of_the_published_form(name: str) -> None:
    signer = InstitutionSigner.from_seed(bytes(32), log="bank.test/log", org="o", kid="k")
    signed = signer.sign(factories.completion("s", 1))
    assert validator(f"Outcome{name}").is_valid(signed)
    signed["attest"]["alg"] = "rsa"
    assert not validator(f"Outcome{name}").is_valid(signed)


def test_the_description_is_the_same_at_each_making() -> None:
    assert openapi_document() == openapi_document()


def test_the_description_needs_no_bank_and_no_settings() -> None:
    program = "from creditbank.api.app import openapi_document as made; made()"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=True,
        env={"CREDITBANK_PORT": "no port", "CREDITBANK_DATA_DIR": "/nonexistent"},
    )


def test_what_is_called_most_is_plain() -> None:
    plain = {route.path for route in routes() if isinstance(route, PlainRoute)}
    assert plain >= {"/v1/outcomes", "/v1/batches", "/v1/learners/{account}/balance"}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_description_is_served_and_as_a_page(api: Api) -> None:
    served = await api.get("/v1/openapi.json")
    assert served.json() == description()
    for language in ("zh", "en"):
        page = await api.get("/docs", headers={"accept-language": language})
        assert page.headers["content-type"].startswith("text/html")
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page.text
        assert "<script" not in page.text
        assert "https://cdn" not in page.text
        for path, _, operation in OPERATIONS:
            assert path in page.text
            assert html.escape(operation["summary"]) in page.text
    assert len(KINDS) > 5
