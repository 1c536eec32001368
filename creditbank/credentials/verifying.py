"""Verifying a credential, step by step, in the report form of receipts and statements.

"Forged", "expired", "revoked", "issuer not known to us" and "could not reach the status list" are
different answers; what a signature does not cover is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from creditbank.domain.verification import Report

ResolveDid = Callable[[str], Mapping[str, Any]]
"""Returns the DID document; raises `HostNotAllowed`, `HostUnreachable` or `MalformedDid`."""
FetchStatus = Callable[[str], bytes]
"""Returns the bytes of a status list; raises `HostNotAllowed` or `HostUnreachable`."""


def verify(
    data: bytes | str | Mapping[str, Any],
    *,
    resolve_did: ResolveDid,
    fetch_status: FetchStatus,
    now: int,
    is_known: Callable[[str], bool],
    countersigner: Callable[[bytes], str | None] = lambda _public: None,
) -> Report:
    """Return what can be said of a credential at unix second `now`.

    `is_known` says whether an issuer's DID is one that the verifier relies on; `countersigner`
    names the institution of an Ed25519 public key, None if no register has it. Whatever is wrong
    with the credential is an answer in the report.
    """
    raise NotImplementedError


def is_credential(value: object) -> bool:
    """Return whether a parsed document or text looks like a credential, not a receipt."""
    raise NotImplementedError
