"""What holds of every judgement, whatever is posted and in whatever order."""

from __future__ import annotations

import copy
import itertools
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.courses import judge_achievement, judge_certificate, judge_course
from creditbank.domain.judging import Case, Judge, number_attempts
from creditbank.domain.modules import judge_module
from creditbank.domain.outcomes import VERIFICATION_LEVELS, Addition, Outcome, weakest
from creditbank.errors import Refused
from creditbank.errors.recording import AttemptAlreadyRecorded, NotAuthorised, VersionNotInForce
from creditbank.ledger import canonical
from tests import factories
from tests.cases import ASSESSOR, SCHOOL, STRANGER, TODAY, case, catalogue, continued, module

FIRST = date(2026, 1, 1)
REGISTERS = catalogue(
    module(version="2", valid_from="2026-03-01", valid_to="2026-12-31"),
    ("authorisation", factories.authorisation(ASSESSOR, id="more", valid_from="2026-05-01")),
)
JUDGES: dict[str, Judge] = {
    "module": judge_module,
    "academic_course": judge_course,
    "certificate": judge_certificate,
    "achievement": judge_achievement,
}

days = st.integers(-5, 185).map(lambda offset: (FIRST + timedelta(days=offset)).isoformat())
hours = st.integers(6, 90).map(str)
flags = st.booleans()
verifications = st.sampled_from(VERIFICATION_LEVELS).map(
    lambda level: {"level": level, "on": "2026-06-30", "by": "窗口", "evidence": "0" * 64}
)


