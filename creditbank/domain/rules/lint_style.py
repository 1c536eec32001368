"""What keeps no rulebook from being published and would make it better."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.registers import Module
from creditbank.domain.registers.register import Title
from creditbank.domain.rules.condition import Amount
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget
from creditbank.domain.rules.walking import caps_of, conditions_of, rule_conditions, selections_of


def lint_style(around: Surroundings) -> Iterator[Finding]:
    """Yield warnings: rules without test cases, texts in one language, conditions without id."""
    book = around.rulebook
    if book.status == "published" and not book.sign_off:
        yield found("/status", "no_sign_off")
    tested = {one.rule for case in book.tests for one in case.expect}
    for where, rule in around.rules():
        if not rule.tests and rule.id not in tested:
            yield found(where, "no_tests", rule=rule.id)
        yield from _grade(where, rule)
    for where, title in _texts(around):
        if title.en is None:
            yield found(where, "no_english")
    for where, _, condition in rule_conditions(book):
        if condition.id is None:
            yield found(where, "no_condition_id")
    for where, selection in selections_of(book):
        for position, name in enumerate(selection.module):
            module = around.registers.get(("module", name))
            if isinstance(module, Module) and module.valid_to is not None:
                place = f"{where}/module/{position}"
                yield found(place, "module_ends", module=name, date=module.valid_to)


def _grade(where: str, rule: Rule) -> Iterator[Finding]:
    target = rule.target
    grade = target.grade if isinstance(target, CourseTarget | ElectiveTarget) else None
    if grade is None or grade.record == "fixed":
        return
    amounts = [one for _, one in conditions_of(rule.needs, "") if isinstance(one, Amount)]
    scales = {one.select.score.scale if one.select.score else None for one in amounts}
    if grade.scale not in scales:
        yield found(f"{where}/target/grade", "grade_needs_score", scale=grade.scale)


def _texts(around: Surroundings) -> Iterator[tuple[str, Title]]:
    yield "/title", around.rulebook.title
    for where, rule in around.rules():
        yield f"{where}/title", rule.title
        if rule.explanation is not None:
            yield f"{where}/explanation", rule.explanation
    for where, _, cap in caps_of(around.rulebook):
        yield f"{where}/text", cap.text
    for where, _, condition in rule_conditions(around.rulebook):
        if condition.text is not None:
            yield f"{where}/text", condition.text
