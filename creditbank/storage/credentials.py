"""Queries about certificates, and the rows that are changed past the journal's entries."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import astuple, dataclass

import sqlalchemy as sa

from creditbank.storage.credential_tables import (
    CredentialProofRow,
    CredentialRow,
    CredentialShareRow,
)
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import SECRETS
from creditbank.storage.status_lists import CAUSES, CHANGES, ENDS, PLACES
from creditbank.storage.tables import OutcomeRow, table_of

SHARE_SECRET_BYTES = 16
_CREDENTIALS = table_of(CredentialRow)
_PROOFS = table_of(CredentialProofRow)
_SHARES = table_of(CredentialShareRow)
_OUTCOMES = table_of(OutcomeRow)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate stands in the status lists, and which entry (at which time) issued it."""

    status_list: int
    position: int
    credential: str
    index: int
    at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a certificate by now: times in unix seconds, None for what is not so."""

    revoked_at: int | None = None
    withdrawn_at: int | None = None
    suspended_at: int | None = None
    superseded_at: int | None = None

    @property
    def stands(self) -> bool:
        """Whether it was neither revoked nor withdrawn."""
        return self.revoked_at is None and self.withdrawn_at is None

    @property
    def status(self) -> str:
        """The gravest that is so: `revoked`, `withdrawn`, `suspended` or `valid`."""
        for name in ("revoked", "withdrawn", "suspended"):
            if getattr(self, f"{name}_at") is not None:
                return name
        return "valid"


@dataclass(frozen=True, slots=True)
class Credential:
    """A learner's certificate."""

    id: str
    account: str
    form: str
    index: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a holder shows of a certificate under a name; `until` in unix seconds, None for ever."""

    credential: str
    name: str
    account: str
    nonce: bytes
    shows: str
    created_at: int
    until: int | None

    def values(self) -> tuple[object, ...]:
        """The row, for inserting."""
        return astuple(self)

    def holds(self, now: int) -> bool:
        """Return whether it has not expired."""
        return self.until is None or now < self.until


def place_of(connection: sa.Connection, credential: str) -> Place | None:
    """Return the place of a certificate, also of one whose learner was erased."""
    query = sa.select(PLACES).where(PLACES.c.credential == credential)
    row = connection.execute(query).one_or_none()
    return None if row is None else Place(*row)


def credential(connection: sa.Connection, credential_id: str) -> Credential | None:
    """Return a certificate, None if there is none or its learner was erased."""
    query = sa.select(_CREDENTIALS).where(_CREDENTIALS.c.id == credential_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Credential(*row)


def of_account(connection: sa.Connection, account: str) -> list[Credential]:
    """Return an account's certificates in the order in which they were issued."""
    query = (
        sa.select(_CREDENTIALS)
        .where(_CREDENTIALS.c.account == account)
        .order_by(_CREDENTIALS.c.entry_index)
    )
    return [Credential(*row) for row in connection.execute(query)]


def standings(connection: sa.Connection, ids: Collection[str]) -> dict[str, Standing]:
    """Return what became of certificates by now."""
    found: dict[str, dict[str, int | None]] = {one: {} for one in ids}
    ended = (
        sa.select(CAUSES.c.credential, sa.func.min(ENDS.c.at).label("at"))
        .join(ENDS, ENDS.c.outcome == CAUSES.c.outcome)
        .where(CAUSES.c.credential.in_(list(ids)))
        .group_by(CAUSES.c.credential)
    )
    for row in connection.execute(ended):
        found[row.credential]["revoked_at"] = row.at
    changes = (
        sa.select(CHANGES)
        .where(CHANGES.c.credential.in_(list(ids)))
        .order_by(CHANGES.c.entry_index)
    )
    for row in connection.execute(changes):
        if row.change == "resumed":
            found[row.credential]["suspended_at"] = None
        else:
            found[row.credential].setdefault(f"{row.change}_at", row.at)
            if row.change == "suspended":
                found[row.credential]["suspended_at"] = row.at
    return {one: Standing(**members) for one, members in found.items()}


def standing(connection: sa.Connection, credential_id: str) -> Standing:
    """Return what became of a certificate by now."""
    return standings(connection, [credential_id])[credential_id]


