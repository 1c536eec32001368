"""Examples of requests about decisions; the people and papers in them are made up."""

from __future__ import annotations

from typing import Any, Final

_ACCOUNT: Final = "la-w3vq5gpksyh3s2qb"
_PAPER: Final = {"notice": "2026-1", "digest": "ab" * 32}
_TARGETS: Final = [{"rule": "vision", "course": "AI-201"}]

EVALUATION: Final[dict[str, Any]] = {
    "account": _ACCOUNT,
    "rulebook": "example-college-transfer",
    "targets": _TARGETS,
    "evidence": {"enrolment": {"major": "510209", "cohort": "2025"}},
}
APPLICATION: Final[dict[str, Any]] = {
    "rulebook": "example-college-transfer",
    "targets": _TARGETS,
    "source_id": "APPLY-2026-0001",
}
APPLICATION_ON_PAPER: Final[dict[str, Any]] = {
    "account": _ACCOUNT,
    "rulebook": "example-college-transfer",
    "consent": _PAPER,
    "operator": "教务处",
}
STEP: Final[dict[str, Any]] = {
    "step": "faculty",
    "result": "passed",
    "opinion": "课程内容相当，同意转换。",
    "operator": "院系教务员",
}
REJECTION: Final[dict[str, Any]] = {
    "step": "faculty",
    "result": "rejected",
    "opinion": "课程内容重合不足。",
}
WITHDRAWAL: Final[dict[str, Any]] = {"reason": "改选其他课程"}
REVIEW: Final[dict[str, Any]] = {"reason": "撤销的成果不影响本次转换。"}
INTAKE: Final[dict[str, Any]] = {
    "rulebook": "example-college-transfer",
    "learners": [{"account": _ACCOUNT, "evidence": {"enrolment": {"major": "510209"}}}],
}
PATH: Final[dict[str, Any]] = {
    "rulebook": "example-college-transfer",
    "target": {"rule": "vision", "course": "AI-201"},
}
EVIDENCE: Final[dict[str, Any]] = {
    "account": _ACCOUNT,
    "id": "enrolment",
    "value": {"major": "510209", "edition": "2021", "cohort": "2025"},
    "until": "2028-07-31",
}
