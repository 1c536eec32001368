"""Templates and how they are sent: every value escaped, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from creditbank.errors.api import NotFound
from creditbank.texts import Translator

_FOLDER: Final = Path(__file__).parent
_STATIC: Final = {"page.css": "text/css", "check.js": "text/javascript"}
STATIC_PATH: Final = "/web"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # a link's secret stands in the address
    "cross-origin-opener-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
    "vary": "Accept, Accept-Language",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, texts: Translator, status: int = 200, **values: Any) -> Response:
    """Return a page; every text in `values` is shown and never obeyed."""
    language = "zh-CN" if texts.locale == "zh_CN" else "en"
    html = (
        _environment()
        .get_template(template)
        .render(language=language, _=texts.gettext, static=STATIC_PATH, **values)
    )
    return HTMLResponse(html, status, headers=HEADERS | {"content-language": language})


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / "static" / name).read_bytes()


def static(name: str) -> Response:
    """Return a style sheet or a script of ours; raises `NotFound`."""
    if name not in _STATIC:
        raise NotFound
    headers = {
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=3600",
        "content-security-policy": "default-src 'none'",
    }
    return Response(_content(name), media_type=_STATIC[name], headers=headers)
