"""Tokens: stored by digest, shown once; and the one-time codes by which learners get theirs."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass, field

from creditbank.domain.access import BANK, SCOPES, Principal, Role
from creditbank.errors.access import CodeWrong, Forbidden, TokenUnknown, Unauthenticated
from creditbank.storage import access, reading
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import Token

CODE_DIGITS = 8
CODE_ATTEMPTS_MAX = 5
_PREFIX = "cbt"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as shown once, at its creation."""

    id: str
    text: str = field(repr=False)
    expires_at: int


def new_token(
    keyring: Keyring,
    *,
    org: str,
    role: Role,
    label: str,
    now: int,
    expires_at: int,
    scopes: frozenset[str] | None = None,
    account: str | None = None,
) -> tuple[NewToken, access.TokenValues]:
    """Return a fresh token and the row to store; refuse scopes that the role cannot hold."""
    allowed = {str(scope) for scope in SCOPES[role]}
    wanted = allowed if scopes is None else set(scopes)
    if not wanted <= allowed:
        raise Forbidden(scope=", ".join(sorted(wanted - allowed)))
    token_id = b32encode(secrets.token_bytes(10)).decode().lower()
    text = f"{_PREFIX}_{token_id}_{secrets.token_urlsafe(32)}"
    values = access.TokenValues(
        id=token_id,
        digest=keyring.token_digest(text),
        org=org,
        role=role.value,
        scopes=" ".join(sorted(wanted)),
        account=account,
        label=label,
        created_at=now,
        expires_at=expires_at,
    )
    return NewToken(token_id, text, expires_at), values


def token_id_of(text: str) -> str:
    """Return the id inside a token's text; raise `Unauthenticated` if it is not of the form."""
    pieces = text.split("_", 2)
    if len(pieces) != 3 or pieces[0] != _PREFIX or not pieces[1].isalnum():  # noqa: PLR2004
        raise Unauthenticated
    return pieces[1]


def principal_of(text: str, token: Token | None, keyring: Keyring, now: int) -> Principal:
    """Return who holds the token; raise `Unauthenticated` unless it is the one and still stands."""
    if token is None or not hmac.compare_digest(token.digest, keyring.token_digest(text)):
        raise Unauthenticated
    if token.revoked_at is not None or token.expires_at <= now:
        raise Unauthenticated
    return Principal(token.id, token.org, Role(token.role), token.scopes, token.account)


def check_known(found: bool, token_id: str) -> None:
    """Raise `TokenUnknown` unless a token was found."""
    if not found:
        raise TokenUnknown(token=token_id)


def new_code() -> str:
    """Return a fresh one-time code of decimal digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def redeem_code(
    code: access.Code | None, keyring: Keyring, account: str, text: str, now: int
) -> None:
    """Raise `CodeWrong` unless `text` is the account's code and it may still be tried."""
    if code is None or code.expires_at <= now or code.attempts >= CODE_ATTEMPTS_MAX:
        raise CodeWrong
    if not hmac.compare_digest(code.digest, keyring.code_digest(account, text)):
        raise CodeWrong


__all__ = [
    "BANK",
    "NewToken",
    "check_known",
    "new_code",
    "new_token",
    "principal_of",
    "reading",
    "redeem_code",
    "token_id_of",
]
