"""Request bodies, each validated into a plain dictionary and published in the OpenAPI document.

Submissions of outcomes are validated by `services.intake`, once and at their place, so bodies that
carry them only say here that they do.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, TypeAdapter, with_config
from pydantic import WithJsonSchema as Published
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from creditbank.api.conversion_models import CONVERSION_BODIES
from creditbank.api.credential_models import CREDENTIAL_BODIES
from creditbank.api.rulebook_models import RULEBOOK_BODIES
from creditbank.api.wallet_models import WALLET_BODIES
from creditbank.domain.attest_forms import AttestIn
from creditbank.domain.identifiers import Uscc
from creditbank.domain.submissions import (
    AccountId,
    AchievementOutcomeIn,
    CertificateOutcomeIn,
    CivilDate,
    CourseOutcomeIn,
    Digest,
    DocumentIn,
    Line,
    LongLine,
    ModuleOutcomeIn,
    SourceId,
)

_STRICT = ConfigDict(extra="forbid", strict=True)
_INDEX_MAX: Final = 2**53 - 1

OUTCOME_SCHEMA: Final = "OutcomeSubmission"
OUTCOME_PLACE: Final = {"$comment": OUTCOME_SCHEMA}
"""Stands where the published document refers to that schema, which pydantic does not know."""

EntryIndex = Annotated[int, Field(ge=0, le=_INDEX_MAX)]
Submission = Annotated[Any, Published(OUTCOME_PLACE)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{5,20}$")]
Moment = Annotated[
    str,
    StringConstraints(max_length=20),
    Published({"type": "string", "examples": ["2026-12-31", "2026-12-31T16:00:00Z"]}),
]
"""A UTC time or a civil date; read by `api.times`."""


class _Operators(TypedDict):
    operator: NotRequired[Line]
    reviewer: NotRequired[Line]


class _Signed(TypedDict):
    attest: NotRequired[AttestIn]


@with_config(_STRICT)
class ModuleOutcomeSubmission(ModuleOutcomeIn, _Signed):
    """A module outcome, with the institution's signature if it signs."""


@with_config(_STRICT)
class CourseOutcomeSubmission(CourseOutcomeIn, _Signed):
    """A course outcome, with the institution's signature if it signs."""


@with_config(_STRICT)
class CertificateOutcomeSubmission(CertificateOutcomeIn, _Signed):
    """A certificate, with the institution's signature if it signs."""


@with_config(_STRICT)
class AchievementOutcomeSubmission(AchievementOutcomeIn, _Signed):
    """An achievement, with the institution's signature if it signs."""


OutcomeSubmission = Annotated[
    ModuleOutcomeSubmission
    | CourseOutcomeSubmission
    | CertificateOutcomeSubmission
    | AchievementOutcomeSubmission,
    Discriminator("type"),
]


@with_config(_STRICT)
class OperatorsIn(_Operators):
    """Who acted inside the institution (经办, 复核), as it names them."""


@with_config(_STRICT)
class ModuleOutcomePosting(ModuleOutcomeIn, _Operators, _Signed):
    """A module outcome as posted by itself."""


@with_config(_STRICT)
class CourseOutcomePosting(CourseOutcomeIn, _Operators, _Signed):
    """A course outcome as posted by itself."""


@with_config(_STRICT)
class CertificateOutcomePosting(CertificateOutcomeIn, _Operators, _Signed):
    """A certificate as posted by itself."""


@with_config(_STRICT)
class AchievementOutcomePosting(AchievementOutcomeIn, _Operators, _Signed):
    """An achievement as posted by itself."""


OutcomePosting = Annotated[
    ModuleOutcomePosting
    | CourseOutcomePosting
    | CertificateOutcomePosting
    | AchievementOutcomePosting,
    Discriminator("type"),
]


@with_config(_STRICT)
class BatchPosting(_Operators):
    """A batch: up to ten thousand submissions, recorded together."""

    items: Annotated[
        list[Any], Published({"type": "array", "items": OUTCOME_PLACE, "maxItems": 10_000})
    ]
    atomic: NotRequired[bool]
    dry_run: NotRequired[bool]
    file_digest: NotRequired[Digest]


@with_config(_STRICT)
class CorrectionPosting(_Operators):
    """An outcome that takes the place of what entry `index` recorded."""

    index: EntryIndex
    reason: LongLine
    outcome: Submission


@with_config(_STRICT)
class RevocationPosting(_Operators):
    """The end of what entry `index` recorded."""

    index: EntryIndex
    reason: LongLine
    source_id: SourceId
    note: NotRequired[LongLine]


@with_config(_STRICT)
class AccountOpening(TypedDict):
    """A learner's first document and name; on which basis the account is opened (PIPL 13)."""

    document: DocumentIn
    name: Line
    phone: NotRequired[Phone]
    legal_basis: NotRequired[Literal["statutory_duty", "consent", "contract"]]


@with_config(_STRICT)
class IdentityChanging(TypedDict):
    """What changed: a further or renewed document, the name, the phone."""

    document: NotRequired[DocumentIn]
    name: NotRequired[Line]
    phone: NotRequired[Phone]


@with_config(_STRICT)
class RestrictionPosting(TypedDict):
    """Until when, and why, an account is stored and not used (PIPL 47)."""

    until: CivilDate
    reason: LongLine


@with_config(_STRICT)
class SessionOpening(TypedDict):
    """The learner, by account or by document, and the one-time code from the desk."""

    account: NotRequired[AccountId]
    document: NotRequired[DocumentIn]
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]


@with_config(_STRICT)
class GrantPosting(TypedDict):
    """Which organisation may read, what for, and until when."""

    org: Uscc
    purpose: LongLine
    until: Moment
    source_id: NotRequired[SourceId]


RegisterDocument = Annotated[
    dict[str, Any],
    Field(
        description="A register document of the kind in the path, of the form that its schema in "
        "schemas/registers/ says."
    ),
]

OPERATORS: TypeAdapter[Any] = TypeAdapter(OperatorsIn)
OUTCOME_POSTING: TypeAdapter[Any] = TypeAdapter(OutcomePosting)
BATCH: TypeAdapter[Any] = TypeAdapter(BatchPosting)
CORRECTION: TypeAdapter[Any] = TypeAdapter(CorrectionPosting)
REVOCATION: TypeAdapter[Any] = TypeAdapter(RevocationPosting)
ACCOUNT: TypeAdapter[Any] = TypeAdapter(AccountOpening)
IDENTITY: TypeAdapter[Any] = TypeAdapter(IdentityChanging)
RESTRICTION: TypeAdapter[Any] = TypeAdapter(RestrictionPosting)
SESSION: TypeAdapter[Any] = TypeAdapter(SessionOpening)
GRANT: TypeAdapter[Any] = TypeAdapter(GrantPosting)

BODIES: Final[dict[str, TypeAdapter[Any]]] = {
    OUTCOME_SCHEMA: TypeAdapter(OutcomeSubmission),
    "OutcomePosting": OUTCOME_POSTING,
    "BatchPosting": BATCH,
    "CorrectionPosting": CORRECTION,
    "RevocationPosting": REVOCATION,
    "AccountOpening": ACCOUNT,
    "IdentityChanging": IDENTITY,
    "RestrictionPosting": RESTRICTION,
    "SessionOpening": SESSION,
    "GrantPosting": GRANT,
    "RegisterDocument": TypeAdapter(RegisterDocument),
    **CONVERSION_BODIES,
    **CREDENTIAL_BODIES,
    **WALLET_BODIES,
    **RULEBOOK_BODIES,
}
"""Every request body by the name of its schema."""
