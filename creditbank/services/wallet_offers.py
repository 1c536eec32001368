"""Offering a learner's certificate to a wallet: OpenID4VCI 1.0, from the offer to the token.

The offer carries a code; whoever has it needs a transaction code too, which is shown apart from it.
A code is good for one exchange. Presented a second time it was copied, and the offer ends with
everything that came of it (OAuth 2.1, 4.1.3).
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from creditbank.credentials import wallet_metadata
from creditbank.credentials.wallet_metadata import (
    OF_DECISIONS,
    OF_OUTCOMES,
    TRANSACTION_CODE_DIGITS,
)
from creditbank.domain.access import BANK, Role
from creditbank.domain.decisions import Status
from creditbank.errors.certifying import NotCertifiable, OutcomeUnknown
from creditbank.errors.recording import LearnerUnknown
from creditbank.errors.storage import Erased
from creditbank.errors.wallets import NotOfferable, WalletRefused
from creditbank.services import wallet_secrets as secret
from creditbank.services.banking import Bank
from creditbank.services.certifying import why_not
from creditbank.services.identifying import new_id
from creditbank.services.tokens import NewToken, new_token
from creditbank.storage import access, decision_reading, loading, reading, wallets
from creditbank.storage.reading import Connection

OFFER_SECONDS: Final = 600
TOKEN_SECONDS: Final = 3600
ATTEMPTS_MAX: Final = 5
OFFERED, REDEEMED, IDENTIFIED = "offered", "redeemed", "identified"
_LABEL: Final = "wallet"


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer as shown once: `transaction_code` goes to the learner apart from the offer."""

    id: str
    document: dict[str, Any]
    transaction_code: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code was exchanged for; `details` answer the wallet's authorisation details."""

    token: NewToken
    details: list[dict[str, Any]] | None


async def make_offer(
    bank: Bank,
    site: str,
    account: str,
    about: Mapping[str, str],
    configurations: Sequence[str] | None = None,
) -> Offered:
    """Return an offer of a certificate to whichever wallet the learner takes.

    It is `about` an `outcome`, or about a `decision` and perhaps one `target` of it. Refuses with
    `NotOfferable`, `OutcomeUnknown`, `NotCertifiable`, `LearnerUnknown`, `Erased`.
    """
    possible = OF_OUTCOMES if "outcome" in about else OF_DECISIONS
    configurations = possible if configurations is None else configurations
    for one in configurations:
        if one not in possible:
            raise NotOfferable(configuration=one, where="/configurations")
    offer_id = new_id()
    digits = f"{secrets.randbelow(10**TRANSACTION_CODE_DIGITS):0{TRANSACTION_CODE_DIGITS}d}"

    def add(connection: Connection) -> int:
        # The ledger's lock, so that no erasure happens meanwhile.
        loading.lock_head(connection)
        now = loading.read_head(connection).now
        wallets.forget_expired(connection, now)
        _require_account(connection, bank, account)
        if "outcome" in about:
            _require_outcome(connection, account, about["outcome"])
        else:
            _require_decision(connection, account, about, now)
        offered = {**about, "configurations": list(configurations)}
        row = wallets.Offer(
            id=offer_id,
            account=account,
            offered=json.dumps(offered),
            transaction_digest=secret.transaction_code_digest(bank.keyring, offer_id, digits),
            attempts=0,
            state=OFFERED,
            created_at=now,
            expires_at=now + OFFER_SECONDS,
        )
        wallets.add_offer(connection, row)
        return row.expires_at

    expires_at = await bank.database.write(add)
    return Offered(offer_id, _document(bank, site, offer_id, configurations), digits, expires_at)


async def read_offer(bank: Bank, site: str, offer_id: str) -> dict[str, Any]:
    """Return an offer for a wallet that was given its address; raises `WalletRefused`."""

    def read(connection: Connection) -> wallets.Offer | None:
        found = wallets.offer(connection, offer_id)
        now = loading.read_head(connection).now
        return found if found and found.state == OFFERED and found.expires_at > now else None

    found = await bank.database.read(read)
    if found is None:
        raise WalletRefused("invalid_request", "there is no such offer, or it is over")
    return _document(bank, site, offer_id, json.loads(found.offered)["configurations"])


async def redeem(bank: Bank, form: Mapping[str, str]) -> Granted:
    """Return the access token for a code and its transaction code (RFC 6749, OpenID4VCI 6.1).

    Refuses with `WalletRefused`: `unsupported_grant_type`, `invalid_request`, `invalid_grant`. A
    wrong transaction code is counted before anybody learns that it was wrong.
    """
    if "grant_type" not in form:
        raise WalletRefused("invalid_request", "grant_type is missing")
    if form["grant_type"] != wallet_metadata.PRE_AUTHORISED:
        raise WalletRefused("unsupported_grant_type", "only a pre-authorized code is taken")
    code = form.get("pre-authorized_code", "")
    if not code:
        raise WalletRefused("invalid_request", "pre-authorized_code is missing")
    details = _details(form.get("authorization_details"))
    offer_id = secret.offer_of(bank.keyring, code)
    if offer_id is None:
        raise _no_grant()

    def exchange(connection: Connection) -> Granted | WalletRefused:
        # Refusals are returned and not raised: what was counted is to be committed.
        return _exchange(connection, bank, offer_id, form.get("tx_code"), details)

    result = await bank.database.write(exchange)
    if isinstance(result, WalletRefused):
        raise result
    return result


