"""Which outcome stands for one that ended."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.lineage import standing_for
from creditbank.domain.outcomes import Outcome


def outcome(name: str, subject: str, index: int, *, ended: bool = False, **more: Any) -> Outcome:
    kind = subject.partition(":")[0]
    return Outcome(
        id=name,
        account="la",
        subject=subject,
        type=kind,
        org="school",
        title=name,
        verification="issuer",
        opened_index=index,
        revoked_index=index + 1 if ended else None,
        **more,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("module:M", "module:M"),
        ("course:school:C:academic_course:", "course:school:C:online_course:2026-1"),
        ("certificate:skill:school:N1", "certificate:skill:N1"),
    ],
)
def test_what_is_posted_again_stands_for_what_ended(before: str, after: str) -> None:
    known = [outcome("old", before, 1, ended=True), outcome("new", after, 3)]
    assert standing_for(known) == {"old": "new"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("module:M", "module:N"),
        ("course:school:C:academic_course:2025-1", "course:school:C:academic_course:2026-1"),
        ("certificate:skill:school:N1", "certificate:skill:school:N2"),
        ("achievement:school:a", "achievement:school:b"),
    ],
)
def test_something_else_does_not(before: str, after: str) -> None:
    known = [outcome("old", before, 1, ended=True), outcome("new", after, 3)]
    assert standing_for(known) == {}


def test_a_correction_stands_for_what_it_corrects_whatever_it_says_it_is() -> None:
    known = [
        outcome("first", "achievement:school:a", 1, ended=True),
        outcome("second", "achievement:school:b", 3, ended=True, particulars=[_corrects(1, 3)]),
        outcome("third", "achievement:school:c", 5, particulars=[_corrects(3, 5)]),
    ]
    assert standing_for(known) == {"first": "third", "second": "third"}
    assert standing_for(known[:2]) == {}
    assert standing_for(known[2:]) == {}


def _corrects(corrected: int, index: int) -> dict[str, Any]:
    return {"corrects": corrected, "index": index}
