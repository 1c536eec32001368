"""Frames that bind a region: whoever has rules there is under them, whether it says so or not.

Publishing refuses a rulebook that passes such a frame by. One that was published before the frame
is bound from the frame's first day all the same: a province need not wait for its colleges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.identifiers import region_contains
from creditbank.domain.rules.rulebook import Rulebook


def binding_frames(catalogue: Catalogue, on: date) -> list[Published]:
    """Return the frames in force on a day that bind rulebooks of their region, by their ids."""
    names = sorted(key for key in catalogue.names() if key[0] == "rulebook")
    found = (catalogue.in_force(*key, on) for key in names)
    return [item for item in found if item is not None and _binds(item)]


def _binds(item: Published) -> bool:
    return isinstance(item.register, Rulebook) and bool(item.register.binds)


def is_bound(book: Rulebook, frame: Rulebook) -> bool:
    """Return whether a frame binds a rulebook: by its region, and the scope of one of its rules."""
    scopes = {rule.use.scope for rule in book.rules}
    return bool(scopes & set(frame.binds)) and region_contains(frame.region, book.region)


def passed_by(
    catalogue: Catalogue, book: Rulebook, named: Iterable[str], on: date
) -> Sequence[Published]:
    """Return the frames that bind `book` on a day and are not among those it is `named` under."""
    known = {book.id, *named}
    return [
        item
        for item in binding_frames(catalogue, on)
        if item.register.id not in known
        and isinstance(item.register, Rulebook)
        and is_bound(book, item.register)
    ]
