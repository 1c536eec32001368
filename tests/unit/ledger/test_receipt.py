"""Receipts: exact bytes, verification offline, and what is refused."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256

import pytest

from creditbank.errors.ledger import (
    MalformedCheckpoint,
    MalformedNote,
    MalformedProof,
    MalformedReceipt,
    ProofInvalid,
    SignatureInvalid,
)
from creditbank.ledger.checkpoint import Trust, format_checkpoint, sign_checkpoint
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import MAX_SIZE, node_hash
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.proofs import prove_inclusion, subtree_root
from creditbank.ledger.receipt import (
    MAX_EXTRA_BYTES,
    MAX_RECEIPT_BYTES,
    Receipt,
    format_receipt,
    parse_receipt,
    verify_receipt,
)
from creditbank.ledger.suite import Ed25519Signer
from creditbank.ledger.treehead import TreeHead

ORIGIN = "bank.example/log"
LOG = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\1" * 32))
TRUST = Trust(ORIGIN, [LOG.key])


@cache
def read(level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(bytes([index]))
    return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))


CHECKPOINT = sign_checkpoint(TreeHead(ORIGIN, 7, subtree_root(read, 0, 7)), [LOG])
RECEIPT = Receipt(5, prove_inclusion(read, 5, 7), CHECKPOINT)
DATA = format_receipt(RECEIPT)


def test_receipt_has_these_bytes() -> None:
    hashes = [sha256(b"hash1").digest(), sha256(b"hash2").digest()]
    lines = "".join(base64.b64encode(each).decode() + "\n" for each in hashes)
    note = format_checkpoint(CHECKPOINT)
    plain = Receipt(5, tuple(hashes), CHECKPOINT)
    assert format_receipt(plain) == f"c2sp.org/tlog-proof@v1\nindex 5\n{lines}\n".encode() + note
    single = Receipt(0, (), CHECKPOINT, b"extra information")
    expected = b"c2sp.org/tlog-proof@v1\nextra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 0\n\n" + note
    assert format_receipt(single) == expected
    for receipt in (plain, single, RECEIPT):
        assert parse_receipt(format_receipt(receipt)) == receipt


def test_receipt_proves_its_leaf_and_no_other() -> None:
    receipt = parse_receipt(DATA)
    assert verify_receipt(receipt, read(0, 5), TRUST).head == CHECKPOINT.head
    with pytest.raises(ProofInvalid):
        verify_receipt(receipt, read(0, 4), TRUST)
    with pytest.raises(ProofInvalid):
        verify_receipt(Receipt(4, receipt.proof, CHECKPOINT), read(0, 5), TRUST)
    with pytest.raises(MalformedProof):
        verify_receipt(Receipt(7, receipt.proof, CHECKPOINT), read(0, 5), TRUST)
    with pytest.raises(MalformedProof):
        verify_receipt(Receipt(5, receipt.proof[1:], CHECKPOINT), read(0, 5), TRUST)


def test_receipt_needs_a_signature_of_the_log() -> None:
    stranger = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\2" * 32))
    with pytest.raises(SignatureInvalid):
        verify_receipt(parse_receipt(DATA), read(0, 5), Trust(ORIGIN, [stranger.key]))


def changed(old: bytes, new: bytes) -> bytes:
    assert old in DATA
    return DATA.replace(old, new, 1)


HASH_LINE = DATA.split(b"\n")[2] + b"\n"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", MalformedReceipt),
        (b"c2sp.org/tlog-proof@v1\n", MalformedReceipt),
        (b"c2sp.org/tlog-proof@v1\nindex 0\n", MalformedNote),
        (changed(b"@v1", b"@v2"), MalformedReceipt),
        (changed(b"index 5\n", b""), MalformedReceipt),
        (changed(b"index 5", b"index"), MalformedReceipt),
        (changed(b"index 5", b"index  5"), MalformedReceipt),
        (changed(b"index 5", b"index 05"), MalformedReceipt),
        (changed(b"index 5", b"index -5"), MalformedReceipt),
        (changed(b"index 5", f"index {MAX_SIZE + 1}".encode()), MalformedReceipt),
        (changed(b"index 5", b"extra \nindex 5"), MalformedReceipt),
        (changed(b"index 5", b"extra !\nindex 5"), MalformedReceipt),
        (changed(b"index 5", b"extra AA==\nextra AA==\nindex 5"), MalformedReceipt),
        (changed(b"index 5", b"index 5\nextra AA=="), MalformedReceipt),
        (changed(b"index 5", b"index 5\r"), MalformedReceipt),
        (changed(HASH_LINE, b"!!\n"), MalformedReceipt),
        (changed(HASH_LINE, b"AAAA\n"), MalformedReceipt),
        (changed(HASH_LINE, HASH_LINE * 64), MalformedReceipt),
        (changed(b"\n7\n", b"\n07\n"), MalformedCheckpoint),
        (DATA + b"\n", MalformedNote),
        (DATA[:-1], MalformedNote),
        (b"c2sp.org/tlog-proof@v1\nindex \xff\n\n", MalformedReceipt),
        (bytes(MAX_RECEIPT_BYTES + 1), MalformedReceipt),
    ],
)
def test_other_bytes_are_not_a_receipt(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_receipt(data)


@pytest.mark.parametrize(
    ("index", "proof", "extra"),
    [
        (-1, (), b""), (MAX_SIZE + 1, (), b""), (0, (bytes(31),), b""),
        (0, (bytes(32),) * 64, b""), (0, (), bytes(MAX_EXTRA_BYTES + 1)),
    ],
)  # fmt: skip
def test_receipt_has_no_other_fields(index: int, proof: tuple[bytes, ...], extra: bytes) -> None:
    with pytest.raises(MalformedReceipt):
        Receipt(index, proof, CHECKPOINT, extra)
