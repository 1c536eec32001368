"""The plan and the rules of the demonstration's college: fictitious, and no more than is needed."""

from __future__ import annotations

from typing import Any, Final

from creditbank.cli.walkthrough.cast import COLLEGE, ETHICS, REGION, ROBOTS, VISION

RULEBOOK: Final = "demo-transfer"
PLAN: Final = "demo-plan"
MET: Final = {"rule": "machine-vision"}
MISSED: Final = {"rule": "smart-factory"}

_CITED: Final = {"title": "演示", "status": "example"}
_FACTORY_MODULES: Final = (VISION, ETHICS, ROBOTS, "GD-AI-IVS")


def plan() -> dict[str, Any]:
    """Return the college's plan: two courses that modules may replace."""
    return _dated(PLAN, "示例培养方案", "Plan of the example college") | {
        "kind": "vocational",
        "institution": COLLEGE.code,
        "major": {"edition": "2021", "code": "460203"},
        "cohort": "2026",
        "total_credits": {"system": "cn-16", "amount": "9.00"},
        "courses": [
            _course("AI-201", "机器视觉应用", "Applied machine vision", "3.00"),
            _course("AI-301", "智能工厂", "The smart factory", "6.00"),
        ],
    }


def rulebook() -> dict[str, Any]:
    """Return the college's rules: what modules make up for which course, and who decides."""
    steps = [
        {"id": "apply", "title": {"zh": "学生申请", "en": "Student applies"}, "by": "learner"},
        {"id": "faculty", "title": {"zh": "院系审核", "en": "Faculty reviews"}, "by": "owner"},
        {"id": "record", "title": {"zh": "登记", "en": "Recorded"}, "by": "bank"},
    ]
    name = ("示例职业技术学院学分转换规则", "Conversion of credit at the example college")
    return _dated(RULEBOOK, *name) | {
        "owner": COLLEGE.code,
        "status": "example",
        "procedure": {"steps": steps},
        "rules": [
            _rule(MET["rule"], "AI-201", "3.00", (VISION, ETHICS), MISSED["rule"]),
            _rule(MISSED["rule"], "AI-301", "6.00", _FACTORY_MODULES, MET["rule"]),
        ],
    }


def _course(code: str, zh: str, en: str, amount: str) -> dict[str, Any]:
    return {
        "code": code,
        "title": {"zh": zh, "en": en},
        "nature": "elective",
        "category": "major_core",
        "credit": {"system": "cn-16", "amount": amount},
    }


def _rule(
    rule_id: str, course: str, amount: str, modules: tuple[str, ...], shared_with: str
) -> dict[str, Any]:
    return {
        "id": rule_id,
        "version": "1",
        "title": {"zh": f"模块转换课程{course}", "en": f"Modules for course {course}"},
        "citation": _CITED,
        "target": {"kind": "course", "programme": PLAN, "courses": [course]},
        "needs": {
            "id": "modules",
            "kind": "amount",
            "unit": {"measure": "credit", "system": "cn-16"},
            "at_least": amount,
            "select": {"type": ["module"], "module": list(modules)},
        },
        "use": {
            "scope": "academic",
            "sharing": "shared",
            "up_to": 2,
            "with_rules": [shared_with],
        },
    }


def _dated(register_id: str, zh: str, en: str) -> dict[str, Any]:
    dated = {"id": register_id, "version": "1", "valid_from": "2026-01-01"}
    return {**dated, "title": {"zh": zh, "en": en}, "region": REGION}
