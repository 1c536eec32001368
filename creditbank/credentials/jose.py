"""Compact JWS (RFC 7515) and the disclosures of an SD-JWT (RFC 9901), as text."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from creditbank.credentials.limits import read_json
from creditbank.credentials.signing import Key
from creditbank.errors.verification import MalformedDocument

_DISCLOSURE_ITEMS: Final = 3  # salt, name, value: a member of an object


def sign(header: Mapping[str, Any], payload: Mapping[str, Any], key: Key) -> str:
    """Return the compact JWS of `payload`, its members in their order."""
    signed = f"{_encoded(header)}.{_encoded(payload)}"
    return f"{signed}.{_text(key.sign(signed.encode()))}"


def peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload of a compact JWS; nothing is verified.

    Raises:
        MalformedDocument: if it is none.
    """
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  # header, payload, signature
        raise MalformedDocument(reason="form")
    header, payload = (read_json(decode(part)) for part in parts[:2])
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise MalformedDocument(reason="object")
    return header, payload


def disclosed_name(disclosure: str) -> str:
    """Return the name of the member that a disclosure shows.

    Raises:
        MalformedDocument: if it is not the disclosure of a member.
    """
    value = read_json(decode(disclosure))
    if not isinstance(value, list) or len(value) != _DISCLOSURE_ITEMS:
        raise MalformedDocument(reason="form")
    if not isinstance(value[1], str):
        raise MalformedDocument(reason="form")
    return value[1]


def decode(text: str) -> bytes:
    """Return the bytes of base64url without padding.

    Raises:
        MalformedDocument: if it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedDocument(reason="syntax") from None


def _encoded(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
