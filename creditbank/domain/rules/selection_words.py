"""Selections and conditions in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from creditbank.domain.rules.condition import (
    Age,
    AllOf,
    Amount,
    AnyOf,
    Cap,
    Condition,
    Evidenced,
    Holds,
    Unit,
    Work,
)
from creditbank.domain.rules.phrases import Speaker
from creditbank.domain.rules.selection import LevelRange, Selection

_USUAL = "original_seen"
_NAMED = ("module", "certificate_kind", "course", "course_title", "scene", "equivalence_group")


def selection_words(selection: Selection, to: Speaker) -> str:
    """Return which outcomes a selection speaks of: 5 年内取得的模块（GD-AI-VQI）."""
    types = to.words("type", selection.type) or to.say("成果", "outcomes")
    particulars = to.listed(_particulars(selection, to))
    return types + to.bracketed(particulars)


def _particulars(selection: Selection, to: Speaker) -> Iterator[str]:
    for member in _NAMED:
        values = getattr(selection, member)
        if values:
            yield to.either(values)
    for member, values, zh, en in _phrases(selection):
        if values:
            said = to.words(member, values) if member else to.either(values)
            yield to.say(zh, en).format(said)
    if selection.common_core is not None:
        yield (
            to.say("公共必修", "common core")
            if selection.common_core
            else to.say("非公共必修", "not common core")
        )
    if selection.level is not None:
        yield _level(selection.level, to)
    if selection.score is not None:
        score = f"{selection.score.at_least} ({selection.score.scale})"
        yield to.say(f"成绩不低于 {score}", f"a score of at least {score}")
    if selection.stage:
        stages = to.listed(to.word("stage", one) for one in selection.stage)
        yield to.say(f"含{stages}环节", f"with {stages}")
    if selection.verification != _USUAL:
        word = to.word("verification", selection.verification)
        yield to.say(f"核实等级不低于{word}", f"verified at least as: {word}")
    yield from _dates(selection, to)
    yield from _nested(selection, to)


def _phrases(selection: Selection) -> Iterator[tuple[str, Sequence[str], str, str]]:
    """Yield members with several values: in which words, the values, and the phrase for them."""
    codes = [f"{one.code} ({one.edition})" for one in selection.occupation]
    yield "", codes, "职业 {}", "occupation {}"
    yield "", selection.issuer, "由 {} 颁发", "awarded by {}"
    yield "role", selection.issuer_role, "由{}颁发", "awarded by {}"
    yield "delivery", selection.delivery, "{}授课", "taught {}"
    yield "", selection.system, "有 {} 学分", "with credit in {}"


def _level(level: LevelRange, to: Speaker) -> str:
    scale = level.scale
    if level.at_least is not None and level.at_least == level.at_most:
        return to.say(f"{scale} 第 {level.at_least} 级", f"rank {level.at_least} of {scale}")
    parts = []
    if level.at_least is not None:
        parts.append(to.say(f"不低于第 {level.at_least} 级", f"rank {level.at_least} or higher"))
    if level.at_most is not None:
        parts.append(to.say(f"不高于第 {level.at_most} 级", f"rank {level.at_most} or lower"))
    joined = to.say("、", " and ").join(parts)
    return to.say(f"{scale} {joined}", f"{joined} of {scale}")


def _dates(selection: Selection, to: Speaker) -> Iterator[str]:
    if selection.achieved_within is not None:
        period = to.period(selection.achieved_within)
        yield to.say(f"{period}内取得", f"not older than {period}")
    if selection.achieved_from is not None:
        day = selection.achieved_from.isoformat()
        yield to.say(f"{day} 起取得", f"achieved from {day} on")
    if selection.achieved_to is not None:
        day = selection.achieved_to.isoformat()
        yield to.say(f"{day} 前取得", f"achieved by {day}")


def _nested(selection: Selection, to: Speaker) -> Iterator[str]:
    if selection.any_of:
        inner = to.either(selection_words(one, to) for one in selection.any_of)
        yield to.say(f"属于{inner}", f"among {inner}")
    if selection.none_of:
        inner = to.either(selection_words(one, to) for one in selection.none_of)
        yield to.say(f"不含{inner}", f"without {inner}")


def unit_name(unit: Unit) -> str:
    """Return a unit as traces write it."""
    return f"{unit.measure}:{unit.system}" if unit.system is not None else unit.measure


def condition_words(condition: Condition, to: Speaker) -> str:  # noqa: PLR0911  # one for each kind
    """Return what a condition asks for, as a clause."""
    match condition:
        case AllOf():
            inner = [condition_words(one, to) for one in condition.of]
            return to.say("；并且", "; and ").join(inner)
        case AnyOf():
            inner = [_grouped(one, to) for one in condition.of]
            count = condition.count
            some = to.clauses(f"[{at}] {text}" for at, text in enumerate(inner, 1))
            return to.say(
                f"下列各项满足 {count} 项即可：{some}", f"{count} of the following: {some}"
            )
        case Amount():
            return _amount(condition, to)
        case Holds():
            what = selection_words(condition.select, to)
            count = condition.count
            return to.say(f"持有 {count} 项{what}", f"{count} held of: {what}")
        case Work():
            return _work(condition, to)
        case Age():
            years = condition.years
            return to.say(f"年满 {years} 周岁", f"at least {years} years of age")
        case Evidenced():
            text = to.title(condition.text) or condition.evidence
            return to.say(f"须有证明：{text}", f"evidence of: {text}")


def _grouped(condition: Condition, to: Speaker) -> str:
    text = condition_words(condition, to)
    return f"({text})" if isinstance(condition, AllOf | AnyOf) else text


def _work(condition: Work, to: Speaker) -> str:
    period = to.period(condition.period)
    kind = (
        to.say("连续工作", "continuous work")
        if condition.continuous
        else to.say("累计工作", "work in all")
    )
    since = ""
    if condition.after is not None:
        held = selection_words(condition.after, to)
        since = to.say(f"取得{held}后", f" since achieving {held}")
    codes = to.either(f"{one.code} ({one.edition})" for one in condition.occupations)
    where = to.say(f"（职业 {codes}）", f" in occupation {codes}") if codes else ""
    return to.say(f"{since}{kind}{period}{where}", f"{period} of {kind}{where}{since}")


def _amount(condition: Amount, to: Speaker) -> str:
    unit = unit_name(condition.unit)
    what = selection_words(condition.select, to)
    parts = []
    if condition.of_target is not None:
        share = percent(condition.of_target)
        parts.append(
            to.say(
                f"{what}的学分不少于所换课程学分的 {share}",
                f"{what} with at least {share} of the credit of the course",
            )
        )
    else:
        least = to.amount(condition.at_least, unit)
        parts.append(to.say(f"{what}不少于 {least}", f"at least {least} of {what}"))
    parts += _limits(condition, unit, to)
    for one in condition.least:
        amount, inner = to.amount(one.at_least, unit), selection_words(one.where, to)
        parts.append(
            to.say(f"其中{inner}不少于 {amount}", f"of which at least {amount} of {inner}")
        )
    parts += [cap_words(cap, to, unit) for cap in condition.caps]
    return to.say("，", ", ").join(parts)


def _limits(condition: Amount, unit: str, to: Speaker) -> Iterator[str]:
    if condition.worth is not None:
        worth = to.amount(condition.worth, unit)
        yield to.say(f"每项按 {worth}计", f"each counted as {worth}")
    if condition.outcomes_at_most is not None:
        count = condition.outcomes_at_most
        yield to.say(f"最多用 {count} 项", f"using at most {count}")
    if condition.counted_at_most is not None:
        most = to.amount(condition.counted_at_most, unit)
        yield to.say(f"最多计 {most}", f"counting at most {most}")


def cap_words(cap: Cap, to: Speaker, unit: str = "credit") -> str:
    """Return what a cap says, in the owner's own words and in figures."""
    most = _most(cap, to, unit)
    over = selection_words(cap.over, to) if cap.over is not None else ""
    each = to.word("group", cap.per) if cap.per is not None else ""
    category = to.words("category", cap.category)
    if to.is_chinese:
        return f"{each}{over}{category}最多{most}"
    of = f" from {over}" if over else ""
    courses = f" for {category}" if category else ""
    return f"at most {most}{of}{courses}" + (f" {each}" if each else "")


def _most(cap: Cap, to: Speaker, unit: str) -> str:
    if cap.limit is not None:
        return to.amount(cap.limit, unit)
    if cap.share is not None:
        whole = {
            "target": to.say("目标", "the target"),
            "programme": to.say("培养方案总学分", "the credits of the programme"),
            "category": to.say("该类课程学分", "the credits of these courses"),
        }[cap.share.of]
        share = percent(cap.share.percent)
        return to.say(f"{whole}的 {share}", f"{share} of {whole}")
    return to.say(f"由佐证 {cap.evidence} 确定的数额", f"what the evidence {cap.evidence} says")


def percent(text: str) -> str:
    """Return a percentage as people write it."""
    whole, _, decimals = text.partition(".")
    return (text if decimals.strip("0") else whole) + "%"
