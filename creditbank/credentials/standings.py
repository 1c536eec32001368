"""The steps about now: whether it is the time of validity, and what the status lists say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from creditbank.credentials import forms, issuers, status
from creditbank.credentials.limits import MAX_LIST_BYTES, read_json
from creditbank.credentials.subjects import (
    LEEWAY_SECONDS,
    Signed,
    Sources,
    Subject,
    standing,
    unix_seconds,
)
from creditbank.domain.certifying import Purpose, StatusMessage
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, State, Step
from creditbank.domain.verification.subject import plain
from creditbank.errors import N_
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable, StatusListUnusable
from creditbank.errors.verification import MalformedDocument

MAX_ENTRIES: Final = 8
"""Status entries of one certificate."""

_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_LIST_TYPE: Final = "BitstringStatusListCredential"
_ENTRY_TYPE: Final = "BitstringStatusListEntry"


def check_times(subjects: list[Subject], sources: Sources) -> Step:
    """Check that now lies in the time of validity."""
    step = Step(
        "validity",
        N_("It is valid at this time"),
        Message(N_("the times that it states held against the clock of whoever verifies")),
    )
    for subject in standing(step, subjects):
        bounds = [(subject.document, name) for name in ("validFrom", "validUntil")]
        bounds += [(signed.proof, "expires") for signed in subject.own]
        for holder, name in bounds:
            if name in holder:
                check_bound(step, subject.at, name, holder[name], sources.now)
    return step


def check_bound(step: Step, at: tuple[int, ...], name: str, value: object, now: int) -> None:
    """Add to the step what one bound of validity says at unix second `now`."""
    try:
        moment = value if isinstance(value, int) else unix_seconds(str(value))
    except (ValueError, OverflowError):
        step.fail(Answer.MALFORMED, N_("{member} is not a moment"), *at, member=name)
        return
    shown = plain(str(value))
    if name in {"validFrom", "nbf"} and moment > now + LEEWAY_SECONDS:
        step.fail(Answer.NOT_YET_VALID, N_("it is valid from {time} on"), *at, time=shown)
    elif name not in {"validFrom", "nbf"} and moment < now:
        step.fail(Answer.EXPIRED, N_("it was valid until {time}"), *at, time=shown)


def check_statuses(subjects: list[Subject], sources: Sources) -> Step:
    """Ask the status lists that the certificates name."""
    step = Step(
        "status",
        N_("It was neither revoked nor suspended"),
        Message(N_("the issuer's status lists, fetched now, their signatures checked")),
    )
    lists: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    for subject in standing(step, subjects):
        entries = subject.document.get("credentialStatus")
        many = entries if isinstance(entries, list) else [] if entries is None else [entries]
        if not many:
            text = N_("it names no status list: whether it was revoked cannot be told")
            step.note(Answer.LATER_UNKNOWN, text, *subject.at)
        for entry in many[:MAX_ENTRIES]:
            _check_entry(step, subject, entry, sources, lists)
        if len(many) > MAX_ENTRIES:
            _unusable(step, subject, "items")
        _conclude(step, subject)
    return step


def newest(signed: Iterable[Signed]) -> str | None:
    """Return the newest time that signatures state."""
    return max((plain(str(one.proof["created"])) for one in signed), default=None)


def _check_entry(
    step: Step,
    subject: Subject,
    entry: object,
    sources: Sources,
    lists: dict[tuple[str, str], Mapping[str, Any] | None],
) -> None:
    place = _place(entry)
    if place is None:
        _unusable(step, subject, "form")
        return
    url, purpose, position = place
    if (url, subject.issuer) not in lists:
        lists[url, subject.issuer] = _list_at(step, subject, url, sources)
    document = lists[url, subject.issuer]
    if document is None or subject.report is None:
        return
    try:
        if status.read_bit(document, purpose, position):
            _note_mark(step, subject, purpose, entry)
    except StatusListUnusable as error:
        _unusable(step, subject, str(error.fields["reason"]))


def _note_mark(step: Step, subject: Subject, purpose: Purpose, entry: object) -> None:
    assert subject.report is not None  # noqa: S101  # its coverage was checked
    if purpose is Purpose.REVOCATION:
        subject.report.standing = "revoked"
    elif purpose is Purpose.SUSPENSION:
        subject.report.standing = subject.report.standing or "suspended"
    elif isinstance(entry, Mapping):
        message = status.message_of(entry) or "—"
        if message in _KNOWN:
            subject.report.messages += (message,)
        else:
            text = N_("the issuer says of it: {message}")
            step.note(Answer.ISSUER_MESSAGE, text, *subject.at, message=plain(message))


_KNOWN: Final = frozenset(StatusMessage)


def _place(entry: object) -> tuple[str, Purpose, int] | None:
    """Return list, purpose and position of a status entry, None if it is not of the form."""
    if not isinstance(entry, Mapping) or entry.get("type") != _ENTRY_TYPE:
        return None
    url, position = entry.get("statusListCredential"), entry.get("statusListIndex")
    if not isinstance(url, str) or _POSITION.fullmatch(str(position)) is None:
        return None
    try:
        purpose = Purpose(str(entry.get("statusPurpose")))
    except ValueError:
        return None
    return (url, purpose, int(str(position))) if entry.get("statusSize", 1) == 1 else None


def _list_at(step: Step, subject: Subject, url: str, sources: Sources) -> Mapping[str, Any] | None:
    """Return the list at `url`, its signature checked; say so where it cannot be had."""
    raw = fetch(step, subject.at, url, sources)
    if raw is None:
        return None
    try:
        document = read_json(raw, most=MAX_LIST_BYTES)
    except MalformedDocument as error:
        _unusable(step, subject, str(error.fields["reason"]))
        return None
    reason = "object" if not isinstance(document, dict) else _fault(document, url, subject, sources)
    if reason is not None:
        _unusable(step, subject, reason)
        return None
    found: Mapping[str, Any] = document
    return found


def fetch(step: Step, at: tuple[int, ...], url: str, sources: Sources) -> bytes | None:
    """Return the bytes of a status list, None if it cannot be had, which is said."""
    try:
        return sources.fetch_status(url)
    except HostNotAllowed:
        text = N_("the status list at {url} may not be fetched from here: its host is not allowed")
        step.leave_open(Answer.STATUS_UNREACHABLE, text, *at, url=plain(url))
    except HostUnreachable as error:
        text = N_("the status list at {url} could not be fetched ({reason}): try again later")
        reason = str(error.fields.get("reason", ""))
        step.leave_open(Answer.STATUS_UNREACHABLE, text, *at, url=plain(url), reason=reason)
    return None


def _fault(document: dict[str, Any], url: str, subject: Subject, sources: Sources) -> str | None:
    """Return why a list cannot be relied on, None if it can: whose it is, and that it is whole.

    A list is the issuer's own, and stands where it says that it stands; another list of the same
    issuer, put in its place, would say something of somebody else.
    """
    types = document.get("type")
    if not isinstance(types, list) or _LIST_TYPE not in types or document.get("id") != url:
        return "id"
    found = forms.read(document)[:1]
    known = replace(sources, is_known=lambda _issuer: True)
    steps = [
        forms.check_forms(found),
        forms.check_contexts(found),
        issuers.check_issuers(found, known),
        issuers.check_signatures(found),
        issuers.check_coverage(found),
        check_times(found, known),
    ]
    if found[0].issuer != subject.issuer:
        return "origin"
    return "signature" if any(one.state > State.NOTED for one in steps) else None


def _unusable(step: Step, subject: Subject, reason: str) -> None:
    text = N_("its status list cannot be relied on ({reason}): the status is not known")
    step.leave_open(Answer.STATUS_UNUSABLE, text, *subject.at, reason=reason)


def _conclude(step: Step, subject: Subject) -> None:
    """Add what the lists have said of a certificate."""
    report = subject.report
    assert report is not None  # noqa: S101  # its coverage was checked
    if report.standing == "revoked":
        step.fail(Answer.REVOKED, N_("the issuer has revoked it"), *subject.at)
    elif report.standing == "suspended":
        step.fail(Answer.SUSPENDED, N_("the issuer has suspended it for now"), *subject.at)
    if StatusMessage.SUPERSEDED in report.messages:
        text = N_("it was corrected: a later certificate stands in its place")
        step.fail(Answer.SUPERSEDED, text, *subject.at)
    if StatusMessage.ERASED in report.messages:
        text = N_("its issuer serves nothing personal of it any more; what it says stands")
        step.note(Answer.ERASED, text, *subject.at)
    if report.standing is None and "credentialStatus" in subject.document:
        report.standing = None if _was_left_open(step, subject) else "stands"


def _was_left_open(step: Step, subject: Subject) -> bool:
    mine = [one for one in step.findings if not one.indexes or subject.number in one.indexes]
    return any(one.state is State.UNDECIDED for one in mine)
