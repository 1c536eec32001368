"""The rulebooks that ship: in order, cited, marked, and right by their own test cases."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from creditbank.domain.registers import Register, check_references, parse_register, register_schemas
from creditbank.domain.rules.chains import frames_of
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.testing import CaseResult, run_cases
from creditbank.rulebooks import (
    shipped_registers,
    shipped_rulebook_files,
    shipped_rulebooks,
)

AROUND = shipped_rulebooks()
REGISTERS: dict[tuple[str, str], Register] = {
    (one.kind, one.document["id"]): parse_register(one.kind, one.document)
    for one in [*shipped_registers(), *AROUND]
}
BOOKS = {one.id: one for one in REGISTERS.values() if isinstance(one, Rulebook)}


def run(book: Rulebook) -> list[CaseResult]:
    return run_cases(book, frames_of(book, BOOKS.get), REGISTERS)


CASES = [
    pytest.param(result, id=f"{book.id}{result.where}")
    for book in BOOKS.values()
    for result in run(book)
]


@pytest.mark.parametrize("result", CASES)
def test_a_case_comes_out_as_it_expects(result: CaseResult) -> None:
    assert [one.members() for one in result.findings] == []


def test_each_can_be_published_after_those_that_it_names() -> None:
    known: dict[tuple[str, str], Register] = {}
    for one in [*shipped_registers(), *AROUND]:
        register = parse_register(one.kind, one.document)
        check_references(register, known)
        known[one.kind, register.id] = register


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_each_fits_the_published_schema_and_keeps_its_meaning(book: Rulebook) -> None:
    books = (one.document for one in AROUND if one.kind == "rulebook")
    document = next(one for one in books if one["id"] == book.id)
    Draft202012Validator(register_schemas()["rulebook.v1"]).validate(document)
    assert parse_register("rulebook", book.document()) == book


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_each_is_cited_marked_and_in_both_languages(book: Rulebook) -> None:
    assert book.sources
    assert any(source.url or source.status == "proposal" for source in book.sources)
    assert book.title.en
    for rule in book.rules:
        assert rule.title.en
        assert rule.citation.clause
        if book.status == "example":
            assert rule.citation.status == "example"
    if book.status == "published":
        assert book.sign_off
        assert all(source.note or source.clause for source in book.sources)


def test_what_is_published_and_what_is_an_example() -> None:
    assert {book.id: book.status for book in BOOKS.values()} == {
        "gd-credit-frame": "published",
        "gdpt-credit": "published",
        "gd-college-credit": "published",
        "ai-trainer-2021": "published",
        "x-credit": "published",
        "share-30": "example",
        "period-caps": "example",
        "seven-years": "example",
        "micro-ai-operations": "example",
        "grades-continuous": "example",
        "grades-accumulated": "example",
        "grades-2023": "example",
    }


def test_there_are_cases_that_greed_gets_wrong() -> None:
    titles = [case.title.zh for book in BOOKS.values() for case in book.tests]
    assert sum(title.startswith("贪心会误拒") for title in titles) >= 2


def test_owners_are_made_up() -> None:
    owners = {book.owner for book in BOOKS.values()}
    assert all(owner[2:8] == "449999" for owner in owners)


def test_every_file_holds_rulebooks() -> None:
    texts = shipped_rulebook_files()
    assert sum(text.count("\n    owner: ") for text in texts.values()) == len(BOOKS)
