"""Grants: what a learner lets an organisation read, until when. Each is an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from creditbank.domain.access import BANK
from creditbank.errors.access import GrantUnknown
from creditbank.errors.recording import LearnerUnknown, SourceIdReused
from creditbank.services.actors import check_active, check_token, recorded_before
from creditbank.services.identifying import new_id
from creditbank.services.restricting import check_unrestricted
from creditbank.storage import reading
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Draft, StoredEntry


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer: the grant and its entry. A replay gets the original one, with `replayed`."""

    grant: str
    recorded: Recorded
    replayed: bool = False


class GrantAccess:
    """A grant by a learner to a registered organisation, until `until` (unix seconds).

    With a `source_id` of the learner's application, sending it again is the same grant.
    """

    items = 1

    def __init__(
        self,
        account: str,
        org: str,
        purpose: str,
        until: int,
        token: str,
        *,
        source_id: str | None = None,
    ) -> None:
        self.account, self.org, self.purpose, self.until = account, org, purpose, until
        self.token, self.source_id = token, source_id
        self._drawn = new_id()

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts={self.account}, tokens={self.token})

    def decide(self, book: Book) -> Granted:
        """Record the grant.

        Refuses with `AccountRestricted`, an organisation that is not registered or not active with
        `InstitutionUnknown`, and with `SourceIdReused` where the source id stands for another one.
        """
        check_token(book, self.token)
        account = book.account(self.account)
        if account is None:
            raise LearnerUnknown
        grant = self._name(book.keyring)
        source = book.keyring.source("bank:grant/1", grant)
        existing = book.entry_by_source(source)
        if existing is not None:
            return self._replay(book, existing)
        check_unrestricted(account, book.now)
        check_active(book, self.org, "/org")
        person = {"account": self.account, "grant": self._terms()}
        return Granted(grant, book.record(_draft("grant/1", source, grant, person, self.token)))

    def _name(self, keyring: Keyring) -> str:
        """Return the grant's id: drawn, or made of the source id, which is this learner's own."""
        if self.source_id is None:
            return self._drawn
        return keyring.source("bank:grant", f"{self.account}/{self.source_id}").hex()[:32]

    def _terms(self) -> dict[str, Any]:
        return {"org": self.org, "purpose": self.purpose, "until": self.until}

    def _replay(self, book: Book, row: StoredEntry) -> Granted:
        """Return what was recorded, perhaps by an earlier try of this very work."""
        said, asked = book.learner_values(row)["person"]["grant"], self._terms()
        differs = tuple(f"/{name}" for name in sorted(asked) if said[name] != asked[name])
        if differs:
            raise SourceIdReused(where="/source_id", index=row.index, differs=differs)
        recorded = Recorded(row.index, row.at, row.leaf_hash)
        return Granted(row.act["grant"], recorded, replayed=self.source_id is not None)


class EndGrant:
    """The end of a grant, by the learner who gave it. Ending it twice is the same."""

    items = 1

    def __init__(self, account: str, grant: str, token: str) -> None:
        self.account, self.grant, self.token = account, grant, token

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts={self.account}, tokens={self.token})

    def decide(self, book: Book) -> Granted:
        """Record the end; refuse another's or an unknown grant with `GrantUnknown`."""
        check_token(book, self.token)
        grants = {grant.id for grant in reading.grants_of(book.connection, self.account)}
        if self.grant not in grants:
            raise GrantUnknown(grant=self.grant)
        source = book.keyring.source("bank:grant_end/1", self.grant)
        person = {"account": self.account}
        draft = _draft("grant_end/1", source, self.grant, person, self.token)
        return Granted(self.grant, recorded_before(book, draft.source) or book.record(draft))


def _draft(kind: str, source: bytes, grant: str, person: dict[str, Any], token: str) -> Draft:
    return Draft(
        kind=kind,
        org=BANK,
        source=source,
        act={"grant": grant},
        account=person["account"],
        person=person,
        actor={"token": token},
    )
