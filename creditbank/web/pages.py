"""The pages: a certificate at its address, verification of anything, and a problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from creditbank.credentials import wording
from creditbank.credentials.summary import Summary
from creditbank.ledger.times import format_time
from creditbank.services.viewing import View
from creditbank.texts import Translator
from creditbank.web.rendering import page
from creditbank.web.words import script_words, words

VERIFY_PATH: Final = "/verify"
_OTHER_LANGUAGE: Final = {"zh_CN": "en", "en": "zh-CN"}


def certificate_page(
    view: View, report: Mapping[str, Any] | None, texts: Translator, document_url: str
) -> Response:
    """Return the page of a certificate: what its holder shows, and what was found about it.

    `report` is the document of a verification; `document_url` where the signed document is had.
    """
    said = words(texts)
    said["checked_at"] = texts.gettext("Checked at {time}.").format(
        time=wording.moment(format_time(view.now), texts)
    )
    document = view.document if isinstance(view.document, dict) else None
    values: dict[str, Any] = {
        "words": said,
        "standing": view.standing.status,
        "superseded": view.standing.superseded_at is not None,
        "summary": view.summary is not None,
        "report": report,
        "document": document,
        "document_url": document_url,
        "script_texts": script_words(texts),
        "verify_url": VERIFY_PATH,
        "heading": texts.gettext("Certificate of a learning outcome"),
        "marks": [],
    }
    if view.summary is not None:
        values |= _content(view.summary, texts)
    return page("certificate.html", texts, **values)


def verify_page(
    texts: Translator,
    report: Mapping[str, Any] | None = None,
    summaries: Sequence[Summary] = (),
    problem: str | None = None,
    status: int = 200,
) -> Response:
    """Return the page on which anybody verifies anything, perhaps with what was found."""
    return page(
        "verify.html",
        texts,
        status,
        words=words(texts),
        report=report,
        shown=[_lines(one, texts) for one in summaries],
        problem=problem,
        verify_url=VERIFY_PATH,
    )


def problem_page(title: str, detail: str, status: int, texts: Translator) -> Response:
    """Return a problem as a page, for somebody who opened an address in a browser."""
    return page(
        "problem.html",
        texts,
        status,
        words=words(texts),
        title=title,
        detail=detail,
        verify_url=VERIFY_PATH,
    )


def _content(summary: Summary, texts: Translator) -> dict[str, Any]:
    return {
        "heading": wording.heading(summary, texts),
        "name": wording.name(summary, texts),
        "other_name": wording.other_name(summary, texts),
        "other_language": _OTHER_LANGUAGE[texts.locale],
        "holder": summary.holder,
        "description": summary.description.in_locale(texts.locale),
        "rows": wording.rows(summary, texts),
        "tables": wording.tables(summary, texts),
        "marks": wording.marks(summary, texts),
    }


def _lines(summary: Summary, texts: Translator) -> list[wording.Pair]:
    named = [
        (wording.heading(summary, texts), wording.name(summary, texts)),
        (texts.gettext("Holder"), summary.holder),
    ]
    found = [(label, value) for label, value in named if value]
    return [*found, *wording.rows(summary, texts), *wording.marks(summary, texts)]
