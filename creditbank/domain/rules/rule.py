"""One rule: a target, its condition, how it uses outcomes, and its own test cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import (
    AtLeastOne,
    CivilDate,
    Extensions,
    JsonObject,
    Many,
    MemberName,
    RegisterId,
    Text,
    Version,
)
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Citation, Title
from creditbank.domain.rules.condition import Condition
from creditbank.domain.rules.target import Target
from creditbank.domain.units import AmountText

Scope = Literal["academic", "grade", "programme", "subsidy"]


class Use(Record):
    """What becomes of an outcome that is counted.

    `exclusive`: in this scope it counts for nothing else. `shared`: for up to `up_to` targets of
    rules that name each other in `with_rules` (of all sharing rules, if none is named), each in
    this rulebook: what another rulebook takes is gone. `free`: for whatever likes. `consume` takes
    it in the scope for good once the decision is registered; `recognise` takes nothing. What is
    left over of an amount is `kept` for other targets, or `forfeited`, which claims the outcome as
    a whole.
    """

    scope: Scope
    sharing: Literal["exclusive", "shared", "free"] = "exclusive"
    up_to: Annotated[int, Field(ge=2, le=99)] | None = None
    with_rules: Many[RegisterId] = ()
    effect: Literal["consume", "recognise"] = "consume"
    surplus: Literal["kept", "forfeited"] = "forfeited"

    def contradictions(self) -> Iterator[Fault]:
        """Yield what only sharing rules say, and a consumed outcome that is free."""
        yield from super().contradictions()
        if (self.sharing == "shared") != (self.up_to is not None):
            yield Fault("/up_to", "missing" if self.up_to is None else "unknown_member")
        if self.with_rules and self.sharing != "shared":
            yield Fault("/with_rules", "unknown_member")
        if self.effect == "recognise" and self.sharing != "free":
            yield Fault("/sharing", "recognised_is_free")
        if self.effect == "consume" and self.sharing == "free":
            yield Fault("/sharing", "consumed_is_not_free")


class Evidence(Record):
    """What a person or a registry must supply beside the outcomes.

    Kinds: enrolment 学籍 (college, major code and edition, cohort), work 从业经历 (periods),
    schooling 学历, apprenticeship 学徒期满, birth_date, amount (a number), statement (yes or no).
    """

    id: MemberName
    """A name that can be a member of what is supplied."""

    kind: Literal[
        "enrolment", "work", "schooling", "apprenticeship", "birth_date", "amount", "statement"
    ]
    title: Title
    confirmed_by: Literal["learner", "owner", "registry"] = "owner"
    """At least whose word it takes, in this order."""

    accepts: dict[MemberName, AtLeastOne[str]] = Field(default_factory=dict)
    """Members of the evidence and their accepted values, one of each: {"major": ["510209"]}."""


class Expected(Record):
    """What a test case expects of one target."""

    rule: RegisterId
    course: str | None = None
    result: Literal["met", "not_met", "needs_evidence"]
    granted: AmountText | None = None
    uses: Many[str] | None = None
    """Ids of the outcomes that are used, in any order."""

    missing: AmountText | None = None
    """How much more would have been enough, all in all."""


class Case(Record):
    """A test case that travels with its rules."""

    title: Title
    on: CivilDate
    outcomes: Many[JsonObject] = ()
    """Facts of outcomes, as `creditbank.domain.conversion.facts.parse_outcome` reads them."""

    evidence: JsonObject = Field(default_factory=dict)
    """What is supplied, by the id of the evidence, as `parse_evidence` reads it."""

    earlier: Many[JsonObject] = ()
    """Earlier grants and uses, as `parse_earlier` reads them."""

    requested: Many[JsonObject] = ()
    """Targets asked for, {"rule", "course"?}, in order of preference; all, if none is named."""

    expect: AtLeastOne[Expected]


class Rule(Record):
    """A rule. Without dates of its own it is in force with its rulebook."""

    id: RegisterId
    version: Version
    title: Title
    citation: Citation
    explanation: Title | None = None
    """What it means for a learner, in one sentence."""

    valid_from: CivilDate | None = None
    valid_to: CivilDate | None = None
    target: Target
    needs: Condition
    use: Use
    partial: bool = False
    """Whether less than the target is granted where less is counted."""

    one_event: Literal["counts_once", "counts_each"] = "counts_once"
    """Outcomes of one assessment event (一试双证) in one decision."""

    evidence: Many[Evidence] = ()
    tests: Many[Case] = ()
    note: Text | None = None
    ext: Extensions = Field(default_factory=dict)

    def contradictions(self) -> Iterator[Fault]:
        """Yield evidence named twice and a last day before the first."""
        yield from super().contradictions()
        yield from repeated("/evidence", (item.id for item in self.evidence))
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            yield Fault("/valid_to", "before_valid_from")
