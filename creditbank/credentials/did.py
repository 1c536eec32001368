"""The issuer's identity: its `did:web` with every key it has had, and where others' are found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key of the issuer, 32 bytes, in the order in which they came into use.

    `since` and `until` are unix seconds; `until` is None for the key in force. A retired key stays
    in the document and keeps verifying what it signed. `withdrawn` is when a key was given up as
    compromised: it stays named, and asserts nothing any more.
    """

    public: bytes
    since: int
    until: int | None = None
    withdrawn: int | None = None


def web_did(bank_url: str) -> str:
    """Return the `did:web` of the web site `bank_url` (port and path as the method has them).

    Raises:
        MalformedDid: if the URL has no host.
    """
    raise NotImplementedError


def document_url(did: str) -> str:
    """Return the URL of the document of a `did:web`; raises `MalformedDid` for others."""
    raise NotImplementedError


def document(did: str, keys: Iterable[KeyRecord]) -> dict[str, Any]:
    """Return the DID document (`application/did+json`) with all keys, the newest first."""
    raise NotImplementedError


def jwt_vc_issuer(bank_url: str, did: str, keys: Iterable[KeyRecord]) -> dict[str, Any]:
    """Return `/.well-known/jwt-vc-issuer`: the same keys as JWKs, for SD-JWT VC verifiers."""
    raise NotImplementedError
