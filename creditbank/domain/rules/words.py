"""Rules and results as plain sentences, in Chinese and in English.

`explain_rule` is for whoever reads a rulebook, `explain_result` for whoever got an answer: it is
made of the trace alone, so that it can be said again of an old decision.
"""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.rules.phrases import Speaker, plain_number
from creditbank.domain.rules.result_words import result_words
from creditbank.domain.rules.rule import Rule, Use
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.selection_words import (
    cap_words,
    condition_words,
    selection_words,
)
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

__all__ = [
    "explain_bounds",
    "explain_result",
    "explain_rule",
    "ground_words",
    "target_words",
    "use_words",
]

explain_result = result_words


def explain_rule(rule: Rule, locale: str) -> str:
    """Return what a rule says: what for what, how outcomes are used, and on which ground.

    One paragraph for each; the owner's own explanation comes first if there is one.
    """
    to = Speaker(locale)
    title = to.title(rule.title)
    paragraphs = [to.say(f"{title}（{rule.id}）", f"{title} ({rule.id})")]
    if rule.explanation is not None:
        paragraphs.append(to.sentence(to.title(rule.explanation)))
    needs = condition_words(rule.needs, to)
    goal = target_words(rule.target, to)
    paragraphs.append(to.sentence(to.say(f"条件：{needs}", f"Condition: {needs}")))
    paragraphs.append(to.sentence(to.say(f"结果：{goal}", f"Result: {goal}")))
    paragraphs.append(to.sentences(_manner(rule, to)))
    paragraphs.append(to.sentence(ground_words(rule, to)))
    return "\n".join(part for part in paragraphs if part)


def target_words(target: Target, to: Speaker) -> str:
    """Return what a target gives."""
    match target:
        case CourseTarget():
            return _course(target, to) + _grade(target.grade, to)
        case ElectiveTarget():
            most = to.amount(target.at_most, f"credit:{target.system}")
            bucket = to.title(target.bucket)
            text = to.say(
                f"计入培养方案 {target.programme} 的{bucket}，最多 {most}",
                f"credits of {bucket} of the programme {target.programme}, at most {most}",
            )
            return text + _step(target, to) + _grade(target.grade, to)
        case ExemptionTarget():
            of = to.title(target.of)
            return to.say(f"免考或免修：{of}", f"exemption from {of}")
        case GradeTarget():
            level, occupation = target.level, target.occupation
            code = f"{occupation.code} ({occupation.edition})"
            return to.say(
                f"具备申报职业 {code} 第 {level.rank} 级（{level.scale}）的资格，不等于取得等级",
                f"may apply for rank {level.rank} of {level.scale} in occupation {code};"
                " this is not the grade itself",
            )
        case TransferTarget():
            most = to.amount(target.at_most, f"credit:{target.system}")
            where = to.say(f"到 {target.to}", f" to {target.to}") if target.to else ""
            text = to.say(
                f"学分横向转移{where}，最多 {most}", f"credit is transferred{where}, at most {most}"
            )
            return text + _step(target, to)
        case StackTarget():
            return to.say(f"纵向累积为 {target.programme}", f"they stack into {target.programme}")


def _course(target: CourseTarget, to: Speaker) -> str:
    kinds = to.words("category", target.category) or to.say("课程", "courses")
    natures = to.words("nature", target.nature)
    codes = to.listed(target.courses)
    if to.is_chinese:
        what = f"{natures}{kinds}" + (f" {codes}" if codes else "")
        text = f"置换培养方案 {target.programme} 的{what}，每门单独计算"
    else:
        what = f"{natures} {kinds}".strip() + (f" {codes}" if codes else "")
        text = f"they replace {what} of the programme {target.programme}, each by itself"
    if target.excluded:
        out = to.listed(target.excluded)
        text += to.say(f"，{out} 除外", f", but not {out}")
    return text


def _grade(grade: Grade | None, to: Speaker) -> str:
    if grade is None:
        return ""
    scale = to.bracketed(grade.scale)
    if grade.record == "fixed":
        return to.say(f"，成绩记 {grade.mark}", f", with the grade {grade.mark}") + scale
    if grade.record == "original":
        return to.say("，沿用原成绩", ", with the original grade") + scale
    return to.say("，成绩取平均", ", with the average grade") + scale


