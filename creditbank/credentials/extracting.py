"""Taking a credential out of whatever it came in: JSON, SD-JWT, PDF, PNG, SVG.

Whoever made the file is not trusted: it is bounded, and whatever a reader of such files raises over
it is one answer, that the file holds no credential.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final

from openbadgeslib import baking
from pypdf import PdfReader, apply_configuration

from creditbank.credentials import svg_reading
from creditbank.credentials.limits import MAX_CREDENTIAL_BYTES, read_json
from creditbank.errors.verification import MalformedDocument

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
PNG_KEYWORD: Final = b"openbadgecredential"
SVG_ELEMENT: Final = svg_reading.ELEMENT

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PDF: Final = b"%PDF-"
_PDF_END: Final = b"startxref"
_PDF_WITHIN: Final = 1024  # readers accept the marks anywhere in the first and last kilobyte
_PDF_LIMITS: Final[dict[str, Any]] = {
    "zlib_maximum_output_length": MAX_FILE_BYTES,
    "zlib_maximum_recovery_input_length": 1024 * 1024,
    "stream_decoding_work_maximum_length": 2 * MAX_FILE_BYTES,
    "lzw_maximum_output_length": MAX_FILE_BYTES,
    "run_length_maximum_output_length": MAX_FILE_BYTES,
    "brotli_maximum_output_length": MAX_FILE_BYTES,
    "jbig2dec_binary": None,
    "disable_legacy_handling": True,
}
_ATTACHMENTS_MAX: Final = 16
_PDF_OBJECTS_MAX: Final = 100_000
_SD_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(~[A-Za-z0-9_.-]*)+")
_NO_CREDENTIAL: Final = "no_credential"


def extract(data: bytes | str) -> dict[str, Any] | str:
    """Return the credential in `data`: a JSON object, or the text of an SD-JWT.

    PDF: the first attachment that is one. PNG: the `openbadgecredential` chunk. SVG: the
    `openbadges:credential` element.

    Raises:
        MalformedDocument: if there is none, or it is over a limit; `reason` says which.
    """
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_FILE_BYTES:
        raise MalformedDocument(reason="size")
    if raw.startswith(_PNG):
        return _read(_baked(raw, "png"))
    if _PDF in raw[:_PDF_WITHIN]:
        return _from_pdf(raw)
    if _is_svg(raw):
        return _read(_baked(raw, "svg"))
    return _read(raw)


def _is_svg(raw: bytes) -> bool:
    start = raw[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and b"<svg" in start


def _read(raw: bytes) -> dict[str, Any] | str:
    text = raw.strip()
    if not text.startswith(b"{"):
        return _sd_jwt(text)
    value = read_json(text)
    if not isinstance(value, dict):
        raise MalformedDocument(reason="object")
    return value


def _sd_jwt(text: bytes) -> str:
    if len(text) > MAX_CREDENTIAL_BYTES:
        raise MalformedDocument(reason="size")
    if not text.isascii() or _SD_JWT.fullmatch(text.decode("ascii")) is None:
        raise MalformedDocument(reason="syntax")
    return text.decode("ascii")


def _baked(raw: bytes, kind: str) -> bytes:
    try:
        if kind == "png":
            text = baking.extract_png(raw, MAX_CREDENTIAL_BYTES, keyword=PNG_KEYWORD)
        else:
            text = svg_reading.find_credential(raw)
    except Exception:  # noqa: BLE001  # whatever a broken picture makes the reader raise
        raise MalformedDocument(reason=_NO_CREDENTIAL) from None
    if text is None:
        raise MalformedDocument(reason=_NO_CREDENTIAL)
    return text.encode(errors="surrogatepass")


def _from_pdf(raw: bytes) -> dict[str, Any] | str:
    try:
        with apply_configuration(**_PDF_LIMITS):
            attached = list(_attachments(raw))
    except Exception:  # noqa: BLE001  # whatever a broken file makes the reader raise
        raise MalformedDocument(reason=_NO_CREDENTIAL) from None
    found = None
    for content in attached:
        try:
            return _read(content)
        except MalformedDocument as error:
            found = error
    raise found or MalformedDocument(reason=_NO_CREDENTIAL)


def _attachments(raw: bytes) -> Iterator[bytes]:
    """Yield what is attached to a PDF, as far as it is small enough to be a credential."""
    # Strictly: mending a broken file means searching it once for each object that it names.
    if _PDF_END not in raw[-_PDF_WITHIN:]:
        return
    reader = PdfReader(
        io.BytesIO(raw),
        strict=True,
        root_object_recovery_limit=0,
        xref_stream_maximum_entries=_PDF_OBJECTS_MAX,
    )
    for number, attachment in enumerate(reader.attachment_list):
        if number >= _ATTACHMENTS_MAX:
            return
        content = attachment.content
        if len(content) <= MAX_CREDENTIAL_BYTES:
            yield content
