"""What the bank answers about decisions, as types; see `answers`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from creditbank.clients.answers import Answer, Place
from creditbank.clients.problems import Problem

Texts = dict[str, str]


class Result(Answer):
    """The result for one target; `trace` is the whole reason, `sentence` it in words."""

    rulebook: str
    rule: str
    rule_version: str
    target: str
    verdict: str
    scope: str
    granted: str | None = None
    system: str | None = None
    grade: dict[str, str] | None = None
    counted: tuple[dict[str, Any], ...] = ()
    trace: dict[str, Any] = Field(default={}, repr=False)
    sentence: dict[str, str] = Field(default={})


class RulebookVersion(Answer):
    """A rulebook version by its digest."""

    id: str
    version: str
    digest: str


class Evaluated(Answer):
    """What the rules say of a learner today."""

    account: str
    on: str
    rulebooks: tuple[RulebookVersion, ...]
    results: tuple[Result, ...]
    evidence: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    engine: str = ""


class Applied(Place):
    """A decision as applied for."""

    conversion: str
    status: str
    expires_at: str
    replayed: bool = False


class Decided(Place):
    """What changed a decision, as recorded."""

    conversion: str
    status: str
    replayed: bool = False


class NextStep(Answer):
    """The step that comes next, whose it is, and from which day on it may be taken."""

    step: str
    title: Texts
    by: str
    from_: str = Field(alias="from")


class ConversionShort(Answer):
    """A decision in a list."""

    conversion: str
    account: str
    decides: str
    owner: str
    rulebook: str
    version: str
    status: str
    index: int
    at: str
    expires_at: str
    targets: tuple[dict[str, Any], ...] = ()
    flagged: tuple[dict[str, Any], ...] = ()
    next: NextStep | None = None


class Conversions(Answer):
    """A page of decisions."""

    conversions: tuple[ConversionShort, ...]
    next: int | None = None


class StepTaken(Answer):
    """A step of the procedure; who took it and when, once somebody did."""

    step: str
    title: Texts
    by: str
    public_days: int = 0
    result: str | None = None
    opinion: str | None = Field(default=None, repr=False)
    org: str | None = None
    index: int | None = None
    at: str | None = None


class Conversion(ConversionShort):
    """A whole decision."""

    on: str
    engine: str = ""
    rulebooks: tuple[RulebookVersion, ...] = ()
    results: tuple[Result, ...] = ()
    uses: tuple[dict[str, Any], ...] = ()
    outcomes: tuple[dict[str, Any], ...] = ()
    steps: tuple[StepTaken, ...] = ()


class Derivation(Answer):
    """A decision derived again from its own entry."""

    conversion: str
    same: bool
    violations: tuple[str, ...] = ()


class IntakeResult(Answer):
    """What the rules say of one learner of an intake, or why they could not be asked."""

    account: str
    results: tuple[Result, ...] | None = None
    problem: Problem | None = None


class Intake(Answer):
    """A part of an intake; `next` is where to go on."""

    on: str
    learners: tuple[IntakeResult, ...]
    next: str | None = None


class PathModule(Answer):
    """A module to take, in its order."""

    module: str
    version: str
    title: Texts
    class_hours: str
    counts: bool = True
    prerequisite_of: tuple[str, ...] = ()
    issuer: str | None = None


class Path(Answer):
    """What is left to learn for a target."""

    account: str
    on: str
    target: str
    verdict: str
    modules: tuple[PathModule, ...] = ()
    class_hours: str = "0.00"
    reasons: tuple[dict[str, Any], ...] = ()
    leads_to: Result


class EvidenceRecorded(Place):
    """Evidence as recorded, and who supplied it; `replayed` where they had said the same."""

    evidence: str
    by: str
    replayed: bool = False
