"""Errors of certificates: what cannot be signed, and what must or can not be fetched.

What a verification finds out about a credential is an answer in its report, never an error.
"""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, Malformed, Refused, Unavailable, ledger

REASONS: Final[dict[str, str]] = {
    **ledger.REASONS,
    "address": N_("it stands at an address that is not public"),
    "answer": N_("it answered with another status than 200"),
    "connect": N_("no connection can be made"),
    "context_changed": N_("the installed context is not the one that the issue has pinned"),
    "method": N_("the method of this DID is not supported"),
    "not_listed": N_("it is not on the list of hosts that may be asked"),
    "redirect": N_("it redirects too often, or to where nobody may be asked"),
    "scheme": N_("the address is not one of HTTPS"),
    "timeout": N_("it took too long"),
    "no_credential": N_("there is no certificate in it"),
}
"""What each reason code means, as message ids."""


class ContextUnknown(Refused):
    """A JSON-LD context is none of those that are installed; none is ever fetched."""

    slug = "context-unknown"
    title = N_("Unknown JSON-LD context")
    detail = N_(
        "The context {url} is not installed, and contexts are never fetched: what it says cannot "
        "be read."
    )


class DocumentNotSignable(Corrupt):
    """A certificate cannot be signed as it is; `member` names the place in it."""

    slug = "credential-not-signable"
    title = N_("The certificate cannot be signed")
    detail = N_(
        "The member {member} of the certificate cannot be signed: {reason}. The register or the "
        "setting that it comes from has to be mended."
    )


class MalformedDid(Malformed):
    """A text is not a DID of a method that is supported, or a URL cannot be made one."""

    slug = "malformed-did"
    title = N_("Not a DID that can be used")
    detail = N_(
        "The text is not a DID that can be used: {reason}. Supported are did:web, did:key, "
        "did:jwk and did:webvh."
    )


class StatusListUnusable(Refused):
    """What was fetched is not a status list of that purpose, or the position is outside it."""

    slug = "status-list-unusable"
    title = N_("The status list cannot be used")
    detail = N_("The status list cannot be used: {reason}. Nothing is known about the status.")


class HostNotAllowed(Refused):
    """Something would have to be fetched from a host that is not on the list of allowed ones."""

    slug = "host-not-allowed"
    title = N_("The host may not be asked")
    detail = N_(
        "Nothing is fetched from {host}: {reason}. The operator names the hosts that may be asked "
        "in CREDITBANK_CREDENTIAL_HOSTS."
    )


class HostUnreachable(Unavailable):
    """An allowed host gave no usable answer."""

    slug = "host-unreachable"
    title = N_("The host gave no usable answer")
    detail = N_("{host} gave no usable answer: {reason}. Try again later.")
