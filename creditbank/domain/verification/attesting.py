"""The step about institutions' signatures: what was posted is what the institution signed."""

from __future__ import annotations

from typing import Any

from creditbank.domain.attestation import (
    Attestation,
    Item,
    attested_root,
    check_attestation,
    institution_key,
    parse_attestation,
)
from creditbank.domain.civil_time import civil_date
from creditbank.domain.registers import Institution, parse_register
from creditbank.domain.registers.institution import SigningKey
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, Step
from creditbank.domain.verification.subject import Read, Subject
from creditbank.errors import N_, CreditBankError
from creditbank.errors.identifiers import InvalidDate
from creditbank.errors.ledger import MalformedProof, SignatureInvalid
from creditbank.ledger import canonical
from creditbank.ledger.suite import hash_bytes

_POSTED = "outcome/1"


def check_attestations(read: Read) -> Step:
    """Check institutions' signatures against the keys in registers that stand in the same log.

    It is left out where something was posted and none of it is shown to stand in the log: a step
    that looked at nothing must not read as if it had found every signature.
    """
    step = Step(
        "attestation",
        N_("The institution has signed what it posted"),
        Message(N_("each signature held against the institution's key, published in this log")),
    )
    institutions = _institutions(step, read)
    posted = [subject for subject in read.entries if subject.kind == _POSTED]
    included = [subject for subject in posted if subject.is_included]
    step.skipped = bool(posted) and not included
    for subject in included:
        subject.report.signature = _check(step, read, subject, institutions)
    return step


def _institutions(step: Step, read: Read) -> list[tuple[int, Institution]]:
    """Return the institutions whose registers are shown and stand in the log, by entry index."""
    found = []
    for subject in read.registers:
        if subject.kind is None or not subject.is_included:
            continue
        institution = _institution(subject.opened["act"], subject.document)
        if institution is None:
            text = N_("the register document is not the one that its entry names")
            step.fail(Answer.FORGED, text, subject.index)
        else:
            found.append((subject.index, institution))
    return found


def _institution(act: dict[str, Any], document: dict[str, Any]) -> Institution | None:
    named = act.get("register", {})
    try:
        digest = hash_bytes(canonical.encode(document))
        register = parse_register("institution", document)
    except CreditBankError:
        return None
    said = (named.get("kind"), named.get("digest"), named.get("id"))
    if not isinstance(register, Institution) or said != ("institution", digest.hex(), register.id):
        return None
    return register


def _check(
    step: Step, read: Read, subject: Subject, institutions: list[tuple[int, Institution]]
) -> str:
    if "attest" not in subject.digests:
        step.note(Answer.UNSIGNED, N_("the institution has not signed this"), subject.index)
        return "unsigned"
    person = subject.opened.get("person")
    if person is None or "attest" not in subject.opened:
        text = N_("signed, but what is needed to check it is not shown")
        step.note(Answer.HIDDEN_PART, text, subject.index)
        return "unchecked"
    attestation = parse_attestation(subject.opened["attest"])
    known = _known_key(step, subject, attestation.kid, institutions)
    if known is None:
        return "unchecked"
    if not _holds(attestation, person["submission"], read, subject, known):
        text = N_("the signature under key {kid} is not over what is recorded here")
        step.fail(Answer.FORGED, text, subject.index, kid=attestation.kid)
        return "unchecked"
    return "signed"


def _known_key(
    step: Step, subject: Subject, kid: str, institutions: list[tuple[int, Institution]]
) -> SigningKey | None:
    org = subject.opened["act"]["org"]
    of_org = [one for at, one in institutions if one.id == org and at < subject.index]
    if not any(key.kid == kid for one in of_org for key in one.keys):
        text = N_("signed under key {kid}; the institution's register is not in this document")
        step.note(Answer.UNKNOWN_KEY, text, subject.index, kid=kid)
        return None
    assert subject.leaf is not None  # noqa: S101  # it is included
    for one in of_org:
        key = _in_force(one, kid, subject.leaf.at)
        if key is not None:
            return key
    text = N_("key {kid} was not in force at {at}")
    step.fail(Answer.KEY_NOT_IN_FORCE, text, subject.index, kid=kid, at=subject.report.at)
    return None


def _in_force(institution: Institution, kid: str, at: int) -> SigningKey | None:
    """Return the key if register and key were in force on the civil date of unix second `at`."""
    try:
        on = civil_date(at)
    except InvalidDate:  # a leaf may say the year 9999
        return None
    return institution_key(institution, kid, on) if institution.in_force(on) else None


def _holds(
    attestation: Attestation,
    submission: dict[str, Any],
    read: Read,
    subject: Subject,
    key: SigningKey,
) -> bool:
    try:
        item = Item(submission, attestation.learner, attestation.salt)
        root = attested_root(attestation, item)
        org = subject.opened["act"]["org"]
        check_attestation(attestation, root, log=read.checkpoint.head.origin, org=org, key=key)
    except (MalformedProof, SignatureInvalid):
        return False
    return True
