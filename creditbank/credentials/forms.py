"""The step about form: W3C VC 2.0, Open Badges 3.0, CLR 2.0, and the proofs in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from creditbank.credentials import contexts, proofs
from creditbank.credentials.limits import MAX_EMBEDDED
from creditbank.credentials.subjects import Signed, Subject
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, Step
from creditbank.domain.verification.subject import plain
from creditbank.errors import N_
from creditbank.errors.credentials import ContextUnknown
from creditbank.errors.verification import MalformedDocument

MAX_PROOFS: Final = 4

_VC_1: Final = "https://www.w3.org/2018/credentials/v1"
_BADGES: Final = frozenset({"OpenBadgeCredential", "AchievementCredential"})
_ACHIEVEMENT: Final = ("id", "type", "criteria", "description", "name")
_MISSING: Final = N_("{member} is missing or not of the form")


def read(document: Mapping[str, Any]) -> list[Subject]:
    """Return the certificate and, after it, those in it; nothing is checked yet."""
    subjects = [Subject(0, document, kind_of(document))]
    claims = document.get("credentialSubject")
    inside = claims.get("verifiableCredential") if isinstance(claims, Mapping) else None
    many = inside if isinstance(inside, list) else [] if inside is None else [inside]
    for number, one in enumerate(many[:MAX_EMBEDDED], start=1):
        embedded = one if isinstance(one, Mapping) else {}
        subjects.append(Subject(number, embedded, kind_of(embedded)))
    return subjects


def kind_of(document: Mapping[str, Any]) -> str:
    """Return which of `CREDENTIAL_KINDS` a document says that it is."""
    types = _types(document)
    claims = document.get("credentialSubject")
    if "ClrCredential" in types:
        return "clr"
    if isinstance(claims, Mapping) and "SkillsDecision" in _types(claims):
        return "decision"
    return "open_badge" if types & _BADGES else "credential"


def check_forms(subjects: list[Subject]) -> Step:
    """Check that each is of its kind's form, and find out whose proofs it carries."""
    step = Step(
        "form",
        N_("It is of the form of a verifiable credential, and of its kind"),
        Message(N_("held against W3C VC 2.0, Open Badges 3.0 and CLR 2.0")),
    )
    for subject in subjects:
        _check_form(step, subject)
        if not subject.stopped:
            _read_proofs(step, subject)
    _check_record(step, subjects)
    return step


def check_contexts(subjects: list[Subject]) -> Step:
    """Check that the meaning of every term is known here: contexts are never fetched."""
    step = Step(
        "contexts",
        N_("Every term has a meaning that is known here"),
        Message(N_("each JSON-LD context held against those that are installed, none fetched")),
    )
    for subject in subjects:
        if subject.stopped:
            step.skipped = True
            continue
        unknown = _unknown_context(subject.document)
        if unknown is not None:
            text = N_("the terms of {context} are not known here")
            step.leave_open(Answer.CONTEXT_UNKNOWN, text, *subject.at, context=unknown)
            subject.stop()
    return step


def _check_form(step: Step, subject: Subject) -> None:
    named = subject.document.get("@context")
    first = named[0] if isinstance(named, list) and named else named
    if first == _VC_1:
        text = N_("it is of W3C VC 1.1, which this program does not read")
        step.leave_open(Answer.UNKNOWN_VERSION, text, *subject.at)
        subject.stop()
        return
    fault = next(_faults(subject, first), None)
    if fault is not None:
        step.fail(Answer.MALFORMED, _MISSING, *subject.at, member=fault)
        subject.stop()


def _faults(subject: Subject, first_context: object) -> Iterator[str]:
    """Yield the members that are not of the form."""
    document = subject.document
    if first_context != contexts.CREDENTIALS or not isinstance(document["@context"], list):
        yield "@context"
    if "VerifiableCredential" not in _types(document):
        yield "type"
    subject.issuer = _id(document.get("issuer"))
    if not subject.issuer:
        yield "issuer"
    if "id" in document and not _id(document["id"]):
        yield "id"
    claims = document.get("credentialSubject")
    many = claims if isinstance(claims, list) else [claims]
    if not many or not all(isinstance(one, Mapping) and one for one in many):
        yield "credentialSubject"
    if _types(document) & _BADGES:
        yield from _badge_faults(document, claims)
    if subject.kind == "clr":
        yield from _clr_faults(document, claims, inside=subject.number > 0)


