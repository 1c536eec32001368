"""What a decision grants and takes, from the results that it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from creditbank.domain.conversion.results import Counted, TargetResult
from creditbank.domain.decisions import Use
from creditbank.domain.rules.rule import Rule
from creditbank.domain.units import amount_text

LOOKED_AT: Final = ("outcomes", 0, 100)
"""Unit, amount and whole of an outcome that counts and of which nothing is taken."""


def uses_of(results: Sequence[TargetResult], rules: Mapping[str, Rule]) -> list[Use]:
    """Return what each target takes of each outcome, and which outcomes it only looks at."""
    uses: list[Use] = []
    for result in results:
        taken: dict[str, list[Counted]] = {}
        for one in result.counted:
            if one.taken:
                taken.setdefault(one.outcome, []).append(one)
        for outcome in relied_on(result):
            unit, amount, of = _together(taken.get(outcome, []))
            uses.append(
                Use(
                    outcome=outcome,
                    scope=result.scope,
                    rule=result.rule,
                    target=result.target,
                    sharing=rules[result.rule].use.sharing if amount else "free",
                    unit=unit,
                    amount=amount,
                    of=of,
                )
            )
    return uses


def _together(rows: Sequence[Counted]) -> tuple[str, int, int]:
    """Return what a target takes of one outcome at all of its conditions: unit, amount, of what.

    Amounts in different units are put together as shares of the outcome, exactly.
    """
    if not rows:
        return LOOKED_AT
    first = rows[0]
    if all((one.unit, one.of) == (first.unit, first.of) for one in rows):
        return first.unit, sum(one.taken for one in rows), first.of
    of = math.lcm(*(one.of for one in rows))
    return "outcomes", sum(one.taken * (of // one.of) for one in rows), of


def relied_on(result: TargetResult) -> list[str]:
    """Return the ids of the outcomes that a result rests on, sorted."""
    return sorted({one.outcome for one in result.counted} | set(_in_trace(result.trace)))


def _in_trace(node: Any) -> Iterator[str]:
    """Yield the outcomes at the conditions that hold."""
    if isinstance(node, list):
        for one in node:
            yield from _in_trace(one)
    if not isinstance(node, dict) or node.get("met") is False:
        return
    for name, member in node.items():
        if name == "outcomes":
            yield from (one["outcome"] for one in member if isinstance(one, dict))
        elif name == "held":
            yield from member
        else:
            yield from _in_trace(member)


def target_document(result: TargetResult) -> dict[str, Any]:
    """Return what is granted for one target, as it is recorded."""
    document: dict[str, Any] = {
        "rule": result.rule,
        "rule_version": result.rule_version,
        "target": result.target,
        "scope": result.scope,
        "outcomes": relied_on(result),
    }
    if result.granted is not None:
        document["granted"] = amount_text(result.granted)
    if result.system is not None:
        document["system"] = result.system
    if result.grade is not None:
        document["grade"] = dict(result.grade)
    return document


def use_document(use: Use) -> dict[str, Any]:
    """Return what is taken of an outcome, as it is recorded."""
    return {
        "outcome": use.outcome,
        "scope": use.scope,
        "rule": use.rule,
        "target": use.target,
        "sharing": use.sharing,
        "unit": use.unit,
        "amount": amount_text(use.amount),
        "of": amount_text(use.of),
    }
