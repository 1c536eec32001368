"""What lint finds: a place, a code, how bad it is, and words for what it means and how to mend it.

An error keeps a rulebook from being published, and its class says as which problem; a warning does
not. Messages are English ids for gettext with the finding's fields in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from creditbank.domain.rules.finding_texts import TEXTS
from creditbank.errors.rules import (
    RulebookBreaksFrame,
    RulebookCapIdle,
    RulebookCaseFails,
    RulebookCodeUnknown,
    RulebookContradictory,
    RulebookDatesOverlap,
    RulebookFaulty,
)

Severity = Literal["error", "warning"]

_GROUPS: Final[dict[str, type[RulebookFaulty]]] = {
    "code": RulebookCodeUnknown,
    "date": RulebookDatesOverlap,
    "cap": RulebookCapIdle,
    "rule": RulebookContradictory,
    "frame": RulebookBreaksFrame,
    "case": RulebookCaseFails,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that lint has to say about the value at the JSON pointer `where`."""

    where: str
    code: str
    severity: Severity
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> type[RulebookFaulty] | None:
        """The problem as which publishing refuses it, None of a warning."""
        return _GROUPS.get(TEXTS[self.code].group)

    @property
    def message(self) -> str:
        """What is the matter: a message id with the fields in braces."""
        return TEXTS[self.code].message

    @property
    def remedy(self) -> str:
        """What to do: a message id with the fields in braces."""
        return TEXTS[self.code].remedy

    def members(self) -> dict[str, str]:
        """Return the finding as an item of a problem document."""
        return {"where": self.where, "reason": self.code, **self.fields}


def found(where: str, code: str, **fields: object) -> Finding:
    """Return the finding of this code; its severity is the code's."""
    severity: Severity = "error" if TEXTS[code].group in _GROUPS else "warning"
    return Finding(where, code, severity, {name: str(value) for name, value in fields.items()})


ERRORS: Final = tuple(_GROUPS.values())
"""The problems in the order in which publishing looks for them."""
