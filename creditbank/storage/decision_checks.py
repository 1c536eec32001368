"""Decisions as an audit replays them: each ends once, and nothing is taken twice in a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from creditbank.domain.decisions import Decision, Status, overdrawn
from creditbank.domain.lineage import standing_for
from creditbank.domain.outcomes import Outcome
from creditbank.errors import N_
from creditbank.ledger.audit import Findings
from creditbank.storage.decision_views import Decisions

# What an entry may follow: a step and a withdrawal a pending decision, a return a registered one.
_FOLLOWS: Final = {
    "conversion_step/1": Status.PENDING,
    "withdrawn": Status.PENDING,
    "expired": Status.PENDING,
    "returned": Status.REGISTERED,
}


_STATUS: Final = N_("the entry says of a decision that it stands otherwise than its steps do")


def _is_late(at: int, decision: Decision) -> bool:
    return at >= decision.expires_at


def _after_step(act: dict[str, Any], steps_total: int) -> str:
    """Return how a decision stands after a step: registered by the last one, and no other."""
    if act["result"] == "rejected":
        return Status.REJECTED
    return Status.REGISTERED if act["number"] == steps_total else Status.PENDING


def _none(account: str) -> tuple[Outcome, ...]:  # noqa: ARG001  # whoever it is
    return ()


class DecisionChecks:
    """Checks the entries about decisions of some learners, in order."""

    def __init__(
        self,
        decisions: Decisions,
        found: Findings,
        outcomes_of: Callable[[str], Iterable[Outcome]] = _none,
    ) -> None:
        self._decisions, self._found = decisions, found
        self._outcomes_of = outcomes_of

    def before(self, index: int, at: int, act: dict[str, Any]) -> None:
        """Check that a decision can still change in the way that an entry changes it."""
        follows = _FOLLOWS.get(act.get("end", act["kind"]))
        if follows is None:
            return
        decision = self._decisions.get(act["conversion"])
        if decision is None:
            return  # folding says so
        if decision.status is not follows:
            message = N_("the entry changes a decision that had ended")
            self._found.report("conservation", index, message)
        elif "number" in act and act["number"] != decision.steps + 1:
            message = N_("the entry takes a step of a decision out of its order")
            self._found.report("conservation", index, message)
        elif follows is Status.PENDING and _is_late(at, decision) != (act.get("end") == "expired"):
            message = N_("the entry carries on a reservation that had expired, or ends one early")
            self._found.report("conservation", index, message)
        if "number" in act and act["status"] != _after_step(act, decision.steps_total):
            self._found.report("conservation", index, _STATUS)

    def after(self, index: int, at: int, act: dict[str, Any]) -> None:
        """Check that a new decision takes no more of any outcome than there is of it."""
        if act["kind"] != "conversion/1":
            return
        registered = act["taken"] == act["steps"]
        if act["status"] != (Status.REGISTERED if registered else Status.PENDING):
            self._found.report("conservation", index, _STATUS)
        decision = self._decisions.get(act["conversion"])
        if decision is None:
            return
        taken = {(use.outcome, use.scope) for use in decision.uses if use.amount}
        standing = standing_for(self._outcomes_of(decision.account))
        for outcome, scope in overdrawn(self._decisions.of(decision.account), at, standing):
            if (outcome, scope) in taken:
                message = N_("outcome {outcome} is taken twice in scope {scope}")
                self._found.report("conservation", index, message, outcome=outcome, scope=scope)