def _exchange(
    connection: Connection,
    bank: Bank,
    offer_id: str,
    transaction_code: str | None,
    details: list[str] | None,
) -> Granted | WalletRefused:
    offer = wallets.offer(connection, offer_id, for_update=True)
    now = loading.read_head(connection).now
    if offer is None or offer.expires_at <= now:
        return _no_grant()
    if offer.state != OFFERED:
        _end(connection, offer, now)
        return _no_grant()
    if transaction_code is None:
        return WalletRefused("invalid_request", "this offer asks for tx_code")
    given = secret.transaction_code_digest(bank.keyring, offer_id, transaction_code)
    if not hmac.compare_digest(offer.transaction_digest or b"", given):
        wallets.count_attempt(connection, offer_id)
        if offer.attempts + 1 >= ATTEMPTS_MAX:
            wallets.end_offer(connection, offer_id)
        return _no_grant()
    offered: list[str] = json.loads(offer.offered)["configurations"]
    if details is not None and not set(details) <= set(offered):
        return WalletRefused("invalid_authorization_details", "this was not offered")
    return _grant(connection, bank, offer, details, now)


def _grant(
    connection: Connection,
    bank: Bank,
    offer: wallets.Offer,
    details: list[str] | None,
    now: int,
) -> Granted:
    token, values = new_token(
        bank.keyring,
        org=BANK,
        role=Role.LEARNER,
        label=_LABEL,
        now=now,
        expires_at=now + TOKEN_SECONDS,
        scopes=frozenset(),  # it opens the wallet's endpoints and nothing else
        account=offer.account,
    )
    access.add_token(connection, values)
    state = REDEEMED if details is None else IDENTIFIED
    wallets.redeem_offer(connection, offer.id, state, token.id, token.expires_at)
    answered = None if details is None else [_detail(one) for one in details]
    return Granted(token, answered)


def _end(connection: Connection, offer: wallets.Offer, now: int) -> None:
    """End an offer whose code came a second time, with the token it was exchanged for."""
    if offer.token is not None:
        access.revoke_token(connection, offer.token, now)
    wallets.end_offer(connection, offer.id)


def _details(text: str | None) -> list[str] | None:
    """Return the configurations that authorisation details name (OpenID4VCI, 5.1.1)."""
    if text is None:
        return None
    try:
        value = json.loads(text)
        found = [one["credential_configuration_id"] for one in value]
        right = all(one["type"] == "openid_credential" for one in value)
    except (ValueError, KeyError, TypeError, RecursionError):
        right, found = False, []
    if not right or not found or not all(isinstance(one, str) for one in found):
        raise WalletRefused("invalid_request", "authorization_details cannot be read")
    return found


def _detail(configuration: str) -> dict[str, Any]:
    return {
        "type": "openid_credential",
        "credential_configuration_id": configuration,
        "credential_identifiers": [identifier_of(configuration)],
    }


def identifier_of(configuration: str) -> str:
    """Return what the one certificate of a configuration is called under an offer."""
    return f"{configuration}.1"


def _document(
    bank: Bank, site: str, offer_id: str, configurations: Sequence[str]
) -> dict[str, Any]:
    return wallet_metadata.offer(site, configurations, secret.code_of(bank.keyring, offer_id))


def _require_account(connection: Connection, bank: Bank, account: str) -> None:
    if not reading.account_exists(connection, account):
        erased = loading.was_erased(connection, bank.keyring.erased_mac(account))
        raise Erased if erased else LearnerUnknown


def _require_decision(
    connection: Connection, account: str, about: Mapping[str, str], now: int
) -> None:
    decision = decision_reading.decision(connection, about["decision"])
    if decision is None or decision.account != account:
        raise OutcomeUnknown(outcome=about["decision"], where="/decision")
    if decision.status_at(now) is not Status.REGISTERED or not decision.targets:
        raise NotCertifiable(reason="not_registered", where="/decision")
    targets = [one["target"] for one in decision.targets]
    if "target" not in about and len(targets) > 1:
        raise NotCertifiable(reason="several_targets", where="/target")
    if about.get("target", targets[0]) not in targets:
        raise OutcomeUnknown(outcome=about["target"], where="/target")


def _require_outcome(connection: Connection, account: str, outcome: str) -> None:
    outcomes = {one.id: one for one in reading.outcomes_of(connection, account)}
    if outcome not in outcomes:
        raise OutcomeUnknown(outcome=outcome, where="/outcome")
    reason = why_not(outcomes[outcome])
    if reason is not None:
        raise NotCertifiable(reason=reason, where="/outcome")


def _no_grant() -> WalletRefused:
    """One refusal for all: whether a code is unknown, used or over is nobody's to find out."""
    text = "the code or the transaction code is wrong, was used, or has expired"
    return WalletRefused("invalid_grant", text)
