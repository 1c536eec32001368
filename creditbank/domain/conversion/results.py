"""Results: what each target got, which outcome counted where, what was cut, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from creditbank.domain.units import amount_text


class Verdict(StrEnum):
    """The answer for one target."""

    MET = "met"
    NOT_MET = "not_met"
    NEEDS_EVIDENCE = "needs_evidence"
    """The outcomes would do; something that a person or a registry must supply is missing."""

    NOT_IN_FORCE = "not_in_force"
    UNDECIDED = "undecided"
    """The step budget ran out: a person has to decide."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`amount` of an outcome, in hundredths of `unit`, counted at condition `condition`.

    `taken` is what the scope loses: the same, or `of`, all of it, where surplus is forfeited, or 0.
    """

    outcome: str
    condition: str
    unit: str
    amount: int
    of: int
    taken: int

    def document(self) -> dict[str, Any]:
        """Return the row as plain JSON."""
        amounts = {"amount": self.amount, "of": self.of, "taken": self.taken}
        return {
            "outcome": self.outcome,
            "condition": self.condition,
            "unit": self.unit,
            **{name: amount_text(amount) for name, amount in amounts.items()},
        }


@dataclass(frozen=True, slots=True)
class TargetResult:
    """The result for one target; `trace` is the machine-readable reason tree (plain JSON)."""

    rulebook: str
    rule: str
    rule_version: str
    target: str
    """Key of the target: `course:<programme>:<code>`, `grade:<occupation>:<scale>:<rank>` …"""

    verdict: Verdict
    scope: str
    granted: int | None = None
    """Hundredths of credits of `system`, for targets that give credit."""

    system: str | None = None
    grade: dict[str, str] | None = None
    """{"scale", "mark"}: the grade to record."""

    counted: tuple[Counted, ...] = ()
    trace: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the result as plain JSON of the canonical profile."""
        document: dict[str, Any] = {
            "rulebook": self.rulebook,
            "rule": self.rule,
            "rule_version": self.rule_version,
            "target": self.target,
            "verdict": self.verdict.value,
            "scope": self.scope,
            "counted": [one.document() for one in self.counted],
            "trace": self.trace,
        }
        if self.granted is not None and self.system is not None:
            document |= {"granted": amount_text(self.granted), "system": self.system}
        return document | ({} if self.grade is None else {"grade": self.grade})


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All targets asked for, in the order asked. `steps` is the deterministic effort spent."""

    results: tuple[TargetResult, ...]
    engine: str
    """Name and version of the procedure, recorded with a decision."""

    steps: int = 0

    def document(self) -> dict[str, Any]:
        """Return the evaluation as plain JSON of the canonical profile."""
        return {
            "engine": self.engine,
            "steps": self.steps,
            "results": [one.document() for one in self.results],
        }
