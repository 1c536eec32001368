"""Walking through a rulebook: every condition and selection, with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Cap, Condition, Holds, Work
from creditbank.domain.rules.rule import Case, Evidence, Rule
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.selection import Selection


def conditions_of(condition: Condition, where: str) -> Iterator[tuple[str, Condition]]:
    """Yield `condition`, standing at `where`, and every condition in it, outer ones first."""
    yield where, condition
    if isinstance(condition, AllOf | AnyOf):
        for position, inner in enumerate(condition.of):
            yield from conditions_of(inner, f"{where}/of/{position}")


def rule_conditions(rulebook: Rulebook) -> Iterator[tuple[str, Rule | None, Condition]]:
    """Yield every condition of the rulebook with its rule; None for those of its bounds."""
    if rulebook.bounds.requires is not None:
        for where, condition in conditions_of(rulebook.bounds.requires, "/bounds/requires"):
            yield where, None, condition
    for position, rule in enumerate(rulebook.rules):
        for where, condition in conditions_of(rule.needs, f"/rules/{position}/needs"):
            yield where, rule, condition


def caps_of(rulebook: Rulebook) -> Iterator[tuple[str, Rule | None, Cap]]:
    """Yield every cap with its rule; None for those of the bounds."""
    for position, cap in enumerate(rulebook.bounds.caps):
        yield f"/bounds/caps/{position}", None, cap
    for where, rule, condition in rule_conditions(rulebook):
        if isinstance(condition, Amount):
            for position, cap in enumerate(condition.caps):
                yield f"{where}/caps/{position}", rule, cap


def evidence_of(rulebook: Rulebook) -> Iterator[tuple[str, Rule | None, Evidence]]:
    """Yield all evidence that is declared, with its rule; None for that of the bounds."""
    for position, evidence in enumerate(rulebook.bounds.evidence):
        yield f"/bounds/evidence/{position}", None, evidence
    for index, rule in enumerate(rulebook.rules):
        for position, evidence in enumerate(rule.evidence):
            yield f"/rules/{index}/evidence/{position}", rule, evidence


def cases_of(rulebook: Rulebook) -> Iterator[tuple[str, Case]]:
    """Yield every test case: those of the rules, then those over several."""
    for at, rule in enumerate(rulebook.rules):
        for position, case in enumerate(rule.tests):
            yield f"/rules/{at}/tests/{position}", case
    for position, case in enumerate(rulebook.tests):
        yield f"/tests/{position}", case


def selections_of(rulebook: Rulebook) -> Iterator[tuple[str, Selection]]:
    """Yield every selection in the rulebook, also those inside another."""
    for where, selection in _outer_selections(rulebook):
        yield from nested(selection, where)


def nested(selection: Selection, where: str) -> Iterator[tuple[str, Selection]]:
    """Yield `selection`, standing at `where`, and every selection in it."""
    yield where, selection
    for member in ("any_of", "none_of"):
        for position, inner in enumerate(getattr(selection, member)):
            yield from nested(inner, f"{where}/{member}/{position}")


def _outer_selections(rulebook: Rulebook) -> Iterator[tuple[str, Selection]]:
    for where, _, cap in caps_of(rulebook):
        if cap.over is not None:
            yield f"{where}/over", cap.over
    for index, same in enumerate(rulebook.bounds.same_content):
        for position, selection in enumerate(same.members):
            yield f"/bounds/same_content/{index}/members/{position}", selection
    for index, excluded in enumerate(rulebook.bounds.excluded):
        if excluded.outcomes is not None:
            yield f"/bounds/excluded/{index}/outcomes", excluded.outcomes
    for where, _, condition in rule_conditions(rulebook):
        yield from _selected_by(condition, where)


def _selected_by(condition: Condition, where: str) -> Iterator[tuple[str, Selection]]:
    if isinstance(condition, Amount | Holds):
        yield f"{where}/select", condition.select
    if isinstance(condition, Amount):
        for position, least in enumerate(condition.least):
            yield f"{where}/least/{position}/where", least.where
    if isinstance(condition, Work) and condition.after is not None:
        yield f"{where}/after", condition.after
