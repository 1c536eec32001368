"""Credit systems (学分体系): how many class-hours make a credit, and how that is rounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from creditbank.domain.registers.faults import Fault
from creditbank.domain.registers.members import Line
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Hours, Register
from creditbank.domain.units import (
    AmountText,
    Rounding,
    hundredths,
    mixed_class_hours_to_credit,
)


class HoursPerCredit(Record):
    """Class-hours that make one credit."""

    theory: AmountText
    practice: AmountText

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault where a credit would take no time."""
        yield from super().contradictions()
        for name, hours in (("theory", self.theory), ("practice", self.practice)):
            if hundredths(hours) == 0:
                yield Fault(f"/{name}", "zero")


class CreditSystem(Register):
    """A credit system. Amounts of different systems are never added."""

    register_kind: ClassVar[str] = "credit_system"

    hours_per_credit: HoursPerCredit
    rounding: Annotated[Rounding, Field(strict=False)]
    step: AmountText = "0.01"
    """Credits are counted in multiples of this."""

    minutes_per_class_hour: Annotated[int, Field(ge=1, le=120)] = 45
    owner: Line
    """Who may change it."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault if credits are counted in nothing."""
        yield from super().contradictions()
        if hundredths(self.step) == 0:
            yield Fault("/step", "zero")

    def credit_for(self, hours: Hours) -> int:
        """Return the credit for class-hours, in hundredths: 24 at 16 to the credit are 150.

        Theory and practice are added exactly and rounded once. Raises AmountNotExact if the
        system does not round and the hours do not come out even.
        """
        per_credit = self.hours_per_credit
        parts = [
            (hundredths(hours.theory), hundredths(per_credit.theory)),
            (hundredths(hours.practice), hundredths(per_credit.practice)),
        ]
        step = hundredths(self.step)
        return mixed_class_hours_to_credit(parts, self.rounding, step_hundredths=step)
