"""Errors of the published log: nothing more is signed, nothing is published yet, no such file."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, Refused, Unavailable

REASONS: Final[dict[str, str]] = {
    "ledger_behind": N_("the ledger is shorter than what was signed"),
    "ledger_differs": N_("the ledger's entries are not those that were signed"),
    "record_behind": N_("the record was put back to an earlier state"),
    "record_missing": N_("the record is gone"),
    "record_other_log": N_("the record is another log's"),
    "record_unreadable": N_("the record cannot be read"),
    "witness_ahead": N_("a witness has seen more than was ever signed here"),
    "witness_contradicts": N_("a witness has cosigned another history"),
}
"""What each reason code means, as message ids; the English text is the id."""


class LogFrozen(Corrupt):
    """Ledger, outside record or a witness disagree: the bank signs nothing more."""

    slug = "log-frozen"
    title = N_("The bank signs nothing more")
    detail = N_(
        "What is to be signed at size {size} does not follow from what was signed before: {reason}."
        " Entries are still recorded. Keep everything as it is, and find out which is right before"
        " anything is signed again."
    )


class RecordUnavailable(Unavailable):
    """The record of what was signed could not be written, so nothing is signed."""

    slug = "record-unavailable"
    title = N_("The record of what was signed cannot be written")
    detail = N_(
        "The file {file} could not be written ({reason}), and nothing is signed without it. Make"
        " room on its disk or mend its permissions; signing goes on by itself."
    )


class RecordExists(Refused):
    """There is a readable record, so none is made from a checkpoint."""

    slug = "record-exists"
    title = N_("There is a record of what was signed")
    detail = N_(
        "The record says that size {size} was signed, and it is not replaced while it can be read."
        " If it is wrong, move the file away first, and keep it."
    )


class CheckpointNotOurs(Refused):
    """A checkpoint from outside does not fit this ledger."""

    slug = "checkpoint-not-ours"
    title = N_("The checkpoint does not fit this ledger")
    detail = N_(
        "The checkpoint of size {size} has another root than this ledger, or more entries than it"
        " holds. Entries were lost or changed: restore the newest backup, or begin a new log."
    )


class LogKeyMissing(Corrupt):
    """The key folder does not hold the signing keys that the ledger names."""

    slug = "log-key-missing"
    title = N_("A signing key of the log is missing")
    detail = N_(
        "The ledger names the {alg} key {key} as the one that signs from size {size}, and the key"
        " folder does not hold it. Put its file back from the key backup."
    )


class RotationConflict(Refused):
    """Another rotation was recorded with other keys."""

    slug = "rotation-conflict"
    title = N_("Another rotation came first")
    detail = N_(
        "Rotation {generation} is entry {index} and names other keys than those prepared here."
        " Nothing was recorded. Remove the files that end in .new, unless they are those keys."
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
