"""Identity documents: their numbers in one normal form, so that one person has one key.

The kind is given by whoever presents the document and never guessed: the number of a foreign
permanent resident of the 2023 form passes the resident check digit too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from creditbank.domain.check_digits import resident_check_digit
from creditbank.domain.countries import country_code
from creditbank.domain.plain_text import to_halfwidth
from creditbank.domain.regions import PROVINCES
from creditbank.errors.identifiers import InvalidDocument

_LONGEST: Final = 64
_EARLIEST_BIRTH: Final = 1900
_EIGHTEEN: Final = re.compile(r"[0-9]{17}[0-9X]")
_SPREADSHEET: Final = re.compile(r"[0-9]+\.[0-9]*(E\+?[0-9]+)?|[0-9]+E\+?[0-9]+")
_HK_MO_TW_PREFIXES: Final = ("810000", "820000", "830000")
_TW_PERMIT: Final = re.compile(r"([0-9]{10})(?:\(([0-9A-Z])\)|([A-Z]))")
_MASKED: Final = 20


class DocumentKind(StrEnum):
    """The kinds of identity document that an account can rest on."""

    RESIDENT_ID = "resident_id"
    """居民身份证, GB 11643."""
    RESIDENCE_PERMIT_HK_MO_TW = "residence_permit_hk_mo_tw"
    """港澳台居民居住证, prefixes 810000, 820000 and 830000."""
    MAINLAND_TRAVEL_PERMIT_HK_MO = "mainland_travel_permit_hk_mo"
    """来往内地通行证 (回乡证)."""
    MAINLAND_TRAVEL_PERMIT_TW = "mainland_travel_permit_tw"
    """台湾居民来往大陆通行证 (台胞证)."""
    FOREIGN_PERMANENT_RESIDENT_ID = "foreign_permanent_resident_id"
    """外国人永久居留身份证, the forms of 15 and of 18 characters."""
    PASSPORT = "passport"
    """护照; states number theirs alike, so the issuing one belongs to it."""


class _Reason(Exception):  # a signal inside this module, never seen outside
    """Carries the reason code from a kind's check to the error."""


def read_document(document: Mapping[str, Any], *, where: str | None = None) -> dict[str, str]:
    """Return a document in its normal form: `kind`, `number` and, of a passport, `country`.

    Two documents are the same one if their normal forms are equal. `where` is its place in a
    request. Raises InvalidDocument, whose reason never repeats the number.
    """
    kind = DocumentKind(document["kind"])
    number = normalise_document(kind, document["number"], where=_below(where, "number"))
    normal = {"kind": kind.value, "number": number}
    given = document.get("country")
    try:
        return normal | _country(kind, given)
    except _Reason as reason:
        place = _below(where, "country")
        raise InvalidDocument(where=place, kind=kind.value, reason=str(reason)) from None


def _below(where: str | None, name: str) -> str | None:
    return None if where is None else f"{where}/{name}"


def _country(kind: DocumentKind, given: str | None) -> dict[str, str]:
    if kind is not DocumentKind.PASSPORT:
        if given is not None:
            raise _Reason("country_unasked")
        return {}
    if given is None:
        raise _Reason("country_missing")
    code = country_code(given)
    if code is None:
        raise _Reason("country")
    return {"country": code}


def normalise_document(kind: DocumentKind, number: str, *, where: str | None = None) -> str:
    """Return the normal form of a document number, after the checks of its kind.

    White space around the number is dropped, full-width characters become half-width, letters
    upper-case (so x is X). White space inside is refused. Raises InvalidDocument with a reason
    that never repeats the number.
    """
    try:
        return _NORMALISERS[kind](_plain(number))
    except _Reason as reason:
        raise InvalidDocument(where=where, kind=kind.value, reason=str(reason)) from None


def document_birth_date(kind: DocumentKind, number: str) -> date | None:
    """Return the birth date that the number contains, or None where it has none.

    Resident IDs, residence permits and the 18-character form of foreign permanent residents have
    one. The 15-character form gives two digits of the year, which is not enough. Whether the date
    lies in the future is for the caller, who knows the day. Raises InvalidDocument.
    """
    text = normalise_document(kind, number)
    if kind in _WITH_BIRTH_DATE and _EIGHTEEN.fullmatch(text):
        return _birth_date(text)
    return None


