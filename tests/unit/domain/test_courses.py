"""Judging courses, certificates and achievements."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.courses import judge_achievement, judge_certificate, judge_course
from creditbank.domain.outcomes import Addition, Award, Outcome
from creditbank.errors.identifiers import CertificateNumberContradicts, InvalidCertificateNumber
from creditbank.errors.recording import (
    AlreadyCredited,
    CertificateKindUnknown,
    CreditSystemUnknown,
    DateInFuture,
    InstitutionUnknown,
    ResultContradicts,
    VerificationIncomplete,
)
from tests import factories
from tests.cases import COLLEGE, SCHOOL, STRANGER, case, continued, outcome, refusal

ATTEMPT = factories.assessment(on="2026-06-28")
MISSED = factories.assessment(passed=False, sitting="absent", on="2026-06-21")


def course(*known: Outcome, org: str = COLLEGE, **more: Any) -> Addition:
    submission = factories.course("c-1", 1) | more
    kept = {name: value for name, value in submission.items() if value is not None}
    return judge_course(case(kept, org=org, known=known))


# --- courses


def test_a_passed_course_brings_its_own_amounts() -> None:
    assert course() == Addition(
        subject=f"course:{COLLEGE}:MATH-101:academic_course:2025-2026-2",
        type="academic_course",
        title="高等数学",
        verification="issuer",
        award=Award("2026-06-30", ({"system": "cn-18", "amount": "4.00"},), hours_theory=7200),
    )


def test_a_course_may_have_neither_amounts_nor_hours() -> None:
    bare = {"code": "PE-1", "title": "体育", "credits": []}
    assert course(course=bare).award == Award("2026-06-30")
    practical = bare | {"hours": {"practice": "32.00"}}
    assert course(course=practical).award == Award("2026-06-30", hours_practice=3200)


@pytest.mark.parametrize(
    ("stages", "day"),
    [
        ([ATTEMPT], "2026-06-28"),
        ([factories.training(), factories.study()], "2026-06-15"),
        ([factories.training(), MISSED, ATTEMPT], "2026-06-28"),
    ],
)
def test_without_a_day_of_completion_the_last_stage_is_the_day(
    stages: list[dict[str, Any]], day: str
) -> None:
    addition = course(stages=stages, completed_on=None)
    assert addition.award
    assert addition.award.achieved_on == day


def test_a_pass_on_no_day_is_refused() -> None:
    where, fields = refusal(ResultContradicts, lambda: course(completed_on=None))
    assert (where, fields) == ("/completed_on", {"reason": "no_date", "part": "—"})


@pytest.mark.parametrize("passed", [None, False])
def test_a_course_that_is_not_passed_awards_nothing(passed: Any) -> None:
    addition = course(passed=passed, stages=[factories.study(), MISSED], completed_on=None)
    assert addition.award is None
    assert [one["stage"] for one in addition.stages] == ["study"]
    assert [one["sitting"] for one in addition.attempts] == ["absent"]


def test_attempts_on_the_way_and_the_result_are_one_outcome() -> None:
    begun = continued(course(passed=None, stages=[MISSED], completed_on=None), 7, org=COLLEGE)
    addition = course(begun, stages=[ATTEMPT])
    assert addition.begun is begun
    assert [one["attempt"] for one in addition.attempts] == [2]
    assert addition.award is not None


@pytest.mark.parametrize("passed", [True, False])
def test_a_course_is_credited_once(passed: Any) -> None:
    credited = continued(course(), 7, org=COLLEGE)
    where, fields = refusal(AlreadyCredited, lambda: course(credited, passed=passed))
    assert (where, fields) == ("/course", {"index": 7})


def test_what_is_told_after_the_result_does_not_weaken_it() -> None:
    credited = continued(course(), 7, org=COLLEGE)
    addition = course(
        credited, passed=None, stages=[MISSED], verification={"level": "self_declared"}
    )
    assert (addition.verification, addition.award) == ("issuer", None)
    assert addition.begun is credited


def test_the_result_is_verified_as_far_as_its_own_posting() -> None:
    told = course(
        passed=None, stages=[MISSED], completed_on=None, verification={"level": "self_declared"}
    )
    assert told.verification == "self_declared"
    assert course(continued(told, 7, org=COLLEGE)).verification == "issuer"


def test_a_course_in_an_unknown_credit_system_is_refused() -> None:
    amounts = [{"system": "cn-20", "amount": "4.00"}]
    described = {"code": "MATH-101", "title": "高等数学", "credits": amounts}
    where, fields = refusal(CreditSystemUnknown, lambda: course(course=described))
    assert where == "/course/credits/0/system"
    assert fields == {"system": "cn-20", "on": "2026-06-30"}


# --- certificates


def certificate(*known: Outcome, org: str = SCHOOL, **more: Any) -> Addition:
    submission = factories.certificate("t-1", 1)
    verification = more.pop("verification", submission["verification"])
    described = submission["certificate"] | more
    described = {name: value for name, value in described.items() if value is not None}
    changed = submission | {"certificate": described, "verification": verification}
    return judge_certificate(case(changed, org=org, known=known))


def test_a_certificate_has_no_amount_of_its_own() -> None:
    assert certificate() == Addition(
        subject="certificate:skill-level:S000044999999265000001",
        type="certificate",
        title="skill-level",
        verification="original_seen",
        level="cn-grade-5:1",
        award=Award("2026-05-20"),
        certificate_format="skill_level_22",
    )
    assert certificate(title="人工智能训练师五级").title == "人工智能训练师五级"
    assert certificate(level=None).level is None


@pytest.mark.parametrize(
    ("issued_on", "rank", "members"),
    [
        ("2025-05-20", 1, "issued_on"),
        ("2026-05-20", 2, "rank"),
        ("2025-05-20", 2, "issued_on, rank"),
    ],
)
def test_a_number_that_contradicts_the_record_is_refused(
    issued_on: str, rank: int, members: str
) -> None:
    level = {"scale": "cn-grade-5", "rank": rank}
    where, fields = refusal(
        CertificateNumberContradicts, lambda: certificate(issued_on=issued_on, level=level)
    )
    assert (where, fields) == ("/certificate/number", {"members": members})


def test_a_level_on_another_scale_is_not_compared_with_the_number() -> None:
    addition = certificate(level={"scale": "cn-grade-8", "rank": 3})
    assert (addition.level, addition.certificate_format) == ("cn-grade-8:3", "skill_level_22")


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("skill-level", "粤职鉴字第7号"),
        ("training-completion", "2019060100012345"),  # of the form of an older qualification
        ("x-certificate", "S000044999999195000001"),
    ],
)
def test_a_number_that_the_kind_does_not_have_is_kept_as_unrecognised(
    kind: str, number: str
) -> None:
    addition = certificate(kind=kind, number=number)
    assert addition.certificate_format == "unrecognised"


def test_a_number_that_cannot_be_kept_is_refused() -> None:
    posted = case(factories.certificate("t-1", 1))
    posted.submission["certificate"]["number"] = "1" * 65
    where, fields = refusal(InvalidCertificateNumber, judge_certificate, posted)
    assert (where, fields) == ("/certificate/number", {"reason": "too_long"})


@pytest.mark.parametrize(
    ("kind", "issued_on"), [("skill-level", "2018-12-31"), ("driving", "2026-05-20")]
)
def test_a_certificate_of_an_unknown_kind_is_refused(kind: str, issued_on: str) -> None:
    where, fields = refusal(
        CertificateKindUnknown, lambda: certificate(kind=kind, issued_on=issued_on)
    )
    assert (where, fields) == ("/certificate/kind", {"kind": kind, "on": issued_on})


def test_a_certificate_is_recorded_once() -> None:
    recorded = continued(certificate(), 7)
    where, fields = refusal(AlreadyCredited, lambda: certificate(recorded))
    assert (where, fields) == ("/certificate/number", {"index": 7})
    begun = outcome(subject=recorded.subject, type="certificate")
    assert certificate(begun).award == Award("2026-05-20")


def test_only_the_issuer_posts_a_certificate_as_its_issuer() -> None:
    verification = {"level": "issuer"}
    own = {"name": "测试评价机构", "code": SCHOOL}
    assert certificate(issuer=own, verification=verification).verification == "issuer"
    for issuer in (own | {"code": STRANGER}, {"name": "测试评价机构"}):
        where, _ = refusal(
            VerificationIncomplete,
            lambda issuer=issuer: certificate(issuer=issuer, verification=verification),
        )
        assert where == "/verification/level"


# --- achievements


def achievement(org: str = SCHOOL, **more: Any) -> Addition:
    described = {"category": "work_experience", "title": "运维岗位", "on": "2024-07-01"}
    return judge_achievement(
        case(
            {
                "source_id": "a-1",
                "type": "achievement",
                "learner": factories.learner(1),
                "verification": {"level": "self_declared"},
                "achievement": described | more,
            },
            org=org,
        )
    )


def test_an_achievement_is_recorded_with_the_day_on_which_it_ended() -> None:
    assert achievement() == Addition(
        subject=f"achievement:{SCHOOL}:a-1",
        type="achievement",
        title="运维岗位",
        verification="self_declared",
        award=Award("2024-07-01"),
    )
    assert achievement(until="2026-06-30").award == Award("2026-06-30")


def test_an_achievement_to_come_is_refused() -> None:
    where, fields = refusal(DateInFuture, lambda: achievement(until="2026-12-31"))
    assert (where, fields) == ("/achievement/until", {"on": "2026-12-31", "today": "2026-07-01"})


@pytest.mark.parametrize("post", [course, certificate, achievement])
def test_whoever_posts_is_in_the_register(post: Any) -> None:
    _, fields = refusal(InstitutionUnknown, lambda: post(org=STRANGER))
    assert fields == {"institution": STRANGER, "on": "2026-07-01"}
