"""Request bodies about certificates: what is issued, changed and shown."""

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

from creditbank.domain.submissions import AccountId, LongLine

_STRICT = ConfigDict(extra="forbid", strict=True)

BULK_ITEMS_MAX: Final = 10_000
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
SingleForm = Literal["open_badge", "sd_jwt_vc"]
Shown = Literal["name", "results", "document"]
Moment = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$", max_length=20
    ),
]


class _Issuing(TypedDict):
    named: NotRequired[
        Annotated[bool, Field(description="Whether it says the holder's name; it does by default.")]
    ]


@with_config(_STRICT)
class CredentialIssuing(_Issuing):
    """What is to be certified: an outcome, a registered decision, or everything (`statement`).

    The desk names the learner's `account` for a statement; a learner need not.
    """

    outcome: NotRequired[Id]
    decision: NotRequired[Id]
    statement: NotRequired[Literal[True]]
    form: NotRequired[SingleForm]
    account: NotRequired[AccountId]


@with_config(_STRICT)
class CredentialBulkIssuing(_Issuing):
    """Outcomes that are to be certified, one certificate each: by id, or all of a batch."""

    batch: NotRequired[Id]
    outcomes: NotRequired[Annotated[list[Id], Field(min_length=1, max_length=BULK_ITEMS_MAX)]]
    form: NotRequired[SingleForm]


@with_config(_STRICT)
class CredentialChanging(TypedDict):
    """Why a certificate is suspended, resumed or withdrawn."""

    reason: LongLine


@with_config(_STRICT)
class Countersigning(TypedDict):
    """A Data Integrity proof over the certificate without its proof."""

    proof: Annotated[dict[str, Any], Field(max_length=10)]


@with_config(_STRICT)
class SharePosting(TypedDict):
    """What is shown beside what was achieved, and until when; without an end, until withdrawn."""

    shows: Annotated[list[Shown], Field(max_length=3)]
    until: NotRequired[Moment]


ISSUING: Final[TypeAdapter[Any]] = TypeAdapter(CredentialIssuing)
BULK: Final[TypeAdapter[Any]] = TypeAdapter(CredentialBulkIssuing)
COUNTERSIGNING: Final[TypeAdapter[Any]] = TypeAdapter(Countersigning)
CHANGING: Final[TypeAdapter[Any]] = TypeAdapter(CredentialChanging)
SHARE: Final[TypeAdapter[Any]] = TypeAdapter(SharePosting)

CREDENTIAL_BODIES: Final[dict[str, TypeAdapter[Any]]] = {
    "CredentialIssuing": ISSUING,
    "CredentialBulkIssuing": BULK,
    "CredentialChanging": CHANGING,
    "Countersigning": COUNTERSIGNING,
    "SharePosting": SHARE,
}
