"""Examples for the published description. Made up: county 449999 does not exist."""

from __future__ import annotations

from typing import Any, Final

ORGANISATION: Final = "91449999000000001D"
LEARNER: Final[dict[str, Any]] = {
    "document": {"kind": "resident_id", "number": "449999199001010019"},
    "name": "陈小明",
}
MODULE_COMPLETION: Final[dict[str, Any]] = {
    "source_id": "2026-VQI-07-0001",
    "type": "module",
    "learner": LEARNER,
    "module": {"id": "GD-AI-VQI", "version": "1"},
    "stages": [
        {
            "stage": "study",
            "begun_on": "2026-06-01",
            "ended_on": "2026-06-05",
            "hours": {"theory": "8.00"},
        },
        {
            "stage": "training",
            "begun_on": "2026-06-06",
            "ended_on": "2026-06-15",
            "hours": {"practice": "16.00"},
        },
        {
            "stage": "assessment",
            "on": "2026-06-20",
            "sitting": "first",
            "passed": True,
            "parts": [
                {
                    "part": "theory",
                    "passed": True,
                    "score": {"scale": "percent-100", "value": "88"},
                },
                {
                    "part": "operation",
                    "passed": True,
                    "score": {"scale": "percent-100", "value": "75"},
                },
            ],
        },
    ],
}
OPERATORS: Final = {"operator": "经办甲", "reviewer": "复核乙"}
COURSE: Final[dict[str, Any]] = {
    "source_id": "2025-2-MATH101-0001",
    "type": "academic_course",
    "learner": LEARNER,
    "course": {
        "code": "MATH-101",
        "title": "高等数学",
        "credits": [{"system": "cn-18", "amount": "4.00"}],
        "hours": {"theory": "72.00"},
        "term": "2025-2026-2",
    },
    "passed": True,
    "completed_on": "2026-06-30",
}
CERTIFICATE: Final[dict[str, Any]] = {
    "source_id": "CERT-2026-0001",
    "type": "certificate",
    "learner": LEARNER,
    "certificate": {
        "kind": "skill-level",
        "number": "S000044999999265000001",
        "issuer": {"name": "某评价机构"},
        "issued_on": "2026-05-20",
        "level": {"scale": "cn-grade-5", "rank": 1},
    },
    "verification": {"level": "original_seen", "on": "2026-06-01", "by": "窗口"},
}
ACHIEVEMENT: Final[dict[str, Any]] = {
    "source_id": "CONTEST-2026-0001",
    "type": "achievement",
    "learner": LEARNER,
    "achievement": {
        "category": "contest",
        "title": "全省工业视觉职业技能竞赛",
        "on": "2026-05-18",
        "result": "二等奖",
    },
}
BATCH_POSTING: Final[dict[str, Any]] = {
    "items": [MODULE_COMPLETION, COURSE],
    "dry_run": True,
} | OPERATORS
CORRECTION: Final[dict[str, Any]] = {
    "index": 44,
    "reason": "成绩录入有误",
    "outcome": MODULE_COMPLETION | {"source_id": "2026-VQI-07-0001-R1"},
}
REVOCATION: Final[dict[str, Any]] = {
    "index": 44,
    "reason": "重复报送",
    "source_id": "REVOKE-2026-0001",
}
ACCOUNT: Final[dict[str, Any]] = LEARNER | {"phone": "13800000000"}
SESSION: Final[dict[str, Any]] = {"document": LEARNER["document"], "code": "12345678"}
GRANT: Final[dict[str, Any]] = {
    "org": ORGANISATION,
    "purpose": "学分转换",
    "until": "2026-12-31",
}
RESTRICTION: Final[dict[str, Any]] = {"until": "2027-06-30", "reason": "行政复议期间保存"}
