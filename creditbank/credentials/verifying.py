"""Verifying a credential, step by step, in the report form of receipts and statements.

"Forged", "expired", "revoked", "issuer not known to us" and "could not reach the status list" are
different answers; what a signature does not cover is refused. Nothing is fetched for a document
whose signature did not hold, except the keys that were to be held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from creditbank.credentials import forms, issuers, limits, selective_verifying, standings
from creditbank.credentials.extracting import extract
from creditbank.credentials.subjects import FetchStatus, Remembered, ResolveDid, Sources, Subject
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, Report, Step
from creditbank.errors import N_
from creditbank.errors.verification import MalformedDocument

__all__ = ["FetchStatus", "ResolveDid", "is_credential", "verify"]

_FORMS: Final = ("JSON", "SD-JWT", "PDF", "PNG", "SVG")


def nobody(_public: bytes) -> str | None:
    """Return that no institution has this key."""
    return None


def verify(
    data: bytes | str | Mapping[str, Any],
    *,
    resolve_did: ResolveDid,
    fetch_status: FetchStatus,
    now: int,
    is_known: Callable[[str], bool],
    countersigner: Callable[[bytes], str | None] = nobody,
) -> Report:
    """Return what can be said of a credential at unix second `now`.

    `is_known` says whether an issuer's DID is one that the verifier relies on; `countersigner`
    names the institution of an Ed25519 public key, None if no register has it. Whatever is wrong
    with the credential is an answer in the report.
    """
    report = Report()
    step = Step(
        "document",
        N_("The file holds one certificate"),
        Message(N_("a certificate in one of the forms {forms}"), {"forms": _FORMS}),
    )
    report.steps.append(step)
    asked = Remembered(resolve_did), Remembered(fetch_status)
    sources = Sources(*asked, is_known, countersigner, now)
    try:
        found = _credential(data)
    except MalformedDocument as error:
        text = N_("no certificate can be read from it ({reason})")
        step.fail(Answer.MALFORMED, text, reason=error.fields["reason"])
        return report
    if isinstance(found, str):
        selective_verifying.verify(found, sources, report)
    else:
        _verify(forms.read(found), sources, report)
    return report


def is_credential(value: object) -> bool:
    """Return whether a parsed document or text looks like a credential, not a receipt."""
    if isinstance(value, Mapping):
        return "format" not in value and ("@context" in value or "credentialSubject" in value)
    return isinstance(value, str) and "~" in value


def _credential(data: bytes | str | Mapping[str, Any]) -> Mapping[str, Any] | str:
    if not isinstance(data, Mapping):
        return extract(data)
    limits.check_json(dict(data))
    return data


def _verify(subjects: list[Subject], sources: Sources, report: Report) -> None:
    """Make every step after the first; the subjects carry what a later one needs."""
    report.document_kind = subjects[0].kind
    report.steps += [
        forms.check_forms(subjects),
        forms.check_contexts(subjects),
        issuers.check_issuers(subjects, sources),
        issuers.check_signatures(subjects),
        issuers.check_coverage(subjects),
        standings.check_times(subjects, sources),
        standings.check_statuses(subjects, sources),
    ]
    countersigned = issuers.check_countersignatures(subjects, sources)
    report.steps += [countersigned] if countersigned is not None else []
    report.credentials = [one.report for one in subjects if one.report is not None]
    signed = [one for subject in subjects for one in subject.own if one.held]
    report.signed_by = tuple(dict.fromkeys(one.method for one in signed))
    report.as_of = standings.newest(signed)
