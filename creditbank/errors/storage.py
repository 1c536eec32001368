"""Errors of the journal, the database and the vault."""

from __future__ import annotations

from creditbank.errors import N_, Corrupt, Refused, Unavailable


class ProtectionMissing(Corrupt):
    """The database does not refuse changes to the ledger."""

    slug = "protection-missing"
    title = N_("The database does not protect the ledger")
    detail = N_(
        "These guards are missing or altered: {missing}. Find out who removed them, run an audit, "
        "and restore them before the server is started again."
    )


class NotInitialised(Corrupt):
    """There is no ledger in this database."""

    slug = "not-initialised"
    title = N_("There is no ledger here")
    detail = N_("The database holds no genesis entry. Run `creditbank init` first.")


class AlreadyInitialised(Refused):
    """There is a ledger already."""

    slug = "already-initialised"
    title = N_("There is a ledger here already")
    detail = N_("The database holds a ledger of {size} entries. Choose an empty database.")


class WrongBank(Corrupt):
    """Keys and database belong to different banks."""

    slug = "wrong-bank"
    title = N_("Keys and database belong to different banks")
    detail = N_(
        "The database belongs to {found}, the settings name {expected}. Correct the data folder, "
        "the keys or the database URL."
    )


class ClockOff(Unavailable):
    """The clock disagrees with the ledger's time."""

    slug = "clock-off"
    title = N_("The clock is off")
    detail = N_(
        "The clocks disagree by {seconds} seconds, more than the {tolerance} allowed. Nothing was "
        "recorded. Correct the clock and send the request again."
    )


class StorageUnavailable(Unavailable):
    """The database did not answer."""

    slug = "storage-unavailable"
    title = N_("The database cannot be reached")
    detail = N_(
        "Whether the request was recorded is not known. Send it again with the same source id: "
        "it will not be counted twice."
    )


class Overloaded(Unavailable):
    """More is waiting than can be done soon."""

    slug = "overloaded"
    title = N_("Too much is waiting")
    detail = N_("Nothing was done. Send the request again after a short while.")


class Erased(Refused):
    """What the request refers to was erased at the learner's demand."""

    slug = "erased"
    title = N_("Erased")
    detail = N_(
        "What this refers to was erased at the learner's demand and cannot be shown or changed."
    )
