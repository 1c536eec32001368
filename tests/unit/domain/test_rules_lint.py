"""Lint: every code by an example, and nothing to say of rulebooks that are in order."""

from __future__ import annotations

import re
import time
from string import Formatter
from typing import Any

import pytest

from creditbank.domain.registers import Register, parse_register
from creditbank.domain.rules.chains import frames_of
from creditbank.domain.rules.finding_texts import TEXTS
from creditbank.domain.rules.findings import ERRORS, Finding
from creditbank.domain.rules.limits import RULES_MAX
from creditbank.domain.rules.lint import lint, refuse_errors
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.rules import RulebookCapIdle, RulebookCodeUnknown, RulebookCycle
from creditbank.rulebooks import shipped_registers, shipped_rulebooks
from creditbank.texts import translator
from tests.rulebooks import amount, rule, rulebook

REGISTERS: dict[tuple[str, str], Register] = {
    (one.kind, one.document["id"]): parse_register(one.kind, one.document)
    for one in [*shipped_registers(), *shipped_rulebooks()]
}
SHIPPED = [one for one in REGISTERS.values() if isinstance(one, Rulebook)]
X = {"type": ["certificate"], "certificate_kind": ["x-certificate"]}
CAP: dict[str, Any] = {"id": "c", "text": {"zh": "上限", "en": "Cap"}}
TEXT = {"zh": "文字", "en": "Text"}


def look(document: dict[str, Any], *others: Rulebook, frame: Rulebook | None = None) -> set[str]:
    return {one.code for one in findings(document, *others, frame=frame)}


def findings(
    document: dict[str, Any], *others: Rulebook, frame: Rulebook | None = None
) -> list[Finding]:
    book = parse_rulebook(document)
    frames = [frame] if frame is not None else []
    known = REGISTERS | {("rulebook", one.id): one for one in frames}
    return lint(book, known, frames, others)


def frame_of(**bounds: Any) -> Rulebook:
    document = rulebook(id="frame", kind="frame", bounds=bounds)
    del document["rules"], document["procedure"]
    return parse_rulebook(document)


@pytest.mark.parametrize("book", SHIPPED, ids=lambda book: book.id)
def test_shipped_rulebooks_have_nothing_wrong(book: Rulebook) -> None:
    def lookup(name: str) -> Rulebook | None:
        found = REGISTERS.get(("rulebook", name))
        return found if isinstance(found, Rulebook) else None

    told = lint(book, REGISTERS, frames_of(book, lookup))
    assert {one.code for one in told} <= {"no_tests"}


