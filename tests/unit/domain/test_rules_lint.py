"""Lint: every code by an example, and nothing to say of rulebooks that are in order."""

from __future__ import annotations

import re
import time
from string import Formatter
from typing import Any

import pytest

from creditbank.domain.rules.chains import frames_of
from creditbank.domain.rules.finding_texts import TEXTS
from creditbank.domain.rules.findings import ERRORS
from creditbank.domain.rules.limits import RULES_MAX
from creditbank.domain.rules.lint import lint, refuse_errors
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.rules import RulebookCapIdle, RulebookCodeUnknown
from creditbank.texts import translator
from tests.linting import CAP, REGISTERS, SHIPPED, TEXT, X, findings, look
from tests.rulebooks import amount, rule, rulebook


@pytest.mark.parametrize("book", SHIPPED, ids=lambda book: book.id)
def test_shipped_rulebooks_have_nothing_wrong(book: Rulebook) -> None:
    def lookup(name: str) -> Rulebook | None:
        found = REGISTERS.get(("rulebook", name))
        return found if isinstance(found, Rulebook) else None

    told = lint(book, REGISTERS, frames_of(book, lookup))
    assert {one.code for one in told} == set()


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
                "caps": [CAP | {"limit": "4.00"}, CAP | {"id": "d", "limit": "4.00"}],
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
    ("scope_of_other_targets", rulebook(rule(use={"scope": "subsidy"}))),
    ("scope_of_other_targets", rulebook(rule(use={"scope": "programme"}))),
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
