"""Rules that contradict themselves or each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final

from creditbank.domain.registers.faults import repeated
from creditbank.domain.rules.condition import Amount, Cap
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.lint_caps import most_counted
from creditbank.domain.rules.linting import Surroundings, excludes
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget, Target, TransferTarget
from creditbank.domain.rules.walking import (
    conditions_of,
    rule_conditions,
    selections_of,
)
from creditbank.domain.units import amount_text, hundredths

SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "course": ("academic",),
    "elective": ("academic",),
    "transfer": ("academic",),
    "exemption": ("academic", "grade"),
    "grade": ("grade",),
    "stack": ("programme",),
}
"""In which scopes each kind of target is granted."""

_SAME_TARGET_MAX = 60
"""So many rules for one target are compared in pairs; nobody writes that many."""


def lint_rules(around: Surroundings) -> Iterator[Finding]:
    """Yield what can never be met, what disagrees, and ids that mean two things."""
    for where, selection in selections_of(around.rulebook):
        why = around.compare.nothing(selection)
        if why is not None:
            yield found(where, "selects_nothing", why=why)
    for where, rule, condition in rule_conditions(around.rulebook):
        if isinstance(condition, Amount):
            yield from _amounts(where, rule, condition, around)
    for where, rule in around.rules():
        yield from _target(where, rule, around)
        yield from _scope(where, rule)
        yield from _sharing(where, rule, around)
        yield from _ids(where, rule)
    bounds = around.rulebook.bounds
    for member in ("caps", "same_content", "excluded", "evidence"):
        names = [one.id for one in getattr(bounds, member)]
        for fault in repeated(f"/bounds/{member}", names):
            position = int(fault.where.rpartition("/")[2])
            yield found(f"{fault.where}/id", "id_repeated", id=names[position])
    yield from _pairs(around)


def _amounts(
    where: str, rule: Rule | None, condition: Amount, around: Surroundings
) -> Iterator[Finding]:
    needed, most = hundredths(condition.at_least), most_counted(condition)
    if most is not None and needed > most:
        yield _too_much(f"{where}/at_least", needed, most)
    for position, cap in enumerate(condition.caps):
        if _is_on_all(cap, condition, around) and needed > hundredths(cap.limit or "0"):
            yield _too_much(f"{where}/caps/{position}/limit", needed, hundredths(cap.limit or "0"))
    for position, least in enumerate(condition.least):
        place = f"{where}/least/{position}"
        if most is not None and hundredths(least.at_least) > most:
            yield _too_much(f"{place}/at_least", hundredths(least.at_least), most)
        if hundredths(least.at_least) and around.compare.apart(least.where, condition.select):
            yield found(f"{place}/where", "least_of_nothing", needed=least.at_least)
    for excluded in around.rulebook.bounds.excluded:
        outcomes = excluded.outcomes
        if outcomes is not None and around.compare.within(condition.select, outcomes, nested=True):
            yield found(f"{where}/select", "all_excluded", excluded=excluded.id)
    if condition.of_target is not None and (
        rule is None or not isinstance(rule.target, CourseTarget | ElectiveTarget | TransferTarget)
    ):
        yield found(f"{where}/of_target", "of_target_without_course")


def _is_on_all(cap: Cap, condition: Amount, around: Surroundings) -> bool:
    """Return whether a cap is one limit on all that the condition counts."""
    if cap.limit is None or cap.per is not None:
        return False
    return cap.over is None or around.compare.within(condition.select, cap.over)


def _too_much(where: str, needed: int, most: int) -> Finding:
    return found(
        where, "needs_more_than_counts", needed=amount_text(needed), most=amount_text(most)
    )


def _target(where: str, rule: Rule, around: Surroundings) -> Iterator[Finding]:
    target = rule.target
    if isinstance(target, CourseTarget) and around.programme_of(rule) is not None:
        own = around.rulebook.bounds.excluded
        left = [
            course
            for course in around.courses_of(rule)
            if course.code not in target.excluded and not any(excludes(one, course) for one in own)
        ]
        if not left:
            yield found(f"{where}/target", "no_course_left")
    if isinstance(target, ElectiveTarget | TransferTarget) and target.step is not None:
        step, most = hundredths(target.step.of), hundredths(target.at_most)
        if step == 0 or step > most:
            yield found(
                f"{where}/target/step/of",
                "step_above_at_most",
                step=target.step.of,
                most=target.at_most,
            )


def _scope(where: str, rule: Rule) -> Iterator[Finding]:
    """Yield a scope in which nothing of the target's kind is granted.

    What is exclusive is so within one scope, and frames bind by scope: who could choose another
    would take what is taken.
    """
    own = SCOPES[rule.target.kind]
    if rule.use.scope not in own:
        yield found(f"{where}/use/scope", "scope_of_other_targets", scopes=" / ".join(own))


def _sharing(where: str, rule: Rule, around: Surroundings) -> Iterator[Finding]:
    by_id = {one.id: one for one in around.rulebook.rules}
    for position, name in enumerate(rule.use.with_rules):
        other = by_id.get(name)
        if other is None:
            continue  # an unknown code, found elsewhere
        named_back = not other.use.with_rules or rule.id in other.use.with_rules
        shared = other.use.sharing == "shared" and other.use.scope == rule.use.scope
        if other is rule or not (shared and named_back):
            yield found(f"{where}/use/with_rules/{position}", "sharing_not_mutual", rule=name)


def _ids(where: str, rule: Rule) -> Iterator[Finding]:
    """Yield ids of conditions and of their caps that occur twice in a rule."""
    seen: set[str] = set()
    for place, condition in conditions_of(rule.needs, f"{where}/needs"):
        named = [(place, condition.id)]
        if isinstance(condition, Amount):
            named += [(f"{place}/caps/{at}", cap.id) for at, cap in enumerate(condition.caps)]
        for at, name in named:
            if name is not None and name in seen:
                yield found(f"{at}/id", "id_repeated", id=name)
            seen |= {name} if name is not None else set()


def _pairs(around: Surroundings) -> Iterator[Finding]:
    """Yield pairs of rules that give one target for the same and differ in how."""
    by_needs: dict[str, list[tuple[int, Rule]]] = {}
    for position, rule in enumerate(around.rulebook.rules):
        by_needs.setdefault(rule.needs.model_dump_json(), []).append((position, rule))
    by_target: dict[tuple[str, str], list[tuple[int, Rule]]] = {}
    for needs, some in by_needs.items():
        for position, rule in some if len(some) > 1 else ():
            for key in _keys(rule, around):
                by_target.setdefault((key, needs), []).append((position, rule))
    told: set[tuple[int, int]] = set()
    for rules in by_target.values():
        for (at, one), (position, other) in combinations(rules[:_SAME_TARGET_MAX], 2):
            member = _difference(one, other)
            if member is None or (at, position) in told or not _together(one, other):
                continue
            told.add((at, position))
            yield found(f"/rules/{position}/{member}", "rules_disagree", rule=one.id, member=member)


def _keys(rule: Rule, around: Surroundings) -> Iterator[str]:
    target: Target = rule.target
    if isinstance(target, CourseTarget):
        for course in around.courses_of(rule):
            yield f"course:{target.programme}:{course.code}"
    else:
        yield target.model_dump_json(exclude={"grade", "at_most", "step"})


def _difference(one: Rule, other: Rule) -> str | None:
    """Return the member in which two rules for one target say otherwise, None if nowhere."""
    if getattr(one.target, "grade", None) != getattr(other.target, "grade", None):
        return "target"
    for member in ("use", "partial", "one_event"):
        if getattr(one, member) != getattr(other, member):
            return member
    sizes = [
        (getattr(rule.target, "at_most", None), getattr(rule.target, "step", None))
        for rule in (one, other)
    ]
    return "target" if sizes[0] != sizes[1] else None


def _together(one: Rule, other: Rule) -> bool:
    """Return whether two rules are in force on some day at once."""
    first = max((rule.valid_from for rule in (one, other) if rule.valid_from), default=None)
    last = min((rule.valid_to for rule in (one, other) if rule.valid_to), default=None)
    return first is None or last is None or first <= last
