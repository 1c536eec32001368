"""Each kind of register: what it can say, and what it refuses to say."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from creditbank.domain.registers import KINDS, Institution, Module, parse_register, register_schemas
from creditbank.errors.registers import RegisterInvalid
from creditbank.ledger import canonical
from tests.rulebooks import EVERY_MEMBER

USCC = "91350100M000100Y43"  # the worked example of GB 32100-2015
LACKING = object()

COMMON: dict[str, Any] = {
    "version": "2026.1",
    "valid_from": "2026-03-01",
    "valid_to": "2027-02-28",
    "region": "440300",
    "title": {"zh": "名称", "en": "Name"},
    "sources": [
        {
            "title": "文件",
            "clause": "第一条",
            "url": "https://example.org/1",
            "note": "示例",
            "status": "example",
        }
    ],
    "ext": {"school": {"room": 3, "open": True, "tags": ["a"], "more": {"b": "c"}}},
}
ASSESSMENT: dict[str, Any] = {
    "parts": [
        {"part": "theory", "scale": "percent-100", "pass_mark": "60.00"},
        {"part": "operation", "scale": "letter-5", "pass_rank": 1},
    ]
}
OCCUPATION = {"edition": "2015", "code": "4-04-05-05"}
SOURCE = {"title": "国家职业标准", "status": "published"}

# One document of each kind with every member that it may have.
FULL: dict[str, dict[str, Any]] = {
    "institution": COMMON
    | {
        "id": USCC,
        "roles": ["college", "assessor", "authority"],
        "other_names": ["旧名"],
        "licences": [
            {
                "title": "办学许可证",
                "number": "粤-1",
                "issued_by": "某局",
                "scope": "培训",
                "valid_from": "2020-01-01",
                "valid_to": "2029-12-31",
            }
        ],
        "evaluator": {
            "category": "S",
            "code": "0000",
            "province": "44",
            "site": "000001",
            "scope": [
                {
                    "occupation": OCCUPATION,
                    "scale": "cn-grade-5",
                    "ranks": [1, 2],
                    "work_types": ["数据标注员"],
                }
            ],
        },
        "signing": "required",
        "keys": [
            {"kid": "k1", "alg": "ed25519", "public": "ab" * 32, "valid_from": "2026-01-01"},
            {"kid": "k2", "alg": "ml-dsa-44", "public": "cd" * 1312, "valid_from": "2026-01-01"},
        ],
        "jurisdiction": "440000",
        "status": "suspended",
    },
    "authorisation": COMMON
    | {"id": "a-1", "institution": USCC, "module": "GD-AI-VQI", "stages": ["study", "assessment"]},
    "rulebook": COMMON | EVERY_MEMBER,
    "offering": COMMON
    | {
        "id": "o-1",
        "code": "2026/春/1班",
        "institution": USCC,
        "module": "GD-AI-VQI",
        "module_version": "1",
        "starts_on": "2026-03-01",
        "ends_on": "2026-03-08",
        "mode": "blended",
        "place": "深圳",
        "project": "项目一",
        "order": "订单一",
        "employer": USCC,
        "training_type": "job_transfer",
        "seats": 40,
    },
    "module": COMMON
    | {
        "id": "m-1",
        "kind": "micro",
        "scene": "AI+制造",
        "hours": {"theory": "8.00", "practice": "16.00"},
        "credits": [{"system": "cn-16", "amount": "1.50"}, {"system": "cn-18", "amount": "1.33"}],
        "stages": [
            {"stage": "study", "hours": "8.00"},
            {"stage": "training", "hours": "16.00"},
            {"stage": "assessment"},
        ],
        "assessment": ASSESSMENT,
        "level": {"scale": "gd-qf-7", "rank": 3},
        "occupation": OCCUPATION,
        "specification": "spec-1",
        "skills": [{"title": {"zh": "标注"}, "framework": "国家职业标准", "code": "1.1"}],
        "prerequisites": ["m-0"],
        "stacks_into": ["p-1"],
        "equivalence_group": "vision",
        "common_core": True,
        "review_due": "2027-06-30",
    },
    "programme": COMMON
    | {
        "id": "p-1",
        "kind": "vocational",
        "institution": USCC,
        "major": {"edition": "2021", "code": "510209"},
        "cohort": "2026",
        "courses": [
            {
                "code": "A1",
                "title": {"zh": "课程一"},
                "nature": "compulsory",
                "credit": {"system": "cn-16", "amount": "2.00"},
                "category": "major_core",
                "hours": {"theory": "16.00", "practice": "16.00"},
                "term": 1,
                "module": "m-1",
            },
            {
                "code": "A2",
                "title": {"zh": "课程二"},
                "nature": "elective",
                "credit": {"system": "cn-16", "amount": "3.00"},
            },
        ],
        "total_credits": {"system": "cn-16", "amount": "4.00"},
    },
    "occupation": COMMON
    | {
        "id": "2015-4-04-05-05",
        **OCCUPATION,
        "scale": "cn-grade-5",
        "work_types": [{"title": {"zh": "数据标注员"}, "code": "01"}],
        "standard": {"title": "国家职业标准", "version": "2021"},
        "reference_hours": [{"rank": 1, "hours": "60.00"}, {"rank": 2, "hours": "50.00"}],
        "conditions": [{"rank": 1, "any_of": [{"zh": "工作满1年"}], "source": SOURCE}],
        "entry_education": {"zh": "初中毕业"},
    },
    "ability_specification": COMMON
    | {
        "id": "s-1",
        "code": "44-1",
        "occupation": OCCUPATION,
        "hours": "28.00",
        "assessment": ASSESSMENT,
    },
    "scale": COMMON
    | {
        "id": "g-2",
        "kind": "grade",
        "ranks": [
            {"rank": 0, "title": {"zh": "低"}, "aliases": ["初"]},
            {
                "rank": 2,
                "title": {"zh": "高", "en": "High"},
                "same_as": [{"scale": "x-3", "rank": 3}],
            },
        ],
    },
    "credit_system": COMMON
    | {
        "id": "c-1",
        "hours_per_credit": {"theory": "16.00", "practice": "24.00"},
        "rounding": "down",
        "step": "0.50",
        "minutes_per_class_hour": 50,
        "owner": "某学院",
    },
    "certificate_kind": COMMON
    | {
        "id": "k-1",
        "issued_by": ["assessor"],
        "scale": "cn-grade-5",
        "occupation_bound": True,
        "number_formats": ["skill_level_22"],
        "confirmed_by": ["labour_authority", "project_applicant"],
    },
}
MODULE, PROGRAMME = FULL["module"], FULL["programme"]
STACK = {
    **{name: value for name, value in PROGRAMME.items() if name not in {"courses", "major"}},
    "kind": "module_stack",
    "modules": [{"module": "m-1"}, {"module": "m-2", "required": False}],
}
MARKS = COMMON | {"id": "s", "kind": "score", "range": {"lowest": "0.00", "highest": "150.00"}}


def changed(document: dict[str, Any], *changes: tuple[str, object]) -> dict[str, Any]:
    """Return a copy of `document` with the value at each JSON pointer replaced or taken out."""
    result = copy.deepcopy(document)
    for pointer, value in changes:
        *steps, last = (int(s) if s.isdecimal() else s for s in pointer.split("/")[1:])
        target: Any = result
        for step in steps:
            target = target[step]
        if value is LACKING:
            del target[last]
        else:
            target[last] = value
    return result


def faults(kind: str, document: object) -> list[tuple[str, str]]:
    """Return place and reason of each fault for which `document` is refused."""
    with pytest.raises(RegisterInvalid) as refused:
        parse_register(kind, document)
    errors: Any = refused.value.fields["errors"]
    assert refused.value.fields["kind"] == kind
    assert refused.value.fields["count"] == len(errors)
    return [(error["where"], error["reason"]) for error in errors]


def test_every_kind_has_a_full_example() -> None:
    assert set(FULL) == set(KINDS)
    for kind, document in FULL.items():
        left_out = set(KINDS[kind].model_fields) - set(document)
        # A scale has ranks or a range, and a college's plan here has courses, not modules.
        assert left_out == {
            "scale": {"range"},
            "programme": {"modules"},
            "rulebook": {"binds"},  # of frames, which have no rules
        }.get(kind, set())


@pytest.mark.parametrize(
    ("kind", "document"), [*FULL.items(), ("programme", STACK), ("scale", MARKS)]
)
def test_a_full_document_is_its_own_normal_form_and_fits_the_schema(
    kind: str, document: dict[str, Any]
) -> None:
    register = parse_register(kind, document)
    normal = register.document()
    assert canonical.decode(canonical.encode(normal)) == normal
    if document is not STACK:  # whose `required: true` is the default and so left out
        assert normal == document
    assert parse_register(kind, normal) == register
    Draft202012Validator(register_schemas()[f"{kind}.v1"]).validate(document)


@pytest.mark.parametrize("kind", KINDS)
def test_amounts_get_two_places_and_defaults_are_left_out(kind: str) -> None:
    bare = changed(FULL[kind], ("/sources", []), ("/ext", {}), ("/valid_to", LACKING))
    normal = parse_register(kind, bare).document()
    assert not {"sources", "ext", "valid_to"} & set(normal)
    loose = changed(MODULE, ("/hours", {"theory": 8, "practice": "16"}), ("/common_core", False))
    said = parse_register("module", loose).document()
    assert said["hours"] == {"theory": "8.00", "practice": "16.00"}
    assert "common_core" not in said


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("institution", [("/id", "91350100M000100Y44")], [("/id", "check_digit")]),
        ("institution", [("/roles", [])], [("/roles", "too_few")]),
        ("institution", [("/keys", [])], [("/keys", "too_few")]),
        (
            "institution",
            [("/roles", ["college", "college"])],
            [
                ("/roles/1", "repeated"),
                ("/evaluator", "needs_role_assessor"),
                ("/jurisdiction", "needs_role_authority"),
            ],
        ),
        ("institution", [("/jurisdiction", LACKING)], [("/jurisdiction", "missing")]),
        ("institution", [("/keys/1/kid", "k1")], [("/keys/1", "repeated")]),
        ("institution", [("/keys/0/public", "ab" * 31)], [("/keys/0/public", "length")]),
        ("institution", [("/keys/0/alg", "rsa")], [("/keys/0/alg", "not_one_of")]),
        (
            "institution",
            [("/licences/0/valid_to", "2019-12-31")],
            [("/licences/0/valid_to", "before_valid_from")],
        ),
        ("authorisation", [("/stages/1", "study")], [("/stages/1", "repeated")]),
        ("offering", [("/ends_on", "2026-02-28")], [("/ends_on", "before_starts_on")]),
        ("module", [("/kind", "occupation_course"), ("/occupation", LACKING)], "/occupation"),
        ("module", [("/prerequisites/0", "m-1")], [("/prerequisites", "names_itself")]),
        ("module", [("/stages/2/stage", "study")], "/stages/2 /assessment"),
        ("module", [("/credits/1/system", "cn-16")], [("/credits/1", "repeated")]),
        ("module", [("/stages/0/hours", "7.99")], [("/stages", "hours_not_total")]),
        (
            "module",
            [("/assessment/parts/1/part", "theory")],
            [("/assessment/parts/1", "repeated")],
        ),
        (
            "module",
            [("/assessment/parts/0/pass_rank", 1), ("/assessment/parts/1/pass_rank", LACKING)],
            [
                ("/assessment/parts/0/pass_rank", "beside_pass_mark"),
                ("/assessment/parts/1/pass_mark", "missing"),
            ],
        ),
        ("programme", [("/institution", LACKING)], [("/institution", "missing")]),
        ("programme", [("/major", LACKING), ("/cohort", LACKING)], "/major /cohort"),
        ("programme", [("/kind", "micro_major"), ("/institution", LACKING)], "/institution"),
        ("programme", [("/courses/1/code", "A1")], [("/courses/1", "repeated")]),
        ("programme", [("/courses/1/credit/system", "cn-18")], "/courses/1/credit/system"),
        ("programme", [("/total_credits/amount", "1.99")], "/total_credits"),
        ("programme", [("/total_credits/amount", "5.01")], "/total_credits"),
        ("programme", [("/courses", [])], "/courses /total_credits"),
        ("occupation", [("/id", "4-04-05-05")], [("/id", "not_edition_and_code")]),
        ("occupation", [("/reference_hours/1/rank", 1)], [("/reference_hours/1", "repeated")]),
        ("occupation", [("/code", "9-04-05-05")], [("/code", "group")]),
        ("scale", [("/ranks/1/rank", 0)], [("/ranks/1/rank", "not_ascending")]),
        ("scale", [("/ranks/1/title/zh", "低")], [("/ranks/1", "repeated")]),
        ("scale", [("/ranks", [])], [("/ranks", "missing")]),
        ("scale", [("/range", MARKS["range"])], [("/range", "beside_ranks")]),
        ("scale", [("/ranks", []), ("/range", MARKS["range"])], [("/range", "beside_ranks")]),
        ("credit_system", [("/step", "0.00")], [("/step", "zero")]),
        ("credit_system", [("/rounding", "nearest")], [("/rounding", "not_one_of")]),
        ("credit_system", [("/hours_per_credit/practice", 0)], "/hours_per_credit/practice"),
        ("certificate_kind", [("/confirmed_by/1", "labour_authority")], "/confirmed_by/1"),
    ],
)
def test_contradictions_are_refused_at_their_place(
    kind: str, changes: list[tuple[str, object]], expected: list[tuple[str, str]] | str
) -> None:
    found = faults(kind, changed(FULL[kind], *changes))
    if isinstance(expected, str):
        assert [where for where, _ in found] == expected.split()
    else:
        assert found == expected


def test_a_range_of_scores_has_more_than_one() -> None:
    assert faults("scale", changed(MARKS, ("/range/highest", "0.00"))) == [
        ("/range/highest", "not_above_lowest")
    ]


def test_a_module_stack_needs_no_college_but_modules() -> None:
    stack = changed(STACK, ("/institution", LACKING), ("/total_credits", LACKING))
    assert parse_register("programme", stack).document()["modules"][1]["required"] is False
    assert faults("programme", changed(stack, ("/modules", []))) == [("/modules", "missing")]
    assert faults("programme", changed(stack, ("/modules/1/module", "m-1"))) == [
        ("/modules/1", "repeated")
    ]


def test_an_institution_needs_no_more_than_a_role() -> None:
    plain = COMMON | {"id": USCC.lower(), "roles": ["training"]}
    institution = parse_register("institution", plain)
    assert isinstance(institution, Institution)
    assert institution.id == USCC
    assert institution.status == "active"
    assert list(institution.references()) == []


def test_a_module_names_its_stages_in_order() -> None:
    module = parse_register("module", MODULE)
    assert isinstance(module, Module)
    assert module.stage_names == ("study", "training", "assessment")
    assert module.hours.total == 24_00
