"""Errors of the published log."""

from __future__ import annotations

from creditbank.errors import N_, Corrupt, Refused


class LogFrozen(Corrupt):
    """Ledger and outside record disagree: the bank signs nothing more."""

    slug = "log-frozen"
    title = N_("The bank signs nothing more")
    detail = N_(
        "The ledger and the record of what was published, kept outside the database, disagree at "
        "size {size}. The database may have been restored or replaced. Run an audit and find out "
        "which is right before anything is signed."
    )


class NotYetPublished(Refused):
    """The entry is committed, and no published checkpoint covers it yet."""

    slug = "not-yet-published"
    title = N_("Not yet published")
    detail = N_("Entry {index} is recorded; the next checkpoint will cover it. Ask again shortly.")


class NotInLog(Refused):
    """There is no such file in the published log."""

    slug = "not-in-log"
    title = N_("Not in the published log")
    detail = N_("The log is published up to size {size}; there is no such file in it.")
