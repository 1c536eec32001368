"""Errors of witnesses: asking one for its cosignature, and being one."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, Refused, Unavailable

REASONS: Final[dict[str, str]] = {
    "connect": N_("no connection could be made"),
    "connection_lost": N_("the connection broke before the answer was complete"),
    "no_known_signature": N_("it holds no cosignature of a known key that verifies"),
    "not_signatures": N_("it is not signature lines"),
    "not_a_size": N_("it is not a tree size"),
    "server_error": N_("it answered with an error of its own"),
    "timeout": N_("it did not answer in time"),
    "too_long": N_("it is too long"),
    "witness_ahead": N_("it has cosigned a larger tree than any that was signed here"),
    "witness_contradicts": N_("the tree is not where its last one began"),
}
"""What each reason code means, as message ids; the English text is the id."""


class WitnessUnreachable(Unavailable):
    """A witness gave no answer."""

    slug = "witness-unreachable"
    title = N_("A witness cannot be reached")
    detail = N_(
        "The witness {witness} gave no cosignature: {reason}. Entries are recorded all the same,"
        " and it is asked again."
    )


class WitnessRefused(Refused):
    """A witness does not know the log or its key, or cannot read the request."""

    slug = "witness-refused"
    title = N_("A witness refuses to cosign")
    detail = N_(
        "The witness {witness} answered with status {status}. 404: it does not know the log; 403:"
        " it does not know the log's key, perhaps since a rotation. Give its operator the keys"
        " that `creditbank keys list` shows."
    )


class WitnessDisagrees(Corrupt):
    """A witness has seen another history of the log."""

    slug = "witness-disagrees"
    title = N_("A witness has seen another history")
    detail = N_(
        "The witness {witness}, asked to cosign size {size}, knows size {known}: {reason}. Nothing"
        " more is signed until it is clear which history is right."
    )


class WitnessAnswerUnreadable(Corrupt):
    """A witness answered with something that is no cosignature of its own."""

    slug = "witness-answer-unreadable"
    title = N_("A witness's answer cannot be used")
    detail = N_(
        "The answer of the witness {witness} is refused: {reason}. Check its address and its keys"
        " in the policy file."
    )


class WitnessStateMissing(Corrupt):
    """The witness's memory is not there."""

    slug = "witness-state-missing"
    title = N_("The witness has no memory")
    detail = N_(
        "The folder holds no state of a witness. Run `creditbank witness init` for a new one. A"
        " witness whose state was lost must not go on under its old key: it could cosign twice."
    )


class WitnessStateExists(Refused):
    """There is a witness in this folder already."""

    slug = "witness-state-exists"
    title = N_("There is a witness here already")
    detail = N_("The folder holds the state of a witness. Choose an empty folder.")


class WitnessStateOther(Corrupt):
    """State and keys belong to different witnesses."""

    slug = "witness-state-other"
    title = N_("State and keys belong to different witnesses")
    detail = N_(
        "The state in this folder was made for other keys than those given. A witness keeps one"
        " memory for one key; restore the keys that belong to it."
    )
