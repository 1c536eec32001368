"""Judging a submission: what it adds, or why it is refused.

Civil dates are Asia/Shanghai. Whether an institution was authorised and a version in force is
judged at the training date; whether a date lies in the future, by `today`. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.outcomes import Outcome, next_attempt
from creditbank.errors.recording import (
    AttemptAlreadyRecorded,
    CreditSystemUnknown,
    DateInFuture,
    DatesReversed,
    InstitutionUnknown,
    ResultContradicts,
    SubmissionInvalid,
    VerificationIncomplete,
)

STAGES_MAX = 200
"""Stages and attempts of one outcome. Each posting reads and writes all of them, under the lock."""


@dataclass(frozen=True, slots=True)
class Case:
    """A submission in its normal form, with all that is needed to judge it.

    `known` are the learner's live outcomes of the same subject, `today` is the civil date.
    """

    submission: dict[str, Any]
    org: str
    subject: str
    known: Sequence[Outcome]
    catalogue: Catalogue
    today: date

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The submitted stages."""
        stages: list[dict[str, Any]] = self.submission.get("stages", [])
        return stages

    @property
    def verification(self) -> str:
        """The verification level."""
        level: str = self.submission["verification"]["level"]
        return level


Judge = Callable[[Case], Any]


def check_dates(case: Case) -> None:
    """Refuse with `DateInFuture` or `DatesReversed` if dates are impossible."""
    today = case.today.isoformat()
    for where, day in _dates(case):
        if day > today:
            raise DateInFuture(where=where, on=day, today=today)
    for where, begun_on, ended_on in _periods(case):
        if begun_on > ended_on:
            raise DatesReversed(where=where, begun_on=begun_on, ended_on=ended_on)


def _dates(case: Case) -> Iterator[tuple[str, str]]:
    for number, stage in enumerate(case.stages):
        for name in ("begun_on", "ended_on", "on"):
            if name in stage:
                yield f"/stages/{number}/{name}", stage[name]
    for path in (
        ("completed_on",),
        ("verification", "on"),
        ("certificate", "issued_on"),
        ("achievement", "on"),
        ("achievement", "until"),
    ):
        value: Any = case.submission
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            yield "/" + "/".join(path), value


def _periods(case: Case) -> Iterator[tuple[str, str, str]]:
    for number, stage in enumerate(case.stages):
        if "begun_on" in stage:
            yield f"/stages/{number}", stage["begun_on"], stage["ended_on"]
    for member, begin, end in (
        ("certificate", "issued_on", "valid_to"),
        ("achievement", "on", "until"),
    ):
        dated = case.submission.get(member, {})
        if end in dated:
            yield f"/{member}", dated[begin], dated[end]


def check_poster(case: Case) -> None:
    """Refuse with `InstitutionUnknown` unless the poster is registered and active today."""
    institution = case.catalogue.institution(case.org, case.today)
    if institution is None or institution.status != "active":
        raise InstitutionUnknown(institution=case.org, on=case.today.isoformat())


def check_verification(case: Case, issuer: str | None = None) -> None:
    """Refuse with `VerificationIncomplete` if a level lacks what it must name.

    `issuer` is the code of a certificate's issuer: only the issuer itself can post at that level.
    """
    verification = case.submission["verification"]
    level = verification["level"]
    needed = {
        "self_declared": (),
        "original_seen": ("on", "by"),
        "national_query": ("on", "by", "evidence"),
        "issuer": (),
    }[level]
    missing = [name for name in needed if name not in verification]
    if missing:
        raise VerificationIncomplete(where="/verification", level=level, missing=tuple(missing))
    if level == "issuer" and issuer is not None and issuer != case.org:
        raise VerificationIncomplete(
            where="/verification/level", level=level, missing=("issuer.code == org",)
        )


def check_results(case: Case) -> None:
    """Refuse with `ResultContradicts` if a pass is an absence, or has a part that is no pass."""
    for number, stage in enumerate(case.stages):
        if stage["stage"] != "assessment" or not stage["passed"]:
            continue
        where = f"/stages/{number}"
        if stage["sitting"] == "absent":
            raise ResultContradicts(where=f"{where}/passed", reason="absent", part="—")
        for part in stage.get("parts", []):
            if not part["passed"]:
                raise ResultContradicts(
                    where=f"{where}/parts", reason="part_failed", part=part["part"]
                )


def check_systems(case: Case, credits_: Sequence[dict[str, str]], where: str, on: str) -> None:
    """Refuse with `CreditSystemUnknown` if an amount names a system that is not in force."""
    day = date.fromisoformat(on)
    for number, amount in enumerate(credits_):
        if case.catalogue.credit_system(amount["system"], day) is None:
            raise CreditSystemUnknown(
                where=f"{where}/{number}/system", system=amount["system"], on=on
            )


def check_room(case: Case, begun: Outcome | None) -> None:
    """Refuse with `SubmissionInvalid` if the outcome would have more than `STAGES_MAX` stages."""
    held = len(begun.stages) + len(begun.attempts) if begun else 0
    if held + len(case.stages) > STAGES_MAX:
        fault = {"where": "/stages", "reason": "too_long"}
        raise SubmissionInvalid(where="/stages", errors=[fault])


def stage_facts(case: Case) -> tuple[dict[str, Any], ...]:
    """Return the submitted stages but attempts as the outcome keeps them.

    Each with its verification level, and without evidence and certificate number.
    """
    names = ("stage", "begun_on", "ended_on", "on", "hours")
    return tuple(
        {name: stage[name] for name in names if name in stage} | {"verification": case.verification}
        for stage in case.stages
        if stage["stage"] != "assessment"
    )


def number_attempts(case: Case, begun: Outcome | None) -> list[dict[str, Any]]:
    """Return the submitted attempts, each with its number per assessment event.

    Refuses with `AttemptAlreadyRecorded` if a number is taken.
    """
    attempts: list[dict[str, Any]] = list(begun.attempts) if begun else []
    added: list[dict[str, Any]] = []
    for position, stage in enumerate(case.stages):
        if stage["stage"] != "assessment":
            continue
        event = stage.get("event", "")
        number = stage.get("attempt") or next_attempt(attempts, event)
        for other in attempts:
            if (other["event"], other["attempt"]) == (event, number):
                raise AttemptAlreadyRecorded(
                    where=f"/stages/{position}/attempt",
                    attempt=number,
                    index=other.get("index", "—"),
                )
        attempt = {
            "event": event,
            "attempt": number,
            "sitting": stage["sitting"],
            "passed": stage["passed"],
            "on": stage["on"],
            "verification": case.verification,
        }
        attempts.append(attempt)
        added.append(attempt)
    return added
