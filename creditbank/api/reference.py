"""The description of the interface as one page: no scripts, nothing fetched from elsewhere."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from creditbank.api.pages import page, render
from creditbank.texts import Locale

_METHODS = ("get", "post", "put", "delete")


def reference_page(document: dict[str, Any], locale: Locale) -> str:
    """Return the page of an OpenAPI document."""
    return _page(json.dumps(document, ensure_ascii=False), locale)


@lru_cache(maxsize=2)
def _page(text: str, locale: Locale) -> str:
    document = json.loads(text)
    info = document["info"]
    parts = [f"<h1>{html.escape(info['title'])}</h1>", render(info["description"])]
    for tag in document["tags"]:
        parts.append(f"<h2>{html.escape(tag['description'])}</h2>")
        for path, method, operation in _operations(document):
            if operation["tags"][0] == tag["name"]:
                parts += _operation(path, method, operation)
    parts.append("<h2>Schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        parts += [f'<h3 id="{html.escape(name)}">{html.escape(name)}</h3>', _json(schema)]
    return page(info["title"], "\n".join(parts), language=locale.replace("_", "-"))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                yield path, method, operations[method]


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<h3>{html.escape(operation['summary'])}</h3>"
    yield f"<p><code>{method.upper()} {html.escape(path)}</code></p>"
    yield render(operation["description"])
    parameters = operation.get("parameters", [])
    if parameters:
        yield _rows((one["name"], one["in"], one.get("description", "")) for one in parameters)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"<p>Body: {_link(content['schema'])}</p>"
        for example in content.get("examples", {}).values():
            yield _json(example["value"])
    yield _rows(
        (status, _schema_of(response), render(response["description"]))
        for status, response in sorted(operation["responses"].items())
    )


def _schema_of(response: dict[str, Any]) -> str:
    links = (_link(content["schema"]) for content in response.get("content", {}).values())
    return " ".join(link for link in links if link)


def _link(schema: dict[str, Any]) -> str:
    name = html.escape(schema.get("$ref", "").rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>' if name else ""


def _rows(rows: Iterator[tuple[str, str, str]]) -> str:
    cells = (
        "<tr>" + "".join(f"<td>{cell if '<' in cell else html.escape(cell)}</td>" for cell in row)
        for row in rows
    )
    return "<table>" + "".join(cells) + "</table>"


def _json(value: Any) -> str:
    return f"<pre>{html.escape(json.dumps(value, ensure_ascii=False, indent=1))}</pre>"
