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

RULEBOOK_EXAMPLE: Final[dict[str, Any]] = {
    "rulebook": {
        "id": "example-conversion",
        "version": "1",
        "valid_from": "2026-03-01",
        "region": "440300",
        "title": {"zh": "示例院校学分转换规则", "en": "An example of rules of a college"},
        "owner": "12449999000000105L",
        "status": "example",
        "procedure": {
            "steps": [
                {"id": "apply", "title": {"zh": "学生申请"}, "by": "learner"},
                {"id": "registrar", "title": {"zh": "教务审批"}, "by": "owner", "public_days": 5},
            ]
        },
        "rules": [
            {
                "id": "theory",
                "version": "1",
                "title": {"zh": "模块免考理论", "en": "A module for the theory examination"},
                "citation": {"title": "本产品示例", "status": "example"},
                "target": {"kind": "exemption", "of": {"zh": "理论考试", "en": "Theory"}},
                "needs": {
                    "id": "module",
                    "kind": "amount",
                    "unit": {"measure": "outcomes"},
                    "at_least": "1.00",
                    "select": {"type": ["module"], "module": ["GD-AI-VQI"]},
                },
                "use": {"scope": "academic"},
            }
        ],
    },
    "operator": "经办甲",
    "reviewer": "复核乙",
}
