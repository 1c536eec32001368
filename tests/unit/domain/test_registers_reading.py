"""Reading register documents, and the version in force."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from creditbank.domain.registers import (
    KINDS,
    Module,
    parse_register,
    resolve,
    version_order,
)
from creditbank.errors.registers import RegisterInvalid, RegisterKindUnknown

MODULE: dict[str, Any] = {
    "id": "m-1",
    "version": "1",
    "valid_from": "2026-01-01",
    "region": "00",
    "title": {"zh": "模块"},
    "kind": "other",
    "hours": {"theory": "8.00", "practice": "16.00"},
    "stages": [{"stage": "study"}],
}


def module(**members: object) -> Module:
    made = parse_register("module", MODULE | members)
    assert isinstance(made, Module)
    return made


def faults(kind: str, document: object) -> list[dict[str, str]]:
    with pytest.raises(RegisterInvalid) as refused:
        parse_register(kind, document)
    found = refused.value.fields["errors"]
    assert isinstance(found, list)
    return found


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(RegisterKindUnknown) as refused:
        parse_register("modules", MODULE)
    assert refused.value.fields["known"] == sorted(KINDS)
    assert "known" in str(refused.value)


def test_all_malformed_members_come_back_at_once() -> None:
    document = MODULE | {
        "version": 1,
        "valid_from": "2026-02-30",
        "valid_to": 20260101,
        "title": {"zh": "a\u202eb", "en": None},
        "region": "990000",
        "hours": {"theory": 8.0, "practice": "16.001"},
        "stages": [{"stage": "exam"}, {"hours": "1.00"}],
        "level": {"scale": "a b", "rank": True},
        "common_core": 1,
        "skills": "标注",
        "a/b~c": 1,
    }
    assert {(fault["where"], fault["reason"]) for fault in faults("module", document)} == {
        ("/version", "type"),
        ("/valid_from", "day"),
        ("/valid_to", "type"),
        ("/title/zh", "direction"),
        ("/title/en", "null"),
        ("/region", "region"),
        ("/hours/theory", "float"),
        ("/hours/practice", "places"),
        ("/stages/0/stage", "not_one_of"),
        ("/stages/1/stage", "missing"),
        ("/level/scale", "form"),
        ("/level/rank", "type"),
        ("/common_core", "type"),
        ("/skills", "type"),
        ("/a~1b~0c", "unknown_member"),
    }


def test_contradictions_of_all_records_come_back_at_once() -> None:
    document = MODULE | {
        "valid_to": "2025-12-31",
        "stages": [{"stage": "study", "hours": "1.00"}, {"stage": "study"}],
    }
    assert faults("module", document) == [
        {"where": "/valid_to", "reason": "before_valid_from"},
        {"where": "/stages", "reason": "hours_not_total"},
        {"where": "/stages/1", "reason": "repeated"},
    ]


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ([], "", "type"),
        (None, "", "type"),
        (MODULE | {"level": {"scale": "x", "rank": 100}}, "/level/rank", "range"),
        (MODULE | {"level": {"scale": "x", "rank": -1}}, "/level/rank", "range"),
        (MODULE | {"level": {"scale": "x", "rank": 10**30}}, "/level/rank", "range"),
        (MODULE | {"title": {"zh": "\ud800"}}, "/title/zh", "surrogate"),
        (MODULE | {"title": {"zh": "a\0"}}, "/title/zh", "control"),
        (MODULE | {"title": {"zh": " \u200b "}}, "/title/zh", "empty"),
        (MODULE | {"title": {"zh": "长" * 201}}, "/title/zh", "too_long"),
        (MODULE | {"version": "1.01"}, "/version", "form"),
        (MODULE | {"version": "0"}, "/version", "form"),
        (MODULE | {"id": "a/b"}, "/id", "form"),
        (MODULE | {"id": "a\n"}, "/id", "form"),
        (MODULE | {"id": "长"}, "/id", "form"),
        (MODULE | {"valid_from": "2026-1-1"}, "/valid_from", "form"),
        (MODULE | {"valid_from": "20260101"}, "/valid_from", "form"),
        (MODULE | {"ext": {"School": {}}}, "/ext/School", "form"),
        (MODULE | {"ext": {"school": 1}}, "/ext/school", "type"),
        (MODULE | {"ext": {"school": {"a": {"b": [None]}}}}, "/ext/school/a/b/0", "null"),
        (MODULE | {"ext": {"school": {"a": 0.5}}}, "/ext/school/a", "float"),
        (MODULE | {"ext": {"school": {"a": "\0"}}}, "/ext/school/a", "nul"),
        (MODULE | {"x" * 90: 1}, "/" + "x" * 64, "unknown_member"),
        (dict[object, object](MODULE) | {3: 1}, "/3", "type"),
    ],
)
def test_one_fault_is_one_error(document: object, where: str, reason: str) -> None:
    assert faults("module", document) == [{"where": where, "reason": reason}]


def test_refused_values_do_not_travel_in_the_error() -> None:
    with pytest.raises(RegisterInvalid) as refused:
        parse_register("module", MODULE | {"id": "a secret", "kind": "a secret"})
    assert refused.value.__cause__ is None
    assert "secret" not in f"{refused.value} {refused.value.fields}"


def test_text_is_kept_as_received() -> None:
    text = " \ufb01 e\u0301 全角A 𠮷 "
    assert module(title={"zh": text}).document()["title"] == {"zh": text}


def test_a_register_can_be_made_with_dates() -> None:
    assert module(valid_from=date(2026, 1, 1)) == module(valid_from="2026-01-01")


def test_the_version_in_force_is_the_one_that_began_last() -> None:
    first = module(version="1", valid_from="2026-01-01")
    second = module(version="2", valid_from="2026-07-01", valid_to="2026-12-31")
    mended = module(version="10", valid_from="2026-01-01")
    for versions in permutations([first, second, mended]):
        assert resolve(versions, date(2025, 12, 31)) is None
        assert resolve(versions, date(2026, 1, 1)) is mended
        assert resolve(versions, date(2026, 6, 30)) is mended
        assert resolve(versions, date(2026, 7, 1)) is second
        assert resolve(versions, date(2026, 12, 31)) is second
        assert resolve(versions, date(2027, 1, 1)) is None, "a superseded version does not return"
    assert resolve([], date(2026, 1, 1)) is None


def test_versions_are_ordered_as_numbers() -> None:
    written = ["2026.1", "10", "2", "2026.1.0", "2026.0", "1.10", "1.9"]
    ordered = sorted((module(version=text) for text in written), key=version_order)
    assert [one.version for one in ordered] == [
        *("1.9", "1.10", "2", "10", "2026.0", "2026.1", "2026.1.0")
    ]


@pytest.mark.parametrize(
    ("kind", "theory", "practice", "reason"),
    [
        ("micro", "15.00", "0.00", None),
        ("micro", "0.00", "30.00", None),
        ("micro", "14.99", "0.00", "below_minimum_of_kind"),
        ("micro", "15.00", "15.01", "above_maximum_of_kind"),
        ("specialised_ability", "8.00", "20.00", None),
        ("specialised_ability", "8.00", "19.99", "below_minimum_of_kind"),
        ("specialised_ability", "400.00", "0.00", None),
        ("occupation_course", "60.00", "0.00", None),
        ("ai_literacy_topic", "0.01", "0.00", None),
        ("ai_literacy_topic", "0.00", "0.00", "below_minimum_of_kind"),
        ("entrepreneurship", "10.00", "0.00", None),
        ("project", "300.00", "0.00", None),
        ("other", "1.00", "0.00", None),
    ],
)
def test_class_hours_keep_to_the_bounds_of_the_kind(
    kind: str, theory: str, practice: str, reason: str | None
) -> None:
    hours = {"theory": theory, "practice": practice}
    document = MODULE | {"kind": kind, "hours": hours}
    if kind == "occupation_course":
        document["occupation"] = {"edition": "2015", "code": "4-04-05-05"}
    if reason is None:
        assert parse_register("module", document).document()["hours"] == hours
    else:
        assert faults("module", document) == [{"where": "/hours", "reason": reason}]
