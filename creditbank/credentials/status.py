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
TTL_SECONDS: Final = 1
"""How long a verifier may go on with the list that it has: what is revoked is so at once."""

_TOKEN_BITS: Final = 2
_TOKEN_REVOKED, _TOKEN_SUSPENDED = 1, 2  # INVALID and SUSPENDED of the Token Status List draft
# A message list has two bits to a position, one to each message. Together they could be one entry
# of `statusSize` 2; but verifiers that know single bits only would then read somebody else's.
_MESSAGES: Final = (StatusMessage.ERASED, StatusMessage.SUPERSEDED)
_SET: Final = "0x1"


def entries(list_url: str, purpose: Purpose, position: int) -> list[dict[str, Any]]:
    """Return the `credentialStatus` members that point at a position: one, or one to a message."""
    if purpose is not Purpose.MESSAGE:
        return [_entry(list_url, purpose, position)]
    return [
        _entry(list_url, purpose, bit)
        | {
            "statusMessage": [
                {"status": "0x0", "message": "none"},
                {"status": _SET, "message": message.value},
            ]
        }
        for bit, message in _message_bits(position)
    ]


def message_of(entry: Mapping[str, Any]) -> str | None:
    """Return what a status entry of purpose `message` says if its bit is set."""
    listed = entry.get("statusMessage")
    for one in listed if isinstance(listed, list) else [listed]:
        if isinstance(one, Mapping) and one.get("status") == _SET:
            message = one.get("message")
            return message if isinstance(message, str) else None
    return None


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
    bits = _bits_of_messages(marked) if isinstance(marked, Mapping) else _bits(marked)
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
    return frozenset(message for bit, message in _message_bits(position) if _bit(bits, bit))


def _entry(list_url: str, purpose: Purpose, bit: int) -> dict[str, Any]:
    return {
        "id": f"{list_url}#{bit}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose.value,
        "statusListIndex": str(bit),
        "statusListCredential": list_url,
    }


def _message_bits(position: int) -> list[tuple[int, StatusMessage]]:
    """Return the bits of a position in a message list, and what each of them says."""
    first = position * len(_MESSAGES)
    return [(first + offset, message) for offset, message in enumerate(_MESSAGES)]


def _bits(marked: Iterable[int]) -> bytes:
    bits = new_bitstring(POSITIONS)
    _set(bits, marked)
    return bytes(bits)


def _bits_of_messages(marked: Mapping[int, frozenset[StatusMessage]]) -> bytes:
    bits = new_bitstring(POSITIONS * len(_MESSAGES))
    for position, messages in marked.items():
        _set(bits, (bit for bit, message in _message_bits(position) if message in messages))
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
