"""What can be wrong with a request before anybody looks at what it asks for."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, Malformed, Refused

REASONS: Final[dict[str, str]] = {
    "body_empty": N_("the body is empty"),
    "constant": N_("NaN and Infinity are not JSON"),
    "depth": N_("it is nested too deeply"),
    "duplicate_member": N_("an object has the same member twice"),
    "encoding": N_("it is not UTF-8"),
    "syntax": N_("it breaks off or has a character that does not belong there"),
}
"""What each reason code means, as message ids; the English text is the id."""


class NotFound(Refused):
    """There is nothing at this address."""

    slug = "not-found"
    title = N_("There is nothing at this address")
    detail = N_("Check the path; /docs lists every address of this bank.")


class MethodNotAllowed(Refused):
    """The address exists and does not know this method."""

    slug = "method-not-allowed"
    title = N_("This address does not know this method")
    detail = N_("Use one of these methods: {allowed}.")


class MalformedJson(Malformed):
    """The body is not one JSON value in UTF-8, or a member occurs twice in an object."""

    slug = "malformed-json"
    title = N_("The body is not JSON")
    detail = N_("The body cannot be read as JSON in UTF-8: {reason}. Nothing was recorded.")

    def __str__(self) -> str:
        """Return the English detail with the text of the reason in place of its code."""
        reason = str(self.fields["reason"])
        return self.detail.format(reason=REASONS.get(reason, reason))


class RequestInvalid(Malformed):
    """The request is not of the published form; `errors` lists each place and reason."""

    slug = "request-invalid"
    title = N_("The request is not of the published form")
    detail = N_(
        "Correct what is listed under errors and send it again. A place beginning with a slash "
        "points into the body; query: and path: name a parameter of the address."
    )


class BodyTooLarge(Malformed):
    """The body is longer than this bank reads."""

    slug = "body-too-large"
    title = N_("The body is too large")
    detail = N_("A body has at most {bytes_max} bytes here. Split the batch and send the pieces.")


class Internal(Corrupt):
    """Something failed that should not have."""

    slug = "internal"
    title = N_("Something failed inside the bank")
    detail = N_(
        "It was logged under the request id of this answer. Whether a posting was recorded is not "
        "known; send it again with the same source id, and it is not counted twice."
    )


class BatchUnknown(Refused):
    """There is no such batch, or the token may not see it."""

    slug = "batch-unknown"
    title = N_("No such batch")
    detail = N_("There is no batch {batch} that this token may see.")
