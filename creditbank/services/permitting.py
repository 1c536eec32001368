"""On which ground somebody reads a learner's data; without one they do not.

Four grounds: the data are one's own; the bank's desk serves the learner; an auditor checks the
ledger; the learner granted it to one's organisation. Who posted an entry sees that entry, and
nothing else of the learner's.
"""

from __future__ import annotations

from enum import StrEnum

from creditbank.domain.access import Principal, Scope
from creditbank.errors.access import Forbidden


class Ground(StrEnum):
    """Why somebody may read."""

    OWN = "own"
    DESK = "desk"
    AUDIT = "audit"
    GRANT = "grant"
    POSTED = "posted"
    DECIDES = "decides"


_SCOPES = {
    Ground.OWN: Scope.OWN,
    Ground.DESK: Scope.SERVE_LEARNER,
    Ground.AUDIT: Scope.AUDIT,
    Ground.GRANT: Scope.READ_GRANTED,
    Ground.POSTED: Scope.READ_POSTED,
    Ground.DECIDES: Scope.DECIDE,
}

OWNER_OR_DESK = (Ground.OWN, Ground.DESK)
READERS = (*OWNER_OR_DESK, Ground.AUDIT, Ground.GRANT)

OWN_ACCOUNT = "me"
"""What a learner may write in the place of the account."""


def ground_for(principal: Principal, account: str, grounds: tuple[Ground, ...]) -> Ground:
    """Return the ground of `grounds` on which `principal` may read `account`.

    Refuses with `Forbidden`, whether there is such an account or not. That a grant stands is
    looked up later, under the lock.
    """
    for ground in grounds:
        if principal.may(_SCOPES[ground]) and (
            ground is not Ground.OWN or principal.account == account
        ):
            return ground
    raise Forbidden(scope=" / ".join(_SCOPES[ground] for ground in grounds))


def account_of(principal: Principal, named: str) -> str:
    """Return the account that a path names, in which a learner may write `me`.

    Refuses `me` with `Forbidden` where the token is not a learner's.
    """
    if named != OWN_ACCOUNT:
        return named
    if principal.account is None:
        raise Forbidden(scope=Scope.OWN.value)
    return principal.account


def require(principal: Principal, *scopes: Scope) -> None:
    """Refuse with `Forbidden` unless the token holds one of `scopes`."""
    if not any(principal.may(scope) for scope in scopes):
        raise Forbidden(scope=" / ".join(scopes))
