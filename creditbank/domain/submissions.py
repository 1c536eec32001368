"""What institutions submit: one shape for every kind of outcome.

A submission is validated into plain dictionaries, not model objects: a batch has ten thousand of
them. Its normal form (schema `outcome-submission/1`) is what two postings are compared by, whatever
format they came in, and what the `person` part keeps. The learner stands apart: identity documents
live in the vault, never in an entry.
"""

from __future__ import annotations

import unicodedata
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    TypeAdapter,
    with_config,
)
from typing_extensions import TypedDict

from creditbank.domain.checked import checked
from creditbank.domain.civil_time import parse_date
from creditbank.domain.identifiers import DocumentKind
from creditbank.domain.registers.faults import Fault, faulty, repeated
from creditbank.domain.units import AmountText

SUBMISSION_SCHEMA = "outcome-submission/1"
OUTCOME_TYPES = (
    "module",
    "academic_course",
    "self_study_exam",
    "online_course",
    "certificate",
    "achievement",
)

# One line of text: no control characters (U+0000 among them), no bidirectional overrides, which
# make a text read differently from what it says.
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$"


# Two ids that look the same are the same: nothing that formats or takes no room, and no white space
# around. The characters beyond U+FFFF, which patterns spell differently, `_check_visible` refuses.
_INVISIBLE = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb"
)
_SPACE = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_VISIBLE = rf"^[^{_INVISIBLE}{_SPACE}]([^{_INVISIBLE}]*[^{_INVISIBLE}{_SPACE}])?$"


def _check_visible(text: str) -> str:
    if any(char > "\uffff" and unicodedata.category(char) in {"Cf", "Mn"} for char in text):
        raise faulty((Fault("", "form"),))
    return text


_check_date = checked(parse_date)


def _civil_date(text: str) -> str:
    _check_date(text)
    return text


Line = Annotated[str, StringConstraints(pattern=_LINE, max_length=200)]
LongLine = Annotated[str, StringConstraints(pattern=_LINE, max_length=2000)]
SourceId = Annotated[
    str,
    StringConstraints(pattern=_VISIBLE, max_length=200),
    AfterValidator(_check_visible),
    Field(description="The sender's own number for it, unique for ever; nothing invisible in it."),
]
CivilDate = Annotated[str, AfterValidator(_civil_date), Field(json_schema_extra={"format": "date"})]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RegisterId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^la-[a-z2-7]{16}$")]

_STRICT = ConfigDict(extra="forbid", strict=True)


# The published schema says of a country what `read_document` checks.
_COUNTRY_OF_A_PASSPORT: Any = {
    "if": {"properties": {"kind": {"const": "passport"}}},
    "then": {"required": ["country"]},
    "else": {"not": {"required": ["country"]}},
}


@with_config(_STRICT | ConfigDict(json_schema_extra=_COUNTRY_OF_A_PASSPORT))
class DocumentIn(TypedDict):
    """An identity document; `kind` is given, never guessed.

    `country` is for a passport, and of no other: the state that issued it, as the passport's
    machine-readable zone has it (ISO 3166-1 alpha-3), because states number theirs alike.
    """

    kind: Annotated[DocumentKind, Field(strict=False)]
    number: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    country: NotRequired[Annotated[str, StringConstraints(min_length=1, max_length=3)]]


@with_config(_STRICT)
class LearnerIn(TypedDict):
    """The learner: by account, or by identity document and name.

    A document or a name beside an account is held against what is on file for it.
    """

    account: NotRequired[AccountId]
    document: NotRequired[DocumentIn]
    name: NotRequired[Line]


@with_config(_STRICT)
class HoursIn(TypedDict):
    """Class-hours (学时); `online` is how many of them were online."""

    theory: NotRequired[AmountText]
    practice: NotRequired[AmountText]
    online: NotRequired[AmountText]


@with_config(_STRICT)
class ScoreIn(TypedDict):
    """A score on a named scale."""

    scale: RegisterId
    value: Line


@with_config(_STRICT)
class PartResultIn(TypedDict):
    """The result of one part of an assessment (理论, 操作, 综合评审 …)."""

    part: RegisterId
    passed: bool
    score: NotRequired[ScoreIn]


@with_config(_STRICT)
class LearningStageIn(TypedDict):
    """学 study or 训 training."""

    stage: Literal["study", "training"]
    begun_on: CivilDate
    ended_on: CivilDate
    hours: HoursIn
    evidence: NotRequired[Digest]


@with_config(_STRICT)
class AssessmentStageIn(TypedDict):
    """评: one attempt. `sitting` is 正考, 补考, 缺考 or a result carried over (转入)."""

    stage: Literal["assessment"]
    on: CivilDate
    sitting: Literal["first", "resit", "absent", "transferred"]
    passed: bool
    attempt: NotRequired[Annotated[int, Field(ge=1, le=999)]]
    event: NotRequired[Line]
    parts: NotRequired[Annotated[list[PartResultIn], Field(max_length=20)]]
    score: NotRequired[ScoreIn]
    evidence: NotRequired[Digest]


@with_config(_STRICT)
class CertificationStageIn(TypedDict):
    """证: a certificate was handed over."""

    stage: Literal["certification"]
    on: CivilDate
    number: NotRequired[Line]
    evidence: NotRequired[Digest]


StageIn = Annotated[
    LearningStageIn | AssessmentStageIn | CertificationStageIn, Discriminator("stage")
]


