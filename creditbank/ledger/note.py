"""Signed notes: a text and the signatures under it (c2sp.org/signed-note, tlog-cosignature).

A note is its text, a blank line, and a line for each signature: an em dash, the key's name, and
base64 of the key's ID and the signature. Cosignatures put eight bytes of unix seconds between.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from creditbank.errors.ledger import (
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    SignatureInvalid,
)
from creditbank.ledger.keys import KEY_ID_BYTES, MAX_NAME_BYTES, KeyType, VerifierKey
from creditbank.ledger.suite import Signer, verify_ed25519, verify_mldsa44
from creditbank.ledger.treehead import parse_tree_head
from creditbank.ledger.wire import (
    check_lines,
    decode_base64,
    decode_lines,
    encode_base64,
    is_key_name,
)

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100  # readers must take 16; an ML-DSA-44 line is some 3.3 kB
_MARK: Final = "\u2014 "
_TIME: Final = struct.Struct(">Q")
_MAX_TIME: Final = 2**63 - 1
_SUBTREE: Final = b"subtree/v1\n\0"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line: the key's name and 4-byte ID, and the bytes after it, with the time if any."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text of whole lines and the signatures under it, verified or not."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that holds: by which key, and for cosignatures the unix second it states."""

    key: VerifierKey
    at: int | None


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key with the name and type under which it signs notes."""

    name: str
    type: KeyType
    signer: Signer

    @property
    def key(self) -> VerifierKey:
        """The key that verifies what this one signs."""
        return VerifierKey(self.name, self.type, self.signer.public)


def format_note(note: Note) -> bytes:
    """Return the bytes of a note that was signed or parsed."""
    return (note.text + "\n" + format_signatures(note.signatures)).encode()


def format_signatures(signatures: Iterable[NoteSignature]) -> str:
    """Return the signature lines, each ending in a newline, as witnesses answer them."""
    return "".join(
        f"{_MARK}{line.name} {encode_base64(line.key_id + line.signature)}\n" for line in signatures
    )


def parse_note(data: bytes) -> Note:
    """Return the note whose bytes are `data`; nothing is verified yet.

    Raises:
        MalformedNote: if it is no note, over 1,000,000 bytes, or has over 100 signatures.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(reason="size")
    try:
        text, blank, lines = decode_lines(data).rpartition("\n\n")
    except ValueError:
        raise MalformedNote(reason="text") from None
    if not blank:
        raise MalformedNote(reason="no_signature")
    return Note(text + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Return the signatures of 1 … 100 signature lines, as in a note or a witness's answer.

    Raises:
        MalformedNote: if a line is not of the form, or there are none or too many.
    """
    if not lines.endswith("\n"):
        raise MalformedNote(reason="no_signature")
    found = lines[:-1].split("\n")
    if len(found) > MAX_SIGNATURES:
        raise MalformedNote(reason="too_many_signatures")
    return tuple(_parse_signature(line) for line in found)


def _parse_signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not space or not is_key_name(name):
        raise MalformedNote(reason="signature_line")
    try:
        name.encode()
        data = decode_base64(encoded)
    except ValueError:
        raise MalformedNote(reason="signature_line") from None
    if len(data) <= KEY_ID_BYTES:
        raise MalformedNote(reason="signature_line")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def sign_note(text: str, signers: Sequence[NoteSigner], *, at: int | None = None) -> Note:
    """Return the note of `text`, signed by each of `signers`.

    `at`, in unix seconds, is what cosignatures (0x04 and 0x06) say; others have no time. It says
    that nothing larger was seen by then; 0 in an ML-DSA-44 cosignature does not say so. The
    text must be a checkpoint without extension lines if an ML-DSA-44 key signs.

    Raises:
        MalformedNote: if the text is not whole lines without control characters, nobody signs,
            or a cosignature has no time.
        MalformedCheckpoint: if an ML-DSA-44 key is to sign something else.
    """
    try:
        check_lines(text)
    except ValueError:
        raise MalformedNote(reason="text") from None
    if not signers:
        raise MalformedNote(reason="no_signature")
    return Note(text, tuple(_sign(text, signer, at) for signer in signers))


def _sign(text: str, signer: NoteSigner, at: int | None) -> NoteSignature:
    key = signer.key
    time = b""
    if key.type is not KeyType.ED25519:
        if at is None or not 0 <= at <= _MAX_TIME:
            raise MalformedNote(reason="time")
        time = _TIME.pack(at)
    signature = signer.signer.sign(signed_bytes(key, text, at or 0))
    return NoteSignature(key.name, key.id, time + signature)


def add_signatures(note: Note, signatures: Iterable[NoteSignature]) -> Note:
    """Return the note with those of `signatures` that it does not have yet, behind its own."""
    added = dict.fromkeys((*note.signatures, *signatures))
    return replace(note, signatures=tuple(added))


def signed_bytes(key: VerifierKey, text: str, at: int) -> bytes:
    """Return what `key` signs for `text` at unix second `at` (unused for Ed25519 0x01).

    Raises:
        MalformedCheckpoint: for an ML-DSA-44 key, if the text is not a checkpoint whose origin
            has at most 255 bytes.
        SignatureInvalid: for an ML-DSA-44 key, if it has extension lines: they would look
            signed and are not.
    """
    if key.type is KeyType.ED25519:
        return text.encode()
    if key.type is KeyType.COSIGNATURE:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    head = parse_tree_head(text)
    if head.extensions:
        raise SignatureInvalid(reason="extensions")
    name, origin = key.name.encode(), head.origin.encode()
    if len(origin) > MAX_NAME_BYTES:
        raise MalformedCheckpoint(reason="origin")
    return b"".join((
        _SUBTREE,
        bytes([len(name)]), name, _TIME.pack(at),
        bytes([len(origin)]), origin, _TIME.pack(0), _TIME.pack(head.size), head.root,
    ))  # fmt: skip


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """Return what the known `keys` have signed, one for each key that has, in the note's order.

    Signatures of unknown keys are ignored, and one of a known key that fails fails the note.

    Raises:
        SignatureInvalid: if one fails, or no known key has signed.
        MalformedKey: if two different keys share name and ID.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise MalformedKey(reason="ambiguous")
    found: dict[VerifierKey, Signed] = {}
    for line in note.signatures:
        match = known.get((line.name, line.key_id))
        if match is not None:
            found.setdefault(match, _verify(match, note.text, line.signature))
    if not found:
        raise SignatureInvalid(reason="no_known_key")
    return tuple(found.values())


def _verify(key: VerifierKey, text: str, signature: bytes) -> Signed:
    if key.type is KeyType.ED25519:
        verify_ed25519(key.public, signature, signed_bytes(key, text, 0))
        return Signed(key, None)
    if len(signature) <= _TIME.size:
        raise SignatureInvalid(reason="length")
    at: int = _TIME.unpack_from(signature)[0]
    if at > _MAX_TIME:
        raise SignatureInvalid(reason="time")
    verify = verify_mldsa44 if key.type is KeyType.MLDSA44 else verify_ed25519
    verify(key.public, signature[_TIME.size :], signed_bytes(key, text, at))
    return Signed(key, at)
