"""Who is at the door: tokens checked, learners' one-time codes given out and redeemed.

Codes and tokens are no ledger entries. An attempt at a code is counted, and its count committed,
before anybody learns whether it was right.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from creditbank.domain.access import BANK, Principal, Role
from creditbank.errors.access import CodeWrong, Unauthenticated
from creditbank.errors.recording import LearnerUnknown
from creditbank.errors.storage import Erased, StorageUnavailable
from creditbank.services import tokens
from creditbank.services.identifying import new_id
from creditbank.storage import access, loading, reading
from creditbank.storage.database import is_outage
from creditbank.storage.reading import Connection

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.services.identifying import Claim
    from creditbank.services.tokens import NewToken

T = TypeVar("T")

_KNOWN_MAX = 4096


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code as shown once; `expires_at` in unix seconds."""

    code: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A learner's token as shown once, and whose it is."""

    token: NewToken
    account: str


class KnownTokens:
    """Principals of tokens that were checked against the database before.

    For works alone that look at the token again under the lock (`check_token`): there a token
    that was revoked or has expired since is refused. Digests are kept, never a token's text.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._known: OrderedDict[bytes, Principal] = OrderedDict()

    async def authenticate(self, text: str) -> Principal:
        """Return who holds the token; raises as `authenticate`."""
        digest = self._bank.keyring.token_digest(text)
        principal = self._known.get(digest)
        if principal is None:
            principal = self._known[digest] = await authenticate(self._bank, text)
            if len(self._known) > _KNOWN_MAX:
                self._known.popitem(last=False)
        return principal


async def authenticate(bank: Bank, text: str) -> Principal:
    """Return who holds the token `text`.

    Refuses with `Unauthenticated` unless it is known, not revoked and not expired.
    """
    token_id = tokens.token_id_of(text)
    found = await bank.database.read(lambda connection: reading.token(connection, token_id))
    return tokens.principal_of(text, found, bank.keyring, int(time.time()))


async def read_token(bank: Bank, principal: Principal) -> loading.Token:
    """Return the token that somebody is here with, as it is stored."""
    found = await bank.database.read(lambda connection: reading.token(connection, principal.token))
    if found is None:
        raise Unauthenticated  # erased with its learner, in the moment between
    return found


async def revoke_token(bank: Bank, token_id: str) -> None:
    """Revoke a token from now on; raise `TokenUnknown` if there is none."""

    def revoke(connection: Connection) -> bool:
        now = loading.read_head(connection).now
        return access.revoke_token(connection, token_id, now)

    tokens.check_known(await _write(bank, revoke), token_id)


async def issue_code(bank: Bank, principal: Principal, account: str, minutes: int) -> OneTimeCode:
    """Store a fresh one-time code in place of an earlier one, and return it, to be shown once.

    Refuses with `LearnerUnknown`, `Erased`, or `Unauthenticated` if the token was revoked.
    """
    code = tokens.new_code()

    def issue(connection: Connection) -> int:
        now = _locked_now(connection)
        _require_token(connection, principal, now)
        _require_account(connection, bank, account)
        expires_at = now + minutes * 60
        digest = bank.keyring.code_digest(account, code)
        access.put_code(connection, access.Code(account, digest, expires_at))
        noted = (new_id(), account, now, principal.org, principal.token, "code")
        access.add_access(connection, access.AccessNote(*noted))
        return expires_at

    return OneTimeCode(code, await _write(bank, issue))


async def open_session(bank: Bank, claim: Claim, code: str, minutes: int) -> Session:
    """Return a learner's token for the right code, which is used up.

    Refuses with `CodeWrong`, after the attempt was counted and committed; the same for an account
    that does not exist. The ledger's lock is not taken, since anybody may call this: the code's own
    row is the lock. An erasure deletes codes before tokens, so it waits for that row, and then
    finds the token that was made.
    """

    def redeem(connection: Connection) -> Session | None:
        now = loading.read_head(connection).now
        account = _account_of(connection, claim)
        stored = access.try_code(connection, account, tokens.CODE_ATTEMPTS_MAX)
        try:
            tokens.redeem_code(stored, bank.keyring, account, code, now)
        except CodeWrong:
            return None  # returned and not raised: the attempt is to be committed
        access.drop_code(connection, account)
        token, values = _learner_token(bank, account, now, minutes)
        access.add_token(connection, values)
        return Session(token, account)

    session = await _write(bank, redeem)
    if session is None:
        raise CodeWrong
    return session


def _learner_token(
    bank: Bank, account: str, now: int, minutes: int
) -> tuple[NewToken, access.TokenValues]:
    return tokens.new_token(
        bank.keyring,
        org=BANK,
        role=Role.LEARNER,
        label="session",
        now=now,
        expires_at=now + minutes * 60,
        account=account,
    )


def _account_of(connection: Connection, claim: Claim) -> str:
    """Return the account that a claim names; of an unknown document, a name that nobody has."""
    if claim.account is not None:
        return claim.account
    assert claim.handle is not None  # noqa: S101  # a claim has one or the other
    found = loading.identities(connection, {claim.handle})[claim.handle]
    return found[0] if found else ""


def _require_token(connection: Connection, principal: Principal, now: int) -> None:
    token = reading.token(connection, principal.token)
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        raise Unauthenticated


def _require_account(connection: Connection, bank: Bank, account: str) -> None:
    if not reading.account_exists(connection, account):
        erased = loading.was_erased(connection, bank.keyring.erased_mac(account))
        raise Erased if erased else LearnerUnknown


def _locked_now(connection: Connection) -> int:
    """Take the ledger's lock, so that no erasure happens meanwhile; return the database's time."""
    loading.lock_head(connection)
    return loading.read_head(connection).now


async def _write(bank: Bank, work: Callable[[Connection], T]) -> T:
    try:
        return await bank.database.write(work)
    except Exception as error:
        if is_outage(error):
            raise StorageUnavailable from error
        raise
