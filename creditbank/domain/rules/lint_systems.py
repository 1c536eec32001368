"""Shares and percentages that could not be worked out: no programme, no total, another system.

An evaluation would end with `rule-not-evaluable` for every learner, so publishing refuses first.
"""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.registers import Programme
from creditbank.domain.rules.condition import Amount, Cap
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget, TransferTarget
from creditbank.domain.rules.walking import rule_conditions


def lint_systems(around: Surroundings) -> Iterator[Finding]:
    """Yield what takes a share of something that does not say how much it is."""
    for where, rule, condition in rule_conditions(around.rulebook):
        if isinstance(condition, Amount):
            yield from _of_target(where, rule, condition, around)
            for position, cap in enumerate(condition.caps):
                place = f"{where}/caps/{position}/share"
                yield from _of_programme(place, rule, condition, cap, around)
    yield from _of_bounds(around)


def _of_target(
    where: str, rule: Rule | None, condition: Amount, around: Surroundings
) -> Iterator[Finding]:
    system = condition.unit.system
    if condition.of_target is None or rule is None or system is None:
        return
    for other in sorted(_granted_in(rule, around) - {system}):
        yield found(
            f"{where}/of_target", "other_system", what=rule.id, expected=other, system=system
        )


def _of_programme(
    where: str, rule: Rule | None, condition: Amount, cap: Cap, around: Surroundings
) -> Iterator[Finding]:
    if cap.share is None or cap.share.of != "programme":
        return
    programme = around.programme_of(rule) if rule is not None else None
    if programme is not None:
        yield from _total(where, programme, condition.unit.system or "—")
    elif rule is None or not hasattr(rule.target, "programme"):
        yield found(where, "share_of_no_programme")


def _of_bounds(around: Surroundings) -> Iterator[Finding]:
    """Yield targets of whose programme the bounds, or those of a frame, take a share."""
    books = (around.rulebook, *around.frames)
    caps = [cap for book in books for cap in book.bounds.caps]
    if not any(cap.share is not None and cap.share.of == "programme" for cap in caps):
        return
    for where, rule in around.rules():
        programme = around.programme_of(rule)
        if programme is not None:
            for system in sorted(_granted_in(rule, around)):
                yield from _total(f"{where}/target/programme", programme, system)


def _granted_in(rule: Rule, around: Surroundings) -> set[str]:
    """Return the credit systems of what the target of a rule grants."""
    target = rule.target
    if isinstance(target, CourseTarget):
        return {course.credit.system for course in around.courses_of(rule)}
    return {target.system} if isinstance(target, ElectiveTarget | TransferTarget) else set()


def _total(where: str, programme: Programme, system: str) -> Iterator[Finding]:
    total = programme.total_credits
    if total is None:
        yield found(where, "no_total_credits", programme=programme.id)
    elif total.system != system:
        yield found(where, "other_system", what=programme.id, expected=total.system, system=system)
