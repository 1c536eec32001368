"""Publishing as the settings describe it: record, keys, policy and witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

from creditbank.clients.witness import check_address
from creditbank.config import Settings
from creditbank.errors.settings import InvalidSettings
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.policy import Policy, parse_policy
from creditbank.services.banking import Bank
from creditbank.services.cosigning import Cosigners
from creditbank.services.guarding import Guard
from creditbank.services.log_keys import KeyPeriod, LogSigners, read_periods
from creditbank.services.publishing import Publisher
from creditbank.storage.signed_record import SignedRecord

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def start_publishing(bank: Bank, settings: Settings) -> Publisher:
    """Return the running publisher of a bank; close it before the bank.

    A log that is frozen is served all the same, so that does not stop the start. Refuses with
    `LogKeyMissing` or `KeyMissing` where the signing keys are not those that the ledger names,
    with `MalformedPolicy`, `MalformedKey`, `AddressInvalid` or `AddressUnsafe` for the policy.
    """
    publisher = make_publisher(bank, settings)
    publisher.start()
    return publisher


def make_publisher(bank: Bank, settings: Settings) -> Publisher:
    """Return the publisher of a bank, not yet running; refuses as `start_publishing`."""

    def load(periods: Sequence[KeyPeriod]) -> LogSigners:
        return LogSigners.load(bank.origin, periods, settings.keys_dir)

    periods = bank.database.read_sync(lambda found: read_periods(found, bank.keyring, bank.origin))
    keys = load(periods).keys
    record = SignedRecord(settings.record_file, bank.origin)
    return Publisher(
        bank.database,
        bank.keyring,
        bank.origin,
        Guard(bank.database, record),
        load,
        cosigners=_cosigners(bank.origin, keys, settings),
    )


def _cosigners(origin: str, keys: Sequence[VerifierKey], settings: Settings) -> Cosigners | None:
    if not settings.policy_file:
        return None
    try:
        text = Path(settings.policy_file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = f"CREDITBANK_POLICY_FILE: {settings.policy_file}"
        raise InvalidSettings(reasons=(reason,)) from error
    policy = parse_policy(text)
    policy.trust(origin, keys)  # a witness under the log's name would be neither
    timeout = float(settings.witness_timeout_seconds)
    return Cosigners(policy, _http(policy, timeout), timeout=timeout)


def _http(policy: Policy, timeout: float) -> httpx.AsyncClient:
    """Return the client for the policy's witnesses, after a check of their addresses."""
    urls = [check_address(one.url) for one in policy.witnesses if one.url is not None]
    here = all(httpx.URL(url).host in _LOOPBACK for url in urls)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=not here)
