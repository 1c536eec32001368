"""The steps about who signed: issuers, keys, signatures, what they cover, countersigners."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from openvc.did.base import DidDocument, DidResolver, parse_did_document
from openvc.did.did_jwk import DidJwkResolver
from openvc.did.did_key import DidKeyResolver
from openvc.errors import OpenvcError

from creditbank.credentials import proofs
from creditbank.credentials.signing import PURPOSE
from creditbank.credentials.subjects import Signed, Sources, Subject, describe, standing
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, Step
from creditbank.domain.verification.subject import plain
from creditbank.errors import N_
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable, MalformedDid
from creditbank.errors.ledger import SignatureInvalid
from creditbank.errors.verification import MalformedDocument

_LOCAL: Final[dict[str, DidResolver]] = {"did:key:": DidKeyResolver(), "did:jwk:": DidJwkResolver()}
_PUBLIC_BYTES: Final = 32


def resolve(did: str, sources: Sources) -> DidDocument:
    """Return the document of a DID: `did:key` and `did:jwk` say all by themselves.

    Raises:
        HostNotAllowed: if nobody may be asked for it.
        HostUnreachable: if the host gave no usable answer.
        MalformedDid: if it is no DID of a method that is supported.
    """
    try:
        for prefix, resolver in _LOCAL.items():
            if did.startswith(prefix):
                return resolver.resolve(did)
        found = parse_did_document(dict(sources.resolve_did(did)))
    except OpenvcError:
        raise MalformedDid(reason="form") from None
    if found.id != did:
        raise MalformedDid(reason="id")
    return found


def public_of(jwk: Mapping[str, Any]) -> bytes | None:
    """Return the 32 bytes of an Ed25519 key, None if it is another."""
    x = jwk.get("x")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(x, str):
        return None
    try:
        public = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except (binascii.Error, ValueError):
        return None
    return public if len(public) == _PUBLIC_BYTES else None


def check_issuers(subjects: list[Subject], sources: Sources) -> Step:
    """Check that issuers are known, and find the keys that their proofs name."""
    step = Step(
        "issuer",
        N_("The issuer is known, and the key is the issuer's"),
        Message(N_("the issuer's DID document, and the issuers that are relied on here")),
    )
    found: dict[str, DidDocument | None] = {}
    record, *inside = subjects
    if not sources.is_known(record.issuer):
        for subject in inside:  # whatever they say, it is a stranger who put them together
            subject.stop()
    for subject in standing(step, subjects):
        if subject.issuer not in found:
            found[subject.issuer] = resolve_issuer(step, subject.issuer, sources, subject.at)
        document = found[subject.issuer]
        if document is None:
            subject.stop()
        else:
            for signed in subject.own:
                _find_key(step, subject, signed, document)
    return step


def resolve_issuer(
    step: Step, issuer: str, sources: Sources, at: tuple[int, ...]
) -> DidDocument | None:
    """Return the issuer's document, None if it cannot be had; say so where nobody knows it."""
    name = plain(issuer)
    try:
        document = resolve(issuer, sources)
    except (HostNotAllowed, MalformedDid):
        text = N_("{issuer} is none of the issuers known to us, and its keys may not be fetched")
        step.leave_open(Answer.ISSUER_UNKNOWN, text, *at, issuer=name)
        return None
    except HostUnreachable as error:
        text = N_("the keys of {issuer} could not be fetched ({reason}): try again later")
        reason = str(error.fields.get("reason", ""))
        step.leave_open(Answer.ISSUER_UNREACHABLE, text, *at, issuer=name, reason=reason)
        return None
    if not sources.is_known(issuer):
        text = N_("{issuer} is none of the issuers known to us: whose key this is, nobody says")
        step.leave_open(Answer.ISSUER_UNKNOWN, text, *at, issuer=name)
    return document


