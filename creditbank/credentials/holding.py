"""Whose key a wallet holds: the key proofs of OpenID4VCI 1.0 (section 8.2, appendix F.1).

`openvc` reads and checks the proofs; here stand what this bank takes (one proof of type `jwt`), and
which error code of the protocol each refusal is. Keys are taken from the header as a JWK, or as a
`did:key` or `did:jwk` that carries them: nothing is looked up.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from openvc.did.base import DidError, DidResolverRegistry
from openvc.did.did_jwk import DidJwkResolver
from openvc.did.did_key import DidKeyResolver
from openvc.errors import OpenvcError
from openvc.multibase import encode_multibase
from openvc.openid4vci import (
    CredentialRequestMalformed,
    ProofReplayed,
    UnsupportedProofType,
    verify_credential_request_proofs,
)

from creditbank.errors.wallets import WalletRefused

ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")
"""What a wallet may sign its key proof with."""
BINDINGS: Final = ("did:key", "did:jwk")
_PROOF_SECONDS_MAX: Final = 300
_SUBJECT_CHARACTERS_MAX: Final = 1000
_PUBLIC_MEMBERS: Final = ("kty", "crv", "x", "y")
_ED25519_KEY: Final = b"\xed\x01"
_P256_KEY: Final = b"\x80\x24"
_LOCAL: Final = DidResolverRegistry([DidKeyResolver(), DidJwkResolver()])


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A key that a wallet proved to hold: its DID, the public JWK, and its RFC 7638 thumbprint."""

    subject: str
    jwk: Mapping[str, Any]
    thumbprint: str


def proven_key(
    body: Mapping[str, Any], *, issuer: str, now: int, nonce_is_ours: Callable[[str], bool]
) -> tuple[HolderKey, str]:
    """Return the key that a credential request proves to hold, and the nonce of the proof.

    `issuer` is the credential issuer's identifier that the proof has to be for, `now` in unix
    seconds. Whether the nonce was used before is the caller's to decide, afterwards.

    Raises:
        WalletRefused: `invalid_proof`, `invalid_nonce` or `invalid_credential_request`.
    """
    if not isinstance(body.get("proofs"), Mapping):
        raise WalletRefused("invalid_proof", "the member proofs is missing")
    try:
        (proof,) = verify_credential_request_proofs(
            body,
            credential_issuer=issuer,
            check_nonce=nonce_is_ours,
            resolve_proof_key=_local_key,
            max_age_s=_PROOF_SECONDS_MAX,
            now=datetime.fromtimestamp(now, UTC),
            allowed_algs=frozenset(ALGORITHMS),
            batch_size=1,
        )
    except ProofReplayed:
        text = "the nonce is not one of ours or has expired; ask for a new one"
        raise WalletRefused("invalid_nonce", text) from None
    except (CredentialRequestMalformed, UnsupportedProofType) as error:
        code = _code_of(error, body["proofs"])
        raise WalletRefused(code, in_ascii(error)) from None
    except (OpenvcError, RecursionError) as error:
        raise WalletRefused("invalid_proof", in_ascii(error)) from None
    named = str(proof.header.get("kid", "")).partition("#")[0]
    subject = named if proof.key_source == "kid" else key_did(proof.public_jwk)
    if len(subject) > _SUBJECT_CHARACTERS_MAX:
        raise WalletRefused("invalid_proof", "the kid is too long")
    jwk = {name: value for name, value in proof.public_jwk.items() if name in _PUBLIC_MEMBERS}
    return HolderKey(subject, jwk, proof.thumbprint), proof.nonce or ""


def key_did(jwk: Mapping[str, Any]) -> str:
    """Return the `did:key` of an Ed25519 or P-256 public key; raises `WalletRefused` for others."""
    try:
        x = _bytes(jwk["x"])
        if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519"):
            return f"did:key:{encode_multibase(_ED25519_KEY + x)}"
        numbers = (int.from_bytes(x, "big"), int.from_bytes(_bytes(jwk["y"]), "big"))
        ec.EllipticCurvePublicNumbers(*numbers, ec.SECP256R1()).public_key()  # on the curve
    except (KeyError, TypeError, ValueError):
        raise WalletRefused("invalid_proof", "the key cannot be used") from None
    sign = b"\x03" if numbers[1] & 1 else b"\x02"
    return f"did:key:{encode_multibase(_P256_KEY + sign + numbers[0].to_bytes(32, 'big'))}"


def in_ascii(error: object, characters_max: int = 300) -> str:
    """Return an error's text as `error_description` may be (RFC 6749, section 5.2)."""
    text = "".join(one if " " <= one <= "~" else " " for one in str(error))
    return text.replace('"', "'").replace("\\", "/")[:characters_max].rstrip(". ")


def _local_key(kid: str) -> dict[str, Any]:
    did = kid.partition("#")[0]
    if not did.startswith(tuple(f"{method}:" for method in BINDINGS)):
        raise WalletRefused("invalid_proof", "the kid is neither a did:key nor a did:jwk")
    try:
        method = _LOCAL.resolve(did).key_by_kid(kid if "#" in kid else None)
    except (DidError, RecursionError):
        method = None
    if method is None or method.public_key_jwk is None:
        raise WalletRefused("invalid_proof", "the kid names no key")
    return dict(method.public_key_jwk)


def _code_of(error: OpenvcError, proofs: Mapping[str, Any]) -> str:
    """A proof of another type, or none, is an invalid proof; anything else an invalid request."""
    if isinstance(error, UnsupportedProofType) or not any(proofs.values()):
        return "invalid_proof"
    return "invalid_credential_request"


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
