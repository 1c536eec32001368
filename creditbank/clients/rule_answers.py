"""What the bank answers about rulebooks, as types; see `answers`."""

from __future__ import annotations

from creditbank.clients.answers import Answer


class FoundInRulebook(Answer):
    """Something that there is to say of a rulebook: where, what, and how to mend it."""

    where: str
    reason: str
    severity: str
    message: str
    remedy: str


class RulebookFindings(Answer):
    """What there is to say of a rulebook; with an error it would not be published."""

    findings: tuple[FoundInRulebook, ...] = ()
    cases: int = 0
    cases_passed: int = 0
    would_be_published: bool = False
