"""Drafts: files with rulebooks, and other registers beside them, as their writers keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.registers import Register, parse_register
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.yaml_reading import Position, nearest, read_yaml
from creditbank.errors.rules import DraftUnreadable
from creditbank.ledger import canonical

_BOOK = Rulebook.register_kind


@dataclass(frozen=True, slots=True)
class Draft:
    """A register document in a file: its kind, and where in the file it stands."""

    kind: str
    document: Any
    where: str
    positions: Mapping[str, Position]

    def place(self, where: str) -> Position:
        """Return line and column of the value at a JSON pointer into the document."""
        return nearest(self.positions, self.where + where)


def read_drafts(text: str) -> list[Draft]:
    """Return the documents of a file, rulebooks or other registers.

    A file is one rulebook, or names a kind and has a `document` or a list of `documents`, or is a
    list of such parts. Raises YamlUnreadable, and DraftUnreadable for what is neither.
    """
    content, positions = read_yaml(text)
    found = list(_parts(content, positions, ""))
    if not found:
        raise DraftUnreadable
    return found


def _parts(content: Any, positions: Mapping[str, Position], where: str) -> Iterator[Draft]:
    if isinstance(content, list):
        for index, part in enumerate(content):
            yield from _parts(part, positions, f"{where}/{index}")
        return
    if not isinstance(content, dict):
        raise DraftUnreadable
    kind = content.get("kind")
    if isinstance(content.get("documents"), list) and isinstance(kind, str):
        for index, document in enumerate(content["documents"]):
            yield Draft(kind, document, f"{where}/documents/{index}", positions)
    elif "document" in content and isinstance(kind, str):
        yield Draft(kind, content["document"], f"{where}/document", positions)
    else:
        yield Draft(_BOOK, content, where, positions)


def parse_draft(draft: Draft) -> Register:
    """Return the register of a draft; raises as `parse_rulebook` and `parse_register`."""
    if draft.kind == _BOOK:
        return parse_rulebook(draft.document)
    return parse_register(draft.kind, draft.document)


def published(register: Register, index: int = 0) -> Published:
    """Return a register as if it were published, with the digest that it would have."""
    digest = hashlib.sha256(canonical.encode(register.document())).digest()
    return Published(register, register.register_kind, index, digest)


def with_drafts(catalogue: Catalogue, registers: Iterable[Register]) -> Catalogue:
    """Return a catalogue in which registers stand as if they were published after all others.

    A version that is there already stays as it is.
    """
    new = [
        one
        for one in registers
        if catalogue.version(one.register_kind, one.id, one.version) is None
    ]
    items = [published(one, catalogue.size + at) for at, one in enumerate(new)]
    return catalogue.with_published(items, size=catalogue.size + len(items))
