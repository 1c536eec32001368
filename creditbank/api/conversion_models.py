"""Request bodies about decisions: what is asked, applied for, and done at each step."""

from __future__ import annotations

from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

from creditbank.domain.submissions import (
    AccountId,
    CivilDate,
    Digest,
    Line,
    LongLine,
    RegisterId,
    SourceId,
)

_STRICT = ConfigDict(extra="forbid", strict=True)

LEARNERS_MAX: Final = 200
"""How many learners one request may ask about."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Step = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Value = Annotated[
    bool | str | int | dict[str, Any],
    Field(
        description="What it says: an object; or in short true or false, a date, an amount. An"
        " enrolment has the members that the rule asks for, work has `periods` of {from, to?,"
        " occupation?}."
    ),
]
Evidence = Annotated[
    dict[Name, Value],
    Field(max_length=50, description="What is said beside the outcomes, by the rules' ids for it."),
]


class _Operators(TypedDict):
    operator: NotRequired[Line]
    reviewer: NotRequired[Line]


@with_config(_STRICT)
class TargetIn(TypedDict):
    """A target: a rule, and of one for courses perhaps the course."""

    rule: RegisterId
    course: NotRequired[Line]


Targets = Annotated[list[TargetIn], Field(max_length=50)]


class _Question(TypedDict):
    account: NotRequired[AccountId]
    rulebook: RegisterId
    targets: NotRequired[Targets]
    evidence: NotRequired[Evidence]


@with_config(_STRICT)
class EvaluationAsking(_Question):
    """What is asked: a rulebook, and targets in order of preference; all, if none is named.

    Without an account a learner asks about themselves.
    """


@with_config(_STRICT)
class ConsentIn(TypedDict):
    """The paper on which the learner agreed, by its SHA-256, and the notice shown before."""

    notice: Line
    digest: Digest


@with_config(_STRICT)
class ConversionApplying(_Question, _Operators):
    """What is applied for; all that is met, if no target is named.

    A learner's own token is their consent; whoever else applies says on which paper they agreed.
    """

    consent: NotRequired[ConsentIn]
    source_id: NotRequired[SourceId]


@with_config(_STRICT)
class StepTaking(_Operators):
    """A step of the rulebook's procedure; a rejection ends the decision, and says why."""

    step: Step
    result: Literal["passed", "rejected"]
    opinion: NotRequired[LongLine]


@with_config(_STRICT)
class ConversionWithdrawing(_Operators):
    """Why a decision is withdrawn, or given back by its owner after it was registered."""

    reason: NotRequired[LongLine]


@with_config(_STRICT)
class ConversionReviewing(_Operators):
    """Why a decision stands although an outcome that it rests on has ended."""

    reason: LongLine


@with_config(_STRICT)
class IntakeLearner(TypedDict):
    """A learner of an intake, and what is said of them beside their outcomes."""

    account: AccountId
    evidence: NotRequired[Evidence]


@with_config(_STRICT)
class IntakeAsking(TypedDict):
    """Up to two hundred learners of an intake, evaluated under one rulebook.

    Without learners: those who granted the organisation a look, `after` the account before.
    """

    rulebook: RegisterId
    targets: NotRequired[Targets]
    learners: NotRequired[Annotated[list[IntakeLearner], Field(max_length=LEARNERS_MAX)]]
    after: NotRequired[AccountId]


@with_config(_STRICT)
class PathAsking(TypedDict):
    """A target, and the modules that may be taken for it; all in force, if none is named."""

    account: NotRequired[AccountId]
    rulebook: RegisterId
    target: TargetIn
    evidence: NotRequired[Evidence]
    modules: NotRequired[Annotated[list[RegisterId], Field(max_length=1000)]]


@with_config(_STRICT)
class EvidenceSupplying(_Operators):
    """What is so of a learner, until which day it may be relied on, and the paper that shows it."""

    account: NotRequired[AccountId]
    id: Name
    value: Value
    until: NotRequired[CivilDate]
    digest: NotRequired[Digest]


EVALUATION: Final[TypeAdapter[Any]] = TypeAdapter(EvaluationAsking)
APPLICATION: Final[TypeAdapter[Any]] = TypeAdapter(ConversionApplying)
STEP: Final[TypeAdapter[Any]] = TypeAdapter(StepTaking)
WITHDRAWAL: Final[TypeAdapter[Any]] = TypeAdapter(ConversionWithdrawing)
REVIEW: Final[TypeAdapter[Any]] = TypeAdapter(ConversionReviewing)
INTAKE: Final[TypeAdapter[Any]] = TypeAdapter(IntakeAsking)
PATH: Final[TypeAdapter[Any]] = TypeAdapter(PathAsking)
EVIDENCE: Final[TypeAdapter[Any]] = TypeAdapter(EvidenceSupplying)

CONVERSION_BODIES: Final[dict[str, TypeAdapter[Any]]] = {
    "EvaluationAsking": EVALUATION,
    "ConversionApplying": APPLICATION,
    "StepTaking": STEP,
    "ConversionWithdrawing": WITHDRAWAL,
    "ConversionReviewing": REVIEW,
    "IntakeAsking": INTAKE,
    "PathAsking": PATH,
    "EvidenceSupplying": EVIDENCE,
}