@st.composite
def stages(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a stage on any day, passed or not, scored or not."""
    kind = draw(st.sampled_from(["study", "training", "assessment", "certification"]))
    if kind in {"study", "training"}:
        begun_on, ended_on = draw(st.tuples(days, days).map(sorted) | st.tuples(days, days))
        given_hours = draw(st.dictionaries(st.sampled_from(["theory", "practice"]), hours))
        return {"stage": kind, "begun_on": begun_on, "ended_on": ended_on, "hours": given_hours}
    if kind == "certification":
        return {"stage": kind, "on": draw(days)}
    stage = factories.assessment(passed=draw(flags), on=draw(days), score=draw(hours))
    sitting = draw(st.sampled_from(["first", "resit", "absent", "transferred"]))
    optional = {"attempt": draw(st.integers(1, 3)), "event": draw(st.sampled_from("ab"))}
    kept = draw(st.sets(st.sampled_from(["attempt", "event"])))
    return stage | {"sitting": sitting} | {name: optional[name] for name in kept}


def stages_once(
    stage: st.SearchStrategy[dict[str, Any]], *, max_size: int, min_size: int = 0
) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return lists of stages, none but attempts twice."""
    numbers = itertools.count()

    def key(one: dict[str, Any]) -> Any:
        return next(numbers) if one["stage"] == "assessment" else one["stage"]

    return st.lists(stage, min_size=min_size, max_size=max_size, unique_by=key)


@st.composite
def submissions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a submission of any kind."""
    more = {"verification": draw(verifications)}
    kind = draw(st.sampled_from(sorted(JUDGES)))
    if kind == "module":
        usual = st.sampled_from([factories.study(), factories.training(), factories.assessment()])
        submission = factories.completion("s", 1, *draw(stages_once(stages() | usual, max_size=4)))
        version = draw(st.sampled_from([{}, {}, {"version": "2"}, {"version": "1"}]))
        return submission | more | {"module": {"id": factories.MODULE} | version}
    if kind == "academic_course":
        submission = factories.course("s", 1, passed=draw(flags), completed_on=draw(days))
        return submission | more | {"stages": draw(stages_once(stages(), min_size=1, max_size=3))}
    if kind == "certificate":
        submission = factories.certificate("s", draw(st.integers(0, 5)))
        submission["certificate"]["issued_on"] = draw(days)
        return submission | more
    described = {"category": "other", "title": "专利", "on": draw(days), "until": draw(days)}
    return {
        "source_id": "s",
        "type": "achievement",
        "learner": factories.learner(1),
        "achievement": described,
    } | more


def judge(judged: Case) -> Addition | Refused:
    try:
        addition: Addition = JUDGES[judged.submission["type"]](judged)
    except Refused as refused:
        return refused
    return addition


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case, perhaps with what an earlier submission of the same subject has made."""
    org = draw(st.sampled_from([SCHOOL, SCHOOL, SCHOOL, ASSESSOR, STRANGER]))
    judged = case(draw(submissions()), org=org, registers=REGISTERS)
    before = case(draw(submissions()), org=org, registers=REGISTERS)
    said = judge(before)
    if before.subject == judged.subject and isinstance(said, Addition):
        return replace(judged, known=[continued(said, 7)])
    return judged


@given(cases())
def test_judging_changes_nothing(judged: Case) -> None:
    before = copy.deepcopy((judged.submission, judged.known, judged.catalogue))
    judge(judged)
    assert (judged.submission, judged.known, judged.catalogue) == before


@given(cases())
def test_judging_twice_says_the_same(judged: Case) -> None:
    one, other = judge(judged), judge(judged)
    if isinstance(one, Addition):
        assert one == other
    else:
        assert isinstance(other, Refused)
        assert (type(one), one.where, one.fields) == (type(other), other.where, other.fields)


@given(cases())
def test_a_refusal_has_all_that_its_sentence_names(judged: Case) -> None:
    said = judge(judged)
    if isinstance(said, Refused):
        assert str(said)
        assert (said.where or "/").startswith("/")


@given(cases())
def test_what_is_added_is_canonical_and_awarded_no_later_than_today(judged: Case) -> None:
    said = judge(judged)
    if isinstance(said, Refused):
        return
    facts = {"stages": list(said.stages), "attempts": list(said.attempts)}
    assert canonical.decode(canonical.encode(facts)) == facts
    if said.award is not None:
        assert said.award.achieved_on <= TODAY.isoformat()
        assert canonical.encode(list(said.award.credits))
    assert said.verification in VERIFICATION_LEVELS


@given(cases())
def test_no_attempt_has_the_number_of_another_one(judged: Case) -> None:
    begun = judged.known[0] if judged.known else None
    try:
        added = number_attempts(judged, begun)
    except AttemptAlreadyRecorded:
        return
    every = [*(begun.attempts if begun else ()), *added]
    numbers = [(one["event"], one["attempt"]) for one in every]
    assert len(numbers) == len(set(numbers))
    assert len(added) == sum(stage["stage"] == "assessment" for stage in judged.stages)


@given(st.lists(st.sampled_from(VERIFICATION_LEVELS), min_size=1))
def test_the_weakest_does_not_depend_on_the_order(levels: list[str]) -> None:
    assert weakest(levels) == weakest(levels[::-1])
    assert weakest([*levels, "self_declared"]) == "self_declared"
    assert weakest(levels) in levels


# --- stages that are posted one by one


def post_in_turn(postings: list[dict[str, Any]], registers: Catalogue) -> Outcome:
    """Return the outcome after each posting has been judged and added up."""
    known: list[Outcome] = []
    for index, posting in enumerate(postings):
        judged = case(posting, known=known, registers=registers)
        known = [continued(judge_module(judged), index)]
    return known[0]


@given(
    st.permutations(
        [
            factories.study(),
            factories.training(),
            {"stage": "certification", "on": "2026-06-25"},
            factories.assessment(passed=False, attempt=1, on="2026-06-16"),
            factories.assessment(sitting="resit", attempt=2, on="2026-06-20"),
        ]
    ),
    st.lists(st.sampled_from(VERIFICATION_LEVELS), min_size=5, max_size=5),
)
def test_order_of_stage_postings_does_not_change_the_award(
    order: list[dict[str, Any]], levels: list[str]
) -> None:
    asks_for_all = module(
        stages=[
            {"stage": "study", "hours": "8.00"},
            {"stage": "training", "hours": "16.00"},
            {"stage": "assessment"},
            {"stage": "certification"},
        ],
        version="2",
    )
    registers = catalogue(asks_for_all)
    by_stage = sorted(order, key=lambda stage: (stage["stage"], stage.get("attempt", 0)))

    def posting(stage: dict[str, Any]) -> dict[str, Any]:
        level = {"level": levels[by_stage.index(stage)], "on": "2026-06-30", "by": "窗口"}
        verification = level | {"evidence": "0" * 64}
        return factories.completion(
            "s", 1, stage, verification=verification, module={"id": factories.MODULE}
        )

    # The failed attempt is not the last: what comes after the credit is refused.
    failed = next(stage for stage in order if stage.get("attempt") == 1)
    rest = [stage for stage in order if stage is not failed]
    position = min(order.index(failed), len(rest) - 1)
    shuffled = [*rest[:position], failed, *rest[position:]]
    made = post_in_turn([posting(stage) for stage in shuffled], registers)
    plain = post_in_turn([posting(stage) for stage in by_stage], registers)
    members = ("credits", "achieved_on", "hours_theory", "hours_practice", "verification")
    assert made.is_credited
    assert {name: asdict(made)[name] for name in members} == {
        name: asdict(plain)[name] for name in members
    }
    assert made.achieved_on == "2026-06-25"


def posted_on(on: str, registers: Catalogue) -> Case:
    """Return the case of a certification on a day, of a module that asks for nothing else."""
    stage = {"stage": "certification", "on": on}
    submission = factories.completion("s", 1, stage, module={"id": "M-1", "version": "1"})
    return case(submission, registers=registers, today=date(2027, 1, 1))


ALWAYS = {"valid_from": "2000-01-01"}


@given(days, days, days)
def test_a_version_counts_from_its_first_to_its_last_day(begins: str, ends: str, on: str) -> None:
    begins, ends = sorted([begins, ends])
    document = module(id="M-1", valid_from=begins, valid_to=ends)
    allowed = ("authorisation", factories.authorisation(SCHOOL, "M-1", **ALWAYS))
    judged = posted_on(on, catalogue(document, allowed))
    if begins <= on <= ends:
        assert judge_module(judged).version == "1"
    else:
        with pytest.raises(VersionNotInForce):
            judge_module(judged)


@given(days, days, days)
def test_an_authorisation_counts_from_its_first_to_its_last_day(
    begins: str, ends: str, on: str
) -> None:
    begins, ends = sorted([begins, ends])
    period = {"valid_from": begins, "valid_to": ends}
    allowed = ("authorisation", factories.authorisation(SCHOOL, "M-1", **period))
    judged = posted_on(on, catalogue(module(id="M-1", **ALWAYS), allowed))
    if begins <= on <= ends:
        assert judge_module(judged).version == "1"
    else:
        with pytest.raises(NotAuthorised):
            judge_module(judged)