ONE_AND_MORE: list[tuple[str, dict[str, Any]]] = [
    ("no_such_register", rulebook(rule(target={"kind": "stack", "programme": "none"}))),
    ("no_such_register", rulebook(rule(needs=amount(select={"module": ["none"]})))),
    ("no_such_register", rulebook(rule(), owner="12449999000000199R")),
    (
        "rank_not_on_scale",
        rulebook(rule(needs=amount(select={"level": {"scale": "x-3", "at_least": 7}}))),
    ),
    (
        "mark_not_on_scale",
        rulebook(
            rule(needs=amount(select={"score": {"scale": "percent-100", "at_least": "101.00"}}))
        ),
    ),
    (
        "mark_not_on_scale",
        rulebook(rule(needs=amount(select={"score": {"scale": "letter-5", "at_least": "超"}}))),
    ),
    (
        "not_a_score_scale",
        rulebook(rule(needs=amount(select={"score": {"scale": "x-3", "at_least": "初级"}}))),
    ),
    (
        "no_such_course",
        rulebook(
            rule(target={"kind": "course", "programme": "plan-example", "courses": ["C05", "C99"]})
        ),
    ),
    ("no_such_evidence", rulebook(rule(needs={"kind": "evidence", "evidence": "paper"}))),
    ("evidence_kind_missing", rulebook(rule(needs={"kind": "age", "years": 18}))),
    ("evidence_kind_missing", rulebook(rule(needs={"kind": "work", "period": "P1Y"}))),
    (
        "evidence_not_an_amount",
        rulebook(
            rule(
                needs=amount(caps=[CAP | {"evidence": "paper"}]),
                evidence=[{"id": "paper", "kind": "statement", "title": TEXT}],
            )
        ),
    ),
    (
        "no_such_rule",
        rulebook(
            rule(
                tests=[
                    {
                        "title": TEXT,
                        "on": "2026-02-01",
                        "expect": [{"rule": "r-2", "result": "met"}],
                    }
                ]
            )
        ),
    ),
    ("issuer_malformed", rulebook(rule(needs=amount(select={"issuer": ["某学院"]})))),
    (
        "other_scale",
        rulebook(
            rule(
                target={
                    "kind": "grade",
                    "occupation": {"edition": "2015", "code": "4-04-05-05"},
                    "level": {"scale": "cn-grade-8", "rank": 1},
                }
            )
        ),
    ),
    (
        "rule_outside",
        rulebook(rule(valid_from="2028-01-01"), valid_to="2027-12-31"),
    ),
    (
        "cap_of_everything",
        rulebook(
            rule(),
            bounds={"caps": [CAP | {"share": {"percent": "100.00", "of": "programme"}}]},
        ),
    ),
    (
        "cap_above_counted",
        rulebook(rule(needs=amount(counted_at_most="2.00", caps=[CAP | {"limit": "2.00"}]))),
    ),
    (
        "cap_above_counted",
        rulebook(
            rule(
                needs=amount(
                    unit={"measure": "outcomes"},
                    outcomes_at_most=2,
                    caps=[CAP | {"limit": "2.00"}],
                )
            )
        ),
    ),
    (
        "cap_above_programme",
        rulebook(rule(), bounds={"caps": [CAP | {"limit": "80.00"}]}),
    ),
    (
        "cap_over_nothing",
        rulebook(rule(), bounds={"caps": [CAP | {"limit": "4.00", "over": X}]}),
    ),
    (
        "cap_over_nothing",
        rulebook(rule(needs=amount(caps=[CAP | {"limit": "4.00", "over": X}]))),
    ),
    (
        "cap_over_no_course",
        rulebook(rule(), bounds={"caps": [CAP | {"limit": "4.00", "category": ["public"]}]}),
    ),
    (
        "cap_implied",
        rulebook(
            rule(),
            bounds={
                "caps": [CAP | {"limit": "4.00"}, CAP | {"id": "d", "limit": "5.00"}],
            },
        ),
    ),
    ("needs_more_than_counts", rulebook(rule(needs=amount("3.00", counted_at_most="2.00")))),
    (
        "needs_more_than_counts",
        rulebook(rule(needs=amount("3.00", caps=[CAP | {"limit": "2.00"}]))),
    ),
    (
        "least_of_nothing",
        rulebook(rule(needs=amount(least=[{"at_least": "1.00", "where": X}]))),
    ),
    (
        "selects_nothing",
        rulebook(rule(needs=amount(select=X | {"type": ["module"]}))),
    ),
    (
        "selects_nothing",
        rulebook(rule(needs=amount(select={"type": ["module"], "none_of": [{}]}))),
    ),
    (
        "all_excluded",
        rulebook(
            rule(),
            bounds={"excluded": [{"id": "e", "text": TEXT, "outcomes": {"type": ["module"]}}]},
        ),
    ),
    (
        "no_course_left",
        rulebook(
            rule(), bounds={"excluded": [{"id": "e", "text": TEXT, "course_titles": ["PYTHON"]}]}
        ),
    ),
    (
        "sharing_not_mutual",
        rulebook(
            rule(
                use={
                    "scope": "academic",
                    "sharing": "shared",
                    "up_to": 2,
                    "with_rules": ["r-2"],
                }
            ),
            rule(id="r-2"),
        ),
    ),
    ("rules_disagree", rulebook(rule(), rule(id="r-2", partial=True))),
    (
        "id_repeated",
        rulebook(rule(needs={"kind": "all", "id": "a", "of": [amount(id="a")]})),
    ),
    (
        "of_target_without_course",
        rulebook(rule(target={"kind": "exemption", "of": TEXT}, needs=amount(of_target="100"))),
    ),
    (
        "step_above_at_most",
        rulebook(
            rule(
                target={
                    "kind": "transfer",
                    "system": "cn-16",
                    "at_most": "1.00",
                    "step": {"of": "2.00"},
                }
            )
        ),
    ),
    ("nothing_counts", rulebook(rule(needs=amount("0", caps=[CAP | {"limit": "0"}])))),
    ("no_tests", rulebook(rule())),
    ("no_english", rulebook(rule(title={"zh": "规则"}))),
    ("no_sign_off", rulebook(rule(), status="published")),
    ("no_condition_id", rulebook(rule())),
    (
        "grade_needs_score",
        rulebook(
            rule(
                target={
                    "kind": "course",
                    "programme": "plan-example",
                    "courses": ["C05"],
                    "grade": {"record": "average", "scale": "percent-100"},
                }
            )
        ),
    ),
]


@pytest.mark.parametrize(("code", "document"), ONE_AND_MORE)
def test_lint_finds(code: str, document: dict[str, Any]) -> None:
    found = findings(document)
    assert code in {one.code for one in found}
    for one in found:
        fields = {name for _, name, _, _ in Formatter().parse(one.message + one.remedy)}
        assert fields - {None} <= set(one.fields)


def test_a_rulebook_in_order_has_only_warnings() -> None:
    assert look(rulebook(rule())) == {"no_tests", "no_condition_id"}


