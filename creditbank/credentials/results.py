"""Results and their scales as Open Badges 3.0 has them: `Result` and `ResultDescription`."""

from __future__ import annotations

from typing import Any

from creditbank.domain.certifying import ResultFacts


def result(facts: ResultFacts, achievement: str, number: int) -> dict[str, Any]:
    """Return a result; `number` is its place among those of the achievement, from one."""
    members: dict[str, Any] = {
        "type": ["Result"],
        "resultDescription": _id(achievement, number),
        "value": facts.value,
    }
    if facts.passed is not None:
        members["status"] = "Completed" if facts.passed else "Failed"
    return members


def description(facts: ResultFacts, achievement: str, number: int) -> dict[str, Any]:
    """Return the scale of a result: its values, lowest first, or its bounds; and the pass mark."""
    members: dict[str, Any] = {
        "id": _id(achievement, number),
        "type": ["ResultDescription"],
        "name": facts.name,
        "resultType": _type(facts),
    }
    if facts.allowed:
        members["allowedValue"] = list(facts.allowed)
    if facts.pass_mark is not None:
        members["requiredValue"] = facts.pass_mark
    if facts.least is not None:
        members["valueMin"] = facts.least
    if facts.greatest is not None:
        members["valueMax"] = facts.greatest
    return members


def _type(facts: ResultFacts) -> str:
    """Return the ResultType of Open Badges 3.0 that fits the scale."""
    if facts.allowed:
        return "LetterGrade"
    return "RawScore" if facts.least is not None or facts.greatest is not None else "Result"


def _id(achievement: str, number: int) -> str:
    return f"{achievement}#result-{number}"
