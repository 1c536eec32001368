"""Caps that can never bind, and caps that only repeat another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from creditbank.domain.registers import Programme
from creditbank.domain.rules.condition import Amount, Cap
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.overlap import Comparer
from creditbank.domain.rules.selection import Selection
from creditbank.domain.rules.walking import rule_conditions
from creditbank.domain.units import amount_text, hundredths

_WHOLE = 100_00


def lint_caps(around: Surroundings) -> Iterator[Finding]:
    """Yield each cap that allows all there can ever be."""
    for where, _, condition in rule_conditions(around.rulebook):
        if isinstance(condition, Amount):
            yield from _in_condition(where, condition, around.compare)
    bounds = around.rulebook.bounds.caps
    for position, cap in enumerate(bounds):
        yield from _in_bounds(f"/bounds/caps/{position}", cap, around)
    yield from _repeated("/bounds/caps", bounds, around.compare)


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


def _repeated(where: str, caps: Sequence[Cap], compare: Comparer) -> Iterator[Finding]:
    for position, cap in enumerate(caps):
        for index, other in enumerate(caps):
            same_strength = no_wider(cap, other, compare) and index > position
            if index != position and no_wider(other, cap, compare) and not same_strength:
                yield found(f"{where}/{position}", "cap_implied", other=other.id)
                break


def no_wider(one: Cap, other: Cap, compare: Comparer) -> bool:
    """Return whether `one` certainly lets through no more than `other`, wherever both are."""
    if (one.per, one.category) != (other.per, other.category) or not _covers(one, other, compare):
        return False
    if one.limit is not None and other.limit is not None:
        return hundredths(one.limit) <= hundredths(other.limit)
    if one.share is not None and other.share is not None and one.share.of == other.share.of:
        return hundredths(one.share.percent) <= hundredths(other.share.percent)
    return one.evidence is not None and one.evidence == other.evidence


def _covers(one: Cap, other: Cap, compare: Comparer) -> bool:
    """Return whether `one` is on everything that `other` is on."""
    if one.over is None or one.over == other.over:
        return True
    return other.over is not None and compare.within(other.over, one.over)
