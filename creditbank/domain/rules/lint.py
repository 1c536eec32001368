"""Lint: what is wrong with a rulebook beyond its form, and what could be better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from creditbank.domain.registers import Register
from creditbank.domain.rules.findings import ERRORS, Finding, found
from creditbank.domain.rules.lint_caps import lint_caps
from creditbank.domain.rules.lint_codes import lint_codes
from creditbank.domain.rules.lint_dates import lint_dates
from creditbank.domain.rules.lint_frames import lint_frames
from creditbank.domain.rules.lint_rules import lint_rules
from creditbank.domain.rules.lint_sense import lint_sense
from creditbank.domain.rules.lint_style import lint_style
from creditbank.domain.rules.lint_systems import lint_systems
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.rules import faulty_rulebook

_LINTERS = (
    *(lint_codes, lint_systems, lint_dates, lint_caps),
    *(lint_rules, lint_sense, lint_frames, lint_style),
)
_TOLD_MAX = 200
FINDINGS_MAX: Final = 1_000
"""Nobody reads more at once, and an answer has to stay of a size that can be sent."""


def lint(
    rulebook: Rulebook,
    registers: Mapping[tuple[str, str], Register],
    frames: Sequence[Rulebook] = (),
    others: Sequence[Rulebook] = (),
    binding: Sequence[Rulebook] = (),
) -> list[Finding]:
    """Return what there is to say of `rulebook`, errors first, each kind in document order.

    `registers` are those that it names, in force on its first day; `frames` those above it, the
    nearest first; `others` the other versions of it; `binding` the frames in force then that bind
    their region. Its test cases are run by `testing`. Of more than
    a thousand, errors first, the last says how many are left out.
    """
    around = Surroundings(rulebook, registers, frames, others, binding)
    findings = [finding for linter in _LINTERS for finding in linter(around)]
    findings.sort(key=lambda one: one.severity != "error")
    more = len(findings) - FINDINGS_MAX
    return (
        findings if more <= 0 else [*findings[:FINDINGS_MAX], found("", "more_findings", more=more)]
    )


def refuse_errors(findings: Sequence[Finding]) -> None:
    """Return if there is no error among `findings`.

    Raises the problem that the first of them belongs to, in the order of `ERRORS`, with all that
    belong to it: RulebookCodeUnknown, RulebookDatesOverlap, RulebookCapIdle, RulebookContradictory,
    RulebookBreaksFrame or RulebookCaseFails.
    """
    for error in ERRORS:
        found = [one.members() for one in findings if one.error is error]
        if found:
            raise faulty_rulebook(error, found[:_TOLD_MAX])