FRAMES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "cap_wider",
        {"caps": [CAP | {"limit": "10.00"}]},
        rulebook(rule(), bounds={"caps": [CAP | {"limit": "12.00"}]}),
    ),
    (
        "excluded_by_frame",
        {"excluded": [{"id": "e", "text": TEXT, "outcomes": {"type": ["module"]}}]},
        rulebook(rule()),
    ),
    (
        "course_excluded_by_frame",
        {"excluded": [{"id": "e", "text": TEXT, "courses": ["C05"]}]},
        rulebook(rule()),
    ),
    (
        "target_above_frame",
        {"caps": [CAP | {"share": {"percent": "50.00", "of": "programme"}}]},
        rulebook(
            rule(
                target={
                    "kind": "elective",
                    "programme": "plan-example",
                    "bucket": TEXT,
                    "system": "cn-16",
                    "at_most": "40.01",
                }
            )
        ),
    ),
    ("region_outside", {}, rulebook(rule(), region="450000")),
    ("frame_not_in_force", {}, rulebook(rule(), valid_from="2025-12-31")),
]


@pytest.mark.parametrize(("code", "bounds", "document"), FRAMES)
def test_lint_holds_a_college_to_its_frame(
    code: str, bounds: dict[str, Any], document: dict[str, Any]
) -> None:
    found = look(document | {"under": "frame"}, frame=frame_of(**bounds))
    assert code in found


def test_a_stricter_cap_than_the_frames_is_allowed() -> None:
    frame = frame_of(caps=[CAP | {"limit": "10.00"}])
    for limit in ("9.99", "10.00"):
        document = rulebook(rule(), bounds={"caps": [CAP | {"limit": limit}]}, under="frame")
        assert not [one for one in findings(document, frame=frame) if one.severity == "error"]


def test_only_a_frame_can_be_above() -> None:
    other = parse_rulebook(rulebook(rule(), id="other"))
    assert "not_a_frame" in look(rulebook(rule(), under="other"), frame=other)


@pytest.mark.parametrize(
    ("own", "other", "code"),
    [
        ({"version": "2"}, {}, "version_begins_same_day"),
        ({"version": "2", "valid_from": "2025-01-01"}, {}, "version_order"),
        (
            {"version": "2", "valid_from": "2026-06-01"},
            {"valid_to": "2026-12-31"},
            "version_overlaps",
        ),
        ({"version": "2", "valid_from": "2027-01-01"}, {"valid_to": "2026-12-31"}, None),
        ({"version": "2", "valid_from": "2027-01-01"}, {}, None),
    ],
)
def test_one_version_holds_on_each_day(
    own: dict[str, Any], other: dict[str, Any], code: str | None
) -> None:
    found = look(rulebook(rule(), **own), parse_rulebook(rulebook(rule(), **other)))
    assert found & {"version_begins_same_day", "version_order", "version_overlaps"} == (
        {code} if code else set()
    )


def test_frames_may_not_lead_back_nor_pile_up() -> None:
    books = {
        f"f{at}": parse_rulebook(rulebook(rule(), id=f"f{at}", under=f"f{at + 1}"))
        for at in range(15)
    }
    books["f3"] = books["f3"].model_copy(update={"under": "f1"})
    with pytest.raises(RulebookCycle):
        frames_of(books["f1"], books.get)
    with pytest.raises(RulebookCycle):
        frames_of(books["f4"], books.get)
    assert [one.id for one in frames_of(books["f13"], books.get)] == ["f14"]


def test_errors_are_refused_as_the_first_problem_of_their_order() -> None:
    document = rulebook(
        rule(needs=amount(select={"module": ["none"]})),
        bounds={"caps": [CAP | {"limit": "80.00"}]},
    )
    found = findings(document)
    with pytest.raises(RulebookCodeUnknown) as refused:
        refuse_errors(found)
    assert refused.value.fields["errors"] == [
        {
            "where": "/rules/0/needs/select/module/0",
            "reason": "no_such_register",
            "kind": "module",
            "id": "none",
        }
    ]
    with pytest.raises(RulebookCapIdle):
        refuse_errors([one for one in found if one.error is not RulebookCodeUnknown])
    refuse_errors([one for one in found if one.severity == "warning"])
    assert len(set(ERRORS)) == len(ERRORS)


def test_every_code_has_words_in_both_languages() -> None:
    chinese = translator("zh_CN")
    for text in TEXTS.values():
        for message in (text.message, text.remedy):
            assert re.search(r"[\u4e00-\u9fff]", chinese.gettext(message)), message


def test_a_thousand_rules_are_looked_at_at_once() -> None:
    rules = [
        rule(
            id=f"r-{at}",
            needs=amount(f"{at}.00"),
            target={"kind": "course", "programme": "plan-example"},
        )
        for at in range(RULES_MAX)
    ]
    book = parse_rulebook(rulebook(*rules))
    begun = time.process_time()
    lint(book, REGISTERS)
    assert time.process_time() - begun < 5
