"""The issuer's identity: its `did:web` with every key it has had, and where others' are found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from creditbank.credentials.signing import PURPOSE, jwk_of, multikey_of
from creditbank.errors.credentials import MalformedDid
from creditbank.ledger.times import format_time

WEB: Final = "did:web:"
WELL_KNOWN: Final = "/.well-known/did.json"
JWT_VC_ISSUER: Final = "/.well-known/jwt-vc-issuer"
CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key of the issuer, 32 bytes.

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
        MalformedDid: if the URL is not http or https, has no host, a user or a query.
    """
    parts = urlsplit(bank_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise MalformedDid(reason="form")
    if parts.query or parts.fragment:
        raise MalformedDid(reason="extra")
    segments = [quote(one, safe="") for one in parts.path.strip("/").split("/") if one]
    return WEB + ":".join([quote(parts.netloc.lower(), safe=""), *segments])


def document_url(did: str, scheme: str = "https") -> str:
    """Return the URL of the document of a `did:web`; `scheme` is http in development only.

    Raises:
        MalformedDid: if it is not a did:web.
    """
    host, *segments = did.removeprefix(WEB).split(":")
    if not did.startswith(WEB) or not host or "" in segments:
        raise MalformedDid(reason="form")
    where = unquote(host)
    if any(sign in where for sign in "/?#@\\ "):
        raise MalformedDid(reason="name")
    path = "".join(f"/{quote(unquote(one))}" for one in segments)
    return f"{scheme}://{where}{path}/did.json" if path else f"{scheme}://{where}{WELL_KNOWN}"


def document(did: str, keys: Iterable[KeyRecord]) -> dict[str, Any]:
    """Return the DID document (`application/did+json`) with all keys, the newest first.

    Retired keys assert on, so that what they signed verifies; a withdrawn key is only named, with
    the time from which it asserts nothing (`revoked`, Controlled Identifiers 1.0).
    """
    records = sorted(keys, key=lambda record: record.since, reverse=True)
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": [_method(did, record) for record in records],
        PURPOSE: [_method_id(did, record) for record in records if record.withdrawn is None],
    }


def jwt_vc_issuer(bank_url: str, did: str, keys: Iterable[KeyRecord]) -> dict[str, Any]:
    """Return `/.well-known/jwt-vc-issuer`: the same keys as JWKs, for SD-JWT VC verifiers."""
    standing = [record for record in keys if record.withdrawn is None]
    records = sorted(standing, key=lambda record: record.since, reverse=True)
    return {
        "issuer": bank_url.rstrip("/"),
        "jwks": {"keys": [_jwk(did, record) for record in records]},
    }


def _method(did: str, record: KeyRecord) -> dict[str, Any]:
    method = {
        "id": _method_id(did, record),
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": multikey_of(record.public),
    }
    return method | ({} if record.withdrawn is None else {"revoked": format_time(record.withdrawn)})


def _method_id(did: str, record: KeyRecord) -> str:
    return f"{did}#{multikey_of(record.public)}"


def _jwk(did: str, record: KeyRecord) -> dict[str, Any]:
    return jwk_of(record.public) | {"kid": _method_id(did, record), "use": "sig", "alg": "EdDSA"}