def causes_of(connection: sa.Connection, credential_id: str) -> list[str]:
    """Return the outcomes that a certificate rests on."""
    query = sa.select(CAUSES.c.outcome).where(CAUSES.c.credential == credential_id)
    return list(connection.execute(query.order_by(CAUSES.c.outcome)).scalars())


def replaceable(connection: sa.Connection, account: str, subject: str, form: str) -> str | None:
    """Return the newest certificate of an ended outcome of `subject` that none has replaced yet."""
    replaced = sa.select(CHANGES.c.credential).where(CHANGES.c.change == "superseded")
    query = (
        sa.select(_CREDENTIALS.c.id)
        .join(CAUSES, CAUSES.c.credential == _CREDENTIALS.c.id)
        .join(_OUTCOMES, _OUTCOMES.c.id == CAUSES.c.outcome)
        .where(
            _CREDENTIALS.c.account == account,
            _CREDENTIALS.c.form == form,
            _OUTCOMES.c.subject == subject,
            _OUTCOMES.c.revoked_index.is_not(None),
            _CREDENTIALS.c.id.not_in(replaced),
        )
        .order_by(_CREDENTIALS.c.entry_index.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def proof_entries(connection: sa.Connection, credential_id: str) -> list[int]:
    """Return the entries that hold further proofs of a certificate, in order."""
    query = sa.select(_PROOFS.c.entry_index).where(_PROOFS.c.credential == credential_id)
    return list(connection.execute(query.order_by(_PROOFS.c.entry_index)).scalars())


def owners_of(connection: sa.Connection, outcomes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return account and subject of those of these outcomes that there are."""
    query = sa.select(_OUTCOMES.c.id, _OUTCOMES.c.account, _OUTCOMES.c.subject).where(
        _OUTCOMES.c.id.in_(list(outcomes))
    )
    return {row.id: (row.account, row.subject) for row in connection.execute(query)}


def learner_secret(connection: sa.Connection, key_id: int) -> bytes | None:
    """Return a learner's secret, None if it was destroyed."""
    query = sa.select(SECRETS.c.secret).where(SECRETS.c.key_id == key_id)
    return connection.execute(query).scalar_one_or_none()


# --- shares


def share(connection: sa.Connection, credential_id: str, name: str) -> Share | None:
    """Return what is shown of a certificate under a name."""
    query = sa.select(_SHARES).where(_SHARES.c.credential == credential_id, _SHARES.c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else Share(*row)


def shares_of(connection: sa.Connection, credential_id: str) -> list[Share]:
    """Return everything that is shown of a certificate, expired ones too, by name."""
    query = sa.select(_SHARES).where(_SHARES.c.credential == credential_id).order_by(_SHARES.c.name)
    return [Share(*row) for row in connection.execute(query)]


def shares_of_account(connection: sa.Connection, account: str) -> list[Share]:
    """Return everything that a learner shows."""
    query = (
        sa.select(_SHARES)
        .where(_SHARES.c.account == account)
        .order_by(_SHARES.c.credential, _SHARES.c.name)
    )
    return [Share(*row) for row in connection.execute(query)]


def share_with_secret(
    connection: sa.Connection, keyring: Keyring, credential_id: str, secret: bytes
) -> Share | None:
    """Return the share whose link has this secret, as many bytes of it as a link has."""
    for one in shares_of(connection, credential_id):
        made = keyring.share_secret(credential_id, one.name, one.nonce)[:SHARE_SECRET_BYTES]
        if hmac.compare_digest(made, secret):
            return one
    return None


def dropping_share(credential_id: str, name: str) -> sa.Delete:
    """Return the statement that ends a share."""
    return _SHARES.delete().where(_SHARES.c.credential == credential_id, _SHARES.c.name == name)


def dropping_shares(credential_id: str) -> sa.Delete:
    """Return the statement that ends everything that is shown of a certificate."""
    return _SHARES.delete().where(_SHARES.c.credential == credential_id)


def changing_share(changed: Share) -> sa.Update:
    """Return the statement that changes a share: what it shows, until when, under which link."""
    return (
        _SHARES.update()
        .where(_SHARES.c.credential == changed.credential, _SHARES.c.name == changed.name)
        .values(
            nonce=changed.nonce,
            shows=changed.shows,
            created_at=changed.created_at,
            until=changed.until,
        )
    )
