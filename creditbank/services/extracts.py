"""Extracts of decisions: what is shown to who does no more than vouch for outcomes in them.

An evaluator is told of its own outcomes, and of other people's steps that they were taken. What
else counted is neither named nor described; the words are made anew of what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import Principal, Scope
from creditbank.domain.conversion.gathering import vouched_for_by
from creditbank.domain.conversion.targets import course_of_key
from creditbank.services.parties import sees_whole
from creditbank.services.sentences import spoken
from creditbank.storage import decision_reading

if TYPE_CHECKING:
    from creditbank.domain.catalogue import Catalogue
    from creditbank.domain.decisions import Decision
    from creditbank.storage.reading import Connection

_HEAD: Final = ("schema", "rulebook", "frames", "rule", "target", "on", "scope", "verdict")
_GRANTED: Final = ("granted", "system")
_NODE: Final = ("id", "kind", "text", "unit", "count")
"""What a trace says of a condition before any outcome is looked at: the rule says the same."""

_OWN_STEP: Final = "evaluator"


@dataclass(frozen=True, slots=True)
class Extract:
    """What one evaluator is shown of a decision: what rests on the outcomes that are its `own`."""

    org: str
    own: frozenset[str]

    def short(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a list says: of what is granted, what rests on its outcomes."""
        return dict(document) | {
            "targets": [self._target(one) for one in self._kept(document)],
            "flagged": self._flags(document["flagged"]),
        }

    def whole(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a decision as it is shown: no evidence, nobody else's outcomes and opinions."""
        kept = {(one["rule"], one["target"]) for one in self._kept(document)}
        results = [one for one in document["results"] if (one["rule"], one["target"]) in kept]
        shown = self.short(document) | {
            "requested": [one for one in document["requested"] if _is_asked(one, kept)],
            "uses": [one for one in document["uses"] if one["outcome"] in self.own],
            "outcomes": [one for one in document["outcomes"] if one["id"] in self.own],
            "evidence": [],
            "results": spoken(map(self._result, results)),
            "steps": [self._step(one) for one in document["steps"]],
        }
        if "end" in document:
            shown["end"] = _without(document["end"], "reason")
        return shown

    def _kept(self, document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [one for one in document["targets"] if self.own.intersection(one["outcomes"])]

    def _target(self, target: Mapping[str, Any]) -> dict[str, Any]:
        """Return a target. A grade that others' scores went into says something of those."""
        outcomes = [one for one in target["outcomes"] if one in self.own]
        alone = len(outcomes) == len(target["outcomes"])
        return (dict(target) if alone else _without(target, "grade")) | {"outcomes": outcomes}

    def _flags(self, flags: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the flags: of another's outcome that there is one, since no step can pass."""
        own = [dict(one) for one in flags if one.get("outcome") in self.own]
        others = {one["reason"] for one in flags if one.get("outcome") not in self.own}
        return own + [{"reason": reason} for reason in sorted(others)]

    def _result(self, result: Mapping[str, Any]) -> dict[str, Any]:
        counted = [one for one in result["counted"] if one["outcome"] in self.own]
        alone = len(counted) == len(result["counted"])
        shown = dict(result) if alone else _without(result, "grade")
        return shown | {"counted": counted, "trace": self._trace(result["trace"])}

    def _trace(self, trace: Mapping[str, Any]) -> dict[str, Any]:
        """Return a trace with no more of its tree than where its outcomes count."""
        head = {name: trace[name] for name in (*_HEAD, *_GRANTED) if name in trace}
        return head | {"needs": self._node(trace.get("needs", {})) or {}}

    def _node(self, node: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a condition as far as its outcomes count there, None where none does."""
        shown = {name: node[name] for name in _NODE if name in node}
        if isinstance(node.get("of"), list):
            inner = [one for one in map(self._node, node["of"]) if one is not None]
            return shown | {"of": inner} if inner else None
        rows = [one for one in node.get("outcomes", ()) if one["outcome"] in self.own]
        held = [one for one in node.get("held", ()) if one in self.own]
        found = {"outcomes": rows, "held": held}
        return (
            shown | {name: these for name, these in found.items() if these}
            if any(found.values())
            else None
        )

    def _step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        mine = step["by"] == _OWN_STEP and step.get("org") == self.org
        return dict(step) if mine else _without(step, "opinion")


def is_given_extract(
    catalogue: Catalogue, now: int, principal: Principal, decision: Decision
) -> bool:
    """Return whether somebody is shown an extract of a decision that they may read."""
    return not principal.may(Scope.AUDIT) and not sees_whole(catalogue, now, principal, decision)


def extract_for(
    connection: Connection,
    catalogue: Catalogue,
    now: int,
    principal: Principal,
    decision: Decision,
) -> Extract | None:
    """Return what somebody is shown of a decision, None where that is the whole of it."""
    if not is_given_extract(catalogue, now, principal, decision):
        return None
    outcomes = decision_reading.outcomes_of(connection, decision)
    own = (one.id for one in outcomes if principal.org in vouched_for_by(one))
    return Extract(principal.org, frozenset(own))


def _is_asked(request: Mapping[str, Any], kept: set[tuple[str, str]]) -> bool:
    """Return whether a request is one for a target that is shown."""
    course = request.get("course")
    return any(
        rule == request["rule"] and (course is None or (course_of_key(key) or ("",))[-1] == course)
        for rule, key in kept
    )


def _without(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}
