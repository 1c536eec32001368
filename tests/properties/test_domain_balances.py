"""What holds of every balance: nothing is lost, nothing is counted twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from creditbank.domain.balances import STATUSES, AsOf, balance
from creditbank.domain.outcomes import VERIFICATION_LEVELS, Outcome
from creditbank.domain.units import amount_text, hundredths
from tests.cases import outcome

amounts = st.integers(0, 99_999_999)
systems = st.sampled_from(["cn-16", "cn-18", "ou-10"])
moments = st.integers(0, 6)
days = st.integers(1, 6).map(lambda day: f"2026-06-0{day}")


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """Draw an outcome: begun, credited or revoked, with any amounts."""
    made = outcome(
        verification=draw(st.sampled_from(VERIFICATION_LEVELS)),
        scene=draw(st.none() | st.sampled_from(["AI+制造", "AI+物流"])),
        level=draw(st.none() | st.sampled_from(["cn-grade-5:1", "cn-grade-5:2"])),
    )
    if draw(st.booleans()):
        return made
    made.credited_index, made.credited_at = 7, draw(moments)
    made.achieved_on = draw(days)
    credits_ = draw(st.dictionaries(systems, amounts, max_size=3))
    made.credits = [
        {"system": system, "amount": amount_text(amount)} for system, amount in credits_.items()
    ]
    made.hours_theory, made.hours_practice = draw(amounts), draw(amounts)
    if draw(st.booleans()):
        made.revoked_index, made.revoked_at = 9, made.credited_at + draw(moments)
    return made


many = st.lists(outcomes(), max_size=6)
past = st.builds(AsOf, recorded_at=st.none() | moments, achieved_on=st.none() | days)


def flat(shown: dict[str, Any]) -> dict[tuple[str, ...], int]:
    """Return every amount of a balance in hundredths, by its place."""
    found: dict[tuple[str, ...], int] = {}

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, (*path, name))
        else:
            found[path] = in_hundredths(value)

    for one in shown["systems"]:
        walk({name: inner for name, inner in one.items() if name != "system"}, (one["system"],))
    walk(shown["class_hours"], ("class_hours",))
    return found


def in_hundredths(text: str) -> int:
    """Return an amount; a total may be greater than a single amount can be."""
    whole, _, decimals = text.partition(".")
    assert len(decimals) == 2
    return int(whole) * 100 + int(decimals)


@given(many, many, past)
def test_balance_of_a_union_is_the_sum(one: list[Outcome], other: list[Outcome], at: AsOf) -> None:
    both, parts = balance([*one, *other], at), (balance(one, at), balance(other, at))
    assert both["lots"] == sum(part["lots"] for part in parts)
    sums = [flat(part) for part in parts]
    places = sums[0].keys() | sums[1].keys()
    assert flat(both) == {place: sum(one.get(place, 0) for one in sums) for place in places}


@given(many, past)
def test_awarded_is_available_reserved_consumed_revoked_and_expired(
    lots: list[Outcome], at: AsOf
) -> None:
    amounts_ = flat(balance(lots, at))
    for place, amount in amounts_.items():
        if place[-1] == "awarded":
            assert amount == sum(amounts_[*place[:-1], status] for status in STATUSES)


@given(many, past)
def test_what_is_awarded_in_a_system_is_what_the_lots_hold(lots: list[Outcome], at: AsOf) -> None:
    shown = balance(lots, at)
    expected: dict[str, int] = {}
    for lot in filter(at.shows, lots):
        for credit in lot.credits:
            amount = hundredths(credit["amount"])
            expected[credit["system"]] = expected.get(credit["system"], 0) + amount
    assert {
        one["system"]: sum(
            in_hundredths(one[basis]["awarded"])
            for basis in ("verified", "self_declared")
            if basis in one
        )
        for one in shown["systems"]
    } == expected


@given(many, past)
def test_no_scene_or_level_has_more_than_is_available(lots: list[Outcome], at: AsOf) -> None:
    amounts_ = flat(balance(lots, at))
    for group in ("by_scene", "by_level"):
        grouped: dict[tuple[str, ...], int] = {}
        for place, amount in amounts_.items():
            if group in place:
                above = place[: place.index(group)]
                grouped[above] = grouped.get(above, 0) + amount
        for above, total in grouped.items():
            assert total <= amounts_[*above, "available"]


@given(many, past)
def test_the_order_of_lots_is_of_no_consequence(lots: list[Outcome], at: AsOf) -> None:
    assert balance(lots, at) == balance(lots[::-1], at)


@given(many)
def test_as_of_the_end_of_time_is_now(lots: list[Outcome]) -> None:
    assert balance(lots, AsOf(recorded_at=2**53, achieved_on="2199-12-31")) == balance(lots, AsOf())


@given(many, moments, moments)
def test_what_was_awarded_by_an_earlier_moment_was_awarded_by_a_later_one(
    lots: list[Outcome], one: int, other: int
) -> None:
    earlier, later = sorted([one, other])
    before, after = (flat(balance(lots, AsOf(recorded_at=at))) for at in (earlier, later))
    for place, amount in before.items():
        if place[-1] in {"awarded", "revoked"}:
            assert amount <= after[place]