def mask_document(number: str) -> str:
    """Return `number` for display: two characters at most are shown at each end.

    At most a quarter of the characters is shown. Takes any text, since refused numbers are
    displayed too; what is not an ASCII letter or digit is masked wherever it stands, and text
    beyond 20 characters is cut.
    """
    text = number.strip()[:_MASKED]
    shown = min(4, len(text) // 4)
    head, tail = shown // 2, len(text) - (shown + 1) // 2
    return "".join(
        c if (i < head or i >= tail) and c.isascii() and c.isalnum() else "*"
        for i, c in enumerate(text)
    )


def _plain(number: str) -> str:
    """Return `number` in ASCII, upper-case and stripped; raise the reason if it cannot be."""
    if len(number) > _LONGEST:
        raise _Reason("too_long")
    text = to_halfwidth(number)
    if not text:
        raise _Reason("empty")
    # before upper(), which makes S and I out of letters that are not ASCII
    if re.fullmatch(r"[!-~]+", text) is None:
        raise _Reason("characters")
    return text.upper()


def _resident_id(text: str) -> str:
    if re.fullmatch(r"[0-9]{15}", text):
        raise _Reason("fifteen_digit")
    _require(_EIGHTEEN, text)
    if text.startswith(_HK_MO_TW_PREFIXES):
        raise _Reason("residence_permit")
    if text[:2] not in PROVINCES:
        raise _Reason("foreign_permanent_resident" if text[0] == "9" else "region")
    return _checked_eighteen(text)


def _residence_permit(text: str) -> str:
    _require(_EIGHTEEN, text)
    if not text.startswith(_HK_MO_TW_PREFIXES):
        raise _Reason("region")
    return _checked_eighteen(text)


def _travel_permit_hk_mo(text: str) -> str:
    """H or M and 8 digits for life; the older form has two more digits that count the renewals."""
    return _require(r"[HM]([0-9]{8}|[0-9]{10})", text)


def _travel_permit_tw(text: str) -> str:
    """8 digits for life since 2008; before, two more for the renewals, and often an issuer.

    The issuer's letter or digit stands in brackets; a letter without them gets them. The forms
    are kept apart: whether two belong to one person is for the bank to be told.
    """
    if match := _TW_PERMIT.fullmatch(text):
        return f"{match[1]}({match[2] or match[3]})"
    return _require(r"[0-9]{8}|[0-9]{10}", text)


def _foreign_permanent_resident(text: str) -> str:
    """Three letters and 12 digits; or, since 2023, 18 characters that begin with 9.

    The second form has region (2), country (3), birth date (8), sequence (3) and check digit.
    """
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", text):
        return text
    _require(_EIGHTEEN, text)
    if text[0] != "9":
        raise _Reason("form")
    return _checked_eighteen(text)


def _passport(text: str) -> str:
    return _require(r"[0-9A-Z]{6,20}", text)


def _require(pattern: str | re.Pattern[str], text: str) -> str:
    """Return `text` if it has the form of `pattern`; raise the reason otherwise."""
    if re.fullmatch(pattern, text) is None:
        raise _Reason("spreadsheet_number" if _SPREADSHEET.fullmatch(text) else "form")
    return text


def _checked_eighteen(text: str) -> str:
    """Return `text` if its birth date is a date and its check digit matches (GB 11643)."""
    _birth_date(text)
    if resident_check_digit(text[:-1]) != text[-1]:
        # a spreadsheet keeps fifteen digits of a number and writes zeros for the rest
        raise _Reason("digits_lost" if text.endswith("000") else "check_digit")
    return text


def _birth_date(text: str) -> date:
    """Return the date in places 7 to 14; raise the reason if there is no such day since 1900."""
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise _Reason("birth_date") from None
    if born.year < _EARLIEST_BIRTH:
        raise _Reason("birth_date")
    return born


_WITH_BIRTH_DATE: Final = frozenset(
    {
        DocumentKind.RESIDENT_ID,
        DocumentKind.RESIDENCE_PERMIT_HK_MO_TW,
        DocumentKind.FOREIGN_PERMANENT_RESIDENT_ID,
    }
)
_NORMALISERS: Final[dict[DocumentKind, Callable[[str], str]]] = {
    DocumentKind.RESIDENT_ID: _resident_id,
    DocumentKind.RESIDENCE_PERMIT_HK_MO_TW: _residence_permit,
    DocumentKind.MAINLAND_TRAVEL_PERMIT_HK_MO: _travel_permit_hk_mo,
    DocumentKind.MAINLAND_TRAVEL_PERMIT_TW: _travel_permit_tw,
    DocumentKind.FOREIGN_PERMANENT_RESIDENT_ID: _foreign_permanent_resident,
    DocumentKind.PASSPORT: _passport,
}
