"""Reading rulebooks: places are JSON pointers, sizes are bounded, YAML converts nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest

from creditbank.domain.rules.limits import CONDITIONS_MAX, DEPTH_MAX
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.yaml_reading import nearest, read_yaml
from creditbank.errors.registers import RegisterInvalid
from creditbank.errors.rules import RulebookTooLarge, YamlUnreadable
from tests.rulebooks import amount, rule, rulebook


def reasons(document: object) -> list[tuple[str, str]]:
    with pytest.raises(RegisterInvalid) as refused:
        parse_rulebook(document)
    errors: Any = refused.value.fields["errors"]
    return [(one["where"], one["reason"]) for one in errors]


def test_a_rulebook_is_what_its_document_says() -> None:
    book = parse_rulebook(rulebook(rule()))
    assert book.rules[0].needs.kind == "amount"
    assert parse_rulebook(book.document()) == book


def test_the_place_of_a_fault_is_a_json_pointer() -> None:
    nested = {"kind": "all", "of": [amount(), {"kind": "any", "of": [amount(at_least="x")]}]}
    assert reasons(rulebook(rule(needs=nested))) == [
        ("/rules/0/needs/of/1/of/0/at_least", "form"),
    ]
    assert reasons(rulebook(rule(needs={"kind": "some"}))) == [
        ("/rules/0/needs/kind", "not_one_of")
    ]
    assert reasons(rulebook(rule(needs={}))) == [("/rules/0/needs/kind", "missing")]
    assert reasons(rulebook(rule(target={"kind": "grade"})))[0][0].startswith("/rules/0/target/")


def test_a_rulebook_that_is_too_large_is_refused_before_it_is_read() -> None:
    deep: Any = amount()
    for _ in range(100_000):
        deep = {"kind": "all", "of": [deep]}
    begun = time.process_time()
    with pytest.raises(RulebookTooLarge) as refused:
        parse_rulebook(rulebook(rule(needs=deep)))
    assert refused.value.fields == {"what": "depth", "limit": DEPTH_MAX}
    with pytest.raises(RulebookTooLarge):
        parse_rulebook(rulebook(*[rule()] * 20_000))
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("what", "document"),
    [
        ("rules", rulebook(*(rule(id=f"r-{at}") for at in range(1001)))),
        ("conditions_of_a_rule", rulebook(rule(needs={"kind": "all", "of": [amount()] * 401}))),
        (
            "conditions",
            rulebook(
                *(
                    rule(id=f"r-{at}", needs={"kind": "all", "of": [amount()] * 30})
                    for at in range(CONDITIONS_MAX // 30)
                )
            ),
        ),
    ],
)
def test_no_part_may_be_too_large(what: str, document: dict[str, Any]) -> None:
    with pytest.raises(RulebookTooLarge) as refused:
        parse_rulebook(document)
    assert refused.value.fields["what"] in {what, "values"}


def test_yaml_keeps_text_as_it_stands() -> None:
    text = (
        "amount: 8.50\nday: 2026-01-01\nno: no\nold: 010\nwhole: 8\ntrue: true\nquoted: '8'\n"
        "base: &base [1, 2]\nagain: *base\ntime: 1:30\nforced: !!str 5\n"
    )
    value, positions = read_yaml(text)
    assert value == {
        "amount": "8.50",
        "day": "2026-01-01",
        "no": "no",
        "old": "010",
        "whole": 8,
        "true": True,
        "quoted": "8",
        "base": [1, 2],
        "again": [1, 2],
        "time": "1:30",
        "forced": "5",
    }
    assert positions["/day"] == (2, 1)
    assert positions["/base/1"] == (8, 17)
    assert nearest(positions, "/day/missing/0") == (2, 1)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: [1\nb: 2", 2, "syntax"),
        ("a: 1\na: 2", 2, "duplicate_member"),
        ("a: 1\n---\nb: 2", 3, "several_documents"),
        ("a: &a {b: 1}\nc:\n  <<: *a", 3, "merge_key"),
        ("a: !!python/object:os.system x", 1, "tag"),
        ("? [a]\n: 1", 1, "member_name"),
        ("a: &a [*a]", 1, "too_deep"),
        ("[" * 5000, 1, "too_deep"),
        ("a: \x07", 1, "syntax"),
    ],
)
def test_yaml_that_cannot_be_read_says_where(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(text)
    assert (refused.value.fields["line"], refused.value.fields["reason"]) == (line, reason)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    begun = time.process_time()
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml("\n".join(lines))
    assert refused.value.fields["reason"] == "too_large"
    assert time.process_time() - begun < 5
