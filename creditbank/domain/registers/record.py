"""What every object inside a register document has in common.

A record is frozen, knows all of its members, and converts nothing: a number in quotes is not a
number. What one member says about another is checked once all members are well formed; each
contradiction is a fault with the place where it shows, so that a document gets all of them back
at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError

from creditbank.domain.registers.faults import Fault, faulty
from creditbank.domain.registers.members import CivilDate


class Record(BaseModel):
    """An object inside a register document."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: Any) -> Any:
        """Return `value`; canonical JSON has no null, an absent member says the same."""
        if value is None:
            raise PydanticCustomError("null", "leave the member out instead")
        return value

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        faults = tuple(self.contradictions())
        if faults:
            raise faulty(faults)
        return self

    def contradictions(self) -> Iterator[Fault]:
        """Yield what the members of this record say against each other."""
        yield from ()


class Dated(Record):
    """A record that holds from one civil date (Asia/Shanghai) to another, both included."""

    valid_from: CivilDate
    """First day on which it holds."""

    valid_to: CivilDate | None = None
    """Last day on which it holds; absent if no end is known."""

    def in_force(self, on: date) -> bool:
        """Return whether it holds on the civil date `on`."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault if the last day lies before the first."""
        yield from super().contradictions()
        if self.valid_to is not None and self.valid_to < self.valid_from:
            yield Fault("/valid_to", "before_valid_from")
