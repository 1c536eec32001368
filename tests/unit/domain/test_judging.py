"""What is checked of every submission, whatever it is about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from creditbank.domain.judging import (
    check_dates,
    check_poster,
    check_results,
    check_systems,
    check_verification,
    number_attempts,
    stage_facts,
)
from creditbank.errors.recording import (
    AttemptAlreadyRecorded,
    CreditSystemUnknown,
    DateInFuture,
    DatesReversed,
    InstitutionUnknown,
    ResultContradicts,
    VerificationIncomplete,
)
from tests import factories
from tests.cases import SCHOOL, STRANGER, TODAY, case, catalogue, outcome, refusal

ACHIEVEMENT: dict[str, Any] = {
    "source_id": "a-1",
    "type": "achievement",
    "learner": factories.learner(1),
    "achievement": {"category": "work_experience", "title": "运维岗位", "on": "2024-07-01"},
}
PARTS = [{"part": "theory", "passed": True}, {"part": "operation", "passed": False}]


def achievement(**more: Any) -> dict[str, Any]:
    return ACHIEVEMENT | {"achievement": ACHIEVEMENT["achievement"] | more}


def certificate(**more: Any) -> dict[str, Any]:
    document = factories.certificate("t-1", 1)
    return document | {"certificate": document["certificate"] | more}


# --- dates


@pytest.mark.parametrize(
    "submission",
    [
        factories.completion("m-1", 1),
        factories.completion(
            "m-1",
            1,
            factories.study(begun_on="2026-07-01", ended_on="2026-07-01"),
            factories.assessment(on="2026-07-01"),
        ),
        factories.course("c-1", 1, completed_on="2026-07-01"),
        certificate(valid_to="2036-05-20"),
        certificate(valid_to="2026-05-20"),
        achievement(),
        achievement(until="2026-07-01"),
    ],
)
def test_dates_up_to_today_are_possible(submission: dict[str, Any]) -> None:
    check_dates(case(submission))


@pytest.mark.parametrize(
    ("submission", "where"),
    [
        (
            factories.completion("m-1", 1, factories.study(begun_on="2026-07-02")),
            "/stages/0/begun_on",
        ),
        (
            factories.completion(
                "m-1", 1, factories.study(), factories.training(ended_on="2026-07-02")
            ),
            "/stages/1/ended_on",
        ),
        (factories.completion("m-1", 1, factories.assessment(on="2026-07-02")), "/stages/0/on"),
        (factories.course("c-1", 1, completed_on="2026-07-02"), "/completed_on"),
        (certificate(issued_on="2026-07-02"), "/certificate/issued_on"),
        (
            certificate() | {"verification": {"level": "original_seen", "on": "2026-07-02"}},
            "/verification/on",
        ),
        (achievement(on="2026-07-02"), "/achievement/on"),
        (achievement(until="2026-07-02"), "/achievement/until"),
    ],
)
def test_a_date_in_the_future_is_refused(submission: dict[str, Any], where: str) -> None:
    place, fields = refusal(DateInFuture, check_dates, case(submission))
    assert place == where
    assert fields == {"on": "2026-07-02", "today": "2026-07-01"}


@pytest.mark.parametrize(
    ("submission", "where", "begun_on", "ended_on"),
    [
        (
            factories.completion(
                "m-1", 1, factories.assessment(), factories.study(ended_on="2026-05-31")
            ),
            "/stages/1",
            "2026-06-01",
            "2026-05-31",
        ),
        (certificate(valid_to="2026-05-19"), "/certificate", "2026-05-20", "2026-05-19"),
        (achievement(until="2024-06-30"), "/achievement", "2024-07-01", "2024-06-30"),
    ],
)
def test_what_ends_before_it_begins_is_refused(
    submission: dict[str, Any], where: str, begun_on: str, ended_on: str
) -> None:
    place, fields = refusal(DatesReversed, check_dates, case(submission))
    assert place == where
    assert fields == {"begun_on": begun_on, "ended_on": ended_on}


# --- the poster


def test_a_registered_active_institution_may_post() -> None:
    check_poster(case(ACHIEVEMENT))


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_an_institution_that_is_not_active_may_not_post(status: str) -> None:
    changed = factories.institution(SCHOOL, version="2", status=status)
    judged = case(ACHIEVEMENT, registers=catalogue(("institution", changed)))
    where, fields = refusal(InstitutionUnknown, check_poster, judged)
    assert where is None
    assert fields == {"institution": SCHOOL, "on": "2026-07-01"}


@pytest.mark.parametrize(
    ("org", "today"), [(STRANGER, TODAY), ("bank", TODAY), (SCHOOL, date(2025, 12, 31))]
)
def test_who_is_not_in_the_register_today_may_not_post(org: str, today: date) -> None:
    _, fields = refusal(InstitutionUnknown, check_poster, case(ACHIEVEMENT, org=org, today=today))
    assert fields == {"institution": org, "on": today.isoformat()}


# --- verification


@pytest.mark.parametrize(
    "verification",
    [
        {"level": "self_declared"},
        {"level": "original_seen", "on": "2026-06-01", "by": "窗口"},
        {"level": "national_query", "on": "2026-06-01", "by": "窗口", "evidence": "0" * 64},
        {"level": "issuer"},
    ],
)
def test_a_verification_that_names_all_it_needs_is_complete(verification: dict[str, Any]) -> None:
    check_verification(case(ACHIEVEMENT | {"verification": verification}))


@pytest.mark.parametrize(
    ("verification", "missing"),
    [
        ({"level": "original_seen", "on": "2026-06-01"}, ("by",)),
        ({"level": "original_seen"}, ("on", "by")),
        ({"level": "national_query", "on": "2026-06-01", "by": "窗口"}, ("evidence",)),
    ],
)
def test_a_verification_that_lacks_something_is_refused(
    verification: dict[str, Any], missing: tuple[str, ...]
) -> None:
    judged = case(ACHIEVEMENT | {"verification": verification})
    where, fields = refusal(VerificationIncomplete, check_verification, judged)
    assert where == "/verification"
    assert fields == {"level": verification["level"], "missing": missing}


def test_only_the_issuer_itself_posts_as_the_issuer() -> None:
    judged = case(ACHIEVEMENT)
    check_verification(judged, issuer=SCHOOL)
    for issuer in (STRANGER, ""):
        where, fields = refusal(VerificationIncomplete, check_verification, judged, issuer)
        assert where == "/verification/level"
        assert fields == {"level": "issuer", "missing": ("issuer.code == org",)}


def test_whoever_saw_the_original_need_not_be_the_issuer() -> None:
    check_verification(case(factories.certificate("t-1", 1)), issuer=STRANGER)


# --- results


def test_a_fail_and_an_absence_are_results() -> None:
    check_results(
        case(
            factories.completion(
                "m-1",
                1,
                factories.study(),
                factories.assessment(passed=False),
                factories.assessment(passed=False, sitting="absent"),
                factories.assessment(sitting="resit"),
                {"stage": "assessment", "on": "2026-06-20", "sitting": "first", "passed": True},
            )
        )
    )


@pytest.mark.parametrize(
    ("stage", "where", "reason", "part"),
    [
        (factories.assessment(sitting="absent"), "/stages/1/passed", "absent", "—"),
        (
            factories.assessment() | {"parts": PARTS},
            "/stages/1/parts",
            "part_failed",
            "operation",
        ),
        (
            factories.assessment() | {"parts": [*PARTS, {"part": "operation", "passed": True}]},
            "/stages/1/parts",
            "part_failed",
            "operation",
        ),
    ],
)
@pytest.mark.parametrize("whole", [factories.completion("m-1", 1), factories.course("c-1", 1)])
def test_a_pass_that_contradicts_itself_is_refused(
    whole: dict[str, Any], stage: dict[str, Any], where: str, reason: str, part: str
) -> None:
    judged = case(whole | {"stages": [factories.study(), stage]})
    place, fields = refusal(ResultContradicts, check_results, judged)
    assert place == where
    assert fields == {"reason": reason, "part": part}


# --- credit systems


def test_an_amount_names_a_credit_system_that_is_in_force() -> None:
    judged = case(ACHIEVEMENT)
    amounts = [{"system": "cn-16", "amount": "1.00"}, {"system": "cn-18", "amount": "1.00"}]
    check_systems(judged, amounts, "/credits", "2019-01-01")
    where, fields = refusal(
        CreditSystemUnknown, check_systems, judged, amounts, "/credits", "2018-12-31"
    )
    assert where == "/credits/0/system"
    assert fields == {"system": "cn-16", "on": "2018-12-31"}
    amounts[1]["system"] = "cn-20"
    where, fields = refusal(
        CreditSystemUnknown, check_systems, judged, amounts, "/credits", "2026-06-01"
    )
    assert where == "/credits/1/system"
    assert fields == {"system": "cn-20", "on": "2026-06-01"}


# --- stages and attempts


def test_an_outcome_keeps_neither_evidence_nor_the_certificates_number() -> None:
    judged = case(
        factories.completion(
            "m-1",
            1,
            factories.study(evidence="0" * 64),
            factories.assessment(),
            {"stage": "certification", "on": "2026-06-25", "number": "7", "evidence": "0" * 64},
        )
    )
    assert stage_facts(judged) == (
        {
            "stage": "study",
            "begun_on": "2026-06-01",
            "ended_on": "2026-06-05",
            "hours": {"theory": "8.00"},
            "verification": "issuer",
        },
        {"stage": "certification", "on": "2026-06-25", "verification": "issuer"},
    )


def attempts(*stages: dict[str, Any], before: list[dict[str, Any]] | None = None) -> list[Any]:
    judged = case(factories.completion("m-1", 1, *stages))
    begun = None if before is None else outcome(attempts=before)
    return [
        (one["event"], one["attempt"], one["sitting"], one["passed"])
        for one in number_attempts(judged, begun)
    ]


def test_attempts_are_numbered_in_their_order_and_per_event() -> None:
    stages = [
        factories.study(),
        factories.assessment(passed=False, sitting="absent"),
        factories.assessment(event="2026-06"),
        factories.assessment(sitting="resit"),
    ]
    assert attempts(*stages) == [
        ("", 1, "absent", False),
        ("2026-06", 1, "first", True),
        ("", 2, "resit", True),
    ]


def test_numbering_goes_on_from_what_is_recorded() -> None:
    before = [{"event": "", "attempt": 2, "index": 7}]
    assert attempts(factories.assessment(), before=before) == [("", 3, "first", True)]
    assert attempts(factories.assessment(attempt=1), before=before) == [("", 1, "first", True)]
    assert attempts(factories.study(), before=before) == []


def test_an_attempt_keeps_its_day_and_how_far_it_was_verified() -> None:
    judged = case(factories.completion("m-1", 1, factories.assessment()))
    assert number_attempts(judged, None) == [
        {
            "event": "",
            "attempt": 1,
            "sitting": "first",
            "passed": True,
            "on": "2026-06-20",
            "verification": "issuer",
        }
    ]


@pytest.mark.parametrize(
    ("stages", "before", "where", "index"),
    [
        ([factories.assessment(attempt=2)], [{"event": "", "attempt": 2, "index": 7}], 0, 7),
        (
            [factories.assessment(), factories.study(), factories.assessment(attempt=1)],
            [],
            2,
            "—",
        ),
    ],
)
def test_an_attempt_that_is_recorded_is_refused(
    stages: list[dict[str, Any]], before: list[dict[str, Any]], where: int, index: object
) -> None:
    judged = case(factories.completion("m-1", 1, *stages))
    place, fields = refusal(
        AttemptAlreadyRecorded, number_attempts, judged, outcome(attempts=before)
    )
    assert place == f"/stages/{where}/attempt"
    assert fields == {"attempt": stages[where]["attempt"], "index": index}
