"""The steps about entries: leaf, parts, meaning, and that they stand under the checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from creditbank.domain.attestation import parse_attestation
from creditbank.domain.kinds import ACTOR, PARTS
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, Step
from creditbank.domain.verification.subject import Subject, plain
from creditbank.errors import N_
from creditbank.errors.ledger import (
    MalformedLeaf,
    MalformedPart,
    MalformedProof,
    NotCanonical,
    ProofInvalid,
    UnknownLeafVersion,
)
from creditbank.ledger import canonical, entry
from creditbank.ledger.proofs import check_inclusion
from creditbank.ledger.treehead import TreeHead


def check_leaves(subjects: Iterable[Subject]) -> Step:
    """Check that each leaf is one, and hashes to what the document says."""
    step = Step(
        "leaves",
        N_("The leaf is one of version 1 and has the stated hash and index"),
        Message(N_("held against the entry format, and the hash computed again")),
    )
    for subject in subjects:
        _check_leaf(step, subject)
    return step


def _check_leaf(step: Step, subject: Subject) -> None:
    data = subject.leaf_text.encode()
    try:
        leaf = entry.parse_leaf(data)
    except UnknownLeafVersion as unknown:
        text = N_("the leaf is of version {version}; use a newer verifier")
        step.leave_open(Answer.UNKNOWN_VERSION, text, **unknown.fields)
        return
    except MalformedLeaf as error:
        step.fail(Answer.MALFORMED, N_("this is no leaf ({reason})"), **error.fields)
        return
    subject.report.index = leaf.index
    if entry.leaf_hash(data) != subject.leaf_hash_stated:
        step.fail(Answer.FORGED, N_("the leaf does not have the stated hash"), leaf.index)
    elif subject.index_stated not in {None, leaf.index}:
        text = N_("the proof is for entry {other}, the leaf is another one")
        step.fail(Answer.FORGED, text, leaf.index, other=subject.index_stated)
    else:
        subject.leaf, subject.leaf_hash = leaf, subject.leaf_hash_stated
        subject.report.at = entry.format_time(leaf.at)


def check_parts(subjects: Iterable[Subject]) -> Step:
    """Check that the leaf commits to every digest, and the digests to the parts shown."""
    step = Step(
        "parts",
        N_("The parts shown are those that were recorded"),
        Message(N_("each part hashed with its salt, all digests held against the leaf")),
    )
    for subject in subjects:
        if subject.leaf is None:
            step.skipped = True
        else:
            _check_parts(step, subject, subject.leaf)
    return step


def _check_parts(step: Step, subject: Subject, leaf: entry.Leaf) -> None:
    try:
        body = entry.body_commitment(subject.digests)
    except MalformedPart as error:
        step.fail(
            Answer.MALFORMED, N_("the digests are no body ({reason})"), leaf.index, **error.fields
        )
        return
    if body != leaf.body:
        text = N_("the digests are not those that the leaf commits to")
        step.fail(Answer.FORGED, text, leaf.index)
        return
    for name, (salt, value) in subject.parts.items():
        try:
            digest = entry.part_digest(name, salt, canonical.encode(value))
        except (NotCanonical, MalformedPart) as error:
            reason = error.fields["reason"]
            text = N_("part {part} is not of the form ({reason})")
            step.fail(Answer.MALFORMED, text, leaf.index, part=name, reason=reason)
            continue
        if digest == subject.digests[name]:
            subject.opened[name] = value
        else:
            text = N_("part {part} is not what was recorded: it was changed")
            step.fail(Answer.FORGED, text, leaf.index, part=name)
    subject.report.shown = tuple(sorted(subject.opened))
    if subject.document is None:  # of a register shown for its keys nobody asked for the rest
        _note_hidden(step, subject, leaf.index)


def _note_hidden(step: Step, subject: Subject, index: int) -> None:
    hidden, erased = tuple(sorted(subject.hidden)), tuple(sorted(subject.erased))
    subject.report.hidden, subject.report.erased = hidden, erased
    if hidden:
        step.note(Answer.HIDDEN_PART, N_("not shown to this reader: {parts}"), index, parts=hidden)
    if erased:
        text = N_("erased, as the bank says: {parts}; the commitment still holds")
        step.note(Answer.ERASED, text, index, parts=erased)


def check_kinds(subjects: Iterable[Subject]) -> Step:
    """Check that each entry is of a known kind and says what its kind can say."""
    step = Step(
        "kinds",
        N_("The entry is of a known kind and its parts are of that kind's form"),
        Message(N_("held against the published schemas of version 1")),
    )
    for subject in subjects:
        if subject.leaf is None:
            step.skipped = True
        else:
            _check_kind(step, subject)
    return step


def _check_kind(step: Step, subject: Subject) -> None:
    if "act" not in subject.opened:
        if "act" not in subject.parts:
            text = N_("the part that says what happened is not shown, so nothing is known of it")
            step.leave_open(Answer.HIDDEN_PART, text, subject.index)
        else:
            step.skipped = True
        return
    act = subject.opened["act"]
    kind = act.get("kind")
    if not isinstance(kind, str) or kind not in PARTS:
        text = N_("the entry is of kind {kind}; use a newer verifier")
        step.leave_open(Answer.UNKNOWN_KIND, text, subject.index, kind=plain(str(kind)))
        return
    forms: dict[str, TypeAdapter[Any]] = {"actor": ACTOR} | PARTS[kind]
    for name, value in subject.opened.items():
        if not _has_form(name, value, forms):
            text = N_("part {part} is not of the form of its kind")
            step.fail(Answer.MALFORMED, text, subject.index, part=name)
            return
    if _contradicts(subject.opened):
        text = N_("the parts name different organisations or accounts")
        step.fail(Answer.CONTRADICTION, text, subject.index)
        return
    subject.kind = subject.report.kind = kind
    subject.report.org = act["org"]


def _has_form(name: str, value: Any, forms: dict[str, TypeAdapter[Any]]) -> bool:
    try:
        if name in {"learner_link", "org_link"}:
            entry.parse_link(value)
        elif name == "attest":
            parse_attestation(value)
        else:
            forms[name].validate_python(value)
    except (MalformedPart, ValidationError, KeyError):
        return False
    return True


def _contradicts(opened: dict[str, Any]) -> bool:
    """Return whether a link is of another organisation or account than act and person say."""
    org, account = opened["act"]["org"], opened.get("person", {}).get("account")
    org_chain = opened.get("org_link", {}).get("chain", org)
    learner_chain = opened.get("learner_link", {}).get("chain", account)
    return bool(org_chain != org or (account is not None and learner_chain != account))


def check_inclusions(subjects: Iterable[Subject], head: TreeHead | None) -> Step:
    """Check that each leaf stands in the tree of the signed head; nothing can be said without."""
    fields = {} if head is None else {"size": head.size, "root": head.root.hex()}
    against = N_("each proof followed to the root {root} of {size} entries")
    without = N_("there is no tree head that a given key has signed")
    step = Step(
        "inclusion",
        N_("The entry stands in the bank's log at its index"),
        Message(without if head is None else against, fields),
    )
    for subject in subjects:
        if subject.leaf is None or head is None:
            step.skipped = True
        else:
            _check_inclusion(step, subject, head)
    return step


def _check_inclusion(step: Step, subject: Subject, head: TreeHead) -> None:
    if subject.index >= head.size:
        text = N_("the checkpoint covers {size} entries and not this one: ask for a later one")
        step.leave_open(Answer.NOT_YET_PUBLISHED, text, subject.index, size=head.size)
        return
    try:
        check_inclusion(
            index=subject.index,
            size=head.size,
            leaf_hash=subject.leaf_hash,
            proof=subject.proof,
            root=head.root,
        )
    except MalformedProof as error:
        text = N_("the proof cannot be one for this index and size ({reason})")
        step.fail(Answer.MALFORMED, text, subject.index, **error.fields)
    except ProofInvalid as error:
        text = N_("the proof leads to another root, {found}")
        step.fail(Answer.FORGED, text, subject.index, found=error.fields["found"])
    else:
        subject.is_included = True
