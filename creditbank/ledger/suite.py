"""The one seam to hash, MAC, cipher and signature: version 1 of the suite.

Version 1 is SHA-256, HMAC-SHA-256, AES-256-GCM, Ed25519 (RFC 8032) and, beside it, ML-DSA-44
(FIPS 204). Another suite is another version in another log; an HSM fills the `Signer` protocol.
Keys, nonces and salts are arguments: nothing here draws randomness for them.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from creditbank.errors.ledger import MalformedKey, SealBroken, SignatureInvalid

VERSION: Final = 1
HASH_BYTES: Final = 32
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
ED25519_PUBLIC_BYTES: Final = 32
ED25519_SIGNATURE_BYTES: Final = 64
MLDSA44_PUBLIC_BYTES: Final = 1312
MLDSA44_SIGNATURE_BYTES: Final = 2420


class Signer(Protocol):
    """A private key, here or in an HSM, that signs bytes."""

    @property
    def public(self) -> bytes:
        """The raw public key."""

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature over `data`."""


def hash_bytes(data: bytes) -> bytes:
    """Return the 32 bytes of SHA-256 (FIPS 180-4) over `data`."""
    return sha256(data).digest()


def mac(key: bytes, data: bytes) -> bytes:
    """Return the 32 bytes of HMAC-SHA-256 (RFC 2104) over `data` under `key`."""
    return hmac.digest(key, data, "sha256")


class Cipher:
    """AES-256-GCM under one 32-byte key, ready for many messages.

    Sealed bytes are nonce, ciphertext and tag. A nonce must never be used twice under one key;
    random ones are safe for 2^32 messages (NIST SP 800-38D, section 8.3).

    Raises:
        MalformedKey: if the key has not 32 bytes.
    """

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise MalformedKey(reason="length")
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, data: bytes, context: bytes) -> bytes:
        """Return nonce, ciphertext and tag of `data`, bound to `context`.

        Raises:
            MalformedKey: if the nonce has not 12 bytes.
        """
        if len(nonce) != NONCE_BYTES:
            raise MalformedKey(reason="length")
        return nonce + self._aead.encrypt(nonce, data, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Return the data that `seal` was given.

        Raises:
            SealBroken: if the sealed bytes or the context were changed, or the key is another.
        """
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise SealBroken from None


class Ed25519Signer:
    """An Ed25519 private key from its 32-byte seed; its signatures are deterministic.

    Raises:
        MalformedKey: if the seed has not 32 bytes.
    """

    def __init__(self, private: bytes) -> None:
        if len(private) != KEY_BYTES:
            raise MalformedKey(reason="length")
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.public: Final = self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data`."""
        return self._key.sign(data)


class MlDsa44Signer:
    """An ML-DSA-44 private key from its 32-byte seed; two signatures of the same data differ.

    Raises:
        MalformedKey: if the seed has not 32 bytes.
    """

    def __init__(self, private: bytes) -> None:
        if len(private) != KEY_BYTES:
            raise MalformedKey(reason="length")
        self._key = MLDSA44PrivateKey.from_seed_bytes(private)
        self.public: Final = self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the 2420-byte signature over `data`, with an empty context string."""
        return self._key.sign(data)


def verify_ed25519(public: bytes, signature: bytes, data: bytes) -> None:
    """Return if `signature` over `data` is by the 32-byte `public` key.

    Raises:
        SignatureInvalid: if it is not.
        MalformedKey: if the public key has another length.
    """
    if len(public) != ED25519_PUBLIC_BYTES:
        raise MalformedKey(reason="length")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        raise SignatureInvalid(reason="signature") from None


def verify_mldsa44(public: bytes, signature: bytes, data: bytes) -> None:
    """Return if `signature` over `data` is by the 1312-byte `public` key.

    Raises:
        SignatureInvalid: if it is not.
        MalformedKey: if the public key has another length.
    """
    if len(public) != MLDSA44_PUBLIC_BYTES:
        raise MalformedKey(reason="length")
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        raise SignatureInvalid(reason="signature") from None
