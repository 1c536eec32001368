"""Signing documents with Data Integrity proofs: `eddsa-rdfc-2022` and `eddsa-jcs-2022`.

The signatures are those of openbadgeslib (RDF) and openvc (JCS), see decision 0015: openbadgeslib
keeps the processed contexts and bounds the canonicalisation, and takes a private key as PEM only.
Both are loaded with the first document that is signed: every command that opens a bank comes by
here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from creditbank.credentials import contexts
from creditbank.errors.credentials import DocumentNotSignable
from creditbank.errors.ledger import MalformedKey
from creditbank.ledger.suite import ED25519_PUBLIC_BYTES, KEY_BYTES

Suite = Literal["eddsa-rdfc-2022", "eddsa-jcs-2022"]
RDFC: Final[Suite] = "eddsa-rdfc-2022"
JCS: Final[Suite] = "eddsa-jcs-2022"
Signatures = Literal["eddsa-rdfc-2022", "eddsa-jcs-2022", "both"]
"""With which proofs a document is had: one of them, or the two side by side."""
PURPOSE: Final = "assertionMethod"
MAX_DOCUMENT_BYTES: Final = 256 * 1024
"""The largest document that openbadgeslib signs and verifies, with its proof, as compact UTF-8."""

_ED25519_CODE: Final = b"\xed\x01"  # multicodec of an Ed25519 public key


class Key:
    """A credential key: an Ed25519 seed of 32 bytes that speaks for a DID.

    `id` is the URL of its verification method, `<did>#<multikey>`; `multikey` the public key in
    multibase (`z6Mk…`); `public` its 32 bytes. Without a `did` it is a `did:key` of its own.

    Raises:
        MalformedKey: if the seed has not 32 bytes.
    """

    alg: Final = "EdDSA"

    def __init__(self, seed: bytes, did: str | None = None) -> None:
        if len(seed) != KEY_BYTES:
            raise MalformedKey(reason="length")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: Final = self._private.public_key().public_bytes_raw()
        self.multikey: Final = multikey_of(self.public)
        self.did: Final = f"did:key:{self.multikey}" if did is None else did
        self.id: Final = f"{self.did}#{self.multikey}"
        self.pem: Final = self._private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )

    @property
    def kid(self) -> str:
        """The key's name in a JOSE header: the URL of its verification method."""
        return self.id

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data`."""
        return self._private.sign(data)


def multikey_of(public: bytes) -> str:
    """Return an Ed25519 public key as multibase Multikey (`z6Mk…`).

    Raises:
        MalformedKey: if it has not 32 bytes.
    """
    if len(public) != ED25519_PUBLIC_BYTES:
        raise MalformedKey(reason="length")
    from openvc.multibase import encode_multibase

    return encode_multibase(_ED25519_CODE + public)


def jwk_of(public: bytes) -> dict[str, Any]:
    """Return an Ed25519 public key as a JWK (RFC 8037)."""
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x}


def sign(
    document: Mapping[str, Any],
    key: Key,
    created: int,
    suites: Sequence[Suite] = (RDFC,),
    others: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return `document` with one proof for each of `suites`, and the proofs of `others` after them.

    `created` is in unix seconds. The same arguments give the same bytes. One proof stands as an
    object, several as an array (a proof set: each is over the document without any proof).

    Raises:
        DocumentNotSignable: if the document has a proof, names a context that is not installed, or
            is too large.
    """
    proofs = [countersign(document, key, created, suite) for suite in suites]
    proofs += [dict(proof) for proof in others]
    return {**document, "proof": proofs[0] if len(proofs) == 1 else proofs}


def suites_of(signatures: Signatures) -> tuple[Suite, ...]:
    """Return the suite of each proof, in the order in which they stand."""
    return (RDFC, JCS) if signatures == "both" else (signatures,)


def countersign(
    document: Mapping[str, Any], key: Key, created: int, suite: Suite = RDFC
) -> dict[str, Any]:
    """Return a proof over `document` without its proofs, such as a second signer's.

    The college makes it with the key in its register entry, as a `did:key`, from the document that
    the bank has built; raises as `sign`.
    """
    if "proof" in document:
        raise DocumentNotSignable(member="proof", reason="member_repeated")
    if len(compact_bytes(document)) > MAX_DOCUMENT_BYTES:
        raise DocumentNotSignable(member="/", reason="size")
    made = _jcs(document, key, created) if suite == JCS else _rdfc(document, key, created)
    proof: dict[str, Any] = made["proof"]
    return proof


def _rdfc(document: Mapping[str, Any], key: Key, created: int) -> dict[str, Any]:
    from openbadgeslib.errors import ErrorSigningFile
    from openbadgeslib.ob3.ldp import add_data_integrity_proof

    missing = contexts.beside(set(context_urls(document)), contexts.of_openbadgeslib())
    try:
        return add_data_integrity_proof(
            dict(document),
            key.pem,
            key.id,
            proof_purpose=PURPOSE,
            created=datetime.fromtimestamp(created, UTC),
            extra_contexts=missing,
        )
    except ErrorSigningFile as error:
        raise DocumentNotSignable(member="/", reason="form") from error


def _jcs(document: Mapping[str, Any], key: Key, created: int) -> dict[str, Any]:
    from openvc.errors import OpenvcError
    from openvc.proof.di_jcs import EddsaJcsProofSuite

    try:
        made = EddsaJcsProofSuite().add_proof(
            dict(document),
            signing_key=key,
            verification_method=key.id,
            proof_purpose=PURPOSE,
            created=datetime.fromtimestamp(created, UTC),
        )
    except OpenvcError as error:
        raise DocumentNotSignable(member="/", reason="form") from error
    # vc-di-eddsa, 3.3.1: the context is part of the proof that is stored. openvc signs over it
    # and leaves it out, which other verifiers find forged.
    made["proof"] = {"@context": made["@context"], **made["proof"]}
    return made


def context_urls(value: Any) -> Iterator[str]:
    """Yield the URL of every context that is named anywhere in a document."""
    if isinstance(value, Mapping):
        named = value.get("@context")
        many = named if isinstance(named, list) else [named]
        yield from (one for one in many if isinstance(one, str))
        for name, member in value.items():
            if name != "@context":
                yield from context_urls(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from context_urls(member)


def compact_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as compact JSON in UTF-8, its members in their order."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
