"""Files sealed to a public key: what an export holds that is not for everybody.

A file key is sealed with HPKE (RFC 9180, base mode) to a hybrid key, ML-KEM-768 and X25519 in one,
because a backup that is copied today can be kept until somebody breaks one of the two. The content
follows in chunks of AES-256-GCM whose nonce is the chunk's number and whether it is the last one
(the STREAM construction), so that a file that was cut, reordered or changed does not open.
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from creditbank.errors.export import BackupKeyMalformed, ExportUnusable
from creditbank.ledger.wire import decode_base64, encode_base64

_MAGIC: Final = b"creditbank-sealed/1\n"
_PUBLIC: Final = "creditbank-backup-public/1"
_SECRET: Final = "creditbank-backup-secret/1"  # noqa: S105  # the name of a form
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_INFO: Final = b"creditbank/sealed-file/1"
_CHUNK_BYTES: Final = 1 << 16
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32
_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_LENGTH: Final = struct.Struct(">H")


@dataclass(frozen=True)
class Recipient:
    """Whom files are sealed to: the public halves of ML-KEM-768 and X25519."""

    mlkem: bytes
    x25519: bytes

    def __str__(self) -> str:
        """Return the text of a .pub file."""
        return f"{_PUBLIC} {encode_base64(self.mlkem + self.x25519)}\n"

    def seal(self, key: bytes) -> bytes:
        """Return a file key sealed to this recipient."""
        public = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.mlkem),
            X25519PublicKey.from_public_bytes(self.x25519),
        )
        return _SUITE.encrypt(key, public, info=_INFO)


@dataclass(frozen=True, repr=False)
class Identity:
    """Who can open what was sealed: the seeds of ML-KEM-768 and X25519."""

    mlkem: bytes
    x25519: bytes

    def __str__(self) -> str:
        """Return the text of a key file."""
        return f"{_SECRET} {encode_base64(self.mlkem + self.x25519)}\n"

    @property
    def recipient(self) -> Recipient:
        """The public halves."""
        mlkem, x25519 = self._keys()
        return Recipient(
            mlkem.public_key().public_bytes_raw(), x25519.public_key().public_bytes_raw()
        )

    def open(self, sealed: bytes) -> bytes:
        """Return a file key; raise InvalidTag or ValueError if it is not for this key."""
        return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*self._keys()), info=_INFO)

    def _keys(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        return (
            MLKEM768PrivateKey.from_seed_bytes(self.mlkem),
            X25519PrivateKey.from_private_bytes(self.x25519),
        )


def new_identity() -> Identity:
    """Return a fresh key for backups."""
    return Identity(secrets.token_bytes(_MLKEM_SEED_BYTES), secrets.token_bytes(_KEY_BYTES))


def write_identity(path: Path, identity: Identity) -> Path:
    """Write a key file, readable by its owner only, and the .pub file beside it; return that."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as secret:
        secret.write(str(identity))
    public = path.with_name(path.name + ".pub")
    public.write_text(str(identity.recipient), encoding="ascii")
    return public


def read_recipient(path: Path) -> Recipient:
    """Return the public key in a file; raise `BackupKeyMalformed`."""
    data = _read_key(path, _PUBLIC, _MLKEM_PUBLIC_BYTES)
    recipient = Recipient(data[:_MLKEM_PUBLIC_BYTES], data[_MLKEM_PUBLIC_BYTES:])
    try:
        recipient.seal(bytes(_KEY_BYTES))
    except ValueError:
        raise BackupKeyMalformed(file=path.name) from None
    return recipient


def read_identity(path: Path) -> Identity:
    """Return the secret key in a file; raise `BackupKeyMalformed`."""
    data = _read_key(path, _SECRET, _MLKEM_SEED_BYTES)
    return Identity(data[:_MLKEM_SEED_BYTES], data[_MLKEM_SEED_BYTES:])


def _read_key(path: Path, form: str, first: int) -> bytes:
    try:
        name, _, encoded = path.read_text(encoding="ascii").strip().partition(" ")
        data = decode_base64(encoded)
    except (OSError, ValueError):
        raise BackupKeyMalformed(file=path.name) from None
    if name != form or len(data) != first + _KEY_BYTES:
        raise BackupKeyMalformed(file=path.name)
    return data


class SealedWriter:
    """Writes a sealed file. It is whole, and on disk, once `close` returned."""

    def __init__(self, path: Path, recipient: Recipient) -> None:
        key = secrets.token_bytes(_KEY_BYTES)
        sealed = recipient.seal(key)
        self._aead = AESGCM(key)
        self._file: BinaryIO = path.open("xb")
        self._file.write(_MAGIC + _LENGTH.pack(len(sealed)) + sealed)
        self._waiting = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """Add to the content."""
        self._waiting += data
        while len(self._waiting) > _CHUNK_BYTES:
            self._write_chunk(bytes(self._waiting[:_CHUNK_BYTES]), last=False)
            del self._waiting[:_CHUNK_BYTES]

    def close(self) -> None:
        """Write the last chunk and wait for the disk."""
        self._write_chunk(bytes(self._waiting), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _write_chunk(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._aead.encrypt(_nonce(self._number, last=last), data, None))
        self._number += 1

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; one that was not finished stays without its last chunk."""
        if kind is None:
            self.close()
        else:
            self._file.close()


def read_sealed(path: Path, identity: Identity) -> Iterator[bytes]:
    """Yield the content of a sealed file in chunks, each checked before it is yielded.

    Raises `ExportUnusable` if the file is missing, was changed or cut off, or is for another key.
    """
    try:
        with path.open("rb") as file:
            yield from _chunks(file, identity)
    except FileNotFoundError:
        raise ExportUnusable(file=path.name, reason="file") from None
    except (InvalidTag, ValueError, OSError):
        raise ExportUnusable(file=path.name, reason="seal") from None


def _chunks(file: BinaryIO, identity: Identity) -> Iterator[bytes]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("magic")
    length = file.read(_LENGTH.size)
    if len(length) != _LENGTH.size:
        raise ValueError("length")
    aead = AESGCM(identity.open(file.read(_LENGTH.unpack(length)[0])))
    sealed, number = file.read(_CHUNK_BYTES + _TAG_BYTES), 0
    while True:
        following = file.read(_CHUNK_BYTES + _TAG_BYTES)
        yield aead.decrypt(_nonce(number, last=not following), sealed, None)
        if not following:
            return
        sealed, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
