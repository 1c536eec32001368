"""What holds of every submission, found by looking for one of which it does not."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from creditbank.domain.submissions import OUTCOME, OUTCOME_TYPES, differing_fields, normal_form
from creditbank.errors.recording import SubmissionInvalid
from creditbank.services.intake import validate_outcome
from tests import factories

SAMPLES = [
    factories.completion("m-1", 1),
    factories.course("c-1", 1, stages=[factories.assessment(passed=False)]),
    factories.certificate("t-1", 1),
    {
        "source_id": "a-1",
        "type": "achievement",
        "learner": {"account": "la-abcdefghijklmnop"},
        "achievement": {"category": "other", "title": "专利", "on": "2026-05-01"},
    },
]
# The codes that docs/problems/submission-invalid.md explains.
REASONS = {
    *("missing", "unknown_member", "not_one_of", "type", "form", "empty", "too_long", "too_few"),
    *("range", "surrogate", "repeated", "float", "sign", "places", "too_large", "day"),
}

texts = st.text(max_size=8) | st.text(st.characters(), max_size=8) | st.just("\ud800")
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.sampled_from([*OUTCOME_TYPES, "study", "2026-06-01", "24.00", 10**30, "x" * 3000])
)
names = st.sampled_from(
    [*("type", "stages", "stage", "learner", "module", "course", "a/b", "~", "", "\ud800")]
) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
member_names = st.from_regex(r"[a-z][a-z0-9_]{0,3}", fullmatch=True)
canonical = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(member_names, inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value below `value`."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for step, inner in pairs:
        yield (*path, step)
        yield from places(inner, (*path, step))


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """Draw a sample in which one value is another one, or gone, or has a new neighbour."""
    document = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    *path, last = draw(st.sampled_from(list(places(document))))
    holder: Any = document
    for step in path:
        holder = holder[step]
    what = draw(st.sampled_from(["other", "gone", "neighbour"]))
    if what == "other":
        holder[last] = draw(values)
    elif what == "gone":
        del holder[last]
    elif isinstance(holder, dict):
        holder[draw(names)] = draw(values)
    return document


def resolve(document: Any, pointer: str) -> None:
    """Follow a JSON pointer as far as it goes; only its last step may be absent."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for number, step in enumerate(steps):
        if isinstance(document, list):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            assert number == len(steps) - 1, pointer
            return


def read(document: Any) -> dict[str, Any] | SubmissionInvalid:
    try:
        return validate_outcome(document)
    except SubmissionInvalid as refused:
        return refused


def check(document: Any) -> None:
    before = repr(document)
    said = read(document)
    assert repr(document) == before
    if not isinstance(said, SubmissionInvalid):
        assert said["type"] in OUTCOME_TYPES
        return
    faults: Any = said.fields["errors"]
    assert faults
    assert said.where == faults[0]["where"]
    for fault in faults:
        assert set(fault) == {"where", "reason"}
        assert fault["reason"] in REASONS
        assert re.fullmatch(r"(/.*)?", fault["where"], re.DOTALL)
        resolve(document, fault["where"])


@given(values)
def test_arbitrary_json_raises_nothing_but_submission_invalid(document: Any) -> None:
    check(document)


@given(spoilt())
def test_a_spoilt_submission_is_refused_at_a_place_it_has(document: Any) -> None:
    check(document)


@given(st.sampled_from(SAMPLES))
def test_validation_is_idempotent(document: dict[str, Any]) -> None:
    once = validate_outcome(document)
    assert validate_outcome(once) == once


@given(spoilt())
def test_a_submission_survives_json(document: Any) -> None:
    outcome = read(document)
    if isinstance(outcome, SubmissionInvalid):
        return
    assert OUTCOME.validate_python(json.loads(OUTCOME.dump_json(outcome))) == outcome


@given(spoilt())
def test_the_normal_form_is_idempotent(document: dict[str, Any]) -> None:
    once = normal_form(document)
    assert normal_form(once) == once
    assert "learner" not in once


@given(canonical, canonical)
def test_differing_fields_is_empty_iff_equal(one: Any, other: Any) -> None:
    assert (differing_fields(one, other) == []) is (one == other)
    assert differing_fields(one, copy.deepcopy(one)) == []


@given(canonical, canonical)
def test_which_of_two_comes_first_makes_no_difference(one: Any, other: Any) -> None:
    assert differing_fields(one, other) == differing_fields(other, one)


def take_over(pointer: str, document: Any, source: Any) -> None:
    """Make `document` say at `pointer` what `source` says there."""
    *path, last = pointer.split("/")[1:]
    for step in path:
        key = int(step) if isinstance(document, list) else step
        document, source = document[key], source[key]
    if isinstance(document, list):
        document[int(last)] = source[int(last)]
    elif last in source:
        document[last] = source[last]
    else:
        del document[last]


@given(st.dictionaries(member_names, canonical), st.dictionaries(member_names, canonical))
def test_two_forms_differ_nowhere_but_in_the_fields_that_are_named(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    for pointer in differing_fields(one, other):
        take_over(pointer, one, other)
    assert one == other
