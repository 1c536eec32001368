"""Bodies and answers about rulebooks."""

from __future__ import annotations

from typing import Annotated, Any, Final, NotRequired

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from creditbank.domain.register_signing import RegisterSignature
from creditbank.domain.submissions import Line


@with_config(ConfigDict(extra="forbid", strict=True))
class RulebookPublishing(TypedDict):
    """A rulebook, who acted inside the owner, and the owner's signature if it signs."""

    rulebook: Annotated[
        dict[str, Any], Field(description="Of the form of schemas/registers/rulebook.v1.")
    ]
    operator: NotRequired[Line]
    reviewer: NotRequired[Line]
    signature: NotRequired[RegisterSignature]


class FoundInRulebook(BaseModel):
    """Something that there is to say of a rulebook: where, what, and how to mend it."""

    where: str
    reason: str
    severity: str
    message: str
    remedy: str


class RulebookFindings(BaseModel):
    """What there is to say of a rulebook; with an error it would not be published."""

    findings: list[FoundInRulebook]
    cases: int
    cases_passed: int
    would_be_published: bool


RULEBOOK: Final[TypeAdapter[Any]] = TypeAdapter(RulebookPublishing)
RULEBOOK_BODIES: Final[dict[str, TypeAdapter[Any]]] = {"RulebookPublishing": RULEBOOK}
