"""What goes wrong at the command line."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Malformed, Refused, Unavailable

REASONS: Final[dict[str, str]] = {
    "file_missing": N_("there is no such file, or it may not be read"),
    "not_did": N_("it is no DID document"),
    "not_evidence": N_("it does not say what is so by the ids of the rules"),
    "not_register": N_("it is not YAML or JSON with kind and documents"),
    "not_text": N_("it is not text in UTF-8"),
    "server_ended": N_("the server process ended"),
    "server_late": N_("the server was not ready in time"),
}
"""What each reason code means, as message ids; the English text is the id."""


class TokenMissing(Refused):
    """A command that asks a bank needs a token."""

    slug = "token-missing"
    title = N_("No token was given")
    detail = N_(
        "Set CREDITBANK_TOKEN, or name a file that holds the token with --token-file. The bank's"
        " operator issues tokens."
    )


class FileUnreadable(Malformed):
    """A file named on the command line cannot be read."""

    slug = "file-unreadable"
    title = N_("A file cannot be read")
    detail = N_("The file {file} is refused: {reason}. Correct its name or its content.")


class OldVersionMissing(Refused):
    """A draft cannot be compared, since there is no earlier version of it."""

    slug = "old-version-missing"
    title = N_("There is nothing to compare with")
    detail = N_(
        "No earlier version of the rulebook {rulebook} is given. Name its file with --old, or a"
        " bank in which one is in force with --data."
    )


class AtomicTooLarge(Refused):
    """A sheet that is to be recorded as a whole is larger than a batch."""

    slug = "atomic-too-large"
    title = N_("The sheet is too large to be recorded as a whole")
    detail = N_(
        "All or nothing holds within one batch of at most {rows_max} rows; the sheet has {rows}."
        " Split the sheet, or leave --atomic out."
    )


class DatabaseUnreachable(Unavailable):
    """The database of a local command did not answer."""

    slug = "database-unreachable"
    title = N_("The database cannot be opened")
    detail = N_(
        "The database did not answer, or has no tables of a bank. Check --data, or the address in"
        " CREDITBANK_DATABASE_URL, and whether `creditbank init` was run."
    )


class ServeFailed(Unavailable):
    """The server that a command started did not come up."""

    slug = "serve-failed"
    title = N_("The server did not start")
    detail = N_("The server did not start: {reason}. What it said is in {file}.")
