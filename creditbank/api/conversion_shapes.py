"""What the bank answers about decisions, as published shapes; see `shapes`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from creditbank.api.shapes import (
    Account,
    Amount,
    Date,
    Hash,
    Id,
    Index,
    Place,
    Problem,
    Shape,
    Time,
)

StatusName = Literal["pending", "registered", "rejected", "withdrawn", "expired", "returned"]
Party = Literal["learner", "owner", "evaluator", "authority", "bank"]
Texts = dict[str, str]


class RulebookVersion(Shape):
    """A rulebook version by its digest."""

    id: str
    version: str
    digest: Hash


class SuppliedEvidence(Shape):
    """What was said beside the outcomes, and whose word it is."""

    id: str
    confirmed_by: Literal["learner", "owner", "registry"]
    value: dict[str, Any]
    digest: Hash | None = None


class Result(Shape):
    """The result for one target: what counts, what was cut, what is missing.

    `trace` is the whole reason, for a machine; `sentence` the same for a person, by language.
    """

    rulebook: str
    rule: str
    rule_version: str
    target: str
    verdict: Literal["met", "not_met", "needs_evidence", "not_in_force", "undecided"]
    scope: str
    granted: Amount | None = None
    system: str | None = None
    grade: dict[str, str] | None = None
    counted: list[dict[str, Any]]
    trace: dict[str, Any]
    sentence: Texts | None = None


class EvaluationAnswer(Shape):
    """What the rules say of a learner today. Nothing was reserved."""

    account: Account
    on: Date
    rulebooks: list[RulebookVersion]
    evidence: list[SuppliedEvidence]
    results: list[Result]
    engine: str
    steps: Annotated[int, Field(ge=0)]


class Applied(Place):
    """A decision as applied for."""

    conversion: Id
    status: StatusName
    expires_at: Time
    replayed: bool


class Decided(Place):
    """What changed a decision, as recorded."""

    conversion: Id
    status: StatusName
    replayed: bool


class Granted(Shape):
    """What is granted for one target, and the outcomes that count for it."""

    rule: str
    rule_version: str
    target: str
    scope: str
    granted: Amount | None = None
    system: str | None = None
    grade: dict[str, str] | None = None
    outcomes: list[Id]


class Flag(Shape):
    """Why a decision is to be looked at again, and the entry by which it is.

    An outcome that it rests on ended; or evidence for one on its way was taken back or shortened by
    whoever supplied it. An evaluator is told no more than the reason unless the outcome is its own.
    """

    reason: Literal["outcome_ended", "evidence_changed"]
    outcome: Id | None = None
    evidence: str | None = None
    index: Index | None = None


class NextStep(Shape):
    """The step that comes next, whose it is, and from which day on it may be taken."""

    step: str
    title: Texts
    by: Party
    from_: Annotated[Date, Field(alias="from")]


class ConversionShort(Shape):
    """A decision in a list."""

    conversion: Id
    account: Account
    decides: Literal["conversion", "grade"]
    owner: str
    rulebook: str
    version: str
    status: StatusName
    index: Index
    at: Time
    expires_at: Time
    targets: list[Granted]
    flagged: list[Flag]
    next: NextStep | None = None


class Conversions(Shape):
    """A page of decisions; `next` is absent at its end."""

    conversions: list[ConversionShort]
    next: int | None = None


class StepTaken(Shape):
    """A step of the procedure; who took it, when and with which opinion, once somebody did."""

    step: str
    title: Texts
    by: Party
    public_days: int
    result: Literal["passed", "rejected"] | None = None
    opinion: str | None = None
    org: str | None = None
    index: Index | None = None
    at: Time | None = None
    leaf_hash: Hash | None = None


class Use(Shape):
    """What one target takes of one outcome, of how much; 0.00 is only looked at."""

    outcome: Id
    scope: str
    rule: str
    target: str
    sharing: Literal["exclusive", "shared", "free"]
    unit: str
    amount: Amount
    of: Amount


class RestedOn(Shape):
    """An outcome that a decision rests on, and the entry that credited it."""

    id: Id
    type: str
    title: str
    achieved_on: Date
    verification: str
    issuer: str | None = None
    level: dict[str, Any] | None = None
    entry: dict[str, Any]


class End(Place):
    """How a decision ended."""

    end: Literal["withdrawn", "expired", "returned"]
    org: str
    reason: str | None = None


class Conversion(ConversionShort):
    """A whole decision."""

    leaf_hash: Hash
    on: Date
    engine: str
    rulebooks: list[RulebookVersion]
    consent: Texts
    requested: list[Texts]
    uses: list[Use]
    outcomes: list[RestedOn]
    evidence: list[SuppliedEvidence]
    results: list[Result]
    steps: list[StepTaken]
    end: End | None = None


class Derivation(Shape):
    """A decision derived again from its own entry, under the rulebook versions that it names."""

    conversion: Id
    rulebooks: list[RulebookVersion]
    same: bool
    """Whether evaluating it again gives what was recorded."""

    violations: list[str]
    """What the recorded result breaks, found without a solver."""


class IntakeResult(Shape):
    """What the rules say of one learner of an intake, or why they could not be asked."""

    account: Account
    results: list[Result] | None = None
    problem: Problem | None = None


class Intake(Shape):
    """An intake, in order; `next` is where to go on, absent at its end."""

    on: Date
    rulebooks: list[RulebookVersion]
    learners: list[IntakeResult]
    next: Account | None = None


class PathModule(Shape):
    """A module to take, in its order; if it does not count, it is a prerequisite of others.

    It is taken to be passed at the scores in `assumed`; `demanded`: a rule asks for more than a
    pass.
    """

    module: str
    version: str
    title: Texts
    class_hours: Amount
    counts: bool
    prerequisite_of: list[str]
    assumed: list[Texts]
    demanded: bool
    issuer: str | None = None


class Path(Shape):
    """What is left to learn for a target: the fewest class-hours, then the fewest modules.

    With the verdict `met` the modules suffice, with `needs_evidence` something is to be supplied
    beside them, with `not_met` no modules do; `leads_to` is the result then.
    """

    account: Account
    on: Date
    rulebooks: list[RulebookVersion]
    target: str
    verdict: Literal["met", "not_met", "needs_evidence", "not_in_force", "undecided"]
    modules: list[PathModule]
    class_hours: Amount
    reasons: list[dict[str, Any]]
    leads_to: Result


class EvidenceRecorded(Place):
    """Evidence as recorded, and who supplied it; `replayed` where they had said the same."""

    evidence: Id
    by: Literal["learner", "institution", "authority", "desk"]
    replayed: bool
