"""Institutions' signatures at the door: prepared outside the lock, checked under it.

Which keys an institution has, and whether it must sign, says its register as it stands when the
posting is recorded, on that civil date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from creditbank.domain.attestation import (
    Attestation,
    Item,
    attested_root,
    check_attestation,
    institution_key,
    submitted_attestation,
)
from creditbank.domain.civil_time import civil_date
from creditbank.errors.ledger import MalformedProof, SignatureInvalid
from creditbank.errors.recording import InstitutionUnknown
from creditbank.errors.verification import (
    AttestationInvalid,
    AttestationKeyUnknown,
    AttestationMissing,
)
from creditbank.storage.book import Book

_WHERE = "/attest"


@dataclass(frozen=True, slots=True)
class Attested:
    """A submission's attestation and the root (32 bytes) that it would have to be over.

    `root` is None where there is no such place in a batch.
    """

    attestation: Attestation
    root: bytes | None


def prepare(
    value: dict[str, Any] | None, learner: dict[str, Any], submission: dict[str, Any]
) -> Attested | None:
    """Return the validated member `attest` of a submission in normal form, ready to be checked."""
    if value is None:
        return None
    attestation = submitted_attestation(value, learner)
    item = Item(submission, attestation.learner, attestation.salt)
    try:
        return Attested(attestation, attested_root(attestation, item))
    except MalformedProof:
        return Attested(attestation, None)


def check(book: Book, org: str, attested: Attested | None) -> dict[str, Any] | None:
    """Return the `attest` part to record, None if nothing was signed and nothing has to be.

    Refuses with `AttestationMissing`, `AttestationKeyUnknown` or `AttestationInvalid`, and with
    `InstitutionUnknown` where no register says which keys are the institution's.
    """
    today = civil_date(book.now)
    institution = book.catalogue.institution(org, today)
    if institution is None:
        raise InstitutionUnknown(institution=org, on=today.isoformat())
    if attested is None:
        if institution.signing == "required":
            raise AttestationMissing(where=_WHERE, institution=org)
        return None
    kid = attested.attestation.kid
    key = institution_key(institution, kid, today)
    if key is None:
        raise AttestationKeyUnknown(
            where=f"{_WHERE}/kid", institution=org, kid=kid, on=today.isoformat()
        )
    if attested.root is None:
        raise AttestationInvalid(where=_WHERE, kid=kid, log=book.origin, reason="place")
    try:
        check_attestation(attested.attestation, attested.root, log=book.origin, org=org, key=key)
    except SignatureInvalid:
        raise AttestationInvalid(
            where=_WHERE, kid=kid, log=book.origin, reason="signature"
        ) from None
    return attested.attestation.part()
