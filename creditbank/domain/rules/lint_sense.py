"""What cannot come to anything as it is written: terms without a calendar, notice without time."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.rules.condition import Amount
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.target import ElectiveTarget, TransferTarget
from creditbank.domain.rules.walking import caps_of, rule_conditions
from creditbank.domain.units import hundredths


def lint_sense(around: Surroundings) -> Iterator[Finding]:
    """Yield what would be accepted and then never, or always, be so."""
    yield from _terms(around)
    yield from _notice(around)
    for where, _, cap in caps_of(around.rulebook):
        if cap.limit is not None and hundredths(cap.limit) == 0:
            yield found(f"{where}/limit", "nothing_counts")
        if cap.share is not None and hundredths(cap.share.percent) == 0:
            yield found(f"{where}/share/percent", "nothing_counts")
    for where, rule, condition in rule_conditions(around.rulebook):
        if isinstance(condition, Amount):
            follows = rule is not None and isinstance(rule.target, ElectiveTarget | TransferTarget)
            yield from _amount(where, condition, follows=follows)
    for where, rule in around.rules():
        if rule.partial and not isinstance(rule.target, ElectiveTarget | TransferTarget):
            yield found(f"{where}/partial", "partial_of_whole")


def _terms(around: Surroundings) -> Iterator[Finding]:
    """Yield caps by term for which nobody says when terms begin; a frame may leave it to owners."""
    book = around.rulebook
    if book.calendar:
        return
    for where, _, cap in caps_of(book):
        if cap.per == "term" and book.kind != "frame":
            yield found(f"{where}/per", "term_without_calendar")
    for frame in around.frames:
        by_term = any(cap.per == "term" for cap in frame.bounds.caps)
        if by_term and not frame.calendar and book.kind != "frame":
            yield found("/under", "term_without_calendar")


def _notice(around: Surroundings) -> Iterator[Finding]:
    procedure = around.rulebook.procedure
    if procedure is None:
        return
    days = sum(step.public_days for step in procedure.steps)
    if days >= procedure.reserved_days:
        yield found(
            "/procedure/reserved_days",
            "notice_outlasts_reservation",
            days=days,
            reserved=procedure.reserved_days,
        )


def _amount(where: str, condition: Amount, *, follows: bool) -> Iterator[Finding]:
    needed = hundredths(condition.at_least)
    if condition.worth is not None and hundredths(condition.worth) == 0 and needed:
        yield found(f"{where}/worth", "worth_nothing", needed=condition.at_least)
    asked = needed or condition.of_target is not None or condition.least
    if not asked and not follows:
        yield found(f"{where}/at_least", "asks_nothing")
