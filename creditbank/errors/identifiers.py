"""Errors about amounts, dates, documents, names and codes that arrive from outside.

Each carries a `reason` (a code of `REASONS`) and never the value that was refused: a document
number or a name must not travel into a log or a problem document.
"""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Malformed, Refused

REASONS: Final[dict[str, str]] = {
    "birth_date": N_("the digits of the birth date are not a date"),
    "characters": N_("it has a character that does not belong there, perhaps an invisible one"),
    "check_digit": N_("the check digit does not match, so at least one character is wrong"),
    "control": N_("it has a control character"),
    "country": N_(
        "the country is no code of three letters as in the passport's machine-readable zone"
    ),
    "country_missing": N_(
        "the country that issued the passport is missing; give the three letters of the"
        " machine-readable zone, such as KAZ"
    ),
    "country_unasked": N_("only a passport has an issuing country; leave it out"),
    "day": N_("there is no such day in the calendar"),
    "digits_lost": N_(
        "it ends in 000 and the check digit does not match: a spreadsheet kept it as a number and"
        " lost the last digits; format the column as text and type the number again"
    ),
    "direction": N_("it has a character that changes the direction of writing"),
    "empty": N_("it is empty"),
    "fifteen_digit": N_(
        "it is a 15-digit number of the first generation, which is no longer valid; give the"
        " 18-digit number"
    ),
    "float": N_("it is a floating point number; write it as text"),
    "foreign_permanent_resident": N_(
        "it is the number of a foreign permanent resident ID card; give that kind"
    ),
    "form": N_("it does not have the form that is asked for"),
    "group": N_("the major group is not one of 1 to 8"),
    "length": N_("it has the wrong number of characters"),
    "places": N_("it has more than two decimal places"),
    "range": N_("it lies outside the years 1900 to 2199"),
    "region": N_("there is no such province-level region"),
    "residence_permit": N_(
        "it is the number of a residence permit for Hong Kong, Macao or Taiwan residents; give"
        " that kind"
    ),
    "sign": N_("it has a sign; amounts are never negative"),
    "spreadsheet_number": N_(
        "a spreadsheet kept it as a number and lost digits; format the column as text and type"
        " the number again"
    ),
    "surrogate": N_("it has half of a character, so it was cut or decoded wrongly"),
    "too_large": N_("it is greater than 999999.99"),
    "too_long": N_("it is too long"),
    "zero": N_("it is zero where something is divided by it"),
}
"""What each reason code means, as message ids; the English text is the id."""


class Unreadable(Malformed):
    """Base of the errors that say what is wrong by one of `REASONS`."""

    def __str__(self) -> str:
        """Return the English detail with the text of the reason in place of its code."""
        reason = str(self.fields.get("reason", ""))
        return self.detail.format(**{**self.fields, "reason": REASONS.get(reason, reason)})


class InvalidAmount(Unreadable):
    """A credit amount or a number of class-hours is not an exact decimal with two places."""

    slug = "invalid-amount"
    title = N_("The amount is not valid")
    detail = N_(
        "The amount is refused: {reason}. Write it as text with at most two decimal places,"
        ' from "0.00" to "999999.99".'
    )


class AmountNotExact(Refused):
    """Class-hours do not convert to credits without rounding, and the system forbids rounding."""

    slug = "amount-not-exact"
    title = N_("The class-hours do not convert exactly")
    detail = N_(
        "The class-hours do not come to a whole step of credit, and this credit system does not"
        " round. Change the hours, or use a credit system that states how it rounds."
    )


class InvalidDate(Unreadable):
    """A civil date or a time cannot be read, or lies outside the years the bank keeps."""

    slug = "invalid-date"
    title = N_("The date is not valid")
    detail = N_("The date is refused: {reason}. Write it as YYYY-MM-DD.")


class InvalidDocument(Unreadable):
    """An identity document does not have the form of its kind."""

    slug = "invalid-document"
    title = N_("The identity document is not valid")
    detail = N_(
        "A document of kind {kind} is refused: {reason}. Compare what was given with the"
        " document, character by character, and check that the kind is right."
    )


class InvalidName(Unreadable):
    """A person's name is empty, too long, or has characters that no name has."""

    slug = "invalid-name"
    title = N_("The name is not valid")
    detail = N_("The name is refused: {reason}. Write it as it stands in the document.")


class InvalidOrganisationCode(Unreadable):
    """A unified social credit code does not have the form of GB 32100."""

    slug = "invalid-organisation-code"
    title = N_("The unified social credit code is not valid")
    detail = N_(
        "The unified social credit code is refused: {reason}. Copy its 18 characters from the"
        " licence; the letters I, O, S, V and Z never occur in it."
    )


class InvalidRegion(Unreadable):
    """A region code does not have the form of GB/T 2260."""

    slug = "invalid-region"
    title = N_("The region code is not valid")
    detail = N_(
        "The region code is refused: {reason}. Write the six digits of GB/T 2260, for example"
        " 440000, or 00 for the whole country."
    )


class InvalidOccupationCode(Unreadable):
    """An occupation code does not have the form of the national classification."""

    slug = "invalid-occupation-code"
    title = N_("The occupation code is not valid")
    detail = N_(
        "The occupation code is refused: {reason}. Write it as in the national classification,"
        " for example 4-04-05-05."
    )


class InvalidCertificateNumber(Unreadable):
    """A certificate number cannot be kept as text at all; an unknown format is not an error."""

    slug = "invalid-certificate-number"
    title = N_("The certificate number cannot be kept")
    detail = N_(
        "The certificate number is refused: {reason}. Any format is accepted, if it is a line of"
        " printable text of at most 64 characters."
    )


class CertificateNumberContradicts(Refused):
    """The year or the grade inside a certificate number differs from the record."""

    slug = "certificate-number-contradicts"
    title = N_("The certificate number contradicts the record")
    detail = N_(
        "The certificate number says something else than the record about: {members}. Compare"
        " number, date of issue and grade with the certificate."
    )
