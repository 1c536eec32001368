"""The bridge from our checks to pydantic fields.

A check raises our errors; a pydantic model wants its own, with the place in the document. The
value that was refused is not put into the message, because it may be personal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from creditbank.errors import CreditBankError

T = TypeVar("T")


def checked(check: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return `check` for use as a pydantic validator.

    The returned function gives what `check` gives, and raises `PydanticCustomError` where it
    raises one of our errors: the slug becomes the type, the detail the message, the fields the
    context.
    """

    def validate(value: Any) -> T:
        try:
            return check(value)
        except CreditBankError as error:
            kind = error.slug.replace("-", "_")
            raise PydanticCustomError(kind, "{detail}", _context(error)) from None

    return validate


def _context(error: CreditBankError) -> dict[str, Any]:
    """Return the context of the pydantic error: the fields as they are, and the whole detail."""
    return {**error.fields, "detail": str(error)}