def _step(target: ElectiveTarget | TransferTarget, to: Speaker) -> str:
    if target.step is None:
        return ""
    of = plain_number(target.step.of)
    ways = {
        "down": to.say("向下取整", "rounded down"),
        "half_even": to.say("四舍六入五成双", "rounded to the nearest, halves to even"),
        "half_up": to.say("四舍五入", "rounded to the nearest"),
    }
    way = ways[target.step.rounding]
    return to.say(f"，以 {of} 为一档{way}", f", in steps of {of}, {way}")


def _manner(rule: Rule, to: Speaker) -> Iterator[str]:
    yield use_words(rule.use, to)
    if rule.partial:
        yield to.say("不足的按实际所得部分给予", "less is granted where less is counted")
    if rule.one_event == "counts_each":
        yield to.say("同一次考核的几项成果分别计入", "outcomes of one assessment each count")


def use_words(use: Use, to: Speaker) -> str:
    """Return what becomes of outcomes that are counted."""
    scope = to.word("scope", use.scope)
    if use.effect == "recognise":
        return to.say("只作认可，不占用成果", "outcomes are recognised and not used up")
    if use.sharing == "shared":
        others = to.listed(use.with_rules) or to.say("其他共用规则", "other sharing rules")
        text = to.say(
            f"成果在{scope}范围内最多供 {use.up_to} 个目标共用（与{others}）",
            f"in the {scope} scope an outcome serves up to {use.up_to} targets (with {others})",
        )
    else:
        text = to.say(
            f"成果在{scope}范围内只用一次", f"an outcome is used once in the {scope} scope"
        )
    if use.surplus == "kept":
        return text + to.say("，剩余可再用", ", and what is left over may be used again")
    return text + to.say("，剩余不再计", ", and what is left over is forfeited")


def ground_words(rule: Rule, to: Speaker) -> str:
    """Return on which clause of which document a rule rests."""
    citation = rule.citation
    status = {
        "published": to.say("已发布", "published"),
        "proposal": to.say("提案", "a proposal"),
        "example": to.say("示例", "an example"),
    }[citation.status]
    clause = to.say(f"：{citation.clause}", f": {citation.clause}") if citation.clause else ""
    return to.say(
        f"依据（{status}）：《{citation.title}》{clause}",
        f"Ground ({status}): {citation.title}{clause}",
    )


def explain_bounds(rulebook: Rulebook, locale: str) -> list[str]:
    """Return a sentence for each bound that a rulebook puts on its rules and those under it."""
    to, bounds = Speaker(locale), rulebook.bounds
    found = []
    if rulebook.binds:
        scopes = to.words("scope", rulebook.binds)
        found.append(
            to.say(
                f"约束地区 {rulebook.region} {scopes}范围内的所有规则库",
                f"Binds every rulebook of the region {rulebook.region} in the scope {scopes}",
            )
        )
    if bounds.requires is not None:
        needs = condition_words(bounds.requires, to)
        found.append(to.say(f"一律要求：{needs}", f"For any target: {needs}"))
    for cap in bounds.caps:
        figures = cap_words(cap, to)
        found.append(to.say(f"{to.title(cap.text)}：{figures}", f"{to.title(cap.text)}: {figures}"))
    for same in bounds.same_content:
        members = to.listed(selection_words(one, to) for one in same.members)
        found.append(
            to.say(f"{to.title(same.text)}：{members}", f"{to.title(same.text)}: {members}")
        )
    for excluded in bounds.excluded:
        what = to.listed([*excluded.courses, *excluded.course_titles])
        if excluded.outcomes is not None:
            what = to.listed(filter(None, [what, selection_words(excluded.outcomes, to)]))
        found.append(
            to.say(f"{to.title(excluded.text)}：{what}", f"{to.title(excluded.text)}: {what}")
        )
    return [to.sentence(one) for one in found]
