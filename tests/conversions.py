"""Made-up rulebooks, registers and outcomes for tests of conversion, small and readable."""

from __future__ import annotations

from datetime import date
from typing import Any

from creditbank.domain.conversion.facts import Case, EvidenceFact, OutcomeFact, PriorUse
from creditbank.domain.registers import Module, Register, Registers, parse_register
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.units import hundredths
from tests.factories import ORG_SCHOOL

ON = date(2026, 9, 1)
SYSTEM = "cn-18"
PROGRAMME = "PLAN"


def scale(**more: Any) -> dict[str, Any]:
    """Return a scale of marks."""
    return {
        "id": "percent-100",
        "version": "1",
        "valid_from": "2000-01-01",
        "title": {"zh": "百分制"},
        "region": "00",
        "kind": "score",
        "range": {"lowest": "0.00", "highest": "100.00"},
    } | more


def programme(*courses: tuple[str, str], total: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a college's plan with courses, each (code, credit)."""
    document = {
        "id": PROGRAMME,
        "version": "1",
        "valid_from": "2020-01-01",
        "title": {"zh": "培养方案"},
        "region": "440000",
        "kind": "micro_major",
        "institution": ORG_SCHOOL,
        "courses": [
            {
                "code": code,
                "title": {"zh": f"课程{code}"},
                "nature": "elective",
                "credit": {"system": SYSTEM, "amount": credit},
            }
            for code, credit in courses
        ],
    }
    if total is not None:
        document["total_credits"] = {"system": SYSTEM, "amount": total}
    return document | more


def registers(*documents: tuple[str, dict[str, Any]]) -> Registers:
    """Return registers by kind and id."""
    found: dict[tuple[str, str], Register] = {}
    for kind, document in (("scale", scale()), *documents):
        register = parse_register(kind, document)
        found[kind, register.id] = register
    return found


def rule(
    rule_id: str, target: dict[str, Any], needs: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Return a rule; unless told otherwise it takes outcomes exclusively and forfeits surplus."""
    return {
        "id": rule_id,
        "version": "1",
        "title": {"zh": f"规则{rule_id}"},
        "citation": {"title": "测试办法", "status": "example"},
        "target": target,
        "needs": needs,
        "use": {"scope": "academic"},
    } | more


def course(*codes: str, **more: Any) -> dict[str, Any]:
    """Return a target of courses."""
    return {"kind": "course", "programme": PROGRAMME, "courses": list(codes)} | more


def elective(at_most: str, **more: Any) -> dict[str, Any]:
    """Return a target of elective credits."""
    return {
        "kind": "elective",
        "programme": PROGRAMME,
        "bucket": {"zh": "选修"},
        "system": SYSTEM,
        "at_most": at_most,
    } | more


def grade(rank: int = 2) -> dict[str, Any]:
    """Return a target of eligibility for a grade."""
    return {
        "kind": "grade",
        "occupation": {"edition": "2015", "code": "4-04-05-05"},
        "level": {"scale": "cn-grade-5", "rank": rank},
    }


def amount(at_least: str, measure: str = "credit", **more: Any) -> dict[str, Any]:
    """Return a condition of an amount, of every verified outcome unless `select` says otherwise."""
    unit = {"measure": measure}
    if measure in {"credit", "worth"}:
        unit["system"] = SYSTEM
    return {"kind": "amount", "unit": unit, "at_least": at_least, "select": {}} | more


def book(*rules: dict[str, Any], book_id: str = "book", **more: Any) -> Rulebook:
    """Return a rulebook."""
    document = {
        "id": book_id,
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": "规则库"},
        "region": "440000",
        "owner": ORG_SCHOOL,
        "status": "example",
        "rules": list(rules),
        "procedure": {"steps": [{"id": "apply", "title": {"zh": "申请"}, "by": "learner"}]},
    } | more
    return Rulebook.model_validate(document)


def frame(book_id: str = "frame", **bounds: Any) -> Rulebook:
    """Return a frame with bounds."""
    document = {
        "id": book_id,
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": "框架"},
        "region": "440000",
        "owner": ORG_SCHOOL,
        "status": "example",
        "kind": "frame",
        "bounds": bounds,
    }
    return Rulebook.model_validate(document)


def outcome(outcome_id: str, credit: str | None = None, **more: Any) -> OutcomeFact:
    """Return an outcome with some credit; `hours` are class-hours."""
    hours = more.pop("hours", "0.00")
    facts: dict[str, Any] = {
        "id": outcome_id,
        "type": "module",
        "achieved_on": date(2026, 3, 1),
        "credits": {} if credit is None else {SYSTEM: hundredths(credit)},
        "class_hours": hundredths(hours),
    }
    return OutcomeFact(**(facts | more))


def evidence(evidence_id: str, confirmed_by: str = "registry", **value: Any) -> EvidenceFact:
    """Return supplied evidence."""
    return EvidenceFact(evidence_id, confirmed_by, value)


def used_before(outcome_id: str, **more: Any) -> PriorUse:
    """Return what an earlier decision took of an outcome: all of it, unless told otherwise."""
    members: dict[str, Any] = {"scope": "academic", "rule": "old", "sharing": "exclusive"}
    amounts: dict[str, Any] = {"whole": True, "unit": "outcomes", "amount": 100, "of": 100}
    return PriorUse(**({"outcome": outcome_id} | members | amounts | more))


def case(*outcomes: OutcomeFact, **more: Any) -> Case:
    """Return a case on the usual day."""
    members: dict[str, Any] = {"on": ON, "outcomes": outcomes}
    return Case(**(members | more))


def module(name: str, **more: Any) -> Module:
    """Return a module of 16 class-hours and one credit, passed at 60 of 100."""
    document = {
        "id": name,
        "version": "1",
        "valid_from": "2026-01-01",
        "region": "440000",
        "title": {"zh": name},
        "kind": "micro",
        "hours": {"theory": "16.00", "practice": "0.00"},
        "credits": [{"system": SYSTEM, "amount": "1.00"}],
        "stages": [{"stage": "study"}, {"stage": "assessment"}],
        "assessment": {"parts": [{"part": "theory", "scale": "percent-100", "pass_mark": "60.00"}]},
    }
    found = parse_register("module", document | more)
    assert isinstance(found, Module)
    return found
