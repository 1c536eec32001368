"""Decisions against the rulebook versions that they name: which steps, whose, and when.

As far as the entries say it. A desk's token is not in them, so of a step of the bank's own only its
place and its time are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa

from creditbank.domain.access import BANK
from creditbank.domain.civil_time import civil_date, day_end
from creditbank.domain.conversion.gathering import vouched_for_by
from creditbank.domain.decisions import Decision, Status, first_day_after
from creditbank.domain.identifiers import region_contains
from creditbank.domain.outcomes import Outcome
from creditbank.domain.registers import Institution, parse_register
from creditbank.domain.rules.rulebook import Procedure, ProcedureStep, Rulebook
from creditbank.errors import N_, CreditBankError
from creditbank.ledger.audit import Findings
from creditbank.storage.bulk import raw_rows
from creditbank.storage.decision_views import Decisions

_VERSION: Final = (
    "SELECT r.entry_index, r.digest, d.content FROM registers r"
    " JOIN documents d ON d.digest = r.digest"
    " WHERE r.kind = 'rulebook' AND r.id = ? AND r.version = ?"
)
_REMEMBERED_MAX: Final = 1_000

InForce = Callable[[str, int, int], Institution | None]
"""Which register of an organisation was in force at an entry: code, index, unix seconds."""


@dataclass(frozen=True, slots=True)
class Version:
    """A rulebook version as the log has it."""

    index: int
    digest: str
    rulebook: Rulebook


class Rulebooks:
    """The rulebook versions that decisions name; each is read and parsed once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], Version | None] = {}

    def version(self, rulebook: str, version: str) -> Version | None:
        """Return a version, None where the log has none that can be read."""
        key = (rulebook, version)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[key] = next(self._read(*key), None)
        return self._known[key]

    def _read(self, *key: str) -> Iterator[Version]:
        for index, digest, content in raw_rows(self._connection, _VERSION, key):
            try:
                register = parse_register("rulebook", orjson.loads(content))
            except (CreditBankError, TypeError, ValueError):
                continue  # the document is a finding of its own
            if isinstance(register, Rulebook):
                yield Version(index, bytes(digest).hex(), register)


class ProcedureChecks:
    """Checks the entries about decisions of some learners, in order."""

    def __init__(
        self,
        rulebooks: Rulebooks,
        in_force: InForce,
        decisions: Decisions,
        found: Findings,
        outcomes_of: Callable[[str], Iterable[Outcome]],
    ) -> None:
        self._rulebooks, self._in_force = rulebooks, in_force
        self._decisions, self._found = decisions, found
        self._outcomes_of = outcomes_of

    def before(self, index: int, at: int, act: dict[str, Any]) -> None:
        """Check a step, an end or a review against the procedure of its decision."""
        decision = self._decisions.get(act["conversion"]) if "conversion" in act else None
        if decision is None or act["kind"] == "conversion/1":
            return
        version = self._rulebooks.version(decision.rulebook, decision.version)
        if version is None or version.rulebook.procedure is None:
            return  # its application says so
        if act["kind"] == "conversion_step/1":
            self._step(index, at, act, decision, version.rulebook)
        elif act["kind"] == "conversion_end/1":
            self._end(index, act, decision, version.rulebook.procedure)
        elif act["kind"] == "conversion_review/1" and act["org"] != decision.owner:
            self._report(index, _NOT_THEIRS)

    def _step(
        self, index: int, at: int, act: dict[str, Any], decision: Decision, rulebook: Rulebook
    ) -> None:
        assert rulebook.procedure is not None  # noqa: S101  # looked at before
        number, steps = act["number"], rulebook.procedure.steps
        if decision.status is not Status.PENDING or number != decision.steps + 1:
            return  # out of its order: that is said already
        step = steps[number - 1] if number <= len(steps) else None
        if step is None or (act["step"], act["by"]) != (step.id, step.by):
            self._report(index, N_("the rulebook has another step at this place of a decision"))
            return
        register = self._in_force(act["org"], index, at)
        if not _may(step, act["org"], register, decision, rulebook.region):
            self._report(index, _NOT_THEIRS)
        first = first_day_after(decision.last_at, step.public_days)
        if act["result"] == "passed" and civil_date(at) < first:
            self._report(index, N_("the entry takes a step before its public notice had run"))

    def _end(
        self, index: int, act: dict[str, Any], decision: Decision, procedure: Procedure
    ) -> None:
        if act["end"] == "returned":
            if act["org"] != decision.owner:
                self._report(index, _NOT_THEIRS)
            if procedure.irrevocable:
                message = N_("the entry gives back what the rulebook says is irrevocable")
                self._report(index, message)
        elif act["end"] == "expired" and act["org"] != BANK:
            self._report(index, _NOT_THEIRS)

    def after(self, index: int, at: int, act: dict[str, Any]) -> None:
        """Check a new decision against its rulebook: owner, steps, reservation, evaluators."""
        if act["kind"] != "conversion/1":
            return
        version = self._named(index, act["rulebooks"])
        procedure = version.rulebook.procedure if version is not None else None
        if version is None or procedure is None:
            self._report(index, N_("a decision names a rulebook version that it cannot rest on"))
            return
        self._applied(index, at, act, version.rulebook, procedure)
        decision = self._decisions.get(act["conversion"])
        if decision is not None and set(decision.evaluators) != self._vouching(decision):
            message = N_("the entry names others as evaluators than vouch for its outcomes")
            self._report(index, message)

    def _named(self, index: int, references: list[dict[str, str]]) -> Version | None:
        """Return the version that a decision is under, None unless the log had it and its frames.

        In the log before the entry, with the digests that it says.
        """
        versions = [self._rulebooks.version(one["id"], one["version"]) for one in references]
        for version, reference in zip(versions, references, strict=True):
            if version is None or version.index >= index or version.digest != reference["digest"]:
                return None
        return versions[0]

    def _applied(
        self, index: int, at: int, act: dict[str, Any], rulebook: Rulebook, procedure: Procedure
    ) -> None:
        own = 1 if procedure.steps[0].by == "learner" else 0
        said = (act["owner"], act["decides"], act["steps"], act["taken"])
        if said != (rulebook.owner, rulebook.kind, len(procedure.steps), own):
            self._report(
                index, N_("the entry says otherwise than its rulebook whose it is, or how")
            )
        until = day_end(civil_date(at) + timedelta(days=procedure.reserved_days))
        if act["expires_at"] != until:
            self._report(index, N_("the entry reserves for another time than its rulebook says"))

    def _vouching(self, decision: Decision) -> set[str]:
        used = {use.outcome for use in decision.uses}
        known = (one for one in self._outcomes_of(decision.account) if one.id in used)
        return {org for one in known for org in vouched_for_by(one)}

    def _report(self, index: int, message: str) -> None:
        self._found.report("conservation", index, message)


def _may(
    step: ProcedureStep, org: str, register: Institution | None, decision: Decision, region: str
) -> bool:
    """Return whether an organisation is one that may take a step, by its register then."""
    if step.by == "bank":
        return True
    if step.by == "learner":
        return org == BANK
    if register is None or register.status != "active":
        return False
    if step.by == "owner":
        return org == decision.owner
    if step.by == "evaluator":
        return org in decision.evaluators and "assessor" in register.roles
    return register.jurisdiction is not None and region_contains(register.jurisdiction, region)


_NOT_THEIRS: Final = N_("the entry changes a decision in the name of who may not")
