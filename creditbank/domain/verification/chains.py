"""The steps about a learner's chain: nothing left out, and what became of each entry."""

from __future__ import annotations

from typing import Any, Final

from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Message, Step
from creditbank.domain.verification.subject import Read, Subject, plain
from creditbank.errors import N_
from creditbank.errors.ledger import BrokenLink
from creditbank.ledger.chain import ChainHead, follow


def check_chain(read: Read) -> Step:
    """Check that the entries are all of the account head's chain, in order, to its last."""
    assert read.account_head is not None  # noqa: S101  # a statement has one
    head = read.account_head.head
    text = N_(
        "each link followed from the first entry to the signed head: {count} entries of {chain}"
    )
    step = Step(
        "chain",
        N_("All entries of the learner below this size are here, and no others"),
        Message(text, {"count": head.count, "chain": plain(head.chain)}),
    )
    position = ChainHead(head.chain)
    for subject in read.entries:
        link = subject.opened.get("learner_link")
        if link is None or subject.leaf is None:
            _miss_link(step, subject)
            return step
        try:
            position = follow(position, link, subject.leaf_hash)
        except BrokenLink as broken:
            _break(step, subject, broken)
            return step
    if (position.count, position.last) != (head.count, head.last):
        text = N_(
            "the last entry here is number {found}; the bank has signed that there are {count}"
        )
        step.fail(Answer.INCOMPLETE, text, found=position.count, count=head.count)
    return step


def _miss_link(step: Step, subject: Subject) -> None:
    if subject.leaf is not None and "learner_link" in subject.hidden | subject.erased:
        text = N_("its place in the chain is not shown, so nothing shows that no entry is left out")
        step.leave_open(Answer.HIDDEN_PART, text, subject.index)
    elif subject.leaf is not None and "learner_link" not in subject.digests:
        step.fail(Answer.OTHER_LEARNER, N_("it is in no learner's chain"), subject.index)
    else:
        step.skipped = True


def _break(step: Step, subject: Subject, broken: BrokenLink) -> None:
    reason, seq = broken.fields["reason"], broken.fields["seq"]
    if reason == "chain":
        step.fail(Answer.OTHER_LEARNER, N_("it belongs to another learner's chain"), subject.index)
    else:
        text = N_("it is not number {seq} of the chain: an entry is left out, repeated or moved")
        step.fail(Answer.INCOMPLETE, text, subject.index, seq=seq)


def check_standing(read: Read) -> Step:
    """Say what became of each entry, as far as this document can tell."""
    size = read.checkpoint.head.size
    step = Step(
        "standing",
        N_("What later entries say of these"),
        Message(
            N_("revocations and corrections in this document, up to size {size}"), {"size": size}
        ),
    )
    if read.kind == "receipt":
        text = N_(
            "a receipt cannot know of later revocations: ask for a statement, or ask the bank"
        )
        step.note(Answer.LATER_UNKNOWN, text)
        return step
    text = N_("what is recorded from entry {size} on is not known from this document")
    step.note(Answer.LATER_UNKNOWN, text, size=size)
    _judge(step, [subject for subject in read.entries if subject.kind is not None])
    return step


def _judge(step: Step, subjects: list[Subject]) -> None:
    """Go through the chain in order; each revocation ends what its outcome awarded until then."""
    outcomes: dict[str, list[Subject]] = {}
    by_index: dict[int, Subject] = {}
    for subject in subjects:
        act = subject.opened["act"]
        if subject.kind == "outcome/1":
            outcomes.setdefault(act["outcome"], []).append(subject)
            by_index[subject.index] = subject
            subject.report.standing = "stands"
            _supersede(subject, by_index)
        elif subject.kind == "revocation/1":
            _revoke(subject, act, outcomes)
    for subject in by_index.values():
        ended = _ENDED.get(subject.report.standing or "")
        if ended is not None:
            step.note(ended[0], ended[1], subject.index, by=subject.report.by)


_ENDED: Final = {
    "revoked": (Answer.REVOKED, N_("revoked by entry {by}")),
    "superseded": (Answer.SUPERSEDED, N_("corrected by entry {by}")),
    "award_ended": (Answer.AWARD_ENDED, N_("the credit that it awarded ended with entry {by}")),
}


def _revoke(subject: Subject, act: dict[str, Any], outcomes: dict[str, list[Subject]]) -> None:
    """End the target; what others contributed goes on, and the credit awarded for it does not."""
    rest = []
    target = (act["target"]["index"], act["target"]["hash"])
    for member in outcomes.pop(act["outcome"], []):
        if (member.index, member.leaf_hash.hex()) == target:
            _end(member, "revoked", subject.index)
            continue
        rest.append(member)
        ends = act.get("continues") != act["outcome"]
        if ends and "award" in member.opened["act"] and member.report.standing == "stands":
            _end(member, "award_ended", subject.index)
    if rest and "continues" in act:
        outcomes.setdefault(act["continues"], []).extend(rest)


def _supersede(subject: Subject, by_index: dict[int, Subject]) -> None:
    """Say of a corrected entry that this one stands in its place; its revocation came before."""
    corrects = subject.opened.get("person", {}).get("submission", {}).get("corrects")
    index = corrects.get("index") if isinstance(corrects, dict) else None
    old = by_index.get(index) if isinstance(index, int) else None
    if old is not None and old.report.standing == "revoked":
        _end(old, "superseded", subject.index)


def _end(subject: Subject, standing: str, by: int) -> None:
    subject.report.standing, subject.report.by = standing, by
