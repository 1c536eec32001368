"""Rulebooks (规则库): the rules of one owner, dated, cited, and under the rules of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import AtLeastOne, Line, Many, RegisterId
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Citation, Reference, Register, Title
from creditbank.domain.rules.condition import Cap, Condition
from creditbank.domain.rules.limits import check_document
from creditbank.domain.rules.rule import Case, Evidence, Rule, Scope
from creditbank.domain.rules.selection import Selection

_MonthDay = Annotated[
    str,
    StringConstraints(
        pattern=(
            r"^((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
            r"|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))$"
        )
    ),
]


class Term(Record):
    """A term of the owner's calendar, by its first day; it lasts until the next one begins."""

    id: RegisterId
    begins: _MonthDay


class SameContent(Record):
    """Outcomes of the same or nearly the same content: only the highest of them counts, once.

    Highest by rank of level, then by amount, then the latest.
    """

    id: RegisterId
    text: Title
    members: AtLeastOne[Selection]
    each: Literal["occupation", "equivalence_group", "module"] | None = None
    """Makes a group of its own for each of these; what has none is in no group."""


class Excluded(Record):
    """Outcomes that count for nothing here, or courses that are never granted."""

    id: RegisterId
    text: Title
    outcomes: Selection | None = None
    courses: Many[Line] = ()
    course_titles: Many[Line] = ()
    """Words in the title of a course: 思想政治理论, 体育."""


class Bounds(Record):
    """What binds every rule of this rulebook and of the rulebooks under it."""

    caps: Many[Cap] = ()
    requires: Condition | None = None
    """Must hold for any target at all: enrolment, AI literacy."""

    same_content: Many[SameContent] = ()
    excluded: Many[Excluded] = ()
    evidence: Many[Evidence] = ()


class ProcedureStep(Record):
    """A step of a decision (审核环节); `public_days` is how long it is on view (公示) before."""

    id: RegisterId
    title: Title
    by: Literal["learner", "owner", "evaluator", "authority", "bank"]
    public_days: Annotated[int, Field(ge=0, le=365)] = 0


class Procedure(Record):
    """How a decision is made: its steps in order, the last of which consumes and records."""

    steps: AtLeastOne[ProcedureStep]
    reserved_days: Annotated[int, Field(ge=1, le=730)] = 90
    """A reservation that nobody carried to its end expires after so many days."""

    irrevocable: bool = False
    """What was consumed cannot be given back, not even by the owner."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield steps named twice: nobody could say which one is taken."""
        yield from super().contradictions()
        yield from repeated("/steps", (step.id for step in self.steps))


class Rulebook(Register):
    """A rulebook version. `under` names the frame whose bounds bind it (上位规则)."""

    register_kind: ClassVar[str] = "rulebook"

    owner: Line
    """Code of the institution that recognises the results and answers for the rules."""

    under: RegisterId | None = None
    kind: Literal["conversion", "grade", "frame"] = "conversion"
    """学分转换 · 申报资格核验 · a frame with bounds and no targets of its own."""

    binds: Many[Scope] = ()
    """Of a frame: every rulebook of its region with a rule in one of these scopes has to be under
    it. Without any, it binds those that name it.
    """

    status: Literal["published", "example"]
    calendar: Many[Term] = ()
    bounds: Bounds = Field(default_factory=Bounds)
    procedure: Procedure | None = None
    rules: Many[Rule] = ()
    tests: Many[Case] = ()
    """Test cases over several rules; those of one rule stand in the rule."""

    sign_off: Many[Citation] = ()
    """The owner's own resolution or document that puts this version into force."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield rules named twice, a frame with rules, and rules without a procedure."""
        yield from super().contradictions()
        yield from repeated("/rules", (rule.id for rule in self.rules))
        yield from repeated("/calendar", (term.begins for term in self.calendar))
        yield from repeated("/calendar", (term.id for term in self.calendar))
        if self.kind == "frame" and self.rules:
            yield Fault("/rules", "frame_has_none")
        if self.binds and self.kind != "frame":
            yield Fault("/binds", "unknown_member")
        if self.kind != "frame" and not self.rules:
            yield Fault("/rules", "missing")
        if self.kind != "frame" and self.procedure is None:
            yield Fault("/procedure", "missing")

    def references(self) -> Iterator[Reference]:
        """Yield the owner, the frame and everything in a register that the rules name."""
        from creditbank.domain.rules.naming import references_of

        yield from references_of(self)

    @classmethod
    def check_size(cls, document: object) -> None:
        """Raise RulebookTooLarge if `document` is too large or too deep to be read."""
        check_document(document)


__all__ = ["Bounds", "Citation", "Procedure", "ProcedureStep", "Rulebook", "SameContent", "Term"]
