"""Reading and writing how far exchanges with wallets have come.

Each function is one step inside a transaction of the caller's. Whoever decides on a row takes it
with `for_update`, so that of two requests with the same secret one is first.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import sqlalchemy as sa

from creditbank.storage.database import insert_rows
from creditbank.storage.tables import table_of
from creditbank.storage.wallet_tables import (
    PresentationRow,
    WalletClaimRow,
    WalletNonceRow,
    WalletOfferRow,
)

_OFFERS = table_of(WalletOfferRow)
_CLAIMS = table_of(WalletClaimRow)
_NONCES = table_of(WalletNonceRow)
_PRESENTATIONS = table_of(PresentationRow)


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as stored, in column order."""

    id: str
    account: str
    offered: str
    transaction_digest: bytes | None
    attempts: int
    state: str
    created_at: int
    expires_at: int
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as stored, in column order."""

    offer: str
    configuration: str
    account: str
    thumbprint: str
    holder: str
    deferred: int = 0


@dataclass(frozen=True, slots=True)
class Presentation:
    """A request to a wallet as stored, in column order."""

    id: str
    org: str
    asked: str
    nonce: str
    state: str
    created_at: int
    expires_at: int
    sealed: bytes | None = None


def forget_expired(connection: sa.Connection, now: int) -> None:
    """Delete what is over."""
    over = sa.select(_OFFERS.c.id).where(_OFFERS.c.expires_at <= now)
    connection.execute(_CLAIMS.delete().where(_CLAIMS.c.offer.in_(over)))
    connection.execute(_OFFERS.delete().where(_OFFERS.c.expires_at <= now))
    connection.execute(_NONCES.delete().where(_NONCES.c.until <= now))
    connection.execute(_PRESENTATIONS.delete().where(_PRESENTATIONS.c.expires_at <= now))


def add_offer(connection: sa.Connection, offer: Offer) -> None:
    """Store an offer."""
    insert_rows(connection, WalletOfferRow, [astuple(offer)])


def offer(connection: sa.Connection, offer_id: str, *, for_update: bool = False) -> Offer | None:
    """Return an offer, whatever became of it; None if there is none."""
    query = sa.select(_OFFERS).where(_OFFERS.c.id == offer_id)
    row = connection.execute(query.with_for_update() if for_update else query).one_or_none()
    return None if row is None else Offer(*row)


def offer_of_token(connection: sa.Connection, token_id: str, now: int) -> Offer | None:
    """Return the offer whose code was exchanged for a token, None if it has ended or expired."""
    query = sa.select(_OFFERS).where(_OFFERS.c.token == token_id, _OFFERS.c.expires_at > now)
    row = connection.execute(query).one_or_none()
    return None if row is None else Offer(*row)


def count_attempt(connection: sa.Connection, offer_id: str) -> None:
    """Count a wrong transaction code."""
    counted = {"attempts": _OFFERS.c.attempts + 1}
    connection.execute(_OFFERS.update().where(_OFFERS.c.id == offer_id).values(counted))


def end_offer(connection: sa.Connection, offer_id: str) -> None:
    """Let an offer be worth nothing any more, nor the token that its code was exchanged for."""
    ended = {"state": "ended", "token": None}
    connection.execute(_OFFERS.update().where(_OFFERS.c.id == offer_id).values(ended))


def redeem_offer(
    connection: sa.Connection, offer_id: str, state: str, token_id: str, expires_at: int
) -> None:
    """Keep which access token a code was exchanged for."""
    redeemed = {"state": state, "token": token_id, "expires_at": expires_at}
    connection.execute(_OFFERS.update().where(_OFFERS.c.id == offer_id).values(redeemed))


def burn_nonce(connection: sa.Connection, digest: bytes, until: int) -> bool:
    """Return whether the nonce is used for the first time, by this call."""
    insert = "INSERT INTO wallet_nonces (digest, until) VALUES (:digest, :until)"
    statement = sa.text(f"{insert} ON CONFLICT DO NOTHING")
    return connection.execute(statement, {"digest": digest, "until": until}).rowcount == 1


def claim(connection: sa.Connection, offer_id: str, configuration: str) -> Claim | None:
    """Return what was claimed under an offer."""
    query = sa.select(_CLAIMS).where(
        _CLAIMS.c.offer == offer_id, _CLAIMS.c.configuration == configuration
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Claim(*row)


def claims(connection: sa.Connection, offer_id: str) -> list[Claim]:
    """Return all that was claimed under an offer."""
    query = sa.select(_CLAIMS).where(_CLAIMS.c.offer == offer_id)
    return [Claim(*row) for row in connection.execute(query)]


def add_claim(connection: sa.Connection, one: Claim) -> None:
    """Store a claim."""
    insert_rows(connection, WalletClaimRow, [astuple(one)])


def set_deferred(connection: sa.Connection, one: Claim, *, deferred: bool) -> None:
    """Say whether a claim is still to be answered."""
    connection.execute(
        _CLAIMS.update()
        .where(_CLAIMS.c.offer == one.offer, _CLAIMS.c.configuration == one.configuration)
        .values(deferred=int(deferred))
    )


def add_presentation(connection: sa.Connection, presentation: Presentation) -> None:
    """Store a request to a wallet."""
    insert_rows(connection, PresentationRow, [astuple(presentation)])


def presentation(
    connection: sa.Connection, presentation_id: str, *, for_update: bool = False
) -> Presentation | None:
    """Return a request to a wallet, None if there is none."""
    query = sa.select(_PRESENTATIONS).where(_PRESENTATIONS.c.id == presentation_id)
    row = connection.execute(query.with_for_update() if for_update else query).one_or_none()
    return None if row is None else Presentation(*row)


def end_presentation(
    connection: sa.Connection, presentation_id: str, state: str, sealed: bytes, expires_at: int
) -> None:
    """Keep what a wallet showed, sealed, until `expires_at`."""
    connection.execute(
        _PRESENTATIONS.update()
        .where(_PRESENTATIONS.c.id == presentation_id)
        .values(state=state, sealed=sealed, expires_at=expires_at)
    )
