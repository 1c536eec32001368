"""Signing documents with Data Integrity proofs: `eddsa-rdfc-2022` and `eddsa-jcs-2022`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

Suite = Literal["eddsa-rdfc-2022", "eddsa-jcs-2022"]
RDFC: Final[Suite] = "eddsa-rdfc-2022"
JCS: Final[Suite] = "eddsa-jcs-2022"


class Key:
    """A credential key: an Ed25519 seed of 32 bytes that speaks for a DID.

    `id` is the URL of its verification method, `<did>#<multikey>`; `multikey` the public key in
    multibase (`z6Mk…`); `public` its 32 bytes; `did` None makes it a `did:key` of its own.

    Raises:
        MalformedKey: if the seed has not 32 bytes.
    """

    def __init__(self, seed: bytes, did: str | None = None) -> None:
        raise NotImplementedError

    did: str
    id: str
    multikey: str
    public: bytes

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data`."""
        raise NotImplementedError


def multikey_of(public: bytes) -> str:
    """Return an Ed25519 public key as multibase Multikey (`z6Mk…`)."""
    raise NotImplementedError


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
        DocumentNotSignable: if the document has a proof, or a member that a proof would not cover.
    """
    raise NotImplementedError


def countersign(
    document: Mapping[str, Any], key: Key, created: int, suite: Suite = RDFC
) -> dict[str, Any]:
    """Return the proof of a second signer, over `document` without its proofs.

    The college makes it with the key in its register entry, as a `did:key`, from the document that
    the bank has built; raises as `sign`.
    """
    raise NotImplementedError


def check_countersignature(
    document: Mapping[str, Any], proof: Mapping[str, Any], public: bytes
) -> None:
    """Return if `proof` over `document` is by the Ed25519 key `public`; any suite of ours.

    Raises:
        SignatureInvalid: if it is not.
        DocumentNotSignable: if the proof is not of the form.
    """
    raise NotImplementedError
