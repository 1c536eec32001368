"""Verifying a receipt or a statement: the steps in their order. No database, no network, no clock.

The same function stands behind `creditbank verify`, `POST /v1/verify` and the software kit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.attesting import check_attestations
from creditbank.domain.verification.chains import check_chain, check_standing
from creditbank.domain.verification.entries import (
    check_inclusions,
    check_kinds,
    check_leaves,
    check_parts,
)
from creditbank.domain.verification.forms import RECEIPT, STATEMENT
from creditbank.domain.verification.report import Message, Report, Step
from creditbank.domain.verification.signing import (
    Anchors,
    check_account_head,
    check_checkpoint,
    check_publication,
    signers_of,
)
from creditbank.domain.verification.subject import Read, UnknownFormat, plain, read
from creditbank.errors import N_
from creditbank.errors.verification import MalformedDocument
from creditbank.ledger.keys import VerifierKey, parse_key
from creditbank.ledger.policy import Policy


def verify(
    document: bytes | str | Mapping[str, Any],
    keys: Iterable[VerifierKey | str],
    policy: Policy | None = None,
) -> Report:
    """Return what can be said of `document`, a receipt or a statement, given `keys`.

    `keys` are those of the bank's log, of its account heads, and of witnesses; a `policy` adds its
    logs, names the witnesses that count, and has to be satisfied. Whatever is wrong with the
    document is an answer in the report; it is never valid unless every step was made and held.

    Raises:
        MalformedKey: if a key is not of the form, or a witness has the log's name.
    """
    given = [parse_key(key) if isinstance(key, str) else key for key in keys]
    anchors = Anchors(tuple(dict.fromkeys(given)), policy)
    report = Report()
    step = Step(
        "document",
        N_("The document is of a known format and form"),
        Message(N_("held against the published schemas of {formats}"), {"formats": _FORMATS}),
    )
    report.steps.append(step)
    try:
        found = read(document)
    except MalformedDocument as error:
        text = N_("it is not of the published form ({reason})")
        step.fail(Answer.MALFORMED, text, reason=error.fields["reason"])
    except UnknownFormat as unknown:
        text = N_("this program does not know documents of format {format}")
        step.leave_open(Answer.UNKNOWN_FORMAT, text, format=str(unknown))
    else:
        _verify(found, anchors, report)
    return report


_FORMATS = (RECEIPT, STATEMENT)


def _verify(found: Read, anchors: Anchors, report: Report) -> None:
    """Make every step after the first; the subjects carry what a later one needs."""
    head = found.checkpoint.head
    report.document_kind, report.bank = found.kind, plain(head.origin)
    report.size, report.root = head.size, head.root.hex()
    report.entries = [subject.report for subject in found.entries]
    subjects = found.subjects
    report.steps += [check_leaves(subjects), check_parts(subjects), check_kinds(subjects)]
    step, verified = check_checkpoint(found, anchors)
    tree = verified.head if verified else None
    report.steps += [step, check_inclusions(subjects, tree)]
    if found.account_head is not None:
        report.steps += [check_account_head(found, anchors), check_chain(found)]
    step, report.level = check_publication(verified, anchors)
    report.signed_by, report.as_of = signers_of(verified)
    report.steps += [step, check_attestations(found), check_standing(found)]
