"""Every error that the bank raises on purpose; no HTTP here.

Four kinds. `Malformed`: the bytes or the request are not of the form. `Refused`: a rule said
no. `Unavailable`: not now, try again. `Corrupt`: our own record failed a check. Each concrete
class has a `slug` (its page is `docs/problems/<slug>.md`), a constant `title`, and a `detail`
template that says what happened and what to do; both are message ids for gettext. `where` is a
JSON pointer into the request, if the error has a place there. Fields travel as problem members,
so they never carry a name, an identity number or a secret.
"""

from __future__ import annotations

from typing import ClassVar


def N_(message: str) -> str:  # noqa: N802  # the name that gettext extractors look for
    """Mark `message` for translation where it is defined, and return it unchanged."""
    return message


class CreditBankError(Exception):
    """Base of all errors raised on purpose."""

    slug: ClassVar[str] = ""
    title: ClassVar[str] = ""
    detail: ClassVar[str] = ""

    def __init__(self, *, where: str | None = None, **fields: object) -> None:
        super().__init__()
        self.where = where
        self.fields = fields

    def __str__(self) -> str:
        """Return the English detail with its fields filled in."""
        return self.detail.format(**self.fields)


class Malformed(CreditBankError):
    """The bytes or the request are not of the required form."""


class Refused(CreditBankError):
    """The request is well formed, and a rule says no."""


class Unavailable(CreditBankError):
    """It cannot be done now; the same request may succeed later."""


class Corrupt(CreditBankError):
    """Our own record failed a check."""


def concrete_errors() -> list[type[CreditBankError]]:
    """Return every error class with a slug, sorted by slug."""
    found: list[type[CreditBankError]] = []
    stack: list[type[CreditBankError]] = [CreditBankError]
    while stack:
        for child in stack.pop().__subclasses__():
            stack.append(child)
            if child.slug:
                found.append(child)
    return sorted(set(found), key=lambda error: error.slug)
