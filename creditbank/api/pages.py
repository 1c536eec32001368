"""Pages for people: what a problem means, rendered from docs/problems without scripts."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from creditbank.errors.api import NotFound

CONTENT_POLICY: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
}
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2rem .6rem;"
    "text-align:left;vertical-align:top}code,pre{background:#f3f3f3;padding:.1rem .2rem}"
    "pre{padding:.6rem;overflow-x:auto}h2{margin-top:2.2rem}h3{margin-top:1.8rem}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}"
    "code,pre{background:#262626}a{color:#8ab4f8}}"
)


def page(title: str, body: str, *, language: str) -> str:
    """Return an HTML page; `title` is text, `body` is HTML."""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def problem_text(slug: str) -> str:
    """Return the page of a problem as Markdown; raise `NotFound` if there is none."""
    text = _texts().get(slug)
    if text is None:
        raise NotFound
    return text


def problem_page(slug: str, *, language: str) -> str:
    """Return the page of a problem as HTML; raise `NotFound` if there is none."""
    text = problem_text(slug)
    return page(slug, render(text), language=language)


def render(text: str) -> str:
    """Return Markdown as HTML; HTML inside of it is shown and not obeyed."""
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


@cache
def _texts() -> dict[str, str]:
    """Every page by slug; read once, so that no request's path reaches the file system."""
    return {path.stem: path.read_text(encoding="utf-8") for path in _folder().glob("*.md")}


def _folder() -> Path:
    """The pages as installed with the package, or as they stand in the repository."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_problems"
    return installed if installed.is_dir() else package.parent / "docs" / "problems"
