"""Concrete targets: a rule, and for rules on courses each course that it may replace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from creditbank.domain.conversion.books import Chain, title_text
from creditbank.domain.conversion.facts import Request
from creditbank.domain.conversion.problem import Grant
from creditbank.domain.conversion.selecting import plain_title
from creditbank.domain.registers import Course, Programme, Registers
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.rulebook import Excluded
from creditbank.domain.rules.target import (
    CourseTarget,
    ElectiveTarget,
    ExemptionTarget,
    Grade,
    GradeTarget,
    StackTarget,
    Target,
    TransferTarget,
)
from creditbank.domain.units import hundredths
from creditbank.errors.conversion import TargetUnknown


@dataclass(frozen=True, slots=True)
class Aim:
    """A concrete target. `barred` says why it can never be met, `dormant` that nothing is there."""

    rule: Rule
    key: str
    text: dict[str, str]
    programme: Programme | None = None
    course: Course | None = None
    barred: dict[str, Any] | None = field(default=None, compare=False)
    dormant: bool = False

    @property
    def grade(self) -> Grade | None:
        """How the grade to record is found, if the target has one."""
        target = self.rule.target
        return target.grade if isinstance(target, CourseTarget | ElectiveTarget) else None

    def grant(self, granted_before: int) -> Grant | None:
        """Return what the target grants; what was granted before is taken off a bucket."""
        target = self.rule.target
        if self.course is not None:
            return Grant(hundredths(self.course.credit.amount), self.course.credit.system)
        if not isinstance(target, ElectiveTarget | TransferTarget):
            return None
        step = target.step
        return Grant(
            amount=max(0, hundredths(target.at_most) - granted_before),
            system=target.system,
            follows=True,
            step=max(1, hundredths(step.of)) if step else 1,
            rounding=step.rounding if step else "down",
            whole=hundredths(target.at_most),
        )


def target_key(target: Target, course: str = "*") -> str:
    """Return the key by which a target is known in results and decisions."""
    match target:
        case CourseTarget():
            return f"course:{target.programme}:{course}"
        case ElectiveTarget():
            return f"elective:{target.programme}:{target.bucket.zh}"
        case ExemptionTarget():
            return f"exemption:{target.of.zh}"
        case GradeTarget():
            level = target.level
            return f"grade:{target.occupation.register_id}:{level.scale}:{level.rank}"
        case TransferTarget():
            return f"transfer:{target.to or '*'}:{target.system}"
        case StackTarget():
            return f"stack:{target.programme}"


def course_of_key(key: str) -> tuple[str, str] | None:
    """Return programme and course code of the key of a course target, None of another's."""
    kind, _, rest = key.partition(":")
    programme, _, code = rest.partition(":")
    return (programme, code) if kind == "course" else None


def programme_of_key(key: str) -> str | None:
    """Return the programme that a target belongs to, by its key; None if to none."""
    kind, _, rest = key.partition(":")
    return rest.partition(":")[0] if kind in {"course", "elective", "stack"} else None


def aims_of(rule: Rule, chain: Chain, registers: Registers) -> list[Aim]:
    """Return the concrete targets of a rule, the courses in the order of their programme."""
    target = rule.target
    if isinstance(target, CourseTarget):
        return list(_course_aims(rule, target, chain, registers))
    programme = None
    if isinstance(target, ElectiveTarget | StackTarget):
        programme = _programme(target.programme, registers)
        if programme is None:
            return [Aim(rule, target_key(target), _text(target, None), dormant=True)]
    return [Aim(rule, target_key(target), _text(target, programme), programme)]


def _course_aims(
    rule: Rule, target: CourseTarget, chain: Chain, registers: Registers
) -> Iterator[Aim]:
    programme = _programme(target.programme, registers)
    if programme is None:
        text = {"zh": target.programme}
        yield Aim(rule, target_key(target), text, dormant=True)
        return
    for course in programme.courses:
        if not _named(target, course):
            continue
        key = target_key(target, course.code)
        barred = _barred(target, course, chain)
        yield Aim(rule, key, title_text(course.title), programme, course, barred)


def _named(target: CourseTarget, course: Course) -> bool:
    return (
        (not target.courses or course.code in target.courses)
        and (not target.nature or course.nature in target.nature)
        and (not target.category or course.category in target.category)
    )


def _barred(target: CourseTarget, course: Course, chain: Chain) -> dict[str, Any] | None:
    if course.code in target.excluded:
        return {"code": "course_excluded", "rulebook": chain.own.id}
    for book in chain.books:
        for one in book.rulebook.bounds.excluded:
            if _excludes(one, course):
                return {
                    "code": "course_excluded",
                    "rulebook": book.id,
                    "excluded": one.id,
                    "text": title_text(one.text),
                }
    return None


def _excludes(excluded: Excluded, course: Course) -> bool:
    title = plain_title(course.title.zh)
    words = (plain_title(word) for word in excluded.course_titles)
    return course.code in excluded.courses or any(word in title for word in words)


def _text(target: Target, programme: Programme | None) -> dict[str, str]:
    match target:
        case ElectiveTarget():
            return title_text(target.bucket)
        case ExemptionTarget():
            return title_text(target.of)
        case StackTarget() if programme is not None:
            return title_text(programme.title)
        case _:
            return {}


def _programme(programme_id: str, registers: Registers) -> Programme | None:
    found = registers.get(("programme", programme_id))
    return found if isinstance(found, Programme) else None


def asked_for(aims: Sequence[Aim], requested: Sequence[Request], rulebook: str) -> list[Aim]:
    """Return the targets asked for, in that order and each once; all, if none is named.

    Raises TargetUnknown for a rule or course that is not among them.
    """
    if not requested:
        return list(aims)
    chosen: dict[tuple[str, str], Aim] = {}
    for request in requested:
        found = [aim for aim in aims if aim.rule.id == request.rule and _fits(aim, request)]
        if not found:
            raise TargetUnknown(rulebook=rulebook, rule=request.rule, course=request.course or "")
        for aim in found:
            chosen.setdefault((aim.rule.id, aim.key), aim)
    return list(chosen.values())


def _fits(aim: Aim, request: Request) -> bool:
    if request.course is None or aim.dormant:
        return True
    return aim.course is not None and aim.course.code == request.course
