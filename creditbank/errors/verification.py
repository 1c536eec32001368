"""Errors of signing and verifying: attestations refused, and what is not of the published form.

What a verification finds out about a document is an answer in its report, never an error.
"""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Malformed, Refused, ledger

REASONS: Final[dict[str, str]] = ledger.REASONS
"""What each reason code means, as message ids: those of the ledger, whose forms these are."""


class MalformedPolicy(Malformed):
    """A trust policy is not of the form of c2sp.org/tlog-policy; `line` counts from one."""

    slug = "malformed-policy"
    title = N_("Not a trust policy")
    detail = N_(
        "Line {line} of the trust policy is not of the form of c2sp.org/tlog-policy: {reason}. "
        "A policy names logs, witnesses and groups, and has exactly one quorum line."
    )


class MalformedAccountHead(Malformed):
    """The text of a note is not an account head."""

    slug = "malformed-account-head"
    title = N_("Not an account head")
    detail = N_(
        "The text is not an account head: {reason}. It has six lines: what it is, chain, count, "
        "last leaf hash, tree size and root."
    )


class MalformedDocument(Malformed):
    """Bytes or a value are not a document that can be verified."""

    slug = "malformed-document"
    title = N_("Not a document to verify")
    detail = N_(
        "The file is not of the published form: {reason}. Use the receipt or statement as the bank "
        "gave it; it is JSON in UTF-8 without repeated members."
    )


class AttestationMissing(Refused):
    """The institution has registered that it signs everything it posts."""

    slug = "attestation-missing"
    title = N_("The institution's signature is missing")
    detail = N_(
        "Institution {institution} is registered as signing everything that it posts, and this is "
        "not signed. Sign it with a registered key: the software kit and the command line do."
    )


class AttestationKeyUnknown(Refused):
    """The institution has no such key in force."""

    slug = "attestation-key-unknown"
    title = N_("The institution has no such key")
    detail = N_(
        "Institution {institution} has no signing key {kid} in force on {on}. The labour authority "
        "publishes institutions and their keys."
    )


class AttestationInvalid(Refused):
    """The signature is not over this posting, or not by this key."""

    slug = "attestation-invalid"
    title = N_("The institution's signature does not hold")
    detail = N_(
        "The signature under key {kid} is not over this posting for the bank {log} ({reason}). It "
        "may have been changed after it was signed: sign it again, as it is sent."
    )


class SigningKeyInvalid(Malformed):
    """A file holds no signing key of an institution."""

    slug = "signing-key-invalid"
    title = N_("Not a signing key")
    detail = N_(
        "The file {file} cannot be read, or holds no signing key of an institution. `creditbank "
        "signing-key new` makes one."
    )


class SigningKeyNotWritten(Refused):
    """A new signing key could not be written; an old one is never written over."""

    slug = "signing-key-not-written"
    title = N_("The signing key was not written")
    detail = N_(
        "The file {file} exists already, or its folder cannot be written. A key is never written "
        "over another one: choose a new name."
    )
