"""Errors of export and restore."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, Malformed, Refused

REASONS: Final[dict[str, str]] = {
    "checkpoint": N_("a published checkpoint does not fit the entries"),
    "commitment": N_("the parts of an entry are not those that it committed to"),
    "count": N_("there are fewer entries than it says"),
    "erasures": N_("an erasure that an entry lists is missing"),
    "file": N_("a file is missing"),
    "form": N_("it is not of the form"),
    "leaf": N_("a leaf does not hash to what is stored"),
    "origin": N_("it is of another bank"),
    "root": N_("the entries lead to another root"),
    "seal": N_("a file was changed, cut off, or sealed to another key"),
    "size": N_("the head does not fit the entries"),
}
"""What each reason code means, as message ids; the English text is the id."""


class ExportTargetExists(Refused):
    """The folder to write to is not empty."""

    slug = "export-target-exists"
    title = N_("The export's folder is not empty")
    detail = N_("{folder} exists already. Name a folder that does not: an export is never mixed.")


class LedgerUnsound(Corrupt):
    """What is in the database could not be restored, so it is not exported."""

    slug = "ledger-unsound"
    title = N_("The ledger does not hold together")
    detail = N_(
        "The export stopped at entry {index}: {reason}. It would not be a backup. Run an audit,"
        " keep the database as it is, and keep the earlier exports."
    )


class BackupKeyMalformed(Malformed):
    """A file is no key for backups."""

    slug = "backup-key-malformed"
    title = N_("Not a key for backups")
    detail = N_(
        "The file {file} holds no key for backups. Make a pair with `creditbank backup-key`: the"
        " export takes the .pub file, the restore the other one."
    )


class ExportUnusable(Malformed):
    """An export cannot be restored."""

    slug = "export-unusable"
    title = N_("The export cannot be restored")
    detail = N_(
        "{file} cannot be restored: {reason}. Nothing was written. Check that the export is"
        " complete and that key and file belong together, or take another export."
    )
