"""Facts for rules: from outcomes and registers, and back from the form in which they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.conversion.case_form import (
    case_document,
    case_of,
    evaluation_of,
)
from creditbank.domain.conversion.facts import Case, EvidenceFact, PriorGrant, PriorUse, Score
from creditbank.domain.conversion.gathering import gather
from creditbank.domain.conversion.results import Counted, Evaluation, TargetResult, Verdict
from creditbank.domain.conversion.taking import LOOKED_AT, relied_on, target_document, uses_of
from creditbank.domain.outcomes import Outcome
from creditbank.domain.particulars import particulars_of, scores_of
from creditbank.domain.registers import parse_register
from creditbank.domain.rules.rule import Rule
from creditbank.ledger import canonical
from creditbank.rulebooks import shipped_registers
from tests import decision_scene as scene
from tests import factories

SCHOOL, ASSESSOR = factories.organisation_code(1), factories.organisation_code(2)
HASHES = {index: f"{index:064x}" for index in range(20)}


def catalogue() -> Catalogue:
    shipped = [(one.kind, one.document) for one in shipped_registers()]
    shipped.append(("institution", factories.institution(SCHOOL, "training", "assessor")))
    late = factories.institution(ASSESSOR, "assessor", valid_from="2030-01-01")
    shipped.append(("institution", late))
    document = next(dict(one) for kind, one in shipped if one["id"] == "GD-AI-VQI")
    course: dict[str, Any] = {"id": "COURSE", "kind": "occupation_course"}
    course["equivalence_group"] = "vision"
    course["occupation"] = {"edition": "2022", "code": "4-04-05-05"}
    shipped.append(("module", document | course))
    items = [
        Published(parse_register(kind, document), kind, index, bytes(32))
        for index, (kind, document) in enumerate(shipped)
    ]
    return Catalogue().with_published(items, size=len(items))


def module(**more: Any) -> Outcome:
    members: dict[str, Any] = {
        "id": "m",
        "account": "la",
        "subject": "module:GD-AI-VQI",
        "type": "module",
        "org": SCHOOL,
        "title": "工业视觉质检",
        "verification": "issuer",
        "opened_index": 1,
        "module": "GD-AI-VQI",
        "version": "1",
        "stages": [
            {"stage": "study", "hours": {"theory": "8.00"}, "org": SCHOOL, "index": 1},
            {"stage": "training", "hours": {"practice": "16.00"}, "org": SCHOOL, "index": 2},
        ],
        "attempts": [
            {"event": "", "passed": False, "org": SCHOOL, "index": 3},
            {"event": "春季", "passed": True, "org": ASSESSOR, "index": 4},
        ],
        "level": "cn-grade-5:1",
        "credited_index": 4,
        "achieved_on": "2026-06-20",
        "credits": [{"system": "cn-16", "amount": "1.50"}],
        "hours_theory": 800,
        "hours_practice": 1600,
    }
    return Outcome(**(members | more))


def certificate(**more: Any) -> Outcome:
    said = {
        "index": 5,
        "certificate_kind": "skill-level",
        "issuer": ASSESSOR,
        "occupation": {"edition": "2022", "code": "4-04-05-05"},
        "learning_event": "2026春",
        "assessment_event": "2026-06",
    }
    members: dict[str, Any] = {
        "type": "certificate",
        "module": None,
        "version": None,
        "stages": [],
        "attempts": [],
        "credited_index": 5,
        "particulars": [said],
        "credits": [],
    }
    return module(**(members | more))


def fact(outcome: Outcome, scores: Any = None) -> Any:
    (found,) = gather([outcome], HASHES, scores or {}, catalogue())
    return found


def test_a_module_is_awarded_by_whoever_completed_it() -> None:
    found = fact(module(), {4: [{"scale": "percent-100", "value": "80.00", "part": "theory"}]})
    assert (found.issuer, found.entry) == (ASSESSOR, (4, HASHES[4]))
    assert found.issuer_roles == {"assessor"}  # registered later than it awarded
    assert found.stages == {"study", "training", "assessment"}
    assert found.scores == (Score("percent-100", "80.00", "theory"),)
    assert (found.level, found.class_hours, found.credits) == (
        ("cn-grade-5", 1),
        2400,
        {"cn-16": 150},
    )
    assert found.assessment_event == f"{ASSESSOR}/春季"
    assert found.delivery is None


def test_a_module_has_the_occupation_and_the_group_of_its_version() -> None:
    found = fact(module(module="COURSE", scene="AI+制造", level=None))
    assert (found.occupation, found.equivalence_group) == (("2022", "4-04-05-05"), "vision")
    assert (found.scene, found.level) == ("AI+制造", None)


def test_a_certificate_is_its_issuers() -> None:
    found = fact(certificate())
    assert (found.issuer, found.certificate_kind) == (ASSESSOR, "skill-level")
    assert found.occupation == ("2022", "4-04-05-05")
    assert found.learning_event == f"{SCHOOL}/2026春"
    assert found.assessment_event == f"{SCHOOL}/2026-06"
    unnamed = fact(certificate(particulars=[{"index": 5, "certificate_kind": "skill-level"}]))
    assert (unnamed.issuer, unnamed.issuer_roles) == (None, frozenset())
    assert unnamed.assessment_event is None


def test_what_completed_an_outcome_may_name_no_stage() -> None:
    assert fact(module(credited_index=9)).issuer == SCHOOL
    stranger = factories.organisation_code(9)
    assert fact(module(credited_index=9, org=stranger)).issuer_roles == frozenset()
    assert fact(module(version="77", level=None)).equivalence_group is None


def test_what_is_not_credited_is_no_fact() -> None:
    ended = [module(credited_index=None), module(revoked_index=9)]
    assert gather(ended, HASHES, {}, catalogue()) == ()


@pytest.mark.parametrize(
    ("hours", "delivery"),
    [
        ({"theory": "8.00", "online": "8.00"}, "online"),
        ({"theory": "8.00", "practice": "8.00", "online": "4.00"}, "mixed"),
        ({"theory": "8.00", "online": "0.00"}, "onsite"),
        ({"theory": "8.00"}, None),
    ],
)
def test_delivery_follows_from_the_class_hours(hours: dict[str, str], delivery: str | None) -> None:
    stages = [{"stage": "study", "hours": hours, "org": SCHOOL, "index": 1}]
    assert fact(module(stages=stages)).delivery == delivery


def test_a_course_says_its_code_title_hours_and_grade() -> None:
    submission = factories.course("c-1", 1)
    submission["course"]["grade"] = {"scale": "percent-100", "value": "91"}
    particulars = particulars_of(submission)
    assert particulars == {"course": "MATH-101", "hours": {"theory": "72.00"}}
    course = module(
        type="online_course",
        module=None,
        version=None,
        title="高等数学",
        stages=[],
        particulars=[particulars | {"index": 4}],
    )
    found = fact(course, {4: scores_of(submission)})
    assert (found.course, found.course_title, found.delivery) == ("MATH-101", "高等数学", "online")
    assert found.scores == (Score("percent-100", "91"),)


def test_scores_are_those_of_what_was_passed() -> None:
    passed, failed = factories.assessment(), factories.assessment(passed=False)
    whole = factories.assessment(parts=[{"part": "theory", "passed": True}])
    whole["score"] = {"scale": "letter-5", "value": "优"}
    submission = factories.completion("m", 1, factories.study(), failed, passed, whole)
    assert [one.get("part") for one in scores_of(submission)] == ["theory", "operation", None]
    assert particulars_of(submission | {"learning_event": "春"}) == {"learning_event": "春"}
    bare = factories.certificate("z", 1)
    assert particulars_of(bare) == {"certificate_kind": "skill-level"}
    bare["certificate"]["issuer"]["code"] = ASSESSOR
    bare["certificate"]["occupation"] = {"edition": "2022", "code": "4-04-05-05", "work_type": "x"}
    assert particulars_of(bare)["occupation"] == {"edition": "2022", "code": "4-04-05-05"}
    assert particulars_of(factories.course("c", 1, course={"code": "A"})) == {"course": "A"}


def prior_use(scope: str, **more: Any) -> PriorUse:
    members: dict[str, Any] = {"sharing": "exclusive", "whole": False, "unit": "outcomes"}
    members |= {"amount": 100, "of": 100}
    return PriorUse(outcome="m", scope=scope, rule="r", **(members | more))


def test_a_case_comes_back_from_its_form_as_it_was() -> None:
    some = [module(), certificate(id="z"), module(id="y", module="COURSE", level=None)]
    facts = gather(some, HASHES, {4: [{"scale": "letter-5", "value": "优"}]}, catalogue())
    facts = (*facts, replace(facts[0], id="bare", entry=None))
    case = Case(
        on=date(2026, 6, 30),
        outcomes=facts,
        evidence=(
            EvidenceFact("enrolment", "owner", {"major": "510209"}, "ab" * 32),
            EvidenceFact("age", "learner", {"date": "1990-01-01"}),
        ),
        prior_uses=(
            prior_use("academic", unit="credit:cn-16", amount=50, of=150),
            prior_use("grade", sharing="shared", whole=True, target="t"),
        ),
        prior_grants=(
            PriorGrant("b", "r", "t", 150, "cn-16", ("m",), ("frame",)),
            PriorGrant("b", "r", "e", 0, None, ()),
        ),
    )
    document = case_document(case)
    assert case_of(canonical.decode(canonical.encode(document))) == case


def result(**more: Any) -> TargetResult:
    members: dict[str, Any] = {
        "rulebook": "b",
        "rule": "vision",
        "rule_version": "1",
        "target": "t",
        "verdict": Verdict.MET,
        "scope": "academic",
    }
    return TargetResult(**(members | more))


def test_an_evaluation_comes_back_from_its_form_as_it_was() -> None:
    counted = (Counted("m", "c", "credit:cn-16", 100, 150, 150),)
    whole = result(
        granted=100,
        system="cn-16",
        grade={"scale": "percent-100", "mark": "85"},
        counted=counted,
        trace={"needs": {"met": True}},
    )
    recorded = target_document(whole)
    assert (recorded["granted"], recorded["system"]) == ("1.00", "cn-16")
    assert recorded["grade"] == {"scale": "percent-100", "mark": "85"}
    evaluation = Evaluation((whole, result(verdict=Verdict.NOT_MET)), "engine/1", 3)
    assert evaluation_of(evaluation.document()) == evaluation


def test_a_target_takes_an_outcome_once_at_all_of_its_conditions() -> None:
    rules = {"vision": Rule.model_validate(scene.rule())}
    same = (
        Counted("m", "a", "credit:cn-16", 50, 150, 50),
        Counted("m", "b", "credit:cn-16", 25, 150, 25),
    )
    (use,) = uses_of([result(counted=same)], rules)
    assert (use.unit, use.amount, use.of, use.sharing) == ("credit:cn-16", 75, 150, "exclusive")
    mixed = (*same[:1], Counted("m", "c", "class_hours", 600, 2400, 600))
    (use,) = uses_of([result(counted=mixed)], rules)
    assert use.unit == "outcomes"
    assert use.share == Fraction(7, 12)
    assert (use.amount, use.of) == (1400, 2400)


def test_what_is_only_looked_at_is_relied_on_and_not_taken() -> None:
    rules = {"vision": Rule.model_validate(scene.rule())}
    trace = {
        "needs": {
            "met": True,
            "of": [
                {"met": True, "held": ["h"]},
                {"met": False, "outcomes": [{"outcome": "n"}]},
                {"met": True, "outcomes": [{"outcome": "o", "amount": "1.00"}]},
            ],
        },
        "reasons": [{"code": "used_elsewhere", "outcomes": ["elsewhere"]}],
    }
    one = result(trace=trace, counted=(Counted("f", "c", "outcomes", 100, 100, 0),))
    assert relied_on(one) == ["f", "h", "o"]
    uses = uses_of([one], rules)
    assert {(use.unit, use.amount, use.of) for use in uses} == {LOOKED_AT}
    assert {use.sharing for use in uses} == {"free"}
    document = target_document(one)
    assert document["outcomes"] == ["f", "h", "o"]
    assert "granted" not in document