def _find_key(step: Step, subject: Subject, signed: Signed, document: DidDocument) -> None:
    method = document.key_for_purpose(signed.method, PURPOSE)
    signed.public = public_of(method.public_key_jwk) if method is not None else None
    if signed.public is not None:
        return
    subject.stop()
    key = plain(signed.method)
    if any(one.id == signed.method for one in document.verification_methods):
        text = N_("the issuer has withdrawn the key {key}")
        step.fail(Answer.KEY_NOT_IN_FORCE, text, *subject.at, key=key)
    else:
        text = N_("the key {key} that signed it is none of the issuer's")
        step.fail(Answer.FORGED, text, *subject.at, key=key)


def check_signatures(subjects: list[Subject]) -> Step:
    """Check every signature of the issuers."""
    step = Step(
        "signature",
        N_("Nothing was changed since the issuer signed it"),
        Message(N_("each signature of the issuer held against the issuer's key")),
    )
    for subject in standing(step, subjects):
        for signed in subject.own:
            _check_signature(step, subject, signed)
    return step


def _check_signature(step: Step, subject: Subject, signed: Signed) -> None:
    assert signed.public is not None  # noqa: S101  # the step before found it
    try:
        proofs.check_proof(subject.document, signed.proof, signed.public)
    except SignatureInvalid:
        text = N_("the signature does not hold: it was changed, or made up")
        step.fail(Answer.FORGED, text, *subject.at)
        subject.stop()
    except MalformedDocument:
        text = N_("it cannot be brought into the form over which it was to be signed")
        step.fail(Answer.MALFORMED, text, *subject.at)
        subject.stop()
    else:
        signed.held = True


def check_coverage(subjects: list[Subject]) -> Step:
    """Check that the signatures cover all that is shown; from here on it may be read."""
    step = Step(
        "coverage",
        N_("The signature covers everything that it shows"),
        Message(N_("each member held against what was signed (JSON-LD safe mode)")),
    )
    for subject in standing(step, subjects):
        try:
            for signed in subject.own:
                proofs.check_coverage(subject.document, signed.proof)
        except proofs.NotCovered:
            text = N_("it has members that the signature does not cover: anybody can have added it")
            step.fail(Answer.NOT_COVERED, text, *subject.at)
            subject.stop()
        else:
            subject.report = describe(subject)
    return step


def check_countersignatures(subjects: list[Subject], sources: Sources) -> Step | None:
    """Check the signatures of others beside the issuer's; None if nobody countersigned."""
    if not any(subject.others for subject in subjects):
        return None
    step = Step(
        "countersignature",
        N_("Who else has signed it"),
        Message(N_("each further signature held against its key, and the key against registers")),
    )
    for subject in standing(step, subjects):
        for signed in subject.others:
            _check_countersignature(step, subject, signed, sources)
    return step


def _check_countersignature(step: Step, subject: Subject, signed: Signed, sources: Sources) -> None:
    assert subject.report is not None  # noqa: S101  # its coverage was checked
    key = plain(signed.method)
    try:
        document = resolve(signed.method.partition("#")[0], sources)
        method = document.key_for_purpose(signed.method, PURPOSE)
        public = public_of(method.public_key_jwk) if method is not None else None
    except (HostNotAllowed, HostUnreachable, MalformedDid):
        public = None
    if public is None:
        text = N_("the key {key} of a further signature is not known here")
        step.note(Answer.COUNTERSIGNER_UNKNOWN, text, *subject.at, key=key)
        return
    try:
        proofs.check_proof(subject.document, signed.proof, public)
    except (SignatureInvalid, MalformedDocument):
        text = N_("the further signature by {key} does not hold")
        step.fail(Answer.FORGED, text, *subject.at, key=key)
        return
    institution = sources.countersigner(public)
    if institution is None:
        text = N_("it is signed by {key} too, which no register here names")
        step.note(Answer.COUNTERSIGNER_UNKNOWN, text, *subject.at, key=key)
    else:
        subject.report.countersigned_by += (institution,)
