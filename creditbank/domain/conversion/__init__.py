"""Conversion: applying rules to outcomes. Exact, deterministic, optimal, with reasons.

`evaluate` says what targets get, `evaluate_many` does so for an intake, `check` holds an old
decision against its rules without a solver, `find_path` finds the modules that are missing.
"""

from __future__ import annotations

from creditbank.domain.conversion.candidates import Candidate
from creditbank.domain.conversion.checking import Violation, check
from creditbank.domain.conversion.evaluating import (
    EFFORT,
    ENGINE,
    Converter,
    evaluate,
    evaluate_many,
)
from creditbank.domain.conversion.facts import (
    Case,
    EvidenceFact,
    OutcomeFact,
    PriorGrant,
    PriorUse,
    Request,
    Score,
)
from creditbank.domain.conversion.parsing import (
    parse_earlier,
    parse_evidence,
    parse_outcome,
    parse_requests,
)
from creditbank.domain.conversion.path import Path, Step, find_path
from creditbank.domain.conversion.results import Counted, Evaluation, TargetResult, Verdict
from creditbank.domain.conversion.selecting import matches
from creditbank.domain.conversion.targets import target_key

__all__ = [
    "EFFORT",
    "ENGINE",
    "Candidate",
    "Case",
    "Converter",
    "Counted",
    "Evaluation",
    "EvidenceFact",
    "OutcomeFact",
    "Path",
    "PriorGrant",
    "PriorUse",
    "Request",
    "Score",
    "Step",
    "TargetResult",
    "Verdict",
    "Violation",
    "check",
    "evaluate",
    "evaluate_many",
    "find_path",
    "matches",
    "parse_earlier",
    "parse_evidence",
    "parse_outcome",
    "parse_requests",
    "target_key",
]