@with_config(_STRICT)
class VerificationIn(TypedDict):
    """How far the outcome was verified, by whom and when."""

    level: Literal["self_declared", "original_seen", "national_query", "issuer"]
    on: NotRequired[CivilDate]
    by: NotRequired[Line]
    evidence: NotRequired[Digest]


@with_config(_STRICT)
class LevelIn(TypedDict):
    """A level: never a bare digit."""

    scale: RegisterId
    rank: Annotated[int, Field(ge=0, le=99)]


@with_config(_STRICT)
class AmountIn(TypedDict):
    """An amount of credit in its system."""

    system: RegisterId
    amount: AmountText


def _one_per_system(amounts: list[AmountIn]) -> list[AmountIn]:
    faults = tuple(repeated("", (amount["system"] for amount in amounts)))
    if faults:
        raise faulty(faults)
    return amounts


# Two amounts in one system would be one amount, said ambiguously.
Amounts = Annotated[list[AmountIn], Field(max_length=10), AfterValidator(_one_per_system)]


@with_config(_STRICT)
class ModuleIn(TypedDict):
    """A module, by id; without a version, the one in force when the training began."""

    id: RegisterId
    version: NotRequired[RegisterId]


@with_config(_STRICT)
class CourseIn(TypedDict):
    """An academic, self-study-examination or online course as its institution describes it."""

    code: RegisterId
    title: Line
    nature: NotRequired[Line]
    credits: Amounts
    hours: NotRequired[HoursIn]
    term: NotRequired[Line]
    grade: NotRequired[ScoreIn]
    platform: NotRequired[Line]


@with_config(_STRICT)
class OccupationIn(TypedDict):
    """An occupation code always carries its edition."""

    code: RegisterId
    edition: RegisterId
    work_type: NotRequired[Line]


@with_config(_STRICT)
class IssuerIn(TypedDict):
    """Who issued a certificate; separate from who posts it."""

    name: Line
    code: NotRequired[RegisterId]


@with_config(_STRICT)
class CertificateIn(TypedDict):
    """A certificate. It has no amount of its own: the receiver's rule gives it."""

    kind: RegisterId
    number: Line
    issuer: IssuerIn
    issued_on: CivilDate
    title: NotRequired[Line]
    valid_to: NotRequired[CivilDate]
    occupation: NotRequired[OccupationIn]
    level: NotRequired[LevelIn]


@with_config(_STRICT)
class AchievementIn(TypedDict):
    """A contest result, work experience or another achievement."""

    category: Literal["contest", "work_experience", "other"]
    title: Line
    on: CivilDate
    until: NotRequired[CivilDate]
    result: NotRequired[Line]


class _Common(TypedDict):
    source_id: SourceId
    learner: LearnerIn
    verification: NotRequired[VerificationIn]
    learning_event: NotRequired[Line]
    offering: NotRequired[RegisterId]


def _stages_once(stages: list[StageIn]) -> list[StageIn]:
    """Refuse a second study, training or certification; of attempts there may be several."""
    names = (
        f"assessment {number}" if stage["stage"] == "assessment" else stage["stage"]
        for number, stage in enumerate(stages)
    )
    faults = tuple(repeated("", names))
    if faults:
        raise faulty(faults)
    return stages


# Two stages of one kind would have two numbers of hours and two periods, and neither be the whole.
Stages = Annotated[list[StageIn], Field(min_length=1, max_length=20), AfterValidator(_stages_once)]


@with_config(_STRICT)
class ModuleOutcomeIn(_Common):
    """A completed module, or some of its stages."""

    type: Literal["module"]
    module: ModuleIn
    stages: Stages


@with_config(_STRICT)
class CourseOutcomeIn(_Common):
    """A course: its result once `passed` is given, or attempts on the way."""

    type: Literal["academic_course", "self_study_exam", "online_course"]
    course: CourseIn
    stages: NotRequired[Stages]
    passed: NotRequired[bool]
    completed_on: NotRequired[CivilDate]


@with_config(_STRICT)
class CertificateOutcomeIn(_Common):
    """A recorded certificate."""

    type: Literal["certificate"]
    certificate: CertificateIn
    assessment_event: NotRequired[Line]
    """The assessment that it came of, as whoever posts names it (一试双证)."""


@with_config(_STRICT)
class AchievementOutcomeIn(_Common):
    """A recorded achievement."""

    type: Literal["achievement"]
    achievement: AchievementIn


OutcomeIn = Annotated[
    ModuleOutcomeIn | CourseOutcomeIn | CertificateOutcomeIn | AchievementOutcomeIn,
    Discriminator("type"),
]

OUTCOME: TypeAdapter[Any] = TypeAdapter(OutcomeIn)


def normal_form(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return the submission's normal form: all of it but the learner, defaults filled in."""
    normal = {name: value for name, value in outcome.items() if name != "learner"}
    normal.setdefault("verification", {"level": "issuer"})
    return normal


def differing_fields(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the JSON pointers at which two normal forms differ, sorted."""
    if one == other:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return [
            pointer
            for name in names
            for pointer in differing_fields(one.get(name), other.get(name), f"{path}/{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            pointer
            for number, pair in enumerate(zip(one, other, strict=True))
            for pointer in differing_fields(*pair, f"{path}/{number}")
        ]
    return [path or "/"]
