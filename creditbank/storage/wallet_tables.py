"""Row classes of exchanges with wallets 电子钱包: short-lived, never in the log, never backed up.

What an exchange leads to is an entry; these rows only say how far it has come. Secrets are kept as
keyed digests, and what a wallet showed is sealed under a key of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.storage.columns import binary, integer, key, text


class WalletOfferRow(SQLModel, table=True):
    """A learner's certificate offered to a wallet (OpenID4VCI 1.0, pre-authorised code).

    The code is derived from the id and a key outside the database, and so is stored nowhere.
    """

    __tablename__ = "wallet_offers"
    __table_args__ = (
        sa.Index("wallet_offers_account", "account"),
        sa.Index("wallet_offers_token", "token"),
    )
    id: str = key(primary_key=True)
    account: str = key()
    offered: str = text()
    transaction_digest: bytes | None = binary(nullable=True)
    attempts: int = integer()
    state: str = key()
    created_at: int = integer()
    expires_at: int = integer()
    token: str | None = key(nullable=True)


class WalletClaimRow(SQLModel, table=True):
    """What a wallet asked for under an offer, and the key that it proved to hold."""

    __tablename__ = "wallet_claims"
    __table_args__ = (sa.Index("wallet_claims_account", "account"),)
    offer: str = key(primary_key=True)
    configuration: str = key(primary_key=True)
    account: str = key()
    thumbprint: str = key()
    holder: str = text()
    deferred: int = integer()


class WalletNonceRow(SQLModel, table=True):
    """A nonce that was used; nonces are made without a trace, so only used ones are rows."""

    __tablename__ = "wallet_nonces"
    digest: bytes = binary(primary_key=True)
    until: int = integer()


class PresentationRow(SQLModel, table=True):
    """An organisation asked a wallet to show something (OpenID4VP 1.0)."""

    __tablename__ = "presentations"
    __table_args__ = (sa.Index("presentations_org", "org"),)
    id: str = key(primary_key=True)
    org: str = key()
    asked: str = text()
    nonce: str = key()
    state: str = key()
    created_at: int = integer()
    expires_at: int = integer()
    sealed: bytes | None = binary(nullable=True)


SHORT_LIVED = (WalletOfferRow, WalletClaimRow, WalletNonceRow, PresentationRow)
"""Every table of this module."""
