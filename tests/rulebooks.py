"""Small rulebooks for tests, as documents."""

from __future__ import annotations

import itertools
from typing import Any

from tests.factories import REGION, organisation_code

COLLEGE = organisation_code(3)
OWNER = "12449999000000105L"
CITED = {"title": "示例", "status": "example"}


def amount(at_least: str = "2.00", **more: Any) -> dict[str, Any]:
    """Return a condition: so much credit from modules."""
    return {
        "kind": "amount",
        "unit": {"measure": "credit", "system": "cn-16"},
        "at_least": at_least,
        "select": {"type": ["module"]},
    } | more


def rule(**more: Any) -> dict[str, Any]:
    """Return a rule for a course of the shipped example plan."""
    return {
        "id": "r-1",
        "version": "1",
        "title": {"zh": "模块换课程", "en": "Modules for a course"},
        "citation": CITED,
        "target": {"kind": "course", "programme": "plan-example", "courses": ["C05"]},
        "needs": amount(),
        "use": {"scope": "academic"},
    } | more


def rulebook(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a rulebook of these rules."""
    return {
        "id": "book",
        "version": "1",
        "valid_from": "2026-01-01",
        "region": "440000",
        "title": {"zh": "学分转换办法", "en": "Rules of credit conversion"},
        "owner": OWNER,
        "status": "example",
        "procedure": {"steps": [{"id": "apply", "title": {"zh": "学生申请"}, "by": "learner"}]},
        "rules": list(rules),
    } | more


_DRAFTS = itertools.count(1)


def publishing(_scene: object = None) -> dict[str, Any]:
    """Return what the college of the test banks sends to publish a rulebook, another each time."""
    target = {"kind": "exemption", "of": {"zh": "理论考试"}}
    members = {"id": f"rules-{next(_DRAFTS)}", "owner": COLLEGE, "region": REGION}
    return {"rulebook": rulebook(rule(target=target), **members)}


_STEP = {"id": "check", "title": {"zh": "院系审核"}, "by": "owner", "public_days": 5}
_ENROLMENT = {
    "id": "enrolment",
    "kind": "enrolment",
    "title": {"zh": "学籍"},
    "confirmed_by": "registry",
    "accepts": {"major": ["510209"]},
}
_CASE = {
    "title": {"zh": "一门"},
    "on": "2026-03-01",
    "outcomes": [{"id": "a", "type": "module", "achieved_on": "2026-02-01"}],
    "evidence": {"enrolment": {"major": "510209"}},
    "requested": [{"rule": "r-1"}],
    "expect": [{"rule": "r-1", "result": "met", "granted": "2.00", "uses": ["a"]}],
}

EVERY_MEMBER: dict[str, Any] = {
    "id": "book",
    "owner": OWNER,
    "under": "frame",
    "kind": "grade",
    "status": "published",
    "calendar": [{"id": "spring", "begins": "03-01"}, {"id": "autumn", "begins": "09-01"}],
    "bounds": {
        "caps": [
            {
                "id": "half",
                "text": {"zh": "不超过一半"},
                "share": {"percent": "50.00", "of": "programme"},
                "over": {"type": ["certificate"]},
                "per": "term",
            }
        ],
        "requires": {"kind": "evidence", "evidence": "enrolment"},
        "same_content": [
            {"id": "same", "text": {"zh": "同内容"}, "members": [{}], "each": "occupation"}
        ],
        "excluded": [{"id": "no", "text": {"zh": "不转换"}, "course_titles": ["体育"]}],
        "evidence": [_ENROLMENT],
    },
    "procedure": {"steps": [_STEP], "reserved_days": 30, "irrevocable": True},
    "rules": [rule(needs=amount(), use={"scope": "academic", "surplus": "kept"}, tests=[_CASE])],
    "tests": [_CASE],
    "sign_off": [{"title": "校长办公会纪要", "status": "published"}],
}
"""Every member that a rulebook has beside those of all registers."""
