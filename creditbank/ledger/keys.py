"""Verifier keys of signed notes: names, types, IDs and their text (c2sp.org/signed-note)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from creditbank.errors.ledger import MalformedKey
from creditbank.ledger.suite import ED25519_PUBLIC_BYTES, MLDSA44_PUBLIC_BYTES, hash_bytes
from creditbank.ledger.wire import decode_base64, encode_base64, is_key_name

KEY_ID_BYTES: Final = 4
MAX_NAME_BYTES: Final = 255  # an ML-DSA-44 cosignature writes the length in one byte


class KeyType(IntEnum):
    """The signature types that this program makes and verifies."""

    ED25519 = 0x01
    """Ed25519 over the text of the note."""
    COSIGNATURE = 0x04
    """Ed25519 over a time and the text: a witness's cosignature/v1."""
    MLDSA44 = 0x06
    """ML-DSA-44 over a time and the tree head of a checkpoint: subtree/v1."""


_PUBLIC_BYTES: Final = {
    KeyType.ED25519: ED25519_PUBLIC_BYTES,
    KeyType.COSIGNATURE: ED25519_PUBLIC_BYTES,
    KeyType.MLDSA44: MLDSA44_PUBLIC_BYTES,
}


def check_key_name(name: str) -> str:
    """Return `name`, which is also the form of a log's origin.

    Raises:
        MalformedKey: if it is empty, has a space, control or plus sign, or more than 255 bytes.
    """
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise MalformedKey(reason="name") from None
    if length > MAX_NAME_BYTES or not is_key_name(name):
        raise MalformedKey(reason="name")
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key; `id` is the 4-byte hint that stands in each of its signatures.

    Raises:
        MalformedKey: if the name or the length of the public key is not of the form.
    """

    name: str
    type: KeyType
    public: bytes
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public) != _PUBLIC_BYTES[self.type]:
            raise MalformedKey(reason="length")
        hashed = hash_bytes(self.name.encode() + b"\n" + bytes([self.type]) + self.public)
        object.__setattr__(self, "id", hashed[:KEY_ID_BYTES])

    def __str__(self) -> str:
        """Return `<name>+<hex ID>+<base64 of type and key>`, the text that verifiers are given."""
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes([self.type]) + self.public)}"


def parse_key(text: str) -> VerifierKey:
    """Return the key whose `str` is `text`.

    Raises:
        MalformedKey: if the form, the type or the length is another, or the ID does not fit.
    """
    name, _, rest = text.partition("+")
    _, _, encoded = rest.partition("+")  # base64 may have a plus sign of its own
    try:
        decoded = decode_base64(encoded)
        key = VerifierKey(name, KeyType(decoded[0]), decoded[1:])
    except (ValueError, IndexError):
        raise MalformedKey(reason="form") from None
    if str(key) != text:
        raise MalformedKey(reason="id")
    return key
