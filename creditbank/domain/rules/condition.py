"""Conditions: what a target needs, as a tree of amounts, evidence, and how many of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Discriminator, Field

from creditbank.domain.registers.faults import Fault
from creditbank.domain.registers.members import AtLeastOne, Many, MemberName, RegisterId
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import OccupationRef, Title
from creditbank.domain.rules.selection import Category, Period, Selection
from creditbank.domain.rules.unions import kind, tag
from creditbank.domain.units import AmountText

Percent = AmountText
"""A percentage with two places: "50.00"."""


class Unit(Record):
    """What is added up.

    `credit` of one system, `class_hours`, `outcomes` (each counts 1.00), or `worth`: the amount
    that the rule itself gives each outcome, since a certificate has none of its own.
    """

    measure: Literal["credit", "class_hours", "outcomes", "worth"]
    system: RegisterId | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield a credit without its system, and a system of anything else."""
        yield from super().contradictions()
        if (self.measure in {"credit", "worth"}) != (self.system is not None):
            yield Fault("/system", "missing" if self.system is None else "unknown_member")


class Share(Record):
    """A part of a whole: of the target's own amount, or of the credits of its programme.

    `category` is the credits that all courses of the cap's categories have in the programme.
    """

    percent: Percent
    of: Literal["target", "programme", "category"]


class Cap(Record):
    """At most so much (上限). Exactly one of `limit`, `share` and `evidence` says how much.

    `per` makes one cap for each issuer, outcome type, certificate kind, single outcome, calendar
    year, or term of the owner's calendar (by the day an outcome was achieved). In the bounds of a
    rulebook a cap is on what is granted for all targets together, earlier decisions included, and
    of a programme's share those under other rulebooks too: a target counts as a whole as soon as
    one selected outcome is used for it.
    """

    id: RegisterId
    text: Title
    limit: AmountText | None = None
    share: Share | None = None
    evidence: MemberName | None = None
    """An amount that a registry or person supplies, by the id of the evidence."""

    over: Selection | None = None
    """Which outcomes it is on; absent: all that the rule counts."""

    category: Many[Category] = ()
    """In bounds: only on what is granted of courses of these categories (课程类别)."""

    per: (
        Literal["issuer", "type", "certificate_kind", "outcome", "year", "term", "content"] | None
    ) = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield none or several ways of saying how much."""
        yield from super().contradictions()
        if sum(way is not None for way in (self.limit, self.share, self.evidence)) != 1:
            yield Fault("/limit", "exactly_one_of_limit_share_evidence")
        if self.share is not None and self.share.of == "category" and not self.category:
            yield Fault("/category", "missing")


class Least(Record):
    """Of what is counted, at least so much from the selected outcomes."""

    at_least: AmountText
    where: Selection


class _Condition(Record):
    id: RegisterId | None = None
    """Unique in its rule; reasons and caps refer to it."""

    text: Title | None = None


class AllOf(_Condition):
    """Every one holds."""

    kind: Literal["all"]
    of: AtLeastOne[Condition]


class AnyOf(_Condition):
    """At least `count` of them hold."""

    kind: Literal["any"]
    of: AtLeastOne[Condition]
    count: Annotated[int, Field(ge=1, le=100)] = 1

    def contradictions(self) -> Iterator[Fault]:
        """Yield a count that there are not so many of."""
        yield from super().contradictions()
        if self.count > len(self.of):
            yield Fault("/count", "more_than_there_are")


class Amount(_Condition):
    """An amount from a selection of outcomes."""

    kind: Literal["amount"]
    unit: Unit
    at_least: AmountText
    """Needed for the target; "0.00" where the target takes what there is."""

    of_target: Percent | None = None
    """Needed too: so much of the credit of the course that is the target, rounded up.

    "100.00" keeps an outcome from replacing a course that is worth more than it.
    """

    counted_at_most: AmountText | None = None
    """More than this is not counted here."""

    select: Selection
    worth: AmountText | None = None
    """What the rule gives each outcome, where the unit is `worth`."""

    outcomes_at_most: Annotated[int, Field(ge=1, le=999)] | None = None
    least: Many[Least] = ()
    caps: Many[Cap] = ()

    def contradictions(self) -> Iterator[Fault]:
        """Yield a worth without its unit, and the reverse."""
        yield from super().contradictions()
        if (self.unit.measure == "worth") != (self.worth is not None):
            yield Fault("/worth", "missing" if self.worth is None else "unknown_member")
        if self.of_target is not None and self.unit.system is None:
            yield Fault("/of_target", "needs_credit")
        for position, cap in enumerate(self.caps):
            if cap.category:
                yield Fault(f"/caps/{position}/category", "only_in_bounds")


class Holds(_Condition):
    """An outcome that is looked at and not used: a prior certificate, a passed module."""

    kind: Literal["holds"]
    select: Selection
    count: Annotated[int, Field(ge=1, le=99)] = 1


class Work(_Condition):
    """Years of work in one of the occupations, from supplied periods of work.

    `after`: only work since the first of these was achieved counts. `continuous`: one unbroken run.
    """

    kind: Literal["work"]
    period: Period
    occupations: Many[OccupationRef] = ()
    """Absent: any work; the supplier says whether it is this or a related occupation (相关职业)."""

    after: Selection | None = None
    continuous: bool = False


class Age(_Condition):
    """At least so many years of age on the day of the decision."""

    kind: Literal["age"]
    years: Annotated[int, Field(ge=1, le=120)]


class Evidenced(_Condition):
    """A statement that somebody must supply, by the id of the rule's evidence."""

    kind: Literal["evidence"]
    evidence: MemberName


Condition = Annotated[
    Annotated[AllOf, tag("all")]
    | Annotated[AnyOf, tag("any")]
    | Annotated[Amount, tag("amount")]
    | Annotated[Holds, tag("holds")]
    | Annotated[Work, tag("work")]
    | Annotated[Age, tag("age")]
    | Annotated[Evidenced, tag("evidence")],
    Discriminator(kind),
]

AllOf.model_rebuild()
AnyOf.model_rebuild()
