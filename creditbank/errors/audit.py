"""Errors of audits: a log that cannot be read at all, a state file of another audit."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Malformed, Unavailable

REASONS: Final[dict[str, str]] = {
    "connect": N_("no connection could be made"),
    "connection_lost": N_("the connection broke before the answer was complete"),
    "form": N_("it is not of the form"),
    "missing": N_("there is no such file"),
    "origin": N_("it is of another log"),
    "redirect": N_("the answer sends elsewhere"),
    "size": N_("it is larger than such a file can be"),
    "status": N_("the server answers with an error"),
    "timeout": N_("there was no answer in time"),
    "unreadable": N_("the file cannot be read"),
}
"""What each reason code means, as message ids; the English text is the id."""


class LogUnreadable(Unavailable):
    """A file of a log cannot be had: nothing can be said of the log."""

    slug = "log-unreadable"
    title = N_("The log cannot be read")
    detail = N_(
        "The file {file} of the log cannot be had: {reason}. Check the folder or the address,"
        " which is the one before /checkpoint, and try again."
    )


class AuditStateUnusable(Malformed):
    """The state of an earlier audit cannot be gone on from."""

    slug = "audit-state-unusable"
    title = N_("The earlier audit's state cannot be used")
    detail = N_(
        "The state in {file} cannot be gone on from: {reason}. Name the state of an earlier audit"
        " of the same log, or audit it from its beginning."
    )
