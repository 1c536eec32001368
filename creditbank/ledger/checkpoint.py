"""Checkpoints: tree heads signed by the log and cosigned by witnesses (c2sp.org/tlog-checkpoint).

The log signs under its origin as key name, with Ed25519 (0x01) and ML-DSA-44 (0x06). Witnesses
cosign (0x04, 0x06) under names of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from creditbank.errors.ledger import MalformedKey, SignatureInvalid
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.note import (
    Note,
    NoteSigner,
    Signed,
    format_note,
    parse_note,
    sign_note,
    verify_note,
)
from creditbank.ledger.treehead import TreeHead, format_tree_head, parse_tree_head


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head and the note it stands in; its signatures are not verified yet."""

    head: TreeHead
    note: Note


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A tree head with the signatures that hold, of the log and of witnesses."""

    head: TreeHead
    log: tuple[Signed, ...]
    witnesses: tuple[Signed, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a verifier believes: one origin, its keys, witnesses' keys, and how many must sign.

    At least one key of the log must have signed, and `quorum` witnesses, counted by name.

    Raises:
        MalformedKey: if a key has a type that its role does not use, or a witness the log's name.
    """

    origin: str
    log: Collection[VerifierKey]
    witnesses: Collection[VerifierKey] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        if any(key.type is KeyType.COSIGNATURE for key in self.log):
            raise MalformedKey(reason="type")
        if any(key.type is KeyType.ED25519 for key in self.witnesses):
            raise MalformedKey(reason="type")
        if {key.name for key in self.log} & {key.name for key in self.witnesses}:
            raise MalformedKey(reason="ambiguous")


def sign_checkpoint(
    head: TreeHead, signers: Sequence[NoteSigner], *, at: int | None = None
) -> Checkpoint:
    """Return the checkpoint of `head` signed by the log's keys, at unix second `at`.

    Raises:
        MalformedKey: if a key is not named after the origin.
        MalformedNote: if nobody signs, or an ML-DSA-44 key signs without a time.
    """
    if any(signer.name != head.origin for signer in signers):
        raise MalformedKey(reason="origin")
    return Checkpoint(head, sign_note(format_tree_head(head), signers, at=at))


def format_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Return the bytes that are served at `<prefix>/checkpoint`."""
    return format_note(checkpoint.note)


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Return the checkpoint whose bytes are `data`; nothing is verified yet.

    Raises:
        MalformedNote: if it is no note.
        MalformedCheckpoint: if its text is no tree head.
    """
    note = parse_note(data)
    return Checkpoint(parse_tree_head(note.text), note)


def verify_checkpoint(checkpoint: Checkpoint, trust: Trust) -> VerifiedCheckpoint:
    """Return the tree head with the signatures that `trust` knows.

    Raises:
        SignatureInvalid: if the checkpoint is of another origin, a known key's signature fails,
            no key of the log has signed, or too few witnesses have.
    """
    own = set(trust.log)
    if checkpoint.head.origin != trust.origin:
        raise SignatureInvalid(reason="origin")
    signed = verify_note(checkpoint.note, [*own, *trust.witnesses])
    log = tuple(each for each in signed if each.key in own)
    witnesses = tuple(each for each in signed if each.key not in own)
    if not log:
        raise SignatureInvalid(reason="no_log_signature")
    if len({each.key.name for each in witnesses}) < trust.quorum:
        raise SignatureInvalid(reason="quorum")
    return VerifiedCheckpoint(checkpoint.head, log, witnesses)
