"""Whether selections lie within one another or apart: a yes is never wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.domain.conversion.facts import OutcomeFact, Score
from creditbank.domain.conversion.selecting import matches
from creditbank.domain.registers import Register, parse_register
from creditbank.domain.rules.overlap import Comparer
from creditbank.domain.rules.selection import Selection
from creditbank.rulebooks import shipped_registers

REGISTERS: dict[tuple[str, str], Register] = {
    (one.kind, one.document["id"]): parse_register(one.kind, one.document)
    for one in shipped_registers()
}
ON = date(2026, 6, 30)

some = st.sampled_from
DAYS = [date(2019, 6, 30), date(2024, 1, 1), date(2025, 7, 1), date(2026, 6, 1)]
LEVELS = [("x-3", 1), ("x-3", 2), ("x-3", 3), ("cn-grade-5", 2), ("cn-grade-8", 2), None]

outcomes = st.builds(
    OutcomeFact,
    id=st.just("a"),
    type=some(["module", "certificate", "online_course", "achievement"]),
    achieved_on=some(DAYS),
    verification=some(["self_declared", "original_seen", "issuer"]),
    module=some(["m1", "m2", None]),
    equivalence_group=some(["g1", None]),
    common_core=st.booleans(),
    scene=some(["s1", "s2", None]),
    occupation=some([("2015", "4-04-05-05"), ("2015", "8-00-00-00"), None]),
    level=some(LEVELS),
    issuer=some(["i1", "i2", None]),
    issuer_roles=st.frozensets(some(["college", "training"])),
    stages=st.frozensets(some(["study", "training", "assessment"])),
    scores=some([(), (Score("percent-100", "60.00"),), (Score("percent-100", "90.00"),)]),
    certificate_kind=some(["x-certificate", "skill-level", None]),
    course=some(["c1", None]),
    course_title=some(["t1", "t2", None]),
    delivery=some(["online", "onsite", None]),
    credits=some([{}, {"cn-16": 100}, {"cn-16": 100, "cn-18": 80}]),
)


def plausible(fact: OutcomeFact) -> OutcomeFact:
    """Return the outcome without members that outcomes of its type never have."""
    gone: dict[str, Any] = {}
    if fact.type != "module":
        gone |= {"module": None, "equivalence_group": None, "common_core": False}
    if fact.type != "certificate":
        gone |= {"certificate_kind": None}
    if fact.type != "online_course":
        gone |= {"course": None, "course_title": None}
    return replace(fact, **gone)


def lists(*values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(some(values), max_size=2, unique_by=str)


def selections(depth: int = 1) -> st.SearchStrategy[dict[str, Any]]:
    members: dict[str, st.SearchStrategy[Any]] = {
        "type": lists("module", "certificate", "online_course", "achievement"),
        "module": lists("m1", "m2"),
        "equivalence_group": lists("g1"),
        "common_core": st.booleans(),
        "scene": lists("s1", "s2"),
        "occupation": lists({"edition": "2015", "code": "4-04-05-05"}),
        "level": some(
            [
                {"scale": "x-3", "at_least": 2},
                {"scale": "x-3", "at_most": 1},
                {"scale": "cn-grade-5", "at_least": 1, "at_most": 2},
            ]
        ),
        "issuer_role": lists("college", "training"),
        "stage": lists("study", "training", "assessment"),
        "score": some(
            [
                {"scale": "percent-100", "at_least": "60.00"},
                {"scale": "percent-100", "at_least": "80.00"},
            ]
        ),
        "certificate_kind": lists("x-certificate", "skill-level"),
        "course": lists("c1"),
        "course_title": lists("t1", "t2"),
        "delivery": lists("online"),
        "system": lists("cn-16", "cn-18"),
        "verification": some(["self_declared", "original_seen", "national_query"]),
        "achieved_within": some(["P1Y", "P18M"]),
        "achieved_from": some(["2020-01-01", "2025-06-30"]),
        "achieved_to": some(["2024-12-31"]),
    }
    if depth:
        inner = st.lists(selections(depth - 1), max_size=2)
        members |= {"any_of": inner, "none_of": inner}
    return st.fixed_dictionaries({}, optional=members)


parsed = selections().map(Selection.model_validate)


@st.composite
def near(draw: st.DrawFn) -> tuple[Selection, Selection]:
    """Return a selection and one that says almost the same: a member less, or another value."""
    document = draw(selections())
    other = dict(document)
    for member in draw(st.lists(some(sorted(document) or ["type"]), max_size=3)):
        other.pop(member, None)
    other |= draw(st.one_of(st.just({}), selections(0)))
    return Selection.model_validate(document), Selection.model_validate(other)


pairs = st.one_of(st.tuples(parsed, parsed), near())


def selects(selection: Selection, fact: OutcomeFact) -> bool:
    return matches(selection, fact, ON, REGISTERS)


@settings(max_examples=200, deadline=None)
@given(pairs, outcomes.map(plausible))
def test_what_lies_within_is_selected_by_both(
    pair: tuple[Selection, Selection], fact: OutcomeFact
) -> None:
    inner, outer = pair
    if Comparer().within(inner, outer) and selects(inner, fact):
        assert selects(outer, fact)


@settings(max_examples=200, deadline=None)
@given(pairs, outcomes.map(plausible))
def test_what_is_apart_has_nothing_in_common(
    pair: tuple[Selection, Selection], fact: OutcomeFact
) -> None:
    one, other = pair
    if Comparer().apart(one, other):
        assert not (selects(one, fact) and selects(other, fact))


@settings(max_examples=200, deadline=None)
@given(parsed, outcomes.map(plausible))
def test_what_selects_nothing_selects_nothing(selection: Selection, fact: OutcomeFact) -> None:
    if Comparer().nothing(selection) is not None:
        assert not selects(selection, fact)


@settings(max_examples=150, deadline=None)
@given(parsed)
def test_a_selection_lies_within_itself(selection: Selection) -> None:
    bare = selection.model_copy(update={"any_of": (), "none_of": ()})
    assert Comparer().within(bare, bare)
    everything = Selection.model_validate({"verification": "self_declared"})
    assert Comparer().within(bare, everything)
