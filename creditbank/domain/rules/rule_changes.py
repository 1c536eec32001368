"""What changes in one rule from one version of a rulebook to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from creditbank.domain.rules.changes import (
    CAP,
    EVIDENCE,
    Change,
    Words,
    caps,
    changed,
    effect,
    evidence_words,
    listed,
    same_for_all,
    wording,
)
from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Condition, Evidenced
from creditbank.domain.rules.phrases import Speaker, plain_number
from creditbank.domain.rules.rule import Rule, Use
from creditbank.domain.rules.selection_words import (
    cap_words,
    condition_words,
    selection_words,
    unit_name,
)
from creditbank.domain.rules.words import ground_words, target_words, use_words

Label = Callable[[str, str], tuple[str, str]]


def rule_changes(where: str, old: Rule, new: Rule) -> Iterator[Change]:
    """Yield what changes from a rule to the one of the same id."""

    def label(zh: str, en: str) -> tuple[str, str]:
        return f"规则 {new.id} 的{zh}", f"rule {new.id}, {en}"

    yield from changed(
        f"{where}/title",
        label("名称", "title"),
        lambda to: to.title(old.title),
        lambda to: to.title(new.title),
    )
    rule_label = (f"规则 {new.id}", f"rule {new.id}")
    yield from wording(f"{where}/explanation", rule_label, old.explanation, new.explanation)
    yield from changed(
        f"{where}/citation",
        label("出处", "citation"),
        lambda to: ground_words(old, to),
        lambda to: ground_words(new, to),
    )
    for member, name in (
        ("valid_from", ("起始日", "first day")),
        ("valid_to", ("终止日", "last day")),
    ):
        yield from changed(
            f"{where}/{member}",
            label(*name),
            same_for_all(getattr(old, member)),
            same_for_all(getattr(new, member)),
        )
    yield from changed(
        f"{where}/target",
        label("结果", "result"),
        lambda to: target_words(old.target, to),
        lambda to: target_words(new.target, to),
    )
    yield from condition_changes(f"{where}/needs", old.needs, new.needs, label)
    yield from changed(
        f"{where}/use",
        label("用法", "use of outcomes"),
        lambda to: _use(old.use, to),
        lambda to: _use(new.use, to),
    )
    yield from changed(
        f"{where}/partial",
        label("不足时", "where there is less"),
        lambda to: _partial(old, to),
        lambda to: _partial(new, to),
    )
    yield from changed(
        f"{where}/one_event",
        label("同一次考核的成果", "outcomes of one assessment"),
        lambda to: _one_event(old, to),
        lambda to: _one_event(new, to),
    )
    yield from listed(
        f"{where}/evidence", old.evidence, new.evidence, evidence_words, None, EVIDENCE
    )


def _use(use: Use, to: Speaker) -> str:
    scope = to.word("scope", use.scope) if use.effect == "recognise" else ""
    return use_words(use, to) + to.bracketed(scope)


def _partial(rule: Rule, to: Speaker) -> str:
    if rule.partial:
        return to.say("按实际所得部分给予", "a part is granted")
    return to.say("不给予", "nothing is granted")


def _one_event(rule: Rule, to: Speaker) -> str:
    if rule.one_event == "counts_each":
        return to.say("分别计入", "each count")
    return to.say("只计一次", "count once")


def condition_changes(where: str, old: Condition, new: Condition, label: Label) -> Iterator[Change]:
    """Yield changes of a condition: inside it where both have the same parts, else as a whole."""
    parts = _parts(old), _parts(new)
    if parts[0] and type(old) is type(new) and len(parts[0]) == len(parts[1]):
        for position, (one, other) in enumerate(zip(*parts, strict=True)):
            yield from condition_changes(f"{where}/of/{position}", one, other, label)
        yield from changed(
            f"{where}/count",
            label("需满足的项数", "how many have to hold"),
            same_for_all(getattr(old, "count", None)),
            same_for_all(getattr(new, "count", None)),
        )
    elif isinstance(old, Amount) and isinstance(new, Amount) and old.unit == new.unit:
        yield from _amounts(where, old, new, label)
    else:
        yield from changed(
            where,
            label("条件", "condition"),
            lambda to: _whole(old, to),
            lambda to: _whole(new, to),
        )
    if type(old) is type(new):
        named = f" {new.id}" if new.id else ""
        name = label(f"条件{named}", f"condition{named}")
        yield from wording(f"{where}/text", name, old.text, new.text)


def _whole(condition: Condition, to: Speaker) -> str:
    """Return a condition in words, with what its own text may leave unsaid."""
    text = condition_words(condition, to)
    if isinstance(condition, Evidenced):
        return text + to.bracketed(condition.evidence)
    if isinstance(condition, Amount):
        return text + to.bracketed(unit_name(condition.unit))
    return text


def _parts(condition: Condition) -> Sequence[Condition]:
    return condition.of if isinstance(condition, AllOf | AnyOf) else ()


_AMOUNTS: Final[Sequence[tuple[str, str, str, Literal["stricter", "wider"]]]] = (
    ("at_least", "所需数额", "amount needed", "stricter"),
    ("of_target", "占课程学分的百分比", "percentage of the course", "stricter"),
    ("counted_at_most", "最多计入", "most that is counted", "wider"),
    ("worth", "每项折算", "worth of each", "wider"),
)


def _amounts(where: str, old: Amount, new: Amount, label: Label) -> Iterator[Change]:
    named, of = (f" {new.id}", " 的") if new.id else ("", "")
    unit = unit_name(new.unit)
    for member, zh, en, more in _AMOUNTS:
        before, after = getattr(old, member), getattr(new, member)
        does = effect(before, after, more=more) if before and after else None
        as_unit = None if member == "of_target" else unit
        yield from changed(
            f"{where}/{member}",
            label(f"条件{named}{of}{zh}", f"condition{named}: {en}"),
            _amount_words(before, as_unit),
            _amount_words(after, as_unit),
            does,
        )
    yield from changed(
        f"{where}/outcomes_at_most",
        label(f"条件{named}{of}最多用几项", f"condition{named}: outcomes at most"),
        same_for_all(old.outcomes_at_most),
        same_for_all(new.outcomes_at_most),
    )
    yield from changed(
        f"{where}/select",
        label(f"条件{named}{of}所选成果", f"condition{named}: which outcomes"),
        lambda to: selection_words(old.select, to),
        lambda to: selection_words(new.select, to),
    )
    yield from changed(
        f"{where}/least",
        label(f"条件{named}{of}其中至少", f"condition{named}: of which at least"),
        lambda to: _least(old, to),
        lambda to: _least(new, to),
    )
    yield from listed(f"{where}/caps", old.caps, new.caps, cap_words, caps, CAP)


def _least(condition: Amount, to: Speaker) -> str:
    unit = unit_name(condition.unit)
    return to.clauses(
        f"{selection_words(one.where, to)} {to.amount(one.at_least, unit)}"
        for one in condition.least
    )


def _amount_words(amount: str | None, unit: str | None) -> Words:
    def words(to: Speaker) -> str:
        if amount is None:
            return ""
        return plain_number(amount) + "%" if unit is None else to.amount(amount, unit)

    return words
