"""The OpenAPI document: every route with its bodies, answers and problems, from one description.

Bodies and problems are referred to by name and put into the document's components at the end;
FastAPI adds the answers' shapes and the parameters that it reads itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, TypeAdapter
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from creditbank.api.dependencies import BEARER
from creditbank.api.models import BODIES, OUTCOME_PLACE, OUTCOME_SCHEMA
from creditbank.api.problems import MEDIA_TYPE, STATUSES
from creditbank.api.shapes import Problem
from creditbank.errors import CreditBankError
from creditbank.errors.access import Forbidden, RateLimited, Unauthenticated
from creditbank.errors.api import BodyTooLarge, Internal, MalformedJson, RequestInvalid
from creditbank.errors.storage import StorageUnavailable

TITLE: Final = "技能学分银行 Skills credit bank"
VERSION: Final = "1"
_DESCRIPTION: Final = """\
报送、查询、授权、核验学习成果的接口。

The API by which outcomes are posted, asked for, granted and checked.

* 学分与学时为两位小数的文本；时间为 UTC，日期为北京时间的日期。
  Amounts are text with two decimals; times are UTC, dates are civil dates in Asia/Shanghai.
* 拒绝均为 RFC 9457 问题文档，`type` 指向说明页；语言随 Accept-Language，默认中文。
  Every refusal is a problem document whose `type` is a page that explains it; Accept-Language
  chooses the language.
* 流水号 `source_id` 永不重复：相同内容重报得到原答复（200），不同内容为 409。
  A `source_id` is unique for ever: the same content sent again gets the first answer (200), other
  content a 409.
* 有答复即已提交。 What is answered is committed.
"""
TAGS: Final = [
    {"name": "posting", "description": "报送 Posting, correcting and revoking outcomes"},
    {"name": "learners", "description": "学习者 Accounts, identities, sessions and erasure"},
    {"name": "records", "description": "查询 Balances, outcomes, statements, exports"},
    {"name": "grants", "description": "授权查看 What a learner lets an organisation read"},
    {"name": "credentials", "description": "证书 Certificates, their status, and what is shown"},
    {"name": "wallets", "description": "电子钱包 Certificates to wallets, and shown by them"},
    {
        "name": "conversions",
        "description": "学分转换与申报资格核验 Decisions by the rules of who recognises outcomes",
    },
    {"name": "registers", "description": "目录 Registers and their publication"},
    {"name": "log", "description": "账本 The bank's log and its entries"},
    {"name": "operation", "description": "运行 Health, figures and documentation"},
]
_REFERENCE: Final = "#/components/schemas/{model}"


def described(
    summary: str,
    answers: Mapping[int, type[BaseModel]],
    *,
    tag: str,
    body: str | None = None,
    examples: Mapping[str, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
    refuses: Sequence[type[CreditBankError]] = (),
    token: bool | None = True,
    more: Mapping[int, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the arguments by which a route is declared and documented.

    `body` names one of `BODIES`; `more` are answers that are no JSON. `token` says whether one is
    needed, and None that it may be left out. Problems that any such route can have are added: of
    the token, of the body, of the bank itself.
    """
    errors = [*refuses, StorageUnavailable, Internal]
    errors += [] if token is False else [Unauthenticated, RateLimited]
    errors += [Forbidden] if token else []
    errors += [MalformedJson, RequestInvalid, BodyTooLarge] if body else []
    extra: dict[str, Any] = {}
    if body:
        extra["requestBody"] = _request_body(body, examples or {})
    if parameters:
        extra["parameters"] = list(parameters)
    if token is not False:
        extra["security"] = [{BEARER.scheme_name: []}] + ([] if token else [{}])
    responses: dict[int, dict[str, Any]] = {
        status: {"model": model, "description": _first_line(model)}
        for status, model in answers.items()
    }
    for status, response in (more or {}).items():
        responses[status] = responses.get(status, {}) | response
    return {
        "summary": summary,
        "response_class": JSONResponse if answers else Response,
        "tags": [tag],
        "status_code": min(responses),
        "responses": responses | _problem_responses(errors),
        "openapi_extra": extra,
    }


def path_parameter(name: str, pattern: str, description: str, example: str) -> dict[str, Any]:
    """Return the documentation of a path parameter that a plain route reads itself."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
        "example": example,
    }


def query_parameter(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    """Return the documentation of a query parameter that a route reads itself."""
    return {"name": name, "in": "query", "description": description, "schema": dict(schema)}


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI document of `routes`."""
    made = get_openapi(
        title=TITLE, version=VERSION, description=_DESCRIPTION, routes=routes, tags=TAGS
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _named_schemas()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    for operations in made["paths"].values():
        for operation in operations.values():
            _announce_invalid_parameters(operation)
            _state_security_once(operation)
    return made


def _announce_invalid_parameters(operation: dict[str, Any]) -> None:
    """Put our problem in the place of the body that FastAPI would send for a bad parameter."""
    if not operation.get("parameters"):
        return
    ours = _problem_responses([RequestInvalid])[422]
    announced = operation["responses"].get("422", {})
    if MEDIA_TYPE not in announced.get("content", {}):
        operation["responses"]["422"] = ours
        return
    examples = announced["content"][MEDIA_TYPE]["examples"]
    if RequestInvalid.slug not in examples:
        announced["description"] += " · " + ours["description"]
        examples |= ours["content"][MEDIA_TYPE]["examples"]


def _state_security_once(operation: dict[str, Any]) -> None:
    """FastAPI states it too, where a dependency reads the token."""
    stated = operation.get("security", [])
    if stated:
        operation["security"] = [one for at, one in enumerate(stated) if one not in stated[:at]]


def _named_schemas() -> dict[str, Any]:
    adapters = [(name, "validation", adapter) for name, adapter in BODIES.items()]
    adapters.append(("Problem", "validation", TypeAdapter(Problem)))
    made, defined = TypeAdapter.json_schemas(cast("Any", adapters), ref_template=_REFERENCE)
    schemas: dict[str, Any] = dict(defined.get("$defs", {}))
    for (name, _mode), schema in made.items():
        own = {"$ref": _REFERENCE.format(model=name)}
        if schema != own:
            schemas[str(name)] = schema
    return {name: _with_references(schema) for name, schema in schemas.items()}


def _with_references(schema: Any) -> Any:
    """Return a schema with references to the submission's schema where they belong."""
    if schema == OUTCOME_PLACE:
        return {"$ref": _REFERENCE.format(model=OUTCOME_SCHEMA)}
    if isinstance(schema, dict):
        return {name: _with_references(value) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_with_references(value) for value in schema]
    return schema


def _request_body(name: str, examples: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": _REFERENCE.format(model=name)}}
    if examples:
        content["examples"] = {title: {"value": value} for title, value in examples.items()}
    return {"required": True, "content": {"application/json": content}}


def _problem_responses(errors: Sequence[type[CreditBankError]]) -> dict[int, dict[str, Any]]:
    by_status: dict[int, dict[str, type[CreditBankError]]] = {}
    for error in errors:
        by_status.setdefault(STATUSES[error.slug], {})[error.slug] = error
    return {
        status: {
            "description": " · ".join(f"`{slug}`" for slug in found),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": _REFERENCE.format(model="Problem")},
                    "examples": {slug: {"value": _example(error)} for slug, error in found.items()},
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


def _example(error: type[CreditBankError]) -> dict[str, Any]:
    return {
        "type": f"https://bank.example/problems/{error.slug}",
        "title": error.title,
        "status": STATUSES[error.slug],
        "detail": error.detail.replace("{", "").replace("}", ""),
    }


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]
