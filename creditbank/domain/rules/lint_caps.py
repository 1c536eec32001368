"""Caps that can never bind, and caps that only repeat another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from creditbank.domain.registers import Programme
from creditbank.domain.rules.condition import Amount, Cap
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.overlap import Comparer
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.selection import Selection
from creditbank.domain.rules.target import ElectiveTarget, TransferTarget
from creditbank.domain.rules.walking import rule_conditions
from creditbank.domain.units import amount_text, hundredths

_WHOLE = 100_00


def lint_caps(around: Surroundings) -> Iterator[Finding]:
    """Yield each cap that allows all there can ever be."""
    for where, rule, condition in rule_conditions(around.rulebook):
        if isinstance(condition, Amount):
            yield from _in_condition(where, condition, around.compare)
            yield from _above_needed(where, rule, condition, around)
    bounds = around.rulebook.bounds.caps
    for position, cap in enumerate(bounds):
        yield from _in_bounds(f"/bounds/caps/{position}", cap, around)
    yield from _repeated("/bounds/caps", bounds, around.compare, whole_of(around))


def most_counted(condition: Amount) -> int | None:
    """Return the most that can be counted at a condition by its own numbers, None if unlimited."""
    most = [hundredths(condition.counted_at_most)] if condition.counted_at_most else []
    if condition.outcomes_at_most is not None:
        if condition.unit.measure == "outcomes":
            most.append(condition.outcomes_at_most * 100)
        if condition.worth is not None:
            most.append(condition.outcomes_at_most * hundredths(condition.worth))
    return min(most, default=None)


def _in_condition(where: str, condition: Amount, compare: Comparer) -> Iterator[Finding]:
    most = most_counted(condition)
    for position, cap in enumerate(condition.caps):
        place = f"{where}/caps/{position}"
        yield from _of_everything(place, cap)
        one = _most_of_one(condition) if cap.per == "outcome" else None
        least = min((value for value in (most, one) if value is not None), default=None)
        if cap.limit is not None and least is not None and hundredths(cap.limit) >= least:
            yield found(
                f"{place}/limit", "cap_above_counted", limit=cap.limit, most=amount_text(least)
            )
        if cap.over is not None and compare.apart(cap.over, condition.select):
            yield found(f"{place}/over", "cap_over_nothing")
    yield from _repeated(f"{where}/caps", condition.caps, compare)


def _above_needed(
    where: str, rule: Rule | None, condition: Amount, around: Surroundings
) -> Iterator[Finding]:
    """Yield caps that alone let through all that the condition will ever need."""
    needed = _needed(rule, condition, around)
    for position, cap in enumerate(condition.caps):
        if needed and cap.limit is not None and hundredths(cap.limit) >= needed:
            yield found(
                f"{where}/caps/{position}/limit",
                "cap_above_needed",
                limit=cap.limit,
                needed=amount_text(needed),
            )


def _needed(rule: Rule | None, condition: Amount, around: Surroundings) -> int | None:
    """Return beyond which amount counting changes nothing any more, None if that is not known."""
    if condition.least:
        return None  # what has to be among it may want more
    needed = hundredths(condition.at_least)
    target = rule.target if rule is not None else None
    if isinstance(target, ElectiveTarget | TransferTarget):
        if condition.unit.system == target.system:  # the amount that is granted follows
            needed = max(needed, hundredths(target.at_most))
        share_of = hundredths(target.at_most)
    elif rule is not None and condition.of_target is not None:
        credits_ = [hundredths(one.credit.amount) for one in around.courses_of(rule)]
        if not credits_:
            return None
        share_of = max(credits_)
    else:
        return needed
    if condition.of_target is not None:
        needed = max(needed, -(-share_of * hundredths(condition.of_target) // _WHOLE))
    return needed


def _most_of_one(condition: Amount) -> int | None:
    if condition.worth is not None:
        return hundredths(condition.worth)
    return 100 if condition.unit.measure == "outcomes" else None


def _of_everything(where: str, cap: Cap) -> Iterator[Finding]:
    if cap.share is not None and hundredths(cap.share.percent) >= _WHOLE:
        yield found(f"{where}/share/percent", "cap_of_everything", percent=cap.share.percent)


def _in_bounds(where: str, cap: Cap, around: Surroundings) -> Iterator[Finding]:
    yield from _of_everything(where, cap)
    if not around.rulebook.rules:
        return  # a frame binds rules that are not in it
    if cap.over is not None and _over_nothing(cap.over, around):
        yield found(f"{where}/over", "cap_over_nothing")
    if cap.category and not any(
        course.category in cap.category
        for _, rule in around.rules()
        for course in around.courses_of(rule)
    ):
        yield found(f"{where}/category", "cap_over_no_course")
    programmes = _programmes(around)
    if cap.limit is None or programmes is None:
        return
    totals = [
        (hundredths(one.total_credits.amount), one.id)
        for one in programmes
        if one.total_credits is not None
    ]
    if totals and hundredths(cap.limit) >= max(totals)[0]:
        most, programme = max(totals)
        yield found(
            f"{where}/limit",
            "cap_above_programme",
            limit=cap.limit,
            programme=programme,
            most=amount_text(most),
        )


def _over_nothing(over: Selection, around: Surroundings) -> bool:
    """Return whether no rule counts anything of what a cap is on."""
    amounts = [one for _, _, one in rule_conditions(around.rulebook) if isinstance(one, Amount)]
    return all(around.compare.apart(over, one.select) for one in amounts)


def whole_of(around: Surroundings) -> int | None:
    """Return the credit of the only programme that is granted for, None if there is not one."""
    programmes = _programmes(around)
    total = programmes[0].total_credits if programmes else None
    return None if total is None else hundredths(total.amount)


def _programmes(around: Surroundings) -> list[Programme] | None:
    """Return the only programme of the targets, None if credit goes anywhere else as well."""
    found_ones = {}
    for _, rule in around.rules():
        programme = around.programme_of(rule)
        if programme is None:
            return None
        found_ones[programme.id] = programme
    # The cap is on all of them together, so that several could add up to more than one has.
    return list(found_ones.values()) if len(found_ones) == 1 else None


def _repeated(
    where: str, caps: Sequence[Cap], compare: Comparer, whole: int | None = None
) -> Iterator[Finding]:
    """Yield caps behind another one of the same place, which always binds before them."""
    for position, cap in enumerate(caps):
        for index, other in enumerate(caps):
            pair = sizes(other, cap, whole)
            if index == position or pair is None or not governs(other, cap, compare):
                continue
            if pair[0] < pair[1]:
                yield found(f"{where}/{position}", "cap_behind_cap", other=other.id)
                break
            if pair[0] == pair[1] and (index < position or not governs(cap, other, compare)):
                yield found(f"{where}/{position}", "cap_implied", other=other.id)
                break


def governs(one: Cap, other: Cap, compare: Comparer) -> bool:
    """Return whether `one` is certainly on all that `other` is on, taken together."""
    if one.per not in {None, other.per}:
        return False
    if one.category and not (other.category and set(other.category) <= set(one.category)):
        return False
    if one.over is None or one.over == other.over:
        return True
    return other.over is not None and compare.within(other.over, one.over)


def sizes(one: Cap, other: Cap, whole: int | None = None) -> tuple[int, int] | None:
    """Return how much two caps let through, in one measure; None if that cannot be told.

    `whole`: the credit of the only programme that is granted for, in hundredths.
    """
    if one.evidence is not None and one.evidence == other.evidence:
        return 0, 0
    if one.share is not None and other.share is not None and one.share.of == other.share.of:
        if one.share.of == "category" and set(one.category) != set(other.category):
            return None
        return hundredths(one.share.percent), hundredths(other.share.percent)
    amounts = _amount(one, whole), _amount(other, whole)
    if amounts[0] is None or amounts[1] is None:
        return None
    return amounts[0], amounts[1]


def _amount(cap: Cap, whole: int | None) -> int | None:
    if cap.limit is not None:
        return hundredths(cap.limit)
    if cap.share is not None and cap.share.of == "programme" and whole is not None:
        return whole * hundredths(cap.share.percent) // _WHOLE
    return None
