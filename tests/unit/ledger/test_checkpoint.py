"""Checkpoints: text, signing under the origin, and whom a verifier believes."""

from __future__ import annotations

import base64

import pytest

from creditbank.errors.ledger import (
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    SignatureInvalid,
)
from creditbank.ledger.checkpoint import (
    Checkpoint,
    Trust,
    format_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import EMPTY_ROOT, MAX_SIZE
from creditbank.ledger.note import NoteSigner, add_signatures, sign_note
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from creditbank.ledger.treehead import TreeHead, format_tree_head, parse_tree_head

ORIGIN, AT = "bank.example/log", 1_772_352_000
LOG = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\1" * 32))
LOG_PQ = NoteSigner(ORIGIN, KeyType.MLDSA44, MlDsa44Signer(b"\2" * 32))
WITNESSES = [
    NoteSigner("w1.example", KeyType.COSIGNATURE, Ed25519Signer(b"\3" * 32)),
    NoteSigner("w1.example", KeyType.MLDSA44, MlDsa44Signer(b"\4" * 32)),
    NoteSigner("w2.example", KeyType.MLDSA44, MlDsa44Signer(b"\5" * 32)),
]
HEAD = TreeHead(ORIGIN, 7, bytes(range(32)))
ROOT = base64.b64encode(bytes(range(32))).decode()
WITNESS_KEYS = tuple(witness.key for witness in WITNESSES)


def cosigned(*witnesses: NoteSigner) -> Checkpoint:
    checkpoint = sign_checkpoint(HEAD, [LOG, LOG_PQ], at=AT)
    for witness in witnesses:
        lines = sign_note(checkpoint.note.text, [witness], at=AT).signatures
        checkpoint = Checkpoint(HEAD, add_signatures(checkpoint.note, lines))
    return parse_checkpoint(format_checkpoint(checkpoint))


def test_tree_head_has_this_text() -> None:
    assert format_tree_head(HEAD) == f"{ORIGIN}\n7\n{ROOT}\n"
    assert parse_tree_head(f"{ORIGIN}\n7\n{ROOT}\n") == HEAD
    empty = TreeHead("go.sum database tree", 0, EMPTY_ROOT, ("ext 1", "ext 2"))
    assert parse_tree_head(format_tree_head(empty)) == empty


@pytest.mark.parametrize(
    "text",
    ["", "o\n7\n", f"o\n7\n{ROOT}", f"\n7\n{ROOT}\n", f"o\n07\n{ROOT}\n", f"o\n-1\n{ROOT}\n",
     f"o\n+1\n{ROOT}\n", f"o\n٧\n{ROOT}\n", f"o\n{MAX_SIZE + 1}\n{ROOT}\n", f"o\n\n{ROOT}\n",
     f"o\n7\n{ROOT[:-1]}\n", "o\n7\nAAAA\n", f"o\n7\n{ROOT}\n\n", f"o\n7\n{ROOT}\n\next\n",
     f"o\r\n7\n{ROOT}\n", f"\ud800\n7\n{ROOT}\n"],
)  # fmt: skip
def test_other_text_is_not_a_tree_head(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        parse_tree_head(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 0, EMPTY_ROOT, ()),
        ("a\nb", 0, EMPTY_ROOT, ()),
        ("\ud800", 0, EMPTY_ROOT, ()),
        ("o", -1, EMPTY_ROOT, ()),
        ("o", MAX_SIZE + 1, EMPTY_ROOT, ()),
        ("o", 0, EMPTY_ROOT[1:], ()),
        ("o", 0, EMPTY_ROOT, ("",)),
        ("o", 0, EMPTY_ROOT, ("a\nb",)),
        ("o", 0, EMPTY_ROOT, ("\t",)),
    ],
)
def test_tree_head_has_no_other_fields(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(MalformedCheckpoint):
        TreeHead(origin, size, root, extensions)


def test_witnesses_are_counted_by_name() -> None:
    trust = Trust(ORIGIN, [LOG.key, LOG_PQ.key], WITNESS_KEYS, quorum=2)
    verified = verify_checkpoint(cosigned(*WITNESSES), trust)
    assert verified.head == HEAD
    assert [each.key for each in verified.log] == [LOG.key, LOG_PQ.key]
    assert [each.at for each in verified.witnesses] == [AT] * 3
    with pytest.raises(SignatureInvalid, match="quorum"):
        verify_checkpoint(cosigned(*WITNESSES[:2]), trust)


def test_one_log_key_and_no_witness_are_enough_if_trust_says_so() -> None:
    for key in (LOG.key, LOG_PQ.key):
        verified = verify_checkpoint(cosigned(), Trust(ORIGIN, [key]))
        assert [each.key for each in verified.log] == [key]


def test_other_origins_and_missing_log_signatures_are_refused() -> None:
    with pytest.raises(SignatureInvalid, match="origin"):
        verify_checkpoint(cosigned(), Trust("bank.example/other", [LOG.key]))
    only_witness = Checkpoint(HEAD, sign_note(format_tree_head(HEAD), WITNESSES[:1], at=AT))
    with pytest.raises(SignatureInvalid, match="no_log_signature"):
        verify_checkpoint(only_witness, Trust(ORIGIN, [LOG.key], WITNESS_KEYS))
    with pytest.raises(SignatureInvalid, match="no_known_key"):
        verify_checkpoint(cosigned(), Trust(ORIGIN, [WITNESSES[2].key]))


def test_roles_do_not_share_types_or_names() -> None:
    with pytest.raises(MalformedKey, match="type"):
        Trust(ORIGIN, [WITNESSES[0].key])
    with pytest.raises(MalformedKey, match="type"):
        Trust(ORIGIN, [LOG.key], [NoteSigner("w", KeyType.ED25519, LOG.signer).key])
    with pytest.raises(MalformedKey, match="ambiguous"):
        Trust(ORIGIN, [LOG.key], [LOG_PQ.key])


def test_log_signs_under_its_origin_only() -> None:
    with pytest.raises(MalformedKey, match="origin"):
        sign_checkpoint(HEAD, [LOG, WITNESSES[2]], at=AT)
    with pytest.raises(MalformedNote, match="time"):
        sign_checkpoint(HEAD, [LOG_PQ])


def test_ed25519_checkpoint_is_the_same_each_time() -> None:
    first, second = (format_checkpoint(sign_checkpoint(HEAD, [LOG])) for _ in range(2))
    assert first == second
