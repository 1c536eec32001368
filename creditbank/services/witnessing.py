"""Being a witness (c2sp.org/tlog-witness): cosign a log's checkpoints as long as each is where the
one before leads to.

Anyone may ask; the log's signature is all the authentication there is. What was cosigned is
remembered before the cosignature leaves, in the same step as the check.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from creditbank.errors.ledger import (
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    MalformedProof,
    ProofInvalid,
    SignatureInvalid,
)
from creditbank.ledger.checkpoint import Checkpoint, Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.merkle import EMPTY_ROOT, MAX_SIZE
from creditbank.ledger.note import (
    Note,
    NoteSignature,
    NoteSigner,
    Signed,
    add_signatures,
    format_note,
    format_signatures,
    sign_note,
)
from creditbank.ledger.proofs import Proof, check_consistency
from creditbank.ledger.suite import HASH_BYTES, hash_bytes
from creditbank.ledger.wire import decode_base64, decode_decimal, decode_lines
from creditbank.storage.witness_store import Conflict, Cosigned, WitnessStore

REQUEST_BYTES_MAX: Final = 256 * 1024
_PROOF_HASHES_MAX: Final = 63
_SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """Status, media type and body of an HTTP answer."""

    status: int
    body: bytes
    media_type: str = TEXT_TYPE


@dataclass(frozen=True, slots=True)
class _Request:
    old: int
    proof: Proof
    checkpoint: Checkpoint


class _Answered(Exception):  # not an error of ours: an answer found on the way
    def __init__(self, answer: WitnessAnswer) -> None:
        super().__init__()
        self.answer = answer


class CosignerWitness:
    """A witness that cosigns the logs whose keys it is given, under its own `signers`.

    Raises `WitnessStateMissing`, `WitnessStateOther`; `MalformedKey` if a signer is none of a
    witness, or a log's key is none of a log.
    """

    def __init__(
        self,
        folder: Path,
        signers: Sequence[NoteSigner],
        logs: Iterable[VerifierKey],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not signers or any(signer.type is KeyType.ED25519 for signer in signers):
            raise MalformedKey(reason="type")
        self._store = WitnessStore(folder, tuple(str(signer.key) for signer in signers))
        self._signers, self._now = tuple(signers), now
        by_origin: dict[str, list[VerifierKey]] = {}
        for key in logs:
            by_origin.setdefault(key.name, []).append(key)
        own = [signer.key for signer in signers]
        self._logs = {name: Trust(name, keys, own) for name, keys in by_origin.items()}
        self._by_digest = {hash_bytes(name.encode()).hex(): name for name in by_origin}

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Return the answer to add-checkpoint; a status of 200 is durable when this returns."""
        try:
            request = _parse(body)
            signed = self._verified(request.checkpoint)
            cosigned = self._cosign(request, signed)
        except _Answered as answered:
            return answered.answer
        return WitnessAnswer(200, cosigned.encode())

    def checkpoint(self, digest: str) -> bytes | None:
        """Return the last cosigned checkpoint of the log whose origin has this SHA-256 in hex."""
        origin = self._by_digest.get(digest)
        last = None if origin is None else self._store.last(origin)
        return None if last is None else last.note

    def _verified(self, checkpoint: Checkpoint) -> tuple[Signed, ...]:
        trust = self._logs.get(checkpoint.head.origin)
        if trust is None:
            raise _refused(404, "unknown log")
        try:
            return verify_checkpoint(checkpoint, Trust(trust.origin, trust.log)).log
        except SignatureInvalid:
            raise _refused(403, "no signature of a known key of the log verifies") from None

    def _cosign(self, request: _Request, signed: tuple[Signed, ...]) -> str:
        head = request.checkpoint.head
        if request.old > head.size:
            raise _refused(400, "the old size is above the checkpoint's")
        made: list[NoteSignature] = []

        def decide(last: Cosigned | None) -> Cosigned:
            size = last.size if last else 0
            if request.old != size:
                raise _Answered(WitnessAnswer(409, f"{size}\n".encode(), _SIZE_TYPE))
            self._check(request, last)
            # The clock may have been put back; a cosignature says that nothing larger was seen.
            at = max(int(self._now()), last.at if last else 1)
            note = self._signed(request.checkpoint, at)
            made.extend(note.signatures)
            kept = Note(note.text, _lines_of(request.checkpoint, signed))
            return Cosigned(head.size, head.root, at, format_note(add_signatures(kept, made)))

        try:
            self._store.replace(head.origin, decide)
        except _Contradicts:
            note = format_note(
                Note(request.checkpoint.note.text, _lines_of(request.checkpoint, signed))
            )
            at = int(self._now())
            self._store.add_conflict(Conflict(head.origin, head.size, head.root, at, note))
            raise _refused(422, "the tree of this size had another root") from None
        return format_signatures(made)

    def _check(self, request: _Request, last: Cosigned | None) -> None:
        head = request.checkpoint.head
        old_root = last.root if last else EMPTY_ROOT
        if head.size == request.old and head.root != old_root:
            raise _Contradicts if last else _refused(422, "the root of no entries is another")
        try:
            check_consistency(
                old=request.old,
                old_root=old_root,
                new=head.size,
                new_root=head.root,
                proof=request.proof,
            )
        except (MalformedProof, ProofInvalid):
            raise _refused(422, "the consistency proof does not verify") from None

    def _signed(self, checkpoint: Checkpoint, at: int) -> Note:
        """Return the cosigned note; ML-DSA-44 does not cover extension lines and is left out."""
        signers = [
            signer
            for signer in self._signers
            if signer.type is KeyType.COSIGNATURE or not checkpoint.head.extensions
        ]
        if not signers:
            raise _refused(400, "extension lines cannot be cosigned by this witness")
        return sign_note(checkpoint.note.text, signers, at=at)


class _Contradicts(Exception):  # the log has signed two trees of one size
    pass


def _lines_of(checkpoint: Checkpoint, signed: tuple[Signed, ...]) -> tuple[NoteSignature, ...]:
    """Return the log's own signature lines, without what others may have put beside them."""
    keys = {(one.key.name, one.key.id) for one in signed}
    found: dict[tuple[str, bytes], NoteSignature] = {}
    for line in checkpoint.note.signatures:
        if (line.name, line.key_id) in keys:
            found.setdefault((line.name, line.key_id), line)
    return tuple(found.values())


def _parse(body: bytes) -> _Request:
    if len(body) > REQUEST_BYTES_MAX:
        raise _refused(400, "the request is too long")
    try:
        return _read(body)
    except (ValueError, MalformedNote, MalformedCheckpoint):
        raise _refused(400, "the request is not of the form of c2sp.org/tlog-witness") from None


def _read(body: bytes) -> _Request:
    head, blank, note = body.partition(b"\n\n")
    first, *lines = decode_lines(head + b"\n")[:-1].split("\n")
    label, _, size = first.partition(" ")
    proof = tuple(decode_base64(line) for line in lines)
    if not blank or label != "old" or len(proof) > _PROOF_HASHES_MAX:
        raise ValueError("form")
    if any(len(node) != HASH_BYTES for node in proof):
        raise ValueError("hash")
    return _Request(decode_decimal(size, MAX_SIZE), proof, parse_checkpoint(note))


def _refused(status: int, why: str) -> _Answered:
    return _Answered(WitnessAnswer(status, f"{why}\n".encode()))
