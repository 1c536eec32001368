"""The kinds of entry about decisions 决定: applied for, each step, an end, and evidence.

What happened without any person stands in `act`: which decision, under which versions of which
rulebooks, which step. What was asked for, granted, counted and why stands in `person`, with the
case that was decided: it is all that deriving the decision again needs.
"""

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

from creditbank.domain.submissions import AccountId, CivilDate, Digest, Line, LongLine, RegisterId

_STRICT = ConfigDict(extra="forbid", strict=True)
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Seconds = Annotated[int, Field(ge=0, lt=2**53)]
Decimal = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]*)\.[0-9]{2}$")]
Number = Annotated[int, Field(ge=1, le=99)]
MemberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
ScopeName = Literal["academic", "grade", "programme", "subsidy"]
Target = Annotated[str, StringConstraints(max_length=600)]


class _Act(TypedDict):
    """Every act: its kind, the acting organisation, and the keyed source id."""

    kind: str
    org: Line
    source: Digest


@with_config(_STRICT)
class RulebookReference(TypedDict):
    """A rulebook version, its document named by digest."""

    id: RegisterId
    version: RegisterId
    digest: Digest


@with_config(_STRICT)
class ConversionAct(_Act):
    """A decision was applied for, and what it needs was reserved until `expires_at`.

    `rulebooks` are the versions in force: the rulebook, then the frames that it is under. `taken`
    is how many of its `steps` the application itself is; with the last of them it is registered.
    """

    conversion: Id
    decides: Literal["conversion", "grade"]
    owner: Line
    rulebooks: Annotated[list[RulebookReference], Field(min_length=1)]
    engine: Line
    steps: Number
    taken: Annotated[int, Field(ge=0, le=1)]
    status: Literal["pending", "registered"]
    expires_at: Seconds


@with_config(_STRICT)
class Consent(TypedDict):
    """How the learner agreed: in person, or on paper, which is kept by whoever applied.

    `notice` is the version of the notice that the learner was shown; `digest` that of the paper.
    """

    form: Literal["own_token", "paper"]
    notice: Line
    digest: NotRequired[Digest]


@with_config(_STRICT)
class RequestedTarget(TypedDict):
    """A target as it was asked for: a rule, and of one for courses perhaps the course."""

    rule: RegisterId
    course: NotRequired[Line]


@with_config(_STRICT)
class GrantedTarget(TypedDict):
    """What is granted for one target, and the outcomes that count for it."""

    rule: RegisterId
    rule_version: RegisterId
    target: Target
    scope: ScopeName
    granted: NotRequired[Decimal]
    system: NotRequired[RegisterId]
    grade: NotRequired[dict[str, str]]
    outcomes: list[Id]


@with_config(_STRICT)
class UseFact(TypedDict):
    """What one target takes of one outcome in a scope, of how much; 0.00 is only looked at."""

    outcome: Id
    scope: ScopeName
    rule: RegisterId
    target: Target
    sharing: Literal["exclusive", "shared", "free"]
    unit: Annotated[str, StringConstraints(max_length=120)]
    amount: Decimal
    of: Decimal


@with_config(_STRICT)
class StatementFact(TypedDict):
    """What somebody said beside the outcomes that a decision rests on."""

    id: MemberName
    by: Literal["learner", "institution", "authority", "desk"]
    org: Line
    value: dict[str, Any]
    until: NotRequired[CivilDate]


@with_config(_STRICT)
class ConversionPerson(TypedDict):
    """Whose decision it is, what they agreed to, and everything that it rests on.

    `evaluators` are whoever posted or issued what is counted, `evidence` what was said by whom that
    its rules ask for.
    """

    account: AccountId
    on: CivilDate
    consent: Consent
    requested: list[RequestedTarget]
    evaluators: list[Line]
    targets: list[GrantedTarget]
    uses: list[UseFact]
    evidence: list[StatementFact]
    schema: Literal["conversion-case/1"]
    case: dict[str, Any]
    evaluation: dict[str, Any]


@with_config(_STRICT)
class ConversionStepAct(_Act):
    """A step of a decision was taken, by whom the rulebook names; the last one registers it."""

    conversion: Id
    step: RegisterId
    number: Number
    by: Literal["learner", "owner", "evaluator", "authority", "bank"]
    result: Literal["passed", "rejected"]
    status: Literal["pending", "registered", "rejected"]


@with_config(_STRICT)
class ConversionStepPerson(TypedDict):
    """Whose decision it is, and the opinion 意见 of who took the step."""

    account: AccountId
    opinion: NotRequired[LongLine]


@with_config(_STRICT)
class ConversionEndAct(_Act):
    """A decision ended: withdrawn before, or given back after it was registered, or expired."""

    conversion: Id
    end: Literal["withdrawn", "expired", "returned"]


@with_config(_STRICT)
class ConversionEndPerson(TypedDict):
    """Whose decision it is, and why it ended."""

    account: AccountId
    reason: NotRequired[LongLine]


@with_config(_STRICT)
class ConversionReviewAct(_Act):
    """The owner looked at a decision again after an outcome that it uses had ended: it stands."""

    conversion: Id


@with_config(_STRICT)
class ConversionReviewPerson(TypedDict):
    """Whose decision it is, and why it stands; `causes` are the outcomes that had ended."""

    account: AccountId
    causes: Annotated[list[Id], Field(min_length=1)]
    reason: LongLine


@with_config(_STRICT)
class EvidenceAct(_Act):
    """Evidence about a learner was supplied: by themselves, an institution, an authority, the desk.

    How far a rule trusts it follows from that, from who owns the rulebook, and from its region.
    """

    evidence: Id
    by: Literal["learner", "institution", "authority", "desk"]


@with_config(_STRICT)
class EvidencePerson(TypedDict):
    """What is so, until when it may be relied on, and the digest of the paper that shows it."""

    account: AccountId
    id: MemberName
    value: dict[str, Any]
    until: NotRequired[CivilDate]
    digest: NotRequired[Digest]


CONVERSION_PARTS: Final[dict[str, dict[str, TypeAdapter[Any]]]] = {
    "conversion/1": {
        "act": TypeAdapter(ConversionAct),
        "person": TypeAdapter(ConversionPerson),
    },
    "conversion_step/1": {
        "act": TypeAdapter(ConversionStepAct),
        "person": TypeAdapter(ConversionStepPerson),
    },
    "conversion_end/1": {
        "act": TypeAdapter(ConversionEndAct),
        "person": TypeAdapter(ConversionEndPerson),
    },
    "conversion_review/1": {
        "act": TypeAdapter(ConversionReviewAct),
        "person": TypeAdapter(ConversionReviewPerson),
    },
    "evidence/1": {
        "act": TypeAdapter(EvidenceAct),
        "person": TypeAdapter(EvidencePerson),
    },
}
