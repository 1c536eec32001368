"""Made-up but well-formed documents, the same at every run. County 449999 does not exist."""

from __future__ import annotations

from typing import Any

from creditbank.domain.identifiers import resident_check_digit, uscc_check_character

ORG_SCHOOL = "91449999000000001D"  # gives and assesses the modules
AUTHORITY = "11449999000000002"
REGION = "440300"
MODULE = "GD-AI-VQI"
TODAY_SAFE = "2026-06-20"  # a day on which every shipped register is in force


def resident_id(number: int) -> str:
    """Return a resident ID number, a different one for each number below 18,000,000."""
    place = number // 1000
    days = f"{1950 + place // 336 % 55}{place % 12 + 1:02d}{place // 12 % 28 + 1:02d}"
    body = f"449999{days}{number % 1000:03d}"
    return body + resident_check_digit(body)


def organisation_code(number: int, kind: str = "91") -> str:
    """Return a unified social credit code, a different one for each number."""
    body = f"{kind}449999{number:09d}"
    return body + uscc_check_character(body)


def institution(code: str, *roles: str, region: str = REGION, **more: Any) -> dict[str, Any]:
    """Return an institution register."""
    return {
        "id": code,
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": f"机构{code[-4:]}"},
        "region": region,
        "roles": list(roles) or ["training", "assessor"],
    } | more


def authority(code: str, jurisdiction: str = "440000", **more: Any) -> dict[str, Any]:
    """Return an authority's institution register."""
    return institution(
        code, "authority", region=jurisdiction, **({"jurisdiction": jurisdiction} | more)
    )


def authorisation(code: str, module: str = MODULE, **more: Any) -> dict[str, Any]:
    """Return an authorisation of an institution for a module."""
    return {
        "id": f"{code}-{module}",
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": "授权"},
        "region": REGION,
        "institution": code,
        "module": module,
    } | more


def learner(number: int) -> dict[str, Any]:
    """Return a learner as a posting names them."""
    return {
        "document": {"kind": "resident_id", "number": resident_id(number)},
        "name": f"测试{number}",
    }


def study(hours: str = "8.00", **more: Any) -> dict[str, Any]:
    """Return a study stage."""
    return {
        "stage": "study",
        "begun_on": "2026-06-01",
        "ended_on": "2026-06-05",
        "hours": {"theory": hours},
    } | more


def training(hours: str = "16.00", **more: Any) -> dict[str, Any]:
    """Return a training stage."""
    return {
        "stage": "training",
        "begun_on": "2026-06-06",
        "ended_on": "2026-06-15",
        "hours": {"practice": hours},
    } | more


def assessment(*, passed: bool = True, score: str = "80.00", **more: Any) -> dict[str, Any]:
    """Return an assessment stage with both parts."""
    return {
        "stage": "assessment",
        "on": "2026-06-20",
        "sitting": "first",
        "passed": passed,
        "parts": [
            {"part": part, "passed": passed, "score": {"scale": "percent-100", "value": score}}
            for part in ("theory", "operation")
        ],
    } | more


def completion(source_id: str, number: int, *stages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a module completion: all stages unless some are given."""
    return {
        "source_id": source_id,
        "type": "module",
        "learner": learner(number),
        "module": {"id": MODULE, "version": "1"},
        "stages": list(stages) or [study(), training(), assessment()],
    } | more


def course(source_id: str, number: int, **more: Any) -> dict[str, Any]:
    """Return a passed academic course."""
    return {
        "source_id": source_id,
        "type": "academic_course",
        "learner": learner(number),
        "course": {
            "code": "MATH-101",
            "title": "高等数学",
            "credits": [{"system": "cn-18", "amount": "4.00"}],
            "hours": {"theory": "72.00"},
            "term": "2025-2026-2",
        },
        "passed": True,
        "completed_on": "2026-06-30",
    } | more


def certificate(source_id: str, number: int, **more: Any) -> dict[str, Any]:
    """Return a skill-level certificate, original seen."""
    return {
        "source_id": source_id,
        "type": "certificate",
        "learner": learner(number),
        "certificate": {
            "kind": "skill-level",
            "number": f"S000044999999265{number:06d}",
            "issuer": {"name": "测试评价机构"},
            "issued_on": "2026-05-20",
            "level": {"scale": "cn-grade-5", "rank": 1},
        },
        "verification": {"level": "original_seen", "on": "2026-06-01", "by": "窗口"},
    } | more


def achievement(source_id: str, number: int, **more: Any) -> dict[str, Any]:
    """Return work experience that the learner declares."""
    return {
        "source_id": source_id,
        "type": "achievement",
        "learner": learner(number),
        "achievement": {
            "category": "work_experience",
            "title": "质检岗位",
            "on": "2024-01-01",
            "until": "2026-05-31",
        },
        "verification": {"level": "self_declared"},
    } | more