def _badge_faults(document: Mapping[str, Any], claims: object) -> Iterator[str]:
    """Yield what Open Badges 3.0 requires beside the data model."""
    if "id" not in document:
        yield "id"
    if not isinstance(claims, Mapping) or "AchievementSubject" not in _types(claims):
        yield "credentialSubject"
        return
    if not _id(claims.get("id")) and not claims.get("identifier"):
        yield "credentialSubject.id"
    achievement = claims.get("achievement")
    if not isinstance(achievement, Mapping) or "Achievement" not in _types(achievement):
        yield "credentialSubject.achievement"
        return
    for name in _ACHIEVEMENT:
        if not achievement.get(name):
            yield f"credentialSubject.achievement.{name}"


def _clr_faults(document: Mapping[str, Any], claims: object, *, inside: bool) -> Iterator[str]:
    """Yield what CLR 2.0 requires beside the data model; no record is in a record."""
    if inside or "id" not in document:
        yield "id"
    if not isinstance(claims, Mapping) or "ClrSubject" not in _types(claims):
        yield "credentialSubject"
        return
    embedded = claims.get("verifiableCredential")
    if not isinstance(embedded, list) or not 0 < len(embedded) <= MAX_EMBEDDED:
        yield "credentialSubject.verifiableCredential"


def _read_proofs(step: Step, subject: Subject) -> None:
    given = subject.document.get("proof")
    many = given if isinstance(given, list) else [] if given is None else [given]
    if not many:
        step.fail(Answer.NOT_SIGNED, N_("it carries no signature at all"), *subject.at)
        subject.stop()
        return
    for proof in many[: MAX_PROOFS + 1]:
        _read_proof(step, subject, proof)
    if len(many) > MAX_PROOFS:
        step.fail(Answer.MALFORMED, _MISSING, *subject.at, member="proof")
        subject.stop()
    if not subject.own and not subject.stopped:
        _no_own_proof(step, subject)


def _read_proof(step: Step, subject: Subject, proof: object) -> None:
    if not isinstance(proof, Mapping):
        step.fail(Answer.MALFORMED, _MISSING, *subject.at, member="proof")
        subject.stop()
        return
    if not proofs.is_supported(proof):
        suite = plain(str(proof.get("cryptosuite") or proof.get("type") or "—")[:100])
        text = N_("a signature of suite {suite} is not checked: this program does not know it")
        step.note(Answer.PROOF_UNKNOWN, text, *subject.at, suite=suite)
        return
    try:
        proofs.check_form(proof)
    except MalformedDocument:
        step.fail(Answer.MALFORMED, _MISSING, *subject.at, member="proof")
        subject.stop()
        return
    signed = Signed(proof)
    is_own = signed.method.partition("#")[0] == subject.issuer
    (subject.own if is_own else subject.others).append(signed)


def _no_own_proof(step: Step, subject: Subject) -> None:
    if subject.others:
        text = N_("none of its signatures is by {issuer}, who is said to be the issuer")
        step.fail(Answer.NOT_SIGNED, text, *subject.at, issuer=plain(subject.issuer))
    else:
        text = N_("no signature on it is of a suite that this program knows")
        step.leave_open(Answer.PROOF_UNKNOWN, text, *subject.at)
    subject.stop()


def _check_record(step: Step, subjects: list[Subject]) -> None:
    """A certificate inside that bears the record's own id could say things in its stead."""
    record, *inside = subjects
    for subject in inside:
        if subject.document.get("id") == record.document.get("id") and not subject.stopped:
            step.fail(Answer.NOT_COVERED, N_("it bears the id of the record"), *subject.at)
            subject.stop()


def _unknown_context(document: Mapping[str, Any]) -> str | None:
    """Return the first context whose terms are not known, None if there is none."""
    for named in _contexts_in(document):
        if not isinstance(named, str):
            return N_("its own making")
        try:
            digest = contexts.digest_sri(named)
        except ContextUnknown:
            return plain(named)
        if contexts.is_own(named) and digest not in _pinned(document, named):
            return plain(named)  # whatever stands there, it is not said to be what we know
    return None


def _contexts_in(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        if "@context" in value:
            named = value["@context"]
            yield from named if isinstance(named, list) else [named]
        for name, member in value.items():
            if name != "@context":
                yield from _contexts_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from _contexts_in(member)


def _pinned(document: Mapping[str, Any], url: str) -> set[str]:
    """Return the digests that a document states for a context that it uses."""
    related = document.get("relatedResource")
    many = related if isinstance(related, list) else [related]
    return {
        str(one.get("digestSRI")) for one in many if isinstance(one, Mapping) and _id(one) == url
    }


def _types(value: Mapping[str, Any]) -> set[str]:
    types = value.get("type")
    return {one for one in (types if isinstance(types, list) else [types]) if isinstance(one, str)}


def _id(value: object) -> str:
    """Return the id of a node, or the text that stands for it; empty if there is none."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and ":" in found else ""
