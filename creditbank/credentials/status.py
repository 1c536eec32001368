"""Status lists: W3C Bitstring Status List 1.0, and a Token Status List for SD-JWT VCs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from openvc.errors import OpenvcError
from openvc.status import (
    build_status_list_credential,
    build_status_list_token,
    decode_bitstring,
    get_status_bit,
    new_bitstring,
    set_status_bit,
)
from openvc.status.token_status_list import new_status_list, set_status

from creditbank.credentials.signing import Key, sign
from creditbank.domain.certifying import IssuerFacts, Purpose, StatusMessage
from creditbank.errors.credentials import StatusListUnusable

POSITIONS: Final = 131_072
"""Positions in a list (2^17): the fewest that the recommendation allows."""
TTL_SECONDS: Final = 300
"""How long a verifier may go on with the list that it has."""

_MESSAGE_BITS: Final = 2
_TOKEN_BITS: Final = 2
_TOKEN_REVOKED, _TOKEN_SUSPENDED = 1, 2  # INVALID and SUSPENDED of the Token Status List draft
# Bit n of a position, the most significant first; both can be set.
_MESSAGES: Final = (StatusMessage.ERASED, StatusMessage.SUPERSEDED)
STATUS_MESSAGES: Final = (
    {"status": "0x0", "message": "none"},
    {"status": "0x1", "message": StatusMessage.SUPERSEDED.value},
    {"status": "0x2", "message": StatusMessage.ERASED.value},
    {"status": "0x3", "message": "superseded, erased"},
)


def entry(list_url: str, purpose: Purpose, position: int) -> dict[str, Any]:
    """Return the `credentialStatus` member that points at a position."""
    members: dict[str, Any] = {
        "id": f"{list_url}#{position}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose.value,
        "statusListIndex": str(position),
        "statusListCredential": list_url,
    }
    if purpose is Purpose.MESSAGE:
        members["statusSize"] = _MESSAGE_BITS
        members["statusMessage"] = [dict(one) for one in STATUS_MESSAGES]
    return members


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

    Raises:
        StatusListUnusable: if a position is outside the list.
    """
    bits = _message_bits(marked) if isinstance(marked, Mapping) else _bits(marked)
    made_at = datetime.fromtimestamp(created, UTC)
    document = build_status_list_credential(
        id=list_url,
        issuer=issuer.did,
        bitstring=bits,
        status_purpose=purpose.value,
        valid_from=made_at,
        ttl=TTL_SECONDS * 1000,
    )
    return sign(document, key, created)


def list_token(
    list_url: str,
    revoked: Iterable[int],
    suspended: Iterable[int],
    *,
    issuer: IssuerFacts,
    key: Key,
    created: int,
) -> str:
    """Return the signed Token Status List (`application/statuslist+jwt`), two bits each.

    Raises:
        StatusListUnusable: if a position is outside the list.
    """
    values = new_status_list(POSITIONS, bits=_TOKEN_BITS)
    try:
        for position in suspended:
            set_status(values, position, _TOKEN_SUSPENDED, bits=_TOKEN_BITS)
        for position in revoked:  # after, because it is for ever
            set_status(values, position, _TOKEN_REVOKED, bits=_TOKEN_BITS)
    except OpenvcError:
        raise StatusListUnusable(reason="position") from None
    return build_status_list_token(
        signing_key=key,
        uri=list_url,
        status_list=bytes(values),
        bits=_TOKEN_BITS,
        issued_at=created,
        ttl=TTL_SECONDS,
        issuer=issuer.url,
    )


def read_bit(list_document: Mapping[str, Any], purpose: Purpose, position: int) -> bool:
    """Return whether the position is marked. The proof of the list is not checked here.

    Raises:
        StatusListUnusable: if it is no list of that purpose, or the position is outside it.
    """
    return _bit(_decoded(list_document, purpose), position)


def read_messages(list_document: Mapping[str, Any], position: int) -> frozenset[StatusMessage]:
    """Return what a message list says of a position; raises as `read_bit`."""
    bits = _decoded(list_document, Purpose.MESSAGE)
    first = position * _MESSAGE_BITS
    return frozenset(
        message for offset, message in enumerate(_MESSAGES) if _bit(bits, first + offset)
    )


def _bits(marked: Iterable[int]) -> bytes:
    bits = new_bitstring(POSITIONS)
    _set(bits, marked)
    return bytes(bits)


def _message_bits(marked: Mapping[int, frozenset[StatusMessage]]) -> bytes:
    bits = new_bitstring(POSITIONS * _MESSAGE_BITS)
    for position, messages in marked.items():
        first = position * _MESSAGE_BITS
        _set(bits, (first + _MESSAGES.index(message) for message in messages))
    return bytes(bits)


def _set(bits: bytearray, positions: Iterable[int]) -> None:
    try:
        for position in positions:
            set_status_bit(bits, position, 1)
    except OpenvcError:
        raise StatusListUnusable(reason="position") from None


def _decoded(list_document: Mapping[str, Any], purpose: Purpose) -> bytes:
    """Return the bits of a list; openvc bounds what they unpack to (16 MiB)."""
    subject = list_document.get("credentialSubject")
    if not isinstance(subject, Mapping) or subject.get("type") != "BitstringStatusList":
        raise StatusListUnusable(reason="form")
    stated = subject.get("statusPurpose")
    if purpose.value not in (stated if isinstance(stated, list) else [stated]):
        raise StatusListUnusable(reason="name")
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str) or not encoded.startswith("u"):
        raise StatusListUnusable(reason="form")
    try:
        bits = decode_bitstring(encoded)
    except OpenvcError:
        raise StatusListUnusable(reason="syntax") from None
    if len(bits) * 8 < POSITIONS:
        raise StatusListUnusable(reason="length")
    return bits


def _bit(bits: bytes, position: int) -> bool:
    try:
        return bool(get_status_bit(bits, position))
    except OpenvcError:
        raise StatusListUnusable(reason="position") from None
