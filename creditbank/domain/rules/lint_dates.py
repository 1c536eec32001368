"""Dates in force: of the versions of a rulebook, of its rules, and of the frames above."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.registers import version_order
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.rulebook import Rulebook


def lint_dates(around: Surroundings) -> Iterator[Finding]:
    """Yield versions that would hold on one day, rules that never do, and frames that do not."""
    for other in around.others:
        if other.id == around.rulebook.id and other.version != around.rulebook.version:
            yield from _against(around.rulebook, other)
    for where, rule in around.rules():
        if _is_outside(rule, around.rulebook):
            yield found(f"{where}/valid_from", "rule_outside", rule=rule.id)
    for frame in around.frames:
        yield from _frame(around.rulebook, frame)


def _against(book: Rulebook, other: Rulebook) -> Iterator[Finding]:
    if other.valid_from == book.valid_from:
        yield found(
            "/valid_from", "version_begins_same_day", version=other.version, date=book.valid_from
        )
        return
    earlier, later = sorted((book, other), key=lambda one: one.valid_from)
    if version_order(later) < version_order(earlier):
        yield found("/version", "version_order", version=other.version)
    if earlier.valid_to is not None and later.valid_from <= earlier.valid_to:
        yield found(
            "/valid_from" if later is book else "/valid_to",
            "version_overlaps",
            version=earlier.version,
            date=earlier.valid_to,
        )


def _is_outside(rule: Rule, book: Rulebook) -> bool:
    ends_before = rule.valid_to is not None and rule.valid_to < book.valid_from
    begins_after = (
        rule.valid_from is not None
        and book.valid_to is not None
        and rule.valid_from > book.valid_to
    )
    return ends_before or begins_after


def _frame(book: Rulebook, frame: Rulebook) -> Iterator[Finding]:
    if not frame.in_force(book.valid_from):
        yield found("/under", "frame_not_in_force", frame=frame.id, date=book.valid_from)
    elif frame.valid_to is not None and (book.valid_to is None or book.valid_to > frame.valid_to):
        yield found("/under", "frame_ends_before", frame=frame.id, date=frame.valid_to)
