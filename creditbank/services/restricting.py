"""Restriction (PIPL 47, last paragraph): an account that is stored and not used.

While it stands nothing is posted, granted, changed or decided, and nobody reads but the learner,
the desk and an auditor. The authority may still revoke what is wrong, and a grant may end: both
lessen what is used.
"""

from __future__ import annotations

from creditbank.domain.civil_time import civil_date
from creditbank.errors.recording import AccountRestricted
from creditbank.storage.loading import Account


def is_restricted(account: Account, now: int) -> bool:
    """Return whether a restriction stands at `now` (unix seconds); its last day is included."""
    until = account.restricted_until
    return until is not None and until >= civil_date(now).isoformat()


def check_unrestricted(account: Account, now: int, where: str | None = None) -> None:
    """Refuse with `AccountRestricted` while a restriction stands."""
    if is_restricted(account, now):
        raise AccountRestricted(where=where, until=account.restricted_until)
