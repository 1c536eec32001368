"""An owner's signature over a register version that it publishes.

It says that the owner put out this very document at this bank, and stands in the entry where
everybody can check it: over the version's name and the digest of its canonical bytes.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from creditbank.domain.attest_forms import Signature
from creditbank.domain.registers.institution import SigningKey
from creditbank.errors.ledger import SignatureInvalid
from creditbank.ledger import canonical
from creditbank.ledger.suite import Signer, verify_ed25519, verify_mldsa44
from creditbank.ledger.wire import decode_base64, encode_base64

_REGISTER: Final = b"creditbank/attest/register/1\0"
_VERIFIERS: Final = {"ed25519": verify_ed25519, "ml-dsa-44": verify_mldsa44}
KeyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


@with_config(ConfigDict(extra="forbid", strict=True))
class RegisterSignature(TypedDict):
    """The owner's key by its id, and the signature."""

    alg: Literal["ed25519", "ml-dsa-44"]
    kid: KeyId
    sig: Signature


def signed_bytes(*, log: str, org: str, kind: str, id: str, version: str, digest: str) -> bytes:  # noqa: A002  # as the reference has it
    """Return what `org` signs for the bank `log`: the version's name, and its digest in hex."""
    value = {
        "log": log,
        "org": org,
        "kind": kind,
        "id": id,
        "version": version,
        "digest": digest,
    }
    return _REGISTER + canonical.encode_checked(value)


def sign_register(signer: Signer, kid: str, alg: str, message: bytes) -> dict[str, Any]:
    """Return the member `signature` for `message`, the result of `signed_bytes`."""
    return {"alg": alg, "kid": kid, "sig": encode_base64(signer.sign(message))}


def check_signature(signature: RegisterSignature, message: bytes, key: SigningKey) -> None:
    """Return if `key` made the signature over `message`; raises SignatureInvalid."""
    try:
        if signature["alg"] != key.alg:
            raise SignatureInvalid(reason="attestation")
        public = bytes.fromhex(key.public)
        _VERIFIERS[key.alg](public, decode_base64(signature["sig"]), message)
    except ValueError:
        raise SignatureInvalid(reason="attestation") from None
