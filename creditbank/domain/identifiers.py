"""Identifiers of organisations, occupations, regions, documents and people, in one place.

Documents, names and regions have files of their own and are importable from here.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from creditbank.domain.check_digits import (
    USCC_ALPHABET,
    resident_check_digit,
    uscc_check_character,
)
from creditbank.domain.checked import checked
from creditbank.domain.documents import (
    DocumentKind,
    document_birth_date,
    mask_document,
    normalise_document,
    read_document,
)
from creditbank.domain.names import normalise_name
from creditbank.domain.plain_text import to_halfwidth
from creditbank.domain.regions import (
    NATIONAL,
    PROVINCES,
    RegionCode,
    check_region,
    region_contains,
)
from creditbank.errors.identifiers import InvalidOccupationCode, InvalidOrganisationCode

__all__ = [
    "NATIONAL",
    "PROVINCES",
    "DocumentKind",
    "OccupationCode",
    "RegionCode",
    "Uscc",
    "check_occupation_code",
    "check_region",
    "check_uscc",
    "document_birth_date",
    "mask_document",
    "normalise_document",
    "normalise_name",
    "read_document",
    "region_contains",
    "resident_check_digit",
    "uscc_check_character",
]

_USCC_LENGTH: Final = 18
_USCC: Final = re.compile(f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_OCCUPATION: Final = re.compile(r"[0-9]-[0-9]{2}-[0-9]{2}-[0-9]{2}")
_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def check_uscc(code: str, *, where: str | None = None) -> str:
    """Return the normal form of a unified social credit code: 18 upper-case characters.

    Full-width and lower-case characters are normalised; nothing inside is removed. Checked are
    alphabet, the six region digits and the check character (GB 32100). A valid code does not
    prove that the body exists. Raises InvalidOrganisationCode.
    """
    text = to_halfwidth(code)
    if len(text) != _USCC_LENGTH:
        raise InvalidOrganisationCode(where=where, reason="length" if text else "empty")
    # upper() makes ASCII letters out of a few others, so the alphabet is settled before it
    text = text.upper() if text.isascii() else text
    if _USCC.fullmatch(text) is None:
        raise InvalidOrganisationCode(where=where, reason="characters")
    if uscc_check_character(text[:-1]) != text[-1]:
        raise InvalidOrganisationCode(where=where, reason="check_digit")
    return text


def check_occupation_code(code: str, *, where: str | None = None) -> str:
    """Return the normal form of an occupation code, for example 4-04-05-05.

    The shape and the major group (1 to 8) are checked, not the edition's list: the edition is
    kept beside the code. Dashes of other kinds become hyphens. Raises InvalidOccupationCode.
    """
    text = to_halfwidth(code).translate(_DASHES)
    if _OCCUPATION.fullmatch(text) is None:
        raise InvalidOccupationCode(where=where, reason="form" if text else "empty")
    if text[0] not in "12345678":
        raise InvalidOccupationCode(where=where, reason="group")
    return text


Uscc = Annotated[
    str,
    AfterValidator(checked(check_uscc)),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}$",
        }
    ),
]
"""A pydantic field that holds a checked unified social credit code."""

OccupationCode = Annotated[
    str,
    AfterValidator(checked(check_occupation_code)),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[1-8]-[0-9]{2}-[0-9]{2}-[0-9]{2}$",
            "examples": ["4-04-05-05"],
        }
    ),
]
"""A pydantic field that holds an occupation code of the right shape."""
