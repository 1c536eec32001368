"""What a group of submissions will ask for, so that it is read in bulk before they are decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Needs:
    """What a group will ask for, so that it is read in bulk."""

    sources: set[bytes] = field(default_factory=set)
    handles: set[bytes] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)


def all_needs(many: Iterable[Needs]) -> Needs:
    """Return the union of several submissions' needs."""
    union = Needs()
    for needs in many:
        union.sources |= needs.sources
        union.handles |= needs.handles
        union.accounts |= needs.accounts
        union.subjects |= needs.subjects
        union.tokens |= needs.tokens
    return union
