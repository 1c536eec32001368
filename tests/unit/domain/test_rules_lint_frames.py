"""Lint: versions and rules in their dates, and colleges within their frames."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.rules.chains import frames_of
from creditbank.domain.rules.lint import lint
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.errors.rules import RulebookCycle
from tests.linting import CAP, REGISTERS, TEXT, findings, frame_of, look
from tests.rulebooks import rule, rulebook

FRAMES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "cap_wider",
        {"caps": [CAP | {"limit": "10.00"}]},
        rulebook(rule(), bounds={"caps": [CAP | {"limit": "12.00"}]}),
    ),
    (
        "excluded_by_frame",
        {"excluded": [{"id": "e", "text": TEXT, "outcomes": {"type": ["module"]}}]},
        rulebook(rule()),
    ),
    (
        "course_excluded_by_frame",
        {"excluded": [{"id": "e", "text": TEXT, "courses": ["C05"]}]},
        rulebook(rule()),
    ),
    (
        "target_above_frame",
        {"caps": [CAP | {"share": {"percent": "50.00", "of": "programme"}}]},
        rulebook(
            rule(
                target={
                    "kind": "elective",
                    "programme": "plan-example",
                    "bucket": TEXT,
                    "system": "cn-16",
                    "at_most": "40.01",
                }
            )
        ),
    ),
    ("region_outside", {}, rulebook(rule(), region="450000")),
    ("frame_not_in_force", {}, rulebook(rule(), valid_from="2025-12-31")),
]


@pytest.mark.parametrize(("code", "bounds", "document"), FRAMES)
def test_lint_holds_a_college_to_its_frame(
    code: str, bounds: dict[str, Any], document: dict[str, Any]
) -> None:
    found = look(document | {"under": "frame"}, frame=frame_of(**bounds))
    assert code in found


def test_a_stricter_cap_than_the_frames_is_allowed() -> None:
    frame = frame_of(caps=[CAP | {"limit": "10.00"}])
    for limit in ("9.99", "10.00"):
        document = rulebook(rule(), bounds={"caps": [CAP | {"limit": limit}]}, under="frame")
        assert not [one for one in findings(document, frame=frame) if one.severity == "error"]


def test_only_a_frame_can_be_above() -> None:
    other = parse_rulebook(rulebook(rule(), id="other"))
    assert "not_a_frame" in look(rulebook(rule(), under="other"), frame=other)


@pytest.mark.parametrize(
    ("own", "other", "code"),
    [
        ({"version": "2"}, {}, "version_begins_same_day"),
        ({"version": "2", "valid_from": "2025-01-01"}, {}, "version_order"),
        (
            {"version": "2", "valid_from": "2026-06-01"},
            {"valid_to": "2026-12-31"},
            "version_overlaps",
        ),
        ({"version": "2", "valid_from": "2027-01-01"}, {"valid_to": "2026-12-31"}, None),
        ({"version": "2", "valid_from": "2027-01-01"}, {}, None),
    ],
)
def test_one_version_holds_on_each_day(
    own: dict[str, Any], other: dict[str, Any], code: str | None
) -> None:
    found = look(rulebook(rule(), **own), parse_rulebook(rulebook(rule(), **other)))
    assert found & {"version_begins_same_day", "version_order", "version_overlaps"} == (
        {code} if code else set()
    )


def test_frames_may_not_lead_back_nor_pile_up() -> None:
    books = {
        f"f{at}": parse_rulebook(rulebook(rule(), id=f"f{at}", under=f"f{at + 1}"))
        for at in range(15)
    }
    books["f3"] = books["f3"].model_copy(update={"under": "f1"})
    with pytest.raises(RulebookCycle):
        frames_of(books["f1"], books.get)
    with pytest.raises(RulebookCycle):
        frames_of(books["f4"], books.get)
    assert [one.id for one in frames_of(books["f13"], books.get)] == ["f14"]


def test_a_frame_that_binds_its_region_cannot_be_passed_by() -> None:
    binding = parse_rulebook(
        {
            name: value
            for name, value in rulebook(id="frame", kind="frame", binds=["academic"]).items()
            if name not in {"rules", "procedure"}
        }
    )

    def passed_by(**members: Any) -> bool:
        book = parse_rulebook(rulebook(rule(), **members))
        frames = [binding] if book.under else []
        told = lint(book, REGISTERS, frames, binding=[binding])
        return "frame_passed_by" in {one.code for one in told}

    assert passed_by()
    assert not passed_by(under="frame")
    assert not passed_by(region="450000")
    free = {"scope": "programme", "sharing": "free", "effect": "recognise"}
    document = rulebook(rule(use=free))
    told = lint(parse_rulebook(document), REGISTERS, binding=[binding])
    assert "frame_passed_by" not in {one.code for one in told}
