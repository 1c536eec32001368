"""Status lists: W3C Bitstring Status List 1.0, and a Token Status List for SD-JWT VCs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from creditbank.credentials.signing import Key
from creditbank.domain.certifying import IssuerFacts, Purpose, StatusMessage

POSITIONS: Final = 131_072
"""Positions in a list (2^17): the fewest that the recommendation allows."""
TTL_SECONDS: Final = 300


def entry(list_url: str, purpose: Purpose, position: int) -> dict[str, Any]:
    """Return the `credentialStatus` member that points at a position."""
    raise NotImplementedError


def list_credential(
    list_url: str,
    purpose: Purpose,
    marked: Mapping[int, frozenset[StatusMessage]] | Iterable[int],
    *,
    issuer: IssuerFacts,
    key: Key,
    created: int,
) -> dict[str, Any]:
    """Return the signed list as of `created` (unix seconds).

    `marked` are the positions that are revoked or suspended; for `Purpose.MESSAGE` the messages by
    position (two bits each). It is deterministic.
    """
    raise NotImplementedError


def list_token(
    list_url: str,
    revoked: Iterable[int],
    suspended: Iterable[int],
    *,
    issuer: IssuerFacts,
    key: Key,
    created: int,
) -> str:
    """Return the signed Token Status List (`application/statuslist+jwt`), two bits each."""
    raise NotImplementedError


def read_bit(list_document: Mapping[str, Any], purpose: Purpose, position: int) -> bool:
    """Return whether the position is marked. The proof of the list is not checked here.

    Raises:
        StatusListUnusable: if it is no list of that purpose, or the position is outside it.
    """
    raise NotImplementedError


def read_messages(list_document: Mapping[str, Any], position: int) -> frozenset[StatusMessage]:
    """Return what a message list says of a position; raises as `read_bit`."""
    raise NotImplementedError
