"""A rulebook with the frames above it, as one evaluation uses them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.domain.catalogue import Published
from creditbank.domain.registers.register import Title
from creditbank.domain.rules.rule import Evidence, Rule
from creditbank.domain.rules.rulebook import Rulebook, Term
from creditbank.ledger import canonical


@dataclass(frozen=True, slots=True)
class Book:
    """A rulebook version with the digest of its document, in hex."""

    rulebook: Rulebook
    digest: str

    @property
    def id(self) -> str:
        """The id of the rulebook."""
        return self.rulebook.id

    def document(self) -> dict[str, str]:
        """Return what a trace says of it."""
        return {"id": self.id, "version": self.rulebook.version, "digest": self.digest}


def book_of(item: Rulebook | Published) -> Book:
    """Return the book of a published rulebook, or of a draft, whose digest is computed.

    Raises TypeError for another register.
    """
    if isinstance(item, Published):
        if not isinstance(item.register, Rulebook):
            raise TypeError(item.kind)
        return Book(item.register, item.digest.hex())
    return Book(item, hashlib.sha256(canonical.encode(item.document())).hexdigest())


@dataclass(frozen=True, slots=True)
class Chain:
    """The rulebook that is applied, first, and its frames, from the nearest upwards."""

    books: tuple[Book, ...]

    @classmethod
    def of(cls, items: Sequence[Rulebook | Published]) -> Chain:
        """Return the chain of rulebooks given in this order."""
        return cls(tuple(map(book_of, items)))

    @property
    def own(self) -> Book:
        """The rulebook that is applied."""
        return self.books[0]

    def not_in_force(self, on: date) -> list[str]:
        """Return the ids of the books that are not in force on a day."""
        return [book.id for book in self.books if not book.rulebook.in_force(on)]

    def evidence(self, rule: Rule | None, book: Book) -> Iterator[Evidence]:
        """Yield the evidence that may be referred to from a rule, or from the bounds of a book."""
        if rule is not None:
            yield from rule.evidence
        for one in self.books[self.books.index(book) :]:
            yield from one.rulebook.bounds.evidence

    def calendar(self, book: Book) -> Sequence[Term]:
        """Return the calendar of a book, or else of the owner, in order of the terms."""
        found = book.rulebook.calendar or self.own.rulebook.calendar
        return sorted(found, key=lambda term: term.begins)


def term_of(day: date, calendar: Sequence[Term]) -> str:
    """Return the key of the term in which a day lies: the year it began in, and its id."""
    written = f"{day.month:02d}-{day.day:02d}"
    begun = [term for term in calendar if term.begins <= written]
    if begun:
        return f"{day.year}/{begun[-1].id}"
    return f"{day.year - 1}/{calendar[-1].id}" if calendar else "—"


def title_text(title: Title | None) -> dict[str, str]:
    """Return a title as a trace has it: Chinese, and English where there is any."""
    if title is None:
        return {}
    return {"zh": title.zh} | ({"en": title.en} if title.en is not None else {})


def rule_in_force(rule: Rule, on: date) -> bool:
    """Return whether a rule of a rulebook in force is in force itself."""
    begun = rule.valid_from is None or rule.valid_from <= on
    return begun and (rule.valid_to is None or on <= rule.valid_to)


def rule_text(rule: Rule) -> dict[str, Any]:
    """Return what a trace says of a rule: title, clause, explanation."""
    citation: dict[str, Any] = {"title": rule.citation.title, "status": rule.citation.status}
    if rule.citation.clause is not None:
        citation["clause"] = rule.citation.clause
    document: dict[str, Any] = {"title": title_text(rule.title), "citation": citation}
    if rule.explanation is not None:
        document["explanation"] = title_text(rule.explanation)
    return document
