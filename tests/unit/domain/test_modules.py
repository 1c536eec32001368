"""Judging modules: which stages are taken, which refused, and when credit is awarded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.modules import judge_module
from creditbank.domain.outcomes import Addition, Award, Outcome
from creditbank.errors.recording import (
    AlreadyCredited,
    ModuleUnknown,
    NotAuthorised,
    ResultContradicts,
    StageAlreadyRecorded,
    TooFewHours,
    VersionNotInForce,
)
from tests import factories
from tests.cases import (
    ASSESSOR,
    COLLEGE,
    SCHOOL,
    TODAY,
    case,
    catalogue,
    continued,
    module,
    outcome,
    refusal,
    shipped,
)

STUDY, TRAINING, ASSESSMENT = factories.study(), factories.training(), factories.assessment()
CREDITS = ({"system": "cn-16", "amount": "1.50"}, {"system": "cn-18", "amount": "1.33"})
FULL = Award("2026-06-20", CREDITS, hours_theory=800, hours_practice=1600)
SELF = {"level": "self_declared"}


def judged(
    *stages: dict[str, Any],
    org: str = SCHOOL,
    known: Outcome | None = None,
    registers: Catalogue | None = None,
    today: date = TODAY,
    **more: Any,
) -> Addition:
    submission = factories.completion("m-1", 1, *stages, **more)
    outcomes = [known] if known else []
    return judge_module(case(submission, org=org, known=outcomes, registers=registers, today=today))


def refused(kind: Any, *stages: dict[str, Any], **how: Any) -> tuple[str | None, dict[str, object]]:
    return refusal(kind, lambda: judged(*stages, **how))


def test_all_stages_at_once_are_credited_at_once() -> None:
    addition = judged()
    verified = {"verification": "issuer"}
    hours = {"hours": {"theory": "8.00"}}, {"hours": {"practice": "16.00"}}
    assert addition == Addition(
        subject="module:GD-AI-VQI",
        type="module",
        title="工业视觉质检",
        verification="issuer",
        module="GD-AI-VQI",
        version="1",
        register_digest=bytes(32),
        scene="AI+制造",
        stages=(
            {"stage": "study", "begun_on": "2026-06-01", "ended_on": "2026-06-05"}
            | hours[0]
            | verified,
            {"stage": "training", "begun_on": "2026-06-06", "ended_on": "2026-06-15"}
            | hours[1]
            | verified,
        ),
        attempts=(
            {"event": "", "attempt": 1, "sitting": "first", "passed": True, "on": "2026-06-20"}
            | verified,
        ),
        award=FULL,
    )


def test_stages_of_several_institutions_are_credited_when_the_last_is_there() -> None:
    begun = continued(judged(STUDY, TRAINING), 7)
    assert not begun.is_credited
    addition = judged(ASSESSMENT, org=ASSESSOR, known=begun)
    assert addition.begun is begun
    assert addition.stages == ()
    assert addition.award == FULL


def test_a_fail_awards_nothing_and_a_resit_is_counted_on() -> None:
    begun = continued(judged(STUDY, TRAINING, factories.assessment(passed=False)), 7)
    assert not begun.is_credited
    resit = factories.assessment(sitting="resit", on="2026-06-28")
    addition = judged(resit, org=ASSESSOR, known=begun)
    assert [one["attempt"] for one in addition.attempts] == [2]
    assert addition.award == replace(FULL, achieved_on="2026-06-28")


def test_the_first_pass_is_the_day_and_a_later_stage_may_be_later() -> None:
    again = factories.assessment(on="2026-06-28")
    assert judged(STUDY, TRAINING, again, ASSESSMENT).award == FULL
    certified = {"stage": "certification", "on": "2026-06-30"}
    addition = judged(STUDY, TRAINING, ASSESSMENT, certified)
    assert addition.award == replace(FULL, achieved_on="2026-06-30")


def test_a_module_is_credited_once() -> None:
    credited = continued(judged(), 7)
    assert refused(AlreadyCredited, known=credited) == ("/module", {"index": 7})


def test_the_level_of_a_module_is_kept_with_its_scale() -> None:
    document = module(level={"scale": "cn-grade-5", "rank": 2}, version="2")
    addition = judged(registers=catalogue(document), module={"id": factories.MODULE})
    assert addition.level == "cn-grade-5:2"


# --- versions


SECOND = module(version="2", valid_from="2026-06-10", scene="AI+物流")
LATE = factories.study(begun_on="2026-06-10", ended_on="2026-06-12")


def test_without_a_version_the_one_in_force_when_the_training_began_counts() -> None:
    registers = catalogue(SECOND)
    unnamed = {"id": factories.MODULE}
    assert judged(registers=registers, module=unnamed).version == "1"
    assert judged(LATE, registers=registers, module=unnamed).version == "2"
    assert judged(ASSESSMENT, registers=registers, module=unnamed).version == "2"


def test_what_was_begun_under_a_version_is_finished_under_it() -> None:
    registers = catalogue(SECOND)
    begun = continued(judged(STUDY, registers=registers), 7)
    addition = judged(
        TRAINING, ASSESSMENT, known=begun, registers=registers, module={"id": factories.MODULE}
    )
    assert (addition.version, addition.begun, addition.award) == ("1", begun, FULL)


def test_another_version_begins_another_outcome() -> None:
    registers = catalogue(SECOND)
    begun = continued(judged(STUDY, registers=registers), 7)
    addition = judged(
        LATE, known=begun, registers=registers, module={"id": factories.MODULE, "version": "2"}
    )
    assert (addition.version, addition.begun) == ("2", None)


@pytest.mark.parametrize(
    ("named", "version"),
    [
        ({"id": "GD-AI-VQI", "version": "9"}, "9"),
        ({"id": "GD-AI-XXX", "version": "1"}, "1"),
        ({"id": "GD-AI-XXX"}, "—"),
    ],
)
def test_a_module_that_is_not_in_the_register_is_refused(
    named: dict[str, str], version: str
) -> None:
    where, fields = refused(ModuleUnknown, module=named)
    assert (where, fields) == ("/module", {"module": named["id"], "version": version})


@pytest.mark.parametrize(
    ("more", "begun_on", "ended"),
    [
        ([], "2025-12-31", "…"),
        ([module(version="2", valid_from="2026-05-01")], "2026-06-01", "2026-04-30"),
        (
            [
                module(version="2", valid_from="2026-06-01"),
                module(version="3", valid_from="2026-06-20"),
            ],
            "2026-06-01",
            "2026-05-31",
        ),
    ],
    ids=["not begun", "superseded", "superseded twice"],
)
def test_a_version_that_was_not_in_force_is_refused(
    more: list[Any], begun_on: str, ended: str
) -> None:
    study = factories.study(begun_on=begun_on)
    where, fields = refused(VersionNotInForce, study, TRAINING, registers=catalogue(*more))
    assert where == "/module/version"
    assert fields == {
        "module": "GD-AI-VQI",
        "version": "1",
        "valid_from": "2026-01-01",
        "valid_to": ended,
        "on": begun_on,
    }


def test_a_version_that_has_ended_is_refused() -> None:
    document = module(version="2", valid_from="2026-05-01", valid_to="2026-05-31")
    _, fields = refused(
        VersionNotInForce,
        registers=catalogue(document),
        module={"id": factories.MODULE, "version": "2"},
    )
    assert (fields["valid_from"], fields["valid_to"]) == ("2026-05-01", "2026-05-31")


# --- authorisations


def test_who_is_not_authorised_is_refused() -> None:
    where, fields = refused(NotAuthorised, STUDY, ASSESSMENT, org=COLLEGE)
    assert where == "/stages/0"
    assert fields == {
        "institution": COLLEGE,
        "stage": "study",
        "module": "GD-AI-VQI",
        "on": "2026-06-01",
    }


def test_an_authorisation_may_be_for_some_stages_only() -> None:
    assert judged(ASSESSMENT, org=ASSESSOR).attempts
    where, fields = refused(NotAuthorised, ASSESSMENT, STUDY, org=ASSESSOR)
    assert (where, fields["stage"], fields["on"]) == ("/stages/1", "study", "2026-06-01")


def test_an_authorisation_counts_on_the_day_of_the_stage() -> None:
    ended = factories.authorisation(SCHOOL, version="2", valid_to="2026-06-19")
    where, fields = refused(NotAuthorised, registers=catalogue(("authorisation", ended)))
    assert (where, fields["stage"], fields["on"]) == ("/stages/2", "assessment", "2026-06-20")


def test_a_renewed_authorisation_does_not_take_away_the_past() -> None:
    renewed = factories.authorisation(
        SCHOOL, version="2", valid_from="2026-06-16", stages=["assessment"]
    )
    assert judged(registers=catalogue(("authorisation", renewed))).award == FULL


def test_of_several_authorisations_one_is_enough() -> None:
    other = factories.authorisation(
        ASSESSOR, id="second", stages=["training"], valid_from="2026-06-01"
    )
    registers = catalogue(("authorisation", other))
    assert judged(TRAINING, ASSESSMENT, org=ASSESSOR, registers=registers).stages


# --- stages


def test_a_stage_is_recorded_once() -> None:
    begun = continued(judged(STUDY, factories.assessment(passed=False)), 7)
    where, fields = refused(StageAlreadyRecorded, TRAINING, STUDY, known=begun)
    assert (where, fields) == ("/stages/1", {"stage": "study", "index": 7})


@pytest.mark.parametrize(
    ("hours", "given"),
    [
        ({"theory": "7.99"}, "7.99"),
        ({"practice": "4.00", "theory": "3.00", "online": "99.00"}, "7.00"),
        ({}, "0.00"),
    ],
)
def test_too_few_class_hours_are_refused(hours: dict[str, str], given: str) -> None:
    where, fields = refused(TooFewHours, TRAINING, STUDY | {"hours": hours})
    assert where == "/stages/1/hours"
    assert fields == {"stage": "study", "given": given, "required": "8.00", "module": "GD-AI-VQI"}


def test_theory_and_practice_count_together_and_more_is_no_more() -> None:
    longer = factories.training() | {"hours": {"theory": "10.00", "practice": "30.00"}}
    assert judged(STUDY, longer, ASSESSMENT).award == FULL


def test_where_the_version_asks_for_no_hours_none_are_needed() -> None:
    document = module(version="2", stages=[{"stage": "study"}, {"stage": "assessment"}])
    registers = catalogue(document)
    short = STUDY | {"hours": {}}
    named = {"id": factories.MODULE, "version": "2"}
    addition = judged(short, TRAINING, ASSESSMENT, registers=registers, module=named)
    assert addition.award is not None


# --- results


def with_parts(*parts: dict[str, Any], assessed: Any = None, **how: Any) -> Addition:
    """Return the judgement of a pass with `parts`, under a version with the assessment given."""
    stage = factories.assessment() | {"parts": list(parts)}
    if not parts:
        del stage["parts"]
    document = module(version="2", assessment=assessed)[1]
    if assessed is None:
        del document["assessment"]
    registers = catalogue(("module", document))
    named = {"id": factories.MODULE, "version": "2"}
    return judged(STUDY, TRAINING, stage, registers=registers, module=named, **how)


def result(part: str, value: str | None = None, scale: str = "percent-100") -> dict[str, Any]:
    scored = {} if value is None else {"score": {"scale": scale, "value": value}}
    return {"part": part, "passed": True} | scored


MARKS = {"parts": [{"part": "theory", "scale": "percent-100", "pass_mark": "60.00"}]}
RANKS = {"parts": [{"part": "theory", "scale": "letter-5", "pass_rank": 2}]}


@pytest.mark.parametrize(
    ("assessed", "parts"),
    [
        (None, []),
        (None, [result("viva", "3")]),
        (MARKS, [result("theory")]),
        (MARKS, [result("theory", "60")]),
        (MARKS, [result("viva", "3"), result("theory", "60.00")]),
        (MARKS, [result("theory", "合格", "pass-fail")]),
        (MARKS, [result("theory", "六十")]),
        (RANKS, [result("theory", "中", "letter-5")]),
        (RANKS, [result("theory", "优秀", "letter-5")]),
        (RANKS, [result("theory", "甲", "letter-5")]),
        (RANKS, [result("theory", "1")]),
    ],
)
def test_a_pass_that_its_parts_bear_out_is_taken(assessed: Any, parts: list[Any]) -> None:
    assert with_parts(*parts, assessed=assessed).award == FULL


@pytest.mark.parametrize(
    ("assessed", "parts", "reason"),
    [
        (MARKS, [], "part_missing"),
        (MARKS, [result("viva", "80")], "part_missing"),
        (MARKS, [result("theory", "59.99")], "below_pass_mark"),
        (MARKS, [result("theory", "59"), result("theory", "60")], "below_pass_mark"),
        (RANKS, [result("theory", "及格", "letter-5")], "below_pass_mark"),
    ],
)
def test_a_pass_that_its_parts_do_not_bear_out_is_refused(
    assessed: Any, parts: list[Any], reason: str
) -> None:
    where, fields = refusal(ResultContradicts, lambda: with_parts(*parts, assessed=assessed))
    assert (where, fields) == ("/stages/2/parts", {"reason": reason, "part": "theory"})


def test_a_rank_on_a_scale_that_is_no_longer_in_force_is_taken_as_it_is() -> None:
    ended = shipped("scale", "letter-5") | {
        "version": "2",
        "valid_from": "2026-01-01",
        "valid_to": "2026-06-30",
    }
    registers = catalogue(("scale", ended), module(version="2", assessment=RANKS))
    stage = factories.assessment() | {"parts": [result("theory", "及格", "letter-5")]}
    named = {"id": factories.MODULE, "version": "2"}
    assert judged(STUDY, TRAINING, stage, registers=registers, module=named).award == FULL


# --- verification


def test_one_self_declared_stage_makes_the_whole_self_declared() -> None:
    begun = continued(judged(STUDY, verification=SELF), 7)
    addition = judged(TRAINING, ASSESSMENT, known=begun)
    assert (addition.verification, addition.award) == ("self_declared", FULL)


def test_a_failed_attempt_that_was_self_declared_weakens_nothing() -> None:
    begun = continued(judged(STUDY, TRAINING), 7)
    begun = continued(judged(factories.assessment(passed=False), known=begun, verification=SELF), 8)
    assert begun.verification == "self_declared"
    addition = judged(ASSESSMENT, known=begun)
    assert (addition.verification, addition.award) == ("issuer", FULL)


def test_an_outcome_that_goes_on_after_a_revocation_is_judged_by_what_is_left() -> None:
    begun = continued(judged(TRAINING, known=continued(judged(STUDY), 7), verification=SELF), 8)
    rest = outcome(verification=begun.verification, stages=begun.stages[:1])
    assert judged(TRAINING, ASSESSMENT, known=rest).verification == "issuer"


def test_a_module_may_ask_for_no_assessment() -> None:
    document = module(version="2", stages=[{"stage": "study"}, {"stage": "training"}])[1]
    del document["assessment"]
    registers = catalogue(("module", document))
    named = {"id": factories.MODULE, "version": "2"}
    addition = judged(STUDY, TRAINING, registers=registers, module=named)
    assert addition.award == replace(FULL, achieved_on="2026-06-15")
