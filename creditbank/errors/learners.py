"""Errors about learners' accounts."""

from __future__ import annotations

from creditbank.errors import N_, Malformed, Refused


class DocumentTaken(Refused):
    """The document belongs to another account."""

    slug = "document-taken"
    title = N_("The document belongs to another account")
    detail = N_(
        "This identity document is on file for another account. If both are one person, the desk "
        "settles it with the learner."
    )


class NothingToChange(Malformed):
    """Nothing to change is named."""

    slug = "nothing-to-change"
    title = N_("Nothing to change")
    detail = N_("Name at least one of document, name and phone.")


class RestrictionStands(Refused):
    """A restriction stands: the account must be kept for now."""

    slug = "restriction-stands"
    title = N_("The account must be kept for now")
    detail = N_(
        "By law or for a running decision the account is kept until {until}. Until then its use is "
        "stopped; ask for erasure again after that day."
    )
