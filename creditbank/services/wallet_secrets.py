"""The secrets of exchanges with wallets: derived from a key outside the database, never stored."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from binascii import Error as NotBase64
from typing import Final

from creditbank.ledger import suite
from creditbank.storage.keyring import Keyring

NONCE_SECONDS: Final = 300
_EXPIRY: Final = struct.Struct(">Q")
_RANDOM_BYTES: Final = 16
_TAG_BYTES: Final = 16


def code_of(keyring: Keyring, offer: str) -> str:
    """Return the pre-authorised code of an offer: its id and a keyed digest of it."""
    return f"{offer}.{_text(keyring.wallet_mac('code', offer))}"


def offer_of(keyring: Keyring, code: str) -> str | None:
    """Return the offer that a code is of, None if it is none of ours."""
    offer = code.partition(".")[0]
    return offer if hmac.compare_digest(code_of(keyring, offer).encode(), code.encode()) else None


def transaction_of(keyring: Keyring, offer: str, configuration: str) -> str:
    """Return the id under which a deferred certificate is asked for again."""
    return _text(keyring.wallet_mac("deferred", offer, configuration))


def transaction_code_digest(keyring: Keyring, offer: str, code: str) -> bytes:
    """Return what is kept of a transaction code."""
    return keyring.wallet_mac("transaction-code", offer, code)


def new_nonce(keyring: Keyring, now: int) -> str:
    """Return a fresh nonce that says itself until when it holds; nothing is stored."""
    body = _EXPIRY.pack(now + NONCE_SECONDS) + secrets.token_bytes(_RANDOM_BYTES)
    return _text(body + _tag(keyring, body))


def nonce_until(keyring: Keyring, nonce: str, now: int) -> int | None:
    """Return until when a nonce of ours holds, None if it is not ours or does not hold any more."""
    raw = _bytes(nonce)
    if raw is None or len(raw) != _EXPIRY.size + _RANDOM_BYTES + _TAG_BYTES:
        return None
    body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    until: int = _EXPIRY.unpack_from(body)[0]
    return until if hmac.compare_digest(tag, _tag(keyring, body)) and until > now else None


def nonce_digest(nonce: str) -> bytes:
    """Return what is kept of a nonce that was used."""
    return suite.hash_bytes(nonce.encode())


def state_of(keyring: Keyring, presentation: str) -> str:
    """Return the state that comes back with an answer; it stands in the signed request alone."""
    return _text(keyring.wallet_mac("state", presentation))


def presentation_cipher(keyring: Keyring, presentation: str) -> suite.Cipher:
    """Return the cipher of what one wallet showed."""
    return suite.Cipher(keyring.wallet_mac("presentation", presentation))


def _tag(keyring: Keyring, body: bytes) -> bytes:
    return keyring.wallet_mac("nonce", body.hex())[:_TAG_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError):
        return None
