"""Judging a module: stages from several institutions, credited once all that it requires is there.

Class-hours are compared per stage with what the module version asks for; the credited class-hours
are the version's own.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from creditbank.domain.judging import (
    Case,
    check_dates,
    check_poster,
    check_results,
    check_room,
    check_verification,
    number_attempts,
    stage_facts,
)
from creditbank.domain.outcomes import LEARNING_STAGES, Addition, Award, Outcome, weakest
from creditbank.domain.registers import AssessmentPart, Module
from creditbank.domain.units import amount_text, hundredths
from creditbank.errors.identifiers import InvalidAmount
from creditbank.errors.recording import (
    AlreadyCredited,
    ModuleUnknown,
    NotAuthorised,
    ResultContradicts,
    StageAlreadyRecorded,
    TooFewHours,
    VersionNotInForce,
)


def judge_module(case: Case) -> Addition:
    """Return what a module submission adds; the award too, if it completes the module.

    Refuses with the errors of `creditbank.errors.recording`, each at its place.
    """
    check_poster(case)
    check_dates(case)
    check_verification(case)
    check_results(case)
    for outcome in case.known:
        if outcome.is_credited:
            raise AlreadyCredited(where="/module", index=outcome.credited_index)
    module, digest, begun = _version(case)
    check_room(case, begun)
    for number, stage in enumerate(case.stages):
        where = f"/stages/{number}"
        _check_authorised(case, module, stage, where)
        _check_new(begun, stage, where)
        _check_hours(module, stage, where)
        _check_result(case, module, stage, where)
    attempts = number_attempts(case, begun)
    stages = stage_facts(case)
    return Addition(
        subject=case.subject,
        type="module",
        title=module.title.zh,
        verification=_verification(case, begun),
        begun=begun,
        module=module.id,
        version=module.version,
        register_digest=digest,
        scene=module.scene,
        level=None if module.level is None else f"{module.level.scale}:{module.level.rank}",
        stages=stages,
        attempts=tuple(attempts),
        award=_award(module, begun, stages, attempts),
    )


def _version(case: Case) -> tuple[Module, bytes, Outcome | None]:
    """Return the module version, the digest of its document, and the outcome it continues."""
    named = case.submission["module"]
    open_ones = [one for one in case.known if one.is_live and one.credited_index is None]
    version = named.get("version") or next((one.version for one in open_ones), None)
    begun = next((one for one in open_ones if one.version == version), None)
    training_on = _training_date(case, begun)
    if version is None:
        item = case.catalogue.in_force("module", named["id"], date.fromisoformat(training_on))
        version = item.register.version if item else "—"
    found = case.catalogue.module(named["id"], version)
    if found is None:
        raise ModuleUnknown(where="/module", module=named["id"], version=version)
    module, published = found
    on = date.fromisoformat(training_on)
    if case.catalogue.in_force("module", module.id, on) is not published:
        last_day = case.catalogue.last_day(module)
        raise VersionNotInForce(
            where="/module/version",
            module=module.id,
            version=module.version,
            valid_from=module.valid_from.isoformat(),
            valid_to=last_day.isoformat() if last_day else "…",
            on=training_on,
        )
    return module, published.digest, begun


def _training_date(case: Case, begun: Outcome | None) -> str:
    """Return the day the training began; the assessment's where no training is known yet."""
    learning = [stage["begun_on"] for stage in case.stages if stage["stage"] in LEARNING_STAGES]
    if begun:
        learning += [one["begun_on"] for one in begun.stages if one["stage"] in LEARNING_STAGES]
    days: list[str] = learning or [stage["on"] for stage in case.stages]
    return min(days)


def _check_authorised(case: Case, module: Module, stage: dict[str, Any], where: str) -> None:
    on = stage.get("begun_on") or stage["on"]
    for one in case.catalogue.authorisations(case.org, module.id, date.fromisoformat(on)):
        if not one.stages or stage["stage"] in one.stages:
            return
    raise NotAuthorised(
        where=where, institution=case.org, stage=stage["stage"], module=module.id, on=on
    )


def _check_new(begun: Outcome | None, stage: dict[str, Any], where: str) -> None:
    if begun is None or stage["stage"] == "assessment":
        return
    for known in begun.stages:
        if known["stage"] == stage["stage"]:
            raise StageAlreadyRecorded(where=where, stage=stage["stage"], index=known["index"])


def _check_hours(module: Module, stage: dict[str, Any], where: str) -> None:
    required = next(
        (
            hundredths(one.hours)
            for one in module.stages
            if one.stage == stage["stage"] and one.hours
        ),
        0,
    )
    hours = stage.get("hours", {})
    given = sum(hundredths(hours[name]) for name in ("theory", "practice") if name in hours)
    if stage["stage"] in LEARNING_STAGES and given < required:
        raise TooFewHours(
            where=f"{where}/hours",
            stage=stage["stage"],
            given=amount_text(given),
            required=amount_text(required),
            module=module.id,
        )


def _check_result(case: Case, module: Module, stage: dict[str, Any], where: str) -> None:
    """A pass must have the parts, and the pass marks, that the version names."""
    if stage["stage"] != "assessment" or not stage["passed"]:
        return
    results: list[dict[str, Any]] = stage.get("parts", [])
    for part in module.assessment.parts if module.assessment else ():
        found = [result.get("score") for result in results if result["part"] == part.part]
        if not found:
            raise ResultContradicts(where=f"{where}/parts", reason="part_missing", part=part.part)
        if any(score and _falls_short(case, score, part) for score in found):
            raise ResultContradicts(
                where=f"{where}/parts", reason="below_pass_mark", part=part.part
            )


def _falls_short(case: Case, score: dict[str, Any], part: AssessmentPart) -> bool:
    """Return whether a score is below what passes.

    A score on another scale than the part's, or one that cannot be read, is taken as is.
    """
    if score["scale"] != part.scale:
        return False
    if part.pass_rank is not None:
        scale = case.catalogue.scale(part.scale, case.today)
        rank = scale.rank_of(score["value"]) if scale else None
        return rank is not None and rank < part.pass_rank
    try:
        return hundredths(score["value"]) < hundredths(part.pass_mark or "0.00")
    except InvalidAmount:
        return False


def _verification(case: Case, begun: Outcome | None) -> str:
    """Return the level of the whole: the weakest of all that counts towards the award."""
    before = [*begun.stages, *(one for one in begun.attempts if one["passed"])] if begun else []
    return weakest([case.verification, *(one["verification"] for one in before)])


def _award(
    module: Module,
    begun: Outcome | None,
    stages: tuple[dict[str, Any], ...],
    attempts: list[dict[str, Any]],
) -> Award | None:
    every_stage = [*(begun.stages if begun else ()), *stages]
    every_attempt = [*(begun.attempts if begun else ()), *attempts]
    passed = [one for one in every_attempt if one["passed"]]
    present = {one["stage"] for one in every_stage} | ({"assessment"} if passed else set())
    if any(required.stage not in present for required in module.stages):
        return None
    days = [one.get("ended_on") or one["on"] for one in every_stage]
    if passed:
        days.append(min(one["on"] for one in passed))
    return Award(
        achieved_on=max(days),
        credits=tuple({"system": one.system, "amount": one.amount} for one in module.credits),
        hours_theory=hundredths(module.hours.theory),
        hours_practice=hundredths(module.hours.practice),
    )
