"""What changes from one version of a rulebook to another, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from creditbank.domain.rules.bound_changes import bound_changes
from creditbank.domain.rules.changes import RULE, Change, Words, changed, listed, same_for_all
from creditbank.domain.rules.phrases import Speaker
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.rule_changes import rule_changes
from creditbank.domain.rules.rulebook import Procedure, Rulebook
from creditbank.domain.rules.selection_words import condition_words
from creditbank.domain.rules.words import target_words


def diff(old: Rulebook, new: Rulebook) -> list[Change]:
    """Return what changes from `old` to `new`, in the order of the document.

    Rules, caps, exclusions and evidence are matched by their ids, conditions by their place.
    Whatever may change a result has words of its own; test cases, sources and notes change none
    and are not looked at.
    """
    found = [*_heading(old, new), *bound_changes(old.bounds, new.bounds)]
    found += _procedure(old.procedure, new.procedure)
    found += listed("/rules", old.rules, new.rules, _rule_words, rule_changes, RULE)
    return found


_STEP: Final = ("审核环节", "step")


def _heading(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    members: Sequence[tuple[str, tuple[str, str], Words, Words]] = [
        (
            "/title",
            ("名称", "title"),
            lambda to: to.title(old.title),
            lambda to: to.title(new.title),
        ),
        *(
            (
                f"/{member}",
                name,
                same_for_all(getattr(old, member)),
                same_for_all(getattr(new, member)),
            )
            for member, name in (
                ("valid_from", ("起始日", "first day")),
                ("valid_to", ("终止日", "last day")),
                ("region", ("适用地区", "region")),
                ("owner", ("所有者", "owner")),
                ("under", ("上位规则", "frame")),
                ("kind", ("种类", "kind")),
                ("status", ("性质", "status")),
            )
        ),
        (
            "/binds",
            ("约束的范围", "scopes that it binds"),
            lambda to: to.words("scope", old.binds),
            lambda to: to.words("scope", new.binds),
        ),
        (
            "/calendar",
            ("学期", "terms"),
            lambda to: to.listed(f"{one.id} {one.begins}" for one in old.calendar),
            lambda to: to.listed(f"{one.id} {one.begins}" for one in new.calendar),
        ),
    ]
    for where, name, before, after in members:
        yield from changed(where, name, before, after)


def _procedure(old: Procedure | None, new: Procedure | None) -> Iterator[Change]:
    yield from changed(
        "/procedure/steps",
        ("审核流程", "steps of a decision"),
        lambda to: _steps(old, to),
        lambda to: _steps(new, to),
    )
    if old is None or new is None:
        return
    yield from changed(
        "/procedure/reserved_days",
        ("预留天数", "days of a reservation"),
        same_for_all(old.reserved_days),
        same_for_all(new.reserved_days),
    )
    yield from changed(
        "/procedure/irrevocable",
        ("兑换", "redemption"),
        lambda to: _irrevocable(old, to),
        lambda to: _irrevocable(new, to),
    )


def _steps(procedure: Procedure | None, to: Speaker) -> str:
    steps = procedure.steps if procedure is not None else ()
    told = []
    for step in steps:
        days = to.say(f"公示 {step.public_days} 天", f"on view {step.public_days} days")
        manner = [to.word("step", step.by), *([days] if step.public_days else [])]
        told.append(to.title(step.title) + to.bracketed(to.listed(manner)))
    return " → ".join(told)


def _irrevocable(procedure: Procedure, to: Speaker) -> str:
    if procedure.irrevocable:
        return to.say("不可撤销", "cannot be taken back")
    return to.say("所有者可以撤回", "can be taken back by the owner")


def _rule_words(rule: Rule, to: Speaker) -> str:
    needs, goal = condition_words(rule.needs, to), target_words(rule.target, to)
    return to.say(
        f"{to.title(rule.title)}：{needs}，则{goal}",
        f"{to.title(rule.title)}: {needs}; then {goal}",
    )
