"""A certificate on paper: PDF/A-3 with the signed credential attached and a QR code to check it.

The file is archival (PDF/A-3a) and accessible (PDF/UA-1). What counts is the attachment, whose
relationship to the page is `Source`: the page is only what a person reads out of it. The QR code
leads to the certificate's address, where a browser alone can check it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import segno

from creditbank.credentials import typesetting, wording
from creditbank.credentials.summary import Summary, summary_of
from creditbank.credentials.wording import Texts

FILE_NAME: Final = "credential.json"
MEDIA_TYPE: Final = "application/vc+ld+json"
_QUIET_ZONE: Final = 4
"""Modules left empty around a code (ISO/IEC 18004)."""


def certificate_pdf(document: Mapping[str, Any], texts: Texts, verify_url: str) -> bytes:
    """Return the page of a signed credential in the language of `texts`.

    `verify_url` is what the QR code leads to. The same arguments give the same bytes: the time in
    the file is that of the signature.
    """
    summary = summary_of(document)
    created = moment_of(summary)
    data = typesetting.settable_all(_content(summary, texts, verify_url))
    shown = json.dumps(data, ensure_ascii=False)
    if typesetting.MISSING_TYPE in shown:
        text = "〓 stands for a character that this font lacks; the attached credential has it."
        data["note"] = texts.gettext(text)
    data["date"] = list(created.timetuple()[:6])
    inputs = {"qr": qr_svg(verify_url), "credential": file_bytes(document).decode()}
    return typesetting.pdf("certificate.typ", data, inputs, created=int(created.timestamp()))


def file_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a credential as a file: compact JSON in UTF-8, as it is served and attached."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def qr_svg(url: str) -> str:
    """Return the QR code of a URL as an SVG drawing, with its quiet zone."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", border=_QUIET_ZONE, xmldecl=False, light="#fff"
    )
    return out.getvalue().decode()


def moment_of(summary: Summary) -> datetime:
    """Return when a credential was signed; for one that does not say so, the epoch."""
    for text in (summary.signed_at, summary.valid_from):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            continue
    return datetime.fromtimestamp(0, UTC)


def _content(summary: Summary, texts: Texts, verify_url: str) -> dict[str, Any]:
    gettext = texts.gettext
    bank = summary.issuer.in_locale(texts.locale)
    name = wording.name(summary, texts)
    heading = wording.heading(summary, texts)
    return {
        "lang": "zh" if texts.locale == "zh_CN" else "en",
        "region": "cn" if texts.locale == "zh_CN" else None,
        "font": typesetting.FAMILY[texts.locale],
        "title": f"{heading} · {name}",
        "keywords": ["Open Badges 3.0", "W3C Verifiable Credentials 2.0", summary.code],
        "bank": bank,
        "heading": heading,
        "holder": summary.holder or None,
        "holder-label": gettext("Holder"),
        "name": name,
        "other-name": wording.other_name(summary, texts),
        "description": summary.description.in_locale(texts.locale),
        "rows": wording.rows(summary, texts),
        "tables": [_table(table) for table in wording.tables(summary, texts)],
        "note": None,
        "qr-alt": gettext("QR code of the address {address}").format(address=verify_url),
        "check-heading": gettext("How to check this certificate"),
        "check-lines": [
            gettext("Scan the code or open the address; any browser will do. Signature and status"),
            gettext("are checked there; compare what the certificate says with this page."),
            gettext("The signed credential is attached to this file as {file}.").format(
                file=FILE_NAME
            ),
        ],
        "address": verify_url,
        "marks": wording.marks(summary, texts),
        "footer": f"{bank} · {heading}",
        "file": FILE_NAME,
        "media": MEDIA_TYPE,
        "file-description": gettext("The signed credential, of which this page is a rendering"),
    }


def _table(table: wording.Table) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": table.widths,
        "head": table.head,
        "body": table.body,
    }
