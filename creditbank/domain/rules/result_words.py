"""Results as sentences, made of their traces alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from creditbank.domain.conversion.results import TargetResult
from creditbank.domain.rules.phrases import Speaker

Trace = Mapping[str, Any]

_SHOWN_MAX = 12


def result_words(result: TargetResult, locale: str) -> str:
    """Return what came out for a target and why, in a few sentences."""
    return trace_words(result.trace, locale)


def trace_words(trace: Trace, locale: str) -> str:
    """Return the same of a trace by itself, as it is kept with a decision."""
    to = Speaker(locale)
    verdict = trace.get("verdict")
    name = _target(trace, to)
    if verdict == "met":
        parts = [_met(trace, name, to), *_counted(trace, to), *_cuts(trace["needs"], to)]
    elif verdict == "needs_evidence":
        parts = [_needs_evidence(trace, name, to), *_counted(trace, to)]
    elif verdict == "not_met":
        parts = [to.say(f"{name}：不满足", f"{name}: not met"), *_not_met(trace, to)]
    elif verdict == "undecided":
        parts = [
            to.say(
                f"{name}：在步数预算内得不出结论，须由人决定",
                f"{name}: not decided within the step budget; a person has to decide",
            )
        ]
    else:
        parts = [to.say(f"{name}：规则不在有效期", f"{name}: not in force"), *_reasons(trace, to)]
    return to.sentences([*parts, _ground(trace, to)])


def target_name(trace: Trace, locale: str) -> str:
    """Return what people call the target of a result: its title, of a course with the code."""
    return _target(trace, Speaker(locale))


def _target(trace: Trace, to: Speaker) -> str:
    target = trace.get("target", {})
    title = to.title(target.get("title")) or to.title(trace.get("rule", {}).get("title"))
    course = target.get("course")
    return title + to.bracketed(str(course)) if course else title or str(target.get("key", ""))


def _met(trace: Trace, name: str, to: Speaker) -> str:
    kind = trace.get("target", {}).get("kind")
    if kind == "grade":
        return to.say(
            f"{name}：具备申报资格（不等于取得等级）",
            f"{name}: may apply (this is not the grade itself)",
        )
    text = to.say(f"{name}：满足", f"{name}: met")
    if "granted" in trace:
        amount = to.amount(trace["granted"], f"credit:{trace['system']}")
        text += to.say(f"，授予 {amount}", f", {amount} granted")
    if "grade" in trace:
        mark = trace["grade"]["mark"]
        text += to.say(f"，成绩记 {mark}", f", with the grade {mark}")
    return text


def _needs_evidence(trace: Trace, name: str, to: Speaker) -> str:
    wanted = [_evidence(one, to) for one in trace.get("evidence", ())]
    listed = to.clauses(wanted) or to.say("上限所需的数额", "the amount that a cap needs")
    tree = trace.get("needs", {})
    count = ""
    if tree.get("kind") == "any" and len(wanted) > tree.get("count", 1):
        count = to.say(f"下列 {tree['count']} 项：", f"{tree['count']} of these: ")
    text = to.say(
        f"{name}：还须提供{count or '：'}{listed}", f"{name}: still to be supplied: {count}{listed}"
    )
    if "would_grant" in trace:
        amount = to.amount(str(trace["would_grant"]), "credit")
        text += to.say(f"；属实则授予 {amount}", f"; then {amount} would be granted")
    return text


def _evidence(node: Trace, to: Speaker) -> str:
    title = to.title(node.get("text"))
    kind = node.get("evidence_kind")
    text = title or (to.word("evidence", kind) if kind else str(node.get("id", "")))
    by = node.get("confirmed_by")
    if by is None:
        return text
    word = to.word("confirmer", by)
    return text + to.bracketed(to.say(f"由{word}确认", f"confirmed by {word}"))


def _counted(trace: Trace, to: Speaker) -> Iterator[str]:
    """Yield what counted where, condition by condition."""
    for node in leaves(trace.get("needs", {})):
        rows = node.get("outcomes", ())
        if not rows:
            continue
        shown = [_row(row, str(node["unit"]), to) for row in rows[:_SHOWN_MAX]]
        if len(rows) > _SHOWN_MAX:
            more = len(rows) - _SHOWN_MAX
            shown.append(to.say(f"另 {more} 项", f"{more} more"))
        listed = to.listed(shown)
        name = to.title(node.get("text"))
        yield to.say(f"{name}计入 {listed}", f"{name + ': ' if name else ''}counted: {listed}")


def _row(row: Trace, unit: str, to: Speaker) -> str:
    name = str(row.get("title") or row["outcome"])
    amount = to.amount(str(row["amount"]), unit)
    return f"{name} {amount}"


def leaves(node: Trace) -> Iterator[Trace]:
    """Yield every condition of a tree that has none in it."""
    stack = [node] if node else []
    while stack:
        one = stack.pop()
        inner = one.get("of")
        if isinstance(inner, list):
            stack += reversed(inner)
        else:
            yield one


def _not_met(trace: Trace, to: Speaker) -> Iterator[str]:
    lacking = [_lack(one, to) for one in trace.get("lacking", ())]
    if lacking:
        listed = to.clauses(lacking)
        yield to.say(f"还差 {listed}", f"Still missing: {listed}")
    yield from _counted(trace, to)
    yield from _cuts(trace.get("needs", {}), to)
    yield from _reasons(trace, to)


def _lack(node: Trace, to: Speaker) -> str:
    name = to.title(node.get("text"))
    kind = node.get("kind")
    if kind == "amount":
        amount = to.amount(str(node["missing"]), str(node["unit"]))
        return amount + to.bracketed(name)
    if kind == "work" and "missing" in node:
        months = to.months(int(node["missing"]))
        return to.say(f"{months}工作", f"{months} of work") + to.bracketed(name)
    if kind == "age" and "missing" in node:
        years = to.months(12 * int(node["missing"]))
        return to.say(f"年龄 {years}", f"{years} of age") + to.bracketed(name)
    if kind == "holds":
        count = node.get("missing", 1)
        what = name or to.say("须持有的成果", "what has to be held")
        return to.say(f"{count} 项：{what}", f"{count} of: {what}")
    return name or _evidence(node, to)


def _cuts(tree: Trace, to: Speaker) -> Iterator[str]:
    for node in leaves(tree):
        unit = str(node.get("unit", "credit"))
        for cut in node.get("cut", ()):
            if "amount" not in cut:
                count = cut["outcomes"]
                yield to.say(f"至多计入 {count} 项成果", f"Outcomes that may count: {count}")
                continue
            name = to.title(cut.get("text")) or str(cut["cap"])
            amount = to.amount(str(cut["amount"]), unit)
            yield to.say(f"因上限（{name}）少计 {amount}", f"The cap “{name}” cut {amount}")


def _reasons(trace: Trace, to: Speaker) -> Iterator[str]:
    for reason in trace.get("reasons", ()):
        yield _reason(reason, trace, to)


_REASONS: Final = {
    "used_elsewhere": (
        "有的成果已用于所求的其他目标",
        "Outcomes are used for other targets asked",
    ),
    "requirement_not_met": (
        "不满足对一切目标的总要求",
        "What is required for any target is not met",
    ),
    "granted_before": ("以前的决定已经授予", "It was granted by an earlier decision"),
    "granted_by_another_rule": ("已按规则 {rule} 授予", "It is granted by the rule {rule}"),
    "course_excluded": ("该课程不予转换{why}", "The course is excluded{why}"),
    "bucket_full": ("该类学分已满", "The bucket is full"),
    "rulebook_not_in_force": (
        "规则库 {rulebook} 当日无效",
        "The rulebook {rulebook} is not in force that day",
    ),
    "rule_not_in_force": ("规则当日无效", "The rule is not in force that day"),
    "programme_not_in_force": ("培养方案当日无效", "The programme is not in force that day"),
    "nearest_unknown": (
        "还差多少在步数预算内算不出",
        "How much is missing was not found within the budget",
    ),
}


def _reason(reason: Trace, trace: Trace, to: Speaker) -> str:
    code, text = str(reason.get("code")), to.title(reason.get("text"))
    if code == "cap_in_bounds":
        return _bound(reason, trace, text, to)
    pair = _REASONS.get(code)
    if pair is None:
        return text or code
    why = to.bracketed(text or str(reason.get("excluded", "")))
    said = {name: str(reason.get(name, "")) for name in ("rule", "rulebook")}
    return to.say(*pair).format(why=why, **said)


def _bound(reason: Trace, trace: Trace, text: str, to: Speaker) -> str:
    """Return which cap over all targets stands in the way, and how much room it leaves."""
    for bound in trace.get("bounds", ()):
        same = all(bound.get(name) == reason.get(name) for name in ("cap", "rulebook", "group"))
        if same:
            unit = f"credit:{bound['system']}"
            limit, room = to.amount(str(bound["limit"]), unit), to.amount(str(bound["room"]), unit)
            return to.say(
                f"受总上限约束：{text}（上限 {limit}，余 {room}）",
                f"A cap over all targets binds: {text} (limit {limit}, {room} left)",
            )
    return to.say(f"受总上限约束：{text}", f"A cap over all targets binds: {text}")


def _ground(trace: Trace, to: Speaker) -> str:
    """Return the clause, the exact version of the rule, and the frames above it."""
    rule, book = trace.get("rule", {}), trace.get("rulebook", {})
    citation = rule.get("citation", {})
    clause = citation.get("clause")
    text = to.say(f"依据《{citation.get('title')}》", f"By {citation.get('title')}")
    if clause:
        text += to.say(f"：{clause}", f": {clause}")
    version = to.say(
        f"规则 {rule.get('id')} 版本 {rule.get('version')}，规则库 {book.get('id')} 版本 "
        f"{book.get('version')}",
        f"rule {rule.get('id')}, version {rule.get('version')}, of the rulebook {book.get('id')},"
        f" version {book.get('version')}",
    )
    frames = [f"{one.get('id')} {one.get('version')}" for one in trace.get("frames", ())]
    if frames:
        version += to.say(f"，上位规则 {to.listed(frames)}", f", under {to.listed(frames)}")
    return text + to.bracketed(version)
