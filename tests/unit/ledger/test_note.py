"""Signed notes: exact bytes, all three signature types, and what is refused."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from creditbank.errors.ledger import (
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    SignatureInvalid,
)
from creditbank.ledger.keys import KeyType, VerifierKey, parse_key
from creditbank.ledger.note import (
    MAX_NOTE_BYTES,
    Note,
    NoteSignature,
    NoteSigner,
    Signed,
    add_signatures,
    format_note,
    format_signatures,
    parse_note,
    parse_signatures,
    sign_note,
    signed_bytes,
    verify_note,
)
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer

AT = 1_772_352_000
LOG = NoteSigner("bank.example/log", KeyType.ED25519, Ed25519Signer(b"\1" * 32))
LOG_PQ = NoteSigner("bank.example/log", KeyType.MLDSA44, MlDsa44Signer(b"\2" * 32))
WITNESS = NoteSigner("witness.example", KeyType.COSIGNATURE, Ed25519Signer(b"\3" * 32))
TEXT = "bank.example/log\n7\n" + base64.b64encode(bytes(32)).decode() + "\n"
ALL = (LOG, LOG_PQ, WITNESS)
KEYS = tuple(signer.key for signer in ALL)

# A checkpoint cosigned by another program (sunlight's witness, in its own tests).
FOREIGN = (
    "rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n\n"
    "\u2014 rome2026h1.example.org "
    "kVB1JgAAAZtxtEwABAMARzBFAiEAi+mTa2xjL1IdWpH82OeciGsGvwRAP+f1WkfKaSZCfFECIHoNPZ/Q3y6UNzvKOO9c"
    "uLr6V16vPNfhwhle9f6r5H/Z\n"
    "\u2014 witness.example.org "
    "uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqA"
    "VusneCBmBw==\n"
).encode()
FOREIGN_KEY = "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"


def test_note_has_these_bytes() -> None:
    note = sign_note("text\n", [LOG])
    signature = LOG.key.id + LOG.signer.sign(b"text\n")
    line = b"\xe2\x80\x94 bank.example/log " + base64.b64encode(signature) + b"\n"
    assert format_note(note) == b"text\n\n" + line
    assert parse_note(format_note(note)) == note


def test_all_three_types_sign_and_verify() -> None:
    note = sign_note(TEXT, ALL, at=AT)
    assert verify_note(parse_note(format_note(note)), KEYS) == (
        Signed(LOG.key, None), Signed(LOG_PQ.key, AT), Signed(WITNESS.key, AT),
    )  # fmt: skip


def test_cosignatures_sign_these_bytes() -> None:
    assert signed_bytes(WITNESS.key, TEXT, AT) == f"cosignature/v1\ntime {AT}\n{TEXT}".encode()
    assert signed_bytes(LOG_PQ.key, TEXT, AT) == (
        b"subtree/v1\n\0" + b"\x10bank.example/log" + AT.to_bytes(8, "big")
        + b"\x10bank.example/log" + bytes(8) + (7).to_bytes(8, "big") + bytes(32)
    )  # fmt: skip


def test_cosignature_of_another_program_holds() -> None:
    key = parse_key(FOREIGN_KEY)
    assert verify_note(parse_note(FOREIGN), [key]) == (Signed(key, 1_767_139_200),)
    assert format_note(parse_note(FOREIGN)) == FOREIGN


def test_text_may_have_empty_lines() -> None:
    note = sign_note("\na\n\n\nb\n\n", [LOG])
    assert parse_note(format_note(note)).text == "\na\n\n\nb\n\n"


@pytest.mark.parametrize("position", range(3))
def test_one_failing_known_key_fails_the_note(position: int) -> None:
    note = sign_note(TEXT, ALL, at=AT)
    line = note.signatures[position]
    for change in (
        line.signature[:-1] + bytes([line.signature[-1] ^ 1]),
        line.signature[:-1],
        line.signature[:8],
        b"\xff" * 8 + line.signature[8:],
    ):
        lines = list(note.signatures)
        lines[position] = replace(line, signature=change)
        with pytest.raises(SignatureInvalid):
            verify_note(Note(note.text, tuple(lines)), KEYS)


def test_changed_text_or_time_fails() -> None:
    note = sign_note(TEXT, ALL, at=AT)
    with pytest.raises(SignatureInvalid):
        verify_note(replace(note, text=TEXT.replace("7", "8", 1)), KEYS)
    for signer in (LOG_PQ, WITNESS):
        line = sign_note(TEXT, [signer], at=AT).signatures[0]
        later = replace(line, signature=(AT + 1).to_bytes(8, "big") + line.signature[8:])
        with pytest.raises(SignatureInvalid):
            verify_note(Note(TEXT, (later,)), [signer.key])


def test_unknown_keys_are_ignored_but_one_must_be_known() -> None:
    note = sign_note(TEXT, ALL, at=AT)
    assert verify_note(note, [WITNESS.key]) == (Signed(WITNESS.key, AT),)
    namesake = NoteSigner(LOG.name, LOG.type, Ed25519Signer(b"\4" * 32))
    for keys in ([], [namesake.key], [VerifierKey("other", LOG.type, LOG.key.public)]):
        with pytest.raises(SignatureInvalid, match="no_known_key"):
            verify_note(note, keys)


def test_key_counts_once_and_each_of_its_lines_must_hold() -> None:
    line = sign_note(TEXT, [LOG]).signatures[0]
    assert verify_note(Note(TEXT, (line, line)), [LOG.key, LOG.key]) == (Signed(LOG.key, None),)
    with pytest.raises(SignatureInvalid):
        verify_note(Note(TEXT, (line, replace(line, signature=bytes(64)))), [LOG.key])


def test_two_keys_of_one_name_and_id_are_ambiguous() -> None:
    other = VerifierKey(LOG.name, LOG.type, bytes(32))
    object.__setattr__(other, "id", LOG.key.id)
    with pytest.raises(MalformedKey, match="ambiguous"):
        verify_note(sign_note(TEXT, [LOG]), [LOG.key, other])


def test_witness_lines_are_added_once() -> None:
    note = sign_note(TEXT, [LOG])
    answer = format_signatures(sign_note(TEXT, [WITNESS], at=AT).signatures)
    both = add_signatures(note, parse_signatures(answer))
    assert add_signatures(both, parse_signatures(answer)) == both
    assert len(verify_note(both, KEYS)) == 2


def test_ml_dsa_does_not_sign_what_it_does_not_cover() -> None:
    with pytest.raises(MalformedCheckpoint):
        sign_note("text\n", [LOG_PQ], at=AT)
    with pytest.raises(SignatureInvalid, match="extensions"):
        sign_note(TEXT + "extension\n", [LOG_PQ], at=AT)
    with pytest.raises(MalformedCheckpoint, match="origin"):
        sign_note("x" * 256 + TEXT[16:], [LOG_PQ], at=AT)


@pytest.mark.parametrize("text", ["", "a", "a\r\n", "\0\n", "\t\n", "\ud800\n"])
def test_text_is_whole_lines_without_controls(text: str) -> None:
    with pytest.raises(MalformedNote, match="text"):
        sign_note(text, [LOG])


def test_signing_needs_a_signer_and_a_time() -> None:
    with pytest.raises(MalformedNote, match="no_signature"):
        sign_note(TEXT, [])
    for at in (None, -1, 2**63):
        with pytest.raises(MalformedNote, match="time"):
            sign_note(TEXT, [WITNESS], at=at)


GOOD = "\u2014 n " + base64.b64encode(bytes(5)).decode() + "\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "text"),
        (b"a\n\n\xff\n", "text"),
        (b"a\r\n\n" + GOOD.encode(), "text"),
        (b"a\n\n" + GOOD.encode()[:-1], "text"),
        (b"a\n" + GOOD.encode(), "no_signature"),
        (b"\n" + GOOD.encode(), "no_signature"),
        (b"a\n\n", "no_signature"),
        (b"a\n\n" + GOOD.encode() + b"\n", "no_signature"),
        (b"a\n\n" + GOOD.encode() * 101, "too_many_signatures"),
        (b"a\n\n- n AAAAAAA=\n", "signature_line"),
        ("a\n\n\u2014n AAAAAAA=\n".encode(), "signature_line"),
        ("a\n\n\u2014 n\n".encode(), "signature_line"),
        ("a\n\n\u2014  AAAAAAA=\n".encode(), "signature_line"),
        ("a\n\n\u2014 n+m AAAAAAA=\n".encode(), "signature_line"),
        ("a\n\n\u2014 n\u3000m AAAAAAA=\n".encode(), "signature_line"),
        ("a\n\n\u2014 n AAAAAAA\n".encode(), "signature_line"),
        ("a\n\n\u2014 n AAAAAAB=\n".encode(), "signature_line"),
        ("a\n\n\u2014 n AAAAAA==\n".encode(), "signature_line"),
        ("a\n\n\u2014 n  AAAAAAA=\n".encode(), "signature_line"),
        ("a\n\n\u2014 n AAAAAAA= \n".encode(), "signature_line"),
        ("a\n\n\u2014 n é\n".encode(), "signature_line"),
        (b"a" * (MAX_NOTE_BYTES + 1), "size"),
    ],
)
def test_other_bytes_are_not_a_note(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedNote) as caught:
        parse_note(data)
    assert caught.value.fields["reason"] == reason


def test_a_hundred_signatures_are_read() -> None:
    note = parse_note(b"a\n\n" + GOOD.encode() * 100)
    assert note.signatures == (NoteSignature("n", bytes(4), bytes(1)),) * 100


def test_signature_lines_are_utf8() -> None:
    with pytest.raises(MalformedNote):
        parse_signatures("\u2014 \ud800 AAAAAAA=\n")
