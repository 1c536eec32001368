"""Deriving a decision again: from its own entry, under the rulebooks and registers of its day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditbank.domain.access import Principal
from creditbank.domain.catalogue import Published
from creditbank.domain.conversion.case_form import case_of, evaluation_of
from creditbank.domain.conversion.facts import Request
from creditbank.services.converting import Prepared, Question, solve, violations_of
from creditbank.services.decision_records import Opened, ground_of, open_decision
from creditbank.services.enquiring import NoteAccess
from creditbank.services.extracts import is_given_extract

if TYPE_CHECKING:
    from creditbank.services.banking import Bank


@dataclass(frozen=True, slots=True)
class Derivation:
    """What deriving a decision again came to."""

    same: bool
    """Whether evaluating it again gives the results that were recorded.

    By the engine of the record to the last member of their reasons; another engine may give its
    reasons otherwise, and what is granted for what is the same.
    """

    violations: list[str]
    """What the recorded result breaks, found without a solver."""


async def derive(bank: Bank, principal: Principal, conversion: str) -> dict[str, Any]:
    """Return what deriving a decision again comes to, as JSON values.

    An evaluator is told whether it is the same. Raises as `open_decision`. The reading is noted in
    the learner's access log.
    """
    ground = ground_of(principal)
    opened = await bank.database.read(
        lambda connection: open_decision(connection, bank, principal, conversion)
    )
    note = NoteAccess(principal, [opened.decision.account], "derivation", ground)
    await bank.journal.submit(note)
    derived = await asyncio.to_thread(derive_again, opened)
    is_extract = is_given_extract(opened.catalogue, opened.now, principal, opened.decision)
    return {
        "conversion": conversion,
        "rulebooks": opened.act["rulebooks"],
        "same": derived.same and not derived.violations if is_extract else derived.same,
        "violations": [] if is_extract else derived.violations,
    }


def derive_again(opened: Opened) -> Derivation:
    """Return what a decision comes to when its case is evaluated once more."""
    person = opened.person
    prepared = prepared_again(opened)
    recorded = person["evaluation"]
    violations = violations_of(prepared, evaluation_of(recorded))
    again = solve(prepared).document()
    said = _said(again, recorded), _said(recorded, again)
    return Derivation(said[0] == said[1], violations)


def _said(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the results of one evaluation as far as another has to agree with them.

    What finding them took is nothing that was decided, and differs from one solver to the next.
    """
    left_out = set() if one["engine"] == other["engine"] else {"trace"}
    return [
        {name: value for name, value in result.items() if name not in left_out}
        for result in one["results"]
    ]


def prepared_again(opened: Opened) -> Prepared:
    """Return the case of a decision under the rulebook versions that it names."""
    act, person = opened.act, opened.person
    catalogue = opened.catalogue.as_of(opened.row.index)
    books = []
    for reference in act["rulebooks"]:
        book = catalogue.version("rulebook", reference["id"], reference["version"])
        books.append(_required(book, reference["digest"]))
    question = Question(
        person["account"],
        act["rulebooks"][0]["id"],
        tuple(Request(one["rule"], one.get("course")) for one in person["requested"]),
    )
    return Prepared(question, case_of(person["case"]), tuple(books), catalogue)


def _required(book: Published | None, digest: str) -> Published:
    """A decision names versions that its log holds, by the digests of their documents."""
    if book is None or book.digest.hex() != digest:
        raise AssertionError("a decision names a rulebook that its log does not have")
    return book
