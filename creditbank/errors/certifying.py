"""Errors about issuing certificates, their status, and what is shown of them."""

from __future__ import annotations

from creditbank.errors import N_, Refused

REASONS = {
    "revoked": N_("it was revoked"),
    "form": N_("it is not of the form of a proof"),
    "key_not_registered": N_("the key is none that the register has in force"),
    "signature": N_("the signature is not one over this certificate"),
    "suite": N_("it is of another suite"),
    "not_credited": N_("its credit is not awarded yet"),
    "not_registered": N_("the decision is not registered, or was given back"),
    "several_targets": N_("the decision has several targets, and none is named"),
    "self_declared": N_("it is declared by the learner alone"),
}
"""Why an outcome cannot be certified, or a countersignature is not taken."""


class OutcomeUnknown(Refused):
    """The learner has no such outcome."""

    slug = "outcome-unknown"
    title = N_("No such outcome")
    detail = N_("There is no outcome {outcome} among those that you may certify.")


class NotCertifiable(Refused):
    """The outcome cannot be certified."""

    slug = "not-certifiable"
    title = N_("No certificate can be issued for this outcome")
    detail = N_(
        "Certificates are issued for outcomes that stand, whose credit is awarded, and for which "
        "somebody other than the learner vouches. This one is not: {reason}."
    )


class NothingToCertify(Refused):
    """The account has nothing that can be certified."""

    slug = "nothing-to-certify"
    title = N_("There is nothing to certify yet")
    detail = N_("None of the outcomes of this account can be certified.")


class IssuedTooOften(Refused):
    """The same certificate was withdrawn and issued again too often today."""

    slug = "issued-too-often"
    title = N_("Issued too often on one day")
    detail = N_(
        "This certificate was issued {limit} times today, and withdrawn each time. It can be "
        "issued again tomorrow."
    )


class CredentialUnknown(Refused):
    """There is no such certificate."""

    slug = "credential-unknown"
    title = N_("No such certificate")
    detail = N_("There is no certificate {credential}, or it is not one that you may see.")


class CredentialEnded(Refused):
    """The certificate was withdrawn or revoked; its status cannot change any more."""

    slug = "credential-ended"
    title = N_("The certificate has ended")
    detail = N_(
        "The certificate {credential} was withdrawn, or its outcome was revoked. That is final: "
        "it can be neither suspended, resumed nor shown to others."
    )


class CountersignatureInvalid(Refused):
    """The proof is not one that this institution can add."""

    slug = "countersignature-invalid"
    title = N_("The countersignature does not hold")
    detail = N_(
        "It is taken from an institution that the certificate names, as a proof of suite "
        "eddsa-rdfc-2022 over the document without its proof, by a key in the institution's "
        "register: {reason}."
    )


class FormUnavailable(Refused):
    """The certificate cannot be had in this form."""

    slug = "form-unavailable"
    title = N_("The certificate cannot be had in this form")
    detail = N_("A certificate of the form {form} cannot be had as {rendering}.")


class ShareUnknown(Refused):
    """Nothing is shown under this name or link."""

    slug = "share-unknown"
    title = N_("No such link")
    detail = N_("The link was withdrawn, has expired, or was never given out.")


class StatusListUnknown(Refused):
    """There is, or was at that time, no such status list."""

    slug = "status-list-unknown"
    title = N_("No such status list")
    detail = N_("There is no status list {list}, or there was none at the time asked for.")
