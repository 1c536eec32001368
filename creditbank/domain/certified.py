"""What an entry keeps of a certificate: its facts as JSON values, and back.

Everything that the certificate says is here, as it was known when it was issued. Registers, names
and outcomes may change afterwards; making the certificate again from this gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from creditbank.domain.certifying import (
    AchievementFacts,
    DecisionFacts,
    HolderFacts,
    LogEntry,
    Names,
)


@dataclass(frozen=True, slots=True)
class StatementPart:
    """A part of a statement: which certificates of single outcomes are in it (their ids)."""

    name: Names
    credentials: tuple[str, ...]
    partial: bool
    entry: LogEntry
    size: int


@dataclass(frozen=True, slots=True)
class Certified:
    """The facts of one certificate: of an outcome, of a part of a statement, or of a decision.

    `valid_until` is in unix seconds, None for no end.
    """

    bank: Names
    holder: HolderFacts
    achievement: AchievementFacts | None = None
    statement: StatementPart | None = None
    decision: DecisionFacts | None = None
    valid_until: int | None = None

    @property
    def title(self) -> Names:
        """What the certificate is called."""
        about = self.achievement or self.statement or self.decision
        assert about is not None  # noqa: S101  # each certificate is about one of them
        return about.name

    def document(self) -> dict[str, Any]:
        """Return the facts as JSON values of the ledger's profile."""
        document: dict[str, Any] = _ADAPTER.dump_python(self, mode="json", exclude_defaults=True)
        return document


def certified(document: object) -> Certified:
    """Return the facts that an entry keeps."""
    return _ADAPTER.validate_python(document)


def subject_uri(digest: bytes) -> str:
    """Return the URI of a learner in certificates, from 16 bytes that only the bank can make.

    A UUID of version 8, which is for values that are made in a way of one's own (RFC 9562, 5.8).
    """
    return f"urn:uuid:{_uuid8(digest)}"


def outcome_uri(outcome: str) -> str:
    """Return the URI of an outcome that no register describes, from its id of 32 hex digits."""
    return f"urn:uuid:{_uuid8(bytes.fromhex(outcome))}"


def _uuid8(data: bytes) -> UUID:
    value = int.from_bytes(data[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


_ADAPTER: Final[TypeAdapter[Certified]] = TypeAdapter(Certified)
