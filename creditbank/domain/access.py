"""Who may what: roles, the scopes that each may hold, and the principal behind a request.

A token has a role and some of that role's scopes. What a scope opens is narrowed further by whose
data it is: an institution sees what was posted in its name, a learner their own, a college what a
learner granted it, an authority acts within its jurisdiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BANK = "bank"  # the acting organisation of what the bank itself, or a learner through it, does


class Role(StrEnum):
    """The roles 角色 of token holders."""

    INSTITUTION = "institution"
    COLLEGE = "college"
    AUTHORITY = "authority"
    AUDITOR = "auditor"
    DESK = "desk"
    LEARNER = "learner"


class Scope(StrEnum):
    """What a token opens."""

    POST = "outcomes:post"
    READ_POSTED = "outcomes:read"
    REVOKE = "outcomes:revoke"
    PUBLISH = "registers:publish"
    PUBLISH_RULES = "rules:publish"
    READ_GRANTED = "learners:granted"
    OPEN_ACCOUNT = "learners:open"
    SERVE_LEARNER = "learners:serve"
    OWN = "learners:own"
    AUDIT = "ledger:audit"
    DECIDE = "conversions:decide"


SCOPES: dict[Role, frozenset[Scope]] = {
    Role.INSTITUTION: frozenset({Scope.POST, Scope.READ_POSTED, Scope.OPEN_ACCOUNT, Scope.DECIDE}),
    Role.COLLEGE: frozenset(
        {
            Scope.POST,
            Scope.READ_POSTED,
            Scope.OPEN_ACCOUNT,
            Scope.READ_GRANTED,
            Scope.DECIDE,
            Scope.PUBLISH_RULES,
        }
    ),
    Role.AUTHORITY: frozenset({Scope.PUBLISH, Scope.PUBLISH_RULES, Scope.REVOKE, Scope.DECIDE}),
    Role.AUDITOR: frozenset({Scope.AUDIT}),
    Role.DESK: frozenset({Scope.OPEN_ACCOUNT, Scope.SERVE_LEARNER}),
    Role.LEARNER: frozenset({Scope.OWN}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sends a request: a token, its organisation, role and scopes."""

    token: str
    org: str
    role: Role
    scopes: frozenset[str]
    account: str | None = None

    def may(self, scope: Scope) -> bool:
        """Return whether the token holds `scope`."""
        return scope in self.scopes and scope in SCOPES[self.role]
