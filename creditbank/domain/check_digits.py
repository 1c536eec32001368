"""The two check digits of this country's identifiers."""

from __future__ import annotations

from typing import Final

_RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_DIGITS: Final = "10X98765432"

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100: no I, O, S, V, Z."""


def resident_check_digit(body: str) -> str:
    """Return the check digit for the first 17 digits of a resident number.

    GB 11643, which is ISO 7064 MOD 11-2; the digit ten is written X. The caller has made sure
    that `body` is 17 ASCII digits.
    """
    digits = (int(character) for character in body)
    total = sum(d * weight for d, weight in zip(digits, _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_DIGITS[total % 11]


def uscc_check_character(body: str) -> str:
    """Return the check character for the first 17 characters of a unified social credit code.

    GB 32100: 31 less the weighted sum modulo 31, where 31 itself is written 0. Forgetting the
    last clause refuses every code that ends in 0. The caller has made sure that `body` is 17
    characters of the alphabet.
    """
    total = sum(USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return USCC_ALPHABET[-total % 31]
