"""Receipts: that a leaf stands in a log, checked without reaching it (c2sp.org/tlog-proof@v1).

A receipt holds the leaf's index, an inclusion proof and a checkpoint. The leaf itself travels
beside it; the verifier hashes it and needs the log's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from creditbank.errors.ledger import MalformedReceipt
from creditbank.ledger.checkpoint import (
    Checkpoint,
    Trust,
    VerifiedCheckpoint,
    format_checkpoint,
    parse_checkpoint,
    verify_checkpoint,
)
from creditbank.ledger.merkle import MAX_SIZE
from creditbank.ledger.note import MAX_NOTE_BYTES
from creditbank.ledger.proofs import Proof, check_inclusion
from creditbank.ledger.suite import HASH_BYTES
from creditbank.ledger.wire import decode_base64, decode_decimal, decode_lines, encode_base64

MAX_PROOF_HASHES: Final = 63
MAX_EXTRA_BYTES: Final = 48_000  # other readers take lines of up to 64 KiB
MAX_RECEIPT_BYTES: Final = 2 * MAX_NOTE_BYTES
MEDIA_SUFFIX: Final = ".tlog-proof"
_HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A leaf's index, its proof (its sibling first) and the checkpoint it leads to.

    `extra` is data that nobody has signed, up to 48,000 bytes; empty if there is none.

    Raises:
        MalformedReceipt: if a field is not of the form.
    """

    index: int
    proof: Proof
    checkpoint: Checkpoint
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE:
            raise MalformedReceipt(reason="index")
        if len(self.proof) > MAX_PROOF_HASHES or any(len(x) != HASH_BYTES for x in self.proof):
            raise MalformedReceipt(reason="proof")
        if len(self.extra) > MAX_EXTRA_BYTES:
            raise MalformedReceipt(reason="extra")


def format_receipt(receipt: Receipt) -> bytes:
    """Return the bytes of a `.tlog-proof` file."""
    lines = [_HEADER]
    if receipt.extra:
        lines.append(f"extra {encode_base64(receipt.extra)}")
    lines.append(f"index {receipt.index}")
    lines.extend(encode_base64(node) for node in receipt.proof)
    return "\n".join((*lines, "", "")).encode() + format_checkpoint(receipt.checkpoint)


def parse_receipt(data: bytes) -> Receipt:
    """Return the receipt whose bytes are `data`; nothing is verified yet.

    Raises:
        MalformedReceipt: if the lines above the checkpoint are not of the form.
        MalformedNote: if what follows is no note.
        MalformedCheckpoint: if its text is no tree head.
    """
    if len(data) > MAX_RECEIPT_BYTES:
        raise MalformedReceipt(reason="size")
    head, _, note = data.partition(b"\n\n")
    try:
        header, *lines = decode_lines(head + b"\n")[:-1].split("\n")
        extra = decode_base64(_field(lines, "extra")) if lines[0].startswith("extra ") else None
        index = decode_decimal(_field(lines, "index"), MAX_SIZE)
        proof = tuple(decode_base64(line) for line in lines)
    except (ValueError, IndexError):
        raise MalformedReceipt(reason="form") from None
    if header != _HEADER:
        raise MalformedReceipt(reason="header")
    if extra == b"":
        raise MalformedReceipt(reason="extra")
    return Receipt(index, proof, parse_checkpoint(note), extra or b"")


def _field(lines: list[str], name: str) -> str:
    """Take the next line and return what follows `name` and a space."""
    label, _, value = lines.pop(0).partition(" ")
    if label != name:
        raise ValueError(name)
    return value


def verify_receipt(receipt: Receipt, leaf_hash: bytes, trust: Trust) -> VerifiedCheckpoint:
    """Return the checkpoint under which the leaf of this hash stands at the receipt's index.

    Raises:
        SignatureInvalid: if the checkpoint is not signed as `trust` asks.
        ProofInvalid: if the proof leads to another root.
        MalformedProof: if the proof does not fit index and size.
    """
    verified = verify_checkpoint(receipt.checkpoint, trust)
    check_inclusion(
        index=receipt.index,
        size=verified.head.size,
        leaf_hash=leaf_hash,
        proof=receipt.proof,
        root=verified.head.root,
    )
    return verified
