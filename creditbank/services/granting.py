"""Grants: what a learner lets an organisation read, until when. Each is an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from creditbank.domain.access import BANK
from creditbank.domain.civil_time import civil_date
from creditbank.errors.access import GrantUnknown
from creditbank.errors.recording import InstitutionUnknown, LearnerUnknown
from creditbank.services.actors import check_token, recorded_before
from creditbank.services.identifying import new_id
from creditbank.storage import reading
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Draft


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer: the grant and its entry."""

    grant: str
    recorded: Recorded


class GrantAccess:
    """A grant by a learner to a registered organisation, until `until` (unix seconds)."""

    items = 1

    def __init__(self, account: str, org: str, purpose: str, until: int, token: str) -> None:
        self.account, self.org, self.purpose, self.until = account, org, purpose, until
        self.token = token
        self.grant = new_id()

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts={self.account}, tokens={self.token})

    def decide(self, book: Book) -> Granted:
        """Record the grant; refuse an unknown organisation with `InstitutionUnknown`."""
        check_token(book, self.token)
        if book.account(self.account) is None:
            raise LearnerUnknown
        today = civil_date(book.now)
        if book.catalogue.institution(self.org, today) is None:
            raise InstitutionUnknown(where="/org", institution=self.org, on=today.isoformat())
        person: dict[str, Any] = {
            "account": self.account,
            "grant": {"org": self.org, "purpose": self.purpose, "until": self.until},
        }
        draft = _draft("grant/1", book.keyring, self.grant, person, self.token)
        return Granted(self.grant, recorded_before(book, draft.source) or book.record(draft))


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
        draft = _draft(
            "grant_end/1", book.keyring, self.grant, {"account": self.account}, self.token
        )
        return Granted(self.grant, recorded_before(book, draft.source) or book.record(draft))


def _draft(kind: str, keyring: Keyring, grant: str, person: dict[str, Any], token: str) -> Draft:
    return Draft(
        kind=kind,
        org=BANK,
        source=keyring.source(f"bank:{kind}", grant),
        act={"grant": grant},
        account=person["account"],
        person=person,
        actor={"token": token},
    )
