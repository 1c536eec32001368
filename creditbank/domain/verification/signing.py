"""The steps about signatures: checkpoint, account head, and how far the checkpoint has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import Level, Message, Step
from creditbank.domain.verification.subject import Read, plain
from creditbank.errors import N_
from creditbank.errors.ledger import MalformedCheckpoint, SignatureInvalid
from creditbank.ledger.account_head import account_head_key_name, verify_account_head
from creditbank.ledger.checkpoint import Trust, VerifiedCheckpoint, verify_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.policy import NONE, Policy
from creditbank.ledger.times import MAX_TIME, format_time

_NOT_KNOWN: Final = frozenset({"no_known_key", "no_log_signature"})
_UNKNOWN_KEY: Final = N_(
    "none of the keys given has signed it. It names these keys: {named}. Take the bank's keys from "
    "a place that you trust"
)


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the verifier trusts: keys, and a policy if there is one."""

    keys: tuple[VerifierKey, ...]
    policy: Policy | None

    @property
    def of_logs(self) -> tuple[VerifierKey, ...]:
        """Every key that is no witness's: those given, and the policy's logs."""
        given = [key for key in self.keys if key.type is not KeyType.COSIGNATURE]
        given += [one.key for one in self.policy.logs] if self.policy else []
        return tuple(dict.fromkeys(given))

    def trust(self, origin: str) -> Trust:
        """Return whom to believe about the log `origin`; the quorum is judged apart."""
        log = tuple(key for key in self.of_logs if key.name == origin)
        if self.policy is not None:
            witnesses = [one.key for one in self.policy.witnesses]
        else:
            witnesses = [key for key in self.keys if key.type is KeyType.COSIGNATURE]
        return Trust(origin, log, tuple(dict.fromkeys(witnesses)))


def check_checkpoint(read: Read, anchors: Anchors) -> tuple[Step, VerifiedCheckpoint | None]:
    """Check who signed the tree head; return it if a given key of its log has."""
    head = read.checkpoint.head
    trust = anchors.trust(head.origin)
    text = N_("the signatures held against {count} keys that you gave for {bank}")
    against = Message(text, {"count": len(trust.log), "bank": plain(head.origin)})
    step = Step("checkpoint", N_("The bank has signed the tree head"), against)
    if not trust.log and anchors.of_logs:
        text = N_("it is of the bank {bank}; you gave keys of {given}")
        given = tuple(plain(name) for name in sorted({key.name for key in anchors.of_logs}))
        step.fail(Answer.WRONG_BANK, text, bank=plain(head.origin), given=given)
        return step, None
    try:
        return step, verify_checkpoint(read.checkpoint, trust)
    except SignatureInvalid as error:
        if error.fields["reason"] in _NOT_KNOWN:
            step.leave_open(Answer.UNKNOWN_KEY, _UNKNOWN_KEY, named=_named(read))
        else:
            text = N_("a signature by a key that you gave does not hold")
            step.fail(Answer.FORGED, text)
    except MalformedCheckpoint:
        step.fail(Answer.MALFORMED, N_("no key of this kind can have signed this text"))
    return step, None


def _named(read: Read) -> tuple[str, ...]:
    lines = read.checkpoint.note.signatures
    return tuple(dict.fromkeys(f"{plain(line.name)}+{line.key_id.hex()}" for line in lines))


def check_account_head(read: Read, anchors: Anchors) -> Step:
    """Check who signed the head of the learner's chain, and that it is of the same tree."""
    assert read.account_head is not None  # noqa: S101  # a statement has one
    head, tree = read.account_head.head, read.checkpoint.head
    name = account_head_key_name(tree.origin)
    given = [key for key in anchors.of_logs if key.name == name and key.type is KeyType.ED25519]
    text = N_("the signature held against {count} keys that you gave for {name}")
    step = Step(
        "account_head",
        N_("The bank has signed how many entries the learner has below this size"),
        Message(text, {"count": len(given), "name": plain(name)}),
    )
    if (head.origin, head.size, head.root) != (tree.origin, tree.size, tree.root):
        step.fail(Answer.OTHER_HEAD, N_("it is of another tree than the checkpoint"))
        return step
    try:
        verify_account_head(read.account_head, given)
    except SignatureInvalid as error:
        if error.fields["reason"] in _NOT_KNOWN:
            text = N_(
                "you gave no key that has signed it, so nothing shows that no entry is left out"
            )
            step.leave_open(Answer.UNKNOWN_KEY, text)
        else:
            step.fail(Answer.FORGED, N_("a signature by a key that you gave does not hold"))
    return step


def check_publication(
    verified: VerifiedCheckpoint | None, anchors: Anchors
) -> tuple[Step, Level | None]:
    """Check how far the checkpoint has come, and that this satisfies the policy."""
    policy = anchors.policy
    against = N_("no policy was given: witnesses that you gave are counted, none is asked for")
    if policy is not None:
        against = N_("the cosignatures held against the quorum {quorum} of your policy")
    step = Step(
        "publication",
        N_("How far the checkpoint has come: committed, published, witnessed"),
        Message(against, {} if policy is None else {"quorum": plain(policy.quorum)}),
    )
    if verified is None:
        step.skipped = True
        return step, None
    types = {signed.key.type for signed in verified.log}
    published = KeyType.MLDSA44 in types
    if not published:
        _note_unpublished(step, verified, anchors)
    names = policy.names_of(verified.witnesses) if policy else frozenset()
    if policy is not None and not policy.satisfied(names):
        text = N_("your policy asks for cosignatures that are missing; there are: {names}")
        step.fail(Answer.NOT_WITNESSED, text, names=tuple(sorted(map(plain, names))) or "—")
    elif verified.witnesses and (policy is None or policy.quorum != NONE):
        return step, Level.WITNESSED
    return step, Level.PUBLISHED if published else Level.COMMITTED


def signers_of(verified: VerifiedCheckpoint | None) -> tuple[tuple[str, ...], str | None]:
    """Return whose signatures on the tree head held, and the newest time that one states."""
    signed = (*verified.log, *verified.witnesses) if verified else ()
    names = tuple(f"{plain(one.key.name)}+{one.key.id.hex()}" for one in signed)
    times = [one.at for one in signed if one.at is not None and one.at <= MAX_TIME]
    return names, format_time(max(times)) if times else None


def _note_unpublished(step: Step, verified: VerifiedCheckpoint, anchors: Anchors) -> None:
    trust = anchors.trust(verified.head.origin)
    if any(key.type is KeyType.MLDSA44 for key in trust.log):
        text = N_("it is signed as committed and not published yet: ask for a later one")
    else:
        text = N_(
            "it is at least committed; whether it is published shows the bank's ML-DSA-44 key"
        )
    step.note(Answer.NOT_YET_PUBLISHED, text)
