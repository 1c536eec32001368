"""Judging courses, certificates and achievements: outcomes that are posted as they stand.

A course brings its own amounts; a certificate has none, since the receiver's rule gives them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.certificates import cross_check_certificate, parse_certificate_number
from creditbank.domain.judging import (
    Case,
    check_dates,
    check_poster,
    check_results,
    check_room,
    check_systems,
    check_verification,
    number_attempts,
    stage_facts,
)
from creditbank.domain.outcomes import Addition, Award, level_text, may_be_one_course
from creditbank.domain.registers import CertificateKind
from creditbank.domain.units import hundredths
from creditbank.errors.recording import AlreadyCredited, CertificateKindUnknown, ResultContradicts


def judge_course(case: Case) -> Addition:
    """Return what a course submission adds: attempts on the way, the award once it is passed.

    The known outcomes are those of the same course, whatever their type and term.
    """
    check_poster(case)
    check_dates(case)
    check_verification(case)
    check_results(case)
    if "passed" in case.submission:
        _check_not_credited(case)
    course = case.submission["course"]
    begun = next((one for one in case.known if one.is_live and one.subject == case.subject), None)
    check_room(case, begun)
    # The result stands by its own verification: what is told after it does not weaken it.
    settled = begun if begun and begun.is_credited else None
    return Addition(
        subject=case.subject,
        type=case.submission["type"],
        title=course["title"],
        verification=settled.verification if settled else case.verification,
        begun=begun,
        stages=stage_facts(case),
        attempts=tuple(number_attempts(case, begun)),
        award=_course_award(case, course),
    )


def _check_not_credited(case: Case) -> None:
    """Refuse with `AlreadyCredited` a result of a course that may be one that counts already."""
    for outcome in case.known:
        if outcome.is_credited and may_be_one_course(outcome.subject, case.subject):
            raise AlreadyCredited(where="/course", index=outcome.credited_index)


def _course_award(case: Case, course: dict[str, Any]) -> Award | None:
    if not case.submission.get("passed"):
        return None
    achieved_on = case.submission.get("completed_on") or max(
        (stage.get("ended_on") or stage["on"] for stage in case.stages), default=None
    )
    if achieved_on is None:
        raise ResultContradicts(where="/completed_on", reason="no_date", part="—")
    check_systems(case, course["credits"], "/course/credits", achieved_on)
    hours = course.get("hours", {})
    return Award(
        achieved_on=achieved_on,
        credits=tuple(course["credits"]),
        hours_theory=hundredths(hours.get("theory", "0.00")),
        hours_practice=hundredths(hours.get("practice", "0.00")),
    )


def judge_certificate(case: Case) -> Addition:
    """Return what a certificate adds; its number is checked and cross-checked.

    A number of a format that the kind does not have is kept as unrecognised, for a person to
    look at.
    """
    check_poster(case)
    check_dates(case)
    certificate = case.submission["certificate"]
    check_verification(case, issuer=certificate["issuer"].get("code", ""))
    issued_on = date.fromisoformat(certificate["issued_on"])
    kind = case.catalogue.certificate_kind(certificate["kind"], issued_on)
    if kind is None:
        raise CertificateKindUnknown(
            where="/certificate/kind", kind=certificate["kind"], on=certificate["issued_on"]
        )
    for outcome in case.known:
        if outcome.is_credited:
            raise AlreadyCredited(where="/certificate/number", index=outcome.credited_index)
    level = certificate.get("level")
    return Addition(
        subject=case.subject,
        type="certificate",
        title=certificate.get("title") or certificate["kind"],
        verification=case.verification,
        level=level_text(level),
        award=Award(achieved_on=certificate["issued_on"]),
        certificate_format=_number_format(certificate, kind, issued_on),
    )


def _number_format(certificate: dict[str, Any], kind: CertificateKind, issued_on: date) -> str:
    """Return the format of the number, "unrecognised" unless the kind has numbers of that format.

    A school's own numbers may look like those of another kind, so only the kind's are compared
    with the date and the grade. Raises CertificateNumberContradicts and InvalidCertificateNumber.
    """
    where, number = "/certificate/number", certificate["number"]
    found = parse_certificate_number(number, where=where).format
    if found not in kind.number_formats:
        return "unrecognised"
    level = certificate.get("level")
    rank = level["rank"] if level and level["scale"] == "cn-grade-5" else None
    cross_check_certificate(number, issued_on, rank, where=where)
    return found


def is_number_recognised(certificate: dict[str, Any], catalogue: Catalogue) -> bool:
    """Return whether a number has a format of its kind of certificate, as of its issue.

    Raises InvalidCertificateNumber.
    """
    kind = catalogue.certificate_kind(
        certificate["kind"], date.fromisoformat(certificate["issued_on"])
    )
    number = parse_certificate_number(certificate["number"], where="/certificate/number")
    return kind is not None and number.format in kind.number_formats


def judge_achievement(case: Case) -> Addition:
    """Return what an achievement adds."""
    check_poster(case)
    check_dates(case)
    check_verification(case)
    achievement = case.submission["achievement"]
    return Addition(
        subject=case.subject,
        type="achievement",
        title=achievement["title"],
        verification=case.verification,
        award=Award(achieved_on=achievement.get("until") or achievement["on"]),
    )
