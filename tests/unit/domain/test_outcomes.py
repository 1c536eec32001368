"""Outcomes: what they are about, and what is left when an entry is revoked."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.outcomes import (
    VERIFICATION_LEVELS,
    level_text,
    next_attempt,
    subject_of,
    weakest,
    without_entry,
)
from creditbank.errors.identifiers import InvalidCertificateNumber
from tests import factories
from tests.cases import SCHOOL, outcome, refusal


def test_an_outcome_is_credited_until_it_is_revoked() -> None:
    begun = outcome()
    assert (begun.is_live, begun.is_credited) == (True, False)
    credited = outcome(credited_index=8)
    assert (credited.is_live, credited.is_credited) == (True, True)
    revoked = outcome(credited_index=8, revoked_index=9)
    assert (revoked.is_live, revoked.is_credited) == (False, False)


@pytest.mark.parametrize("level", VERIFICATION_LEVELS)
def test_only_the_learners_own_word_does_not_verify(level: str) -> None:
    assert outcome(verification=level).is_verified is (level != "self_declared")


@pytest.mark.parametrize(
    ("submission", "subject"),
    [
        (factories.completion("s", 1), "module:GD-AI-VQI"),
        (factories.course("s", 1), f"course:{SCHOOL}:MATH-101:academic_course:2025-2026-2"),
        (
            {"type": "self_study_exam", "course": {"code": "00015"}},
            f"course:{SCHOOL}:00015:self_study_exam:",
        ),
        (factories.certificate("s", 1), "certificate:skill-level:S000044999999265000001"),
        ({"type": "achievement", "source_id": "a:1"}, f"achievement:{SCHOOL}:a:1"),
    ],
)
def test_the_subject_says_what_a_submission_is_about(
    submission: dict[str, Any], subject: str
) -> None:
    assert subject_of(submission, SCHOOL) == subject


@pytest.mark.parametrize("typed", ["s000044999999265000001", " S00004499 9999265000001\u3000"])
def test_a_certificate_is_the_same_however_its_number_was_typed(typed: str) -> None:
    one, other = factories.certificate("s", 1), factories.certificate("s", 1)
    other["certificate"]["number"] = typed
    assert subject_of(one, SCHOOL) == subject_of(other, SCHOOL)


def test_a_certificate_number_that_cannot_be_kept_is_refused_at_its_place() -> None:
    submission = factories.certificate("s", 1)
    submission["certificate"]["number"] = "1" * 65
    where, fields = refusal(InvalidCertificateNumber, subject_of, submission, SCHOOL)
    assert (where, fields) == ("/certificate/number", {"reason": "too_long"})


def test_a_level_is_written_with_its_scale() -> None:
    assert level_text({"scale": "cn-grade-5", "rank": 2}) == "cn-grade-5:2"
    assert level_text(None) is None


def test_an_outcome_is_verified_as_far_as_the_weakest_contribution() -> None:
    assert weakest(["issuer"]) == "issuer"
    assert weakest(["issuer", "self_declared", "original_seen"]) == "self_declared"
    assert weakest(["national_query", "issuer"]) == "national_query"


def test_attempts_are_numbered_per_event() -> None:
    attempts = [
        {"event": "", "attempt": 3},
        {"event": "2026-06", "attempt": 1},
        {"event": "", "attempt": 1},
    ]
    assert next_attempt(attempts, "") == 4
    assert next_attempt(attempts, "2026-06") == 2
    assert next_attempt(attempts, "2026-07") == 1


def test_what_other_entries_contributed_remains() -> None:
    study, training = {"stage": "study", "index": 7}, {"stage": "training", "index": 8}
    first, second = {"attempt": 1, "index": 8}, {"attempt": 2, "index": 9}
    begun = outcome(stages=[study, training], attempts=[first, second])
    assert without_entry(begun, 8) == ([study], [second])
    assert without_entry(begun, 5) == (begun.stages, begun.attempts)
