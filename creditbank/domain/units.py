"""Amounts of credit and of class-hours: exact decimals with two places, never floats.

Inside, an amount is a whole number of hundredths; outside, it is text such as "24.00". An amount
means nothing without its credit system, and amounts of different systems are never added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Final, NoReturn

from pydantic import BeforeValidator, WithJsonSchema

from creditbank.domain.checked import checked
from creditbank.errors.identifiers import AmountNotExact, InvalidAmount

MAX_HUNDREDTHS: Final = 99_999_999
"""The greatest amount that may be given, 999999.99; totals may be greater."""

_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]{1,2}))?")


class Rounding(StrEnum):
    """How a credit system rounds when it turns class-hours into credits."""

    EXACT = "exact"
    """Refuse what does not come out even."""
    DOWN = "down"
    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"


def hundredths(text: str) -> int:
    """Return the hundredths that `text` says: "24", "24.0" and "24.00" are 2400.

    Raises InvalidAmount for a sign, an exponent, a leading zero, more than two decimal places,
    digits other than 0–9, and anything above 999999.99.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        _refuse(text)
    whole, decimals = match[1], match[2] or ""
    return int(whole) * 100 + int(decimals.ljust(2, "0"))


def _refuse(text: str) -> NoReturn:
    """Raise InvalidAmount with the reason that helps most."""
    if re.match(r"[-+\u2212]", text):
        raise InvalidAmount(reason="sign")
    if re.fullmatch(r"[0-9]+\.[0-9]{3,}", text):
        raise InvalidAmount(reason="places")
    if re.fullmatch(r"[1-9][0-9]{6,}(\.[0-9]{1,2})?", text):
        raise InvalidAmount(reason="too_large")
    raise InvalidAmount(reason="form")


def amount_text(amount: int) -> str:
    """Return `amount`, in hundredths, in the normal form with two places: 2400 is "24.00".

    There is no upper limit, because totals are written too. Raises InvalidAmount if negative.
    """
    if amount < 0:
        raise InvalidAmount(reason="sign")
    return f"{amount // 100}.{amount % 100:02d}"


def _read_amount(value: Any) -> str:
    """Return the normal form of an amount as JSON or a sheet brings it."""
    if isinstance(value, float):
        raise InvalidAmount(reason="float")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidAmount(reason="form")
    if isinstance(value, int):
        if not 0 <= value <= MAX_HUNDREDTHS // 100:
            raise InvalidAmount(reason="sign" if value < 0 else "too_large")
        return amount_text(value * 100)
    return amount_text(hundredths(value))


AmountText = Annotated[
    str,
    BeforeValidator(checked(_read_amount)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,2})?$"},
                {"type": "integer", "minimum": 0, "maximum": MAX_HUNDREDTHS // 100},
            ],
            "examples": ["24.00"],
        },
        mode="validation",
    ),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,5})\.[0-9]{2}$", "examples": ["24.00"]},
        mode="serialization",
    ),
]
"""A pydantic field: accepts "24", "24.5", "24.00" and the integer 24; holds "24.00"."""


def class_hours_to_credit(
    hours_hundredths: int,
    hours_per_credit_hundredths: int,
    rounding: Rounding,
    *,
    step_hundredths: int = 1,
) -> int:
    """Return the credit, in hundredths, that class-hours are worth: 24 hours at 16 are 1.50.

    The credit is rounded once to a multiple of `step_hundredths` (50 where a college counts in
    halves). Raises InvalidAmount if an argument is negative or a divisor zero, AmountNotExact if
    rounding would be needed and `rounding` is EXACT.
    """
    parts = [(hours_hundredths, hours_per_credit_hundredths)]
    return mixed_class_hours_to_credit(parts, rounding, step_hundredths=step_hundredths)


def mixed_class_hours_to_credit(
    parts: Iterable[tuple[int, int]],
    rounding: Rounding,
    *,
    step_hundredths: int = 1,
) -> int:
    """Return the credit, in hundredths, of parts with different hours to the credit.

    Each part is (class-hours, class-hours per credit), both in hundredths; theory at 16 and
    practice at 24, say. The exact sum is rounded once, not part by part. Raises as
    `class_hours_to_credit`.
    """
    _positive(step_hundredths)
    exact = Fraction(0)
    for hours, per_credit in parts:
        _positive(per_credit)
        if hours < 0:
            raise InvalidAmount(reason="sign")
        exact += Fraction(hours * 100, per_credit)
    return _round(exact / step_hundredths, rounding) * step_hundredths


def _positive(divisor: int) -> None:
    """Raise InvalidAmount unless `divisor` is greater than zero."""
    if divisor <= 0:
        raise InvalidAmount(reason="sign" if divisor < 0 else "zero")


def _round(exact: Fraction, rounding: Rounding) -> int:
    """Return the whole number that `rounding` makes of a fraction not below zero."""
    whole, rest = divmod(exact.numerator, exact.denominator)
    if rest == 0 or rounding is Rounding.DOWN:
        return whole
    if rounding is Rounding.EXACT:
        raise AmountNotExact
    if rounding is Rounding.UP:
        return whole + 1
    twice = 2 * rest - exact.denominator
    tie_goes_up = rounding is Rounding.HALF_UP or whole % 2 == 1
    return whole + (twice > 0 or (twice == 0 and tie_goes_up))
