"""Facts: what evaluation knows of a learner. Everything is given; nothing is looked up here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Score:
    """A result on a named scale; `part` of the assessment, or None for the whole."""

    scale: str
    value: str
    part: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeFact:
    """One credited outcome. Amounts are hundredths, by credit system; hours in hundredths.

    `entry` is (index, leaf hash hex) of the entry that credited it, absent in test cases.
    """

    id: str
    type: str
    achieved_on: date
    verification: str = "issuer"
    title: str = ""
    module: str | None = None
    module_version: str | None = None
    equivalence_group: str | None = None
    common_core: bool = False
    scene: str | None = None
    occupation: tuple[str, str] | None = None
    """(edition, code)."""

    level: tuple[str, int] | None = None
    """(scale, rank)."""

    issuer: str | None = None
    issuer_roles: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    scores: tuple[Score, ...] = ()
    certificate_kind: str | None = None
    course: str | None = None
    course_title: str | None = None
    delivery: str | None = None
    """online · onsite · mixed, by the class-hours recorded; None where unknown."""

    credits: Mapping[str, int] = field(default_factory=dict)
    class_hours: int = 0
    assessment_event: str | None = None
    """Key of the assessment event, equal for outcomes of one event; None where none was named."""

    learning_event: str | None = None
    entry: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """Evidence supplied: whose word it is (learner · owner · registry) and what it says."""

    id: str
    confirmed_by: str
    value: Mapping[str, Any]
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class PriorUse:
    """What an earlier decision took of an outcome in a scope: hundredths of `unit`, or all of it.

    `unit` is `credit:<system>`, `class_hours`, `outcomes` or `worth:<system>`.
    """

    outcome: str
    scope: str
    rule: str
    sharing: str
    whole: bool
    unit: str
    amount: int
    of: int
    """The amount of the outcome in that unit, so that shares can be added."""

    target: str | None = None
    """Key of the target it was taken for; without it each shared use counts as one more target."""


@dataclass(frozen=True, slots=True)
class PriorGrant:
    """What an earlier decision granted under a rulebook: it counts towards the caps in bounds."""

    rulebook: str
    rule: str
    target: str
    granted: int
    system: str | None
    outcomes: tuple[str, ...]
    under: tuple[str, ...] = ()
    """Ids of the frames above that rulebook: it counts towards the caps in their bounds too."""


@dataclass(frozen=True, slots=True)
class Request:
    """A target asked for. Without a course, of a rule for courses: each of them, in their order."""

    rule: str
    course: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one evaluation is about. `on` is the civil date of the decision."""

    on: date
    outcomes: tuple[OutcomeFact, ...] = ()
    evidence: tuple[EvidenceFact, ...] = ()
    prior_uses: tuple[PriorUse, ...] = ()
    prior_grants: tuple[PriorGrant, ...] = ()
