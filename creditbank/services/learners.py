"""Learners: opening an account, keeping identities current, restriction and erasure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditbank.domain.access import BANK, Role
from creditbank.domain.civil_time import civil_date
from creditbank.errors.learners import DocumentTaken, NothingToChange, RestrictionStands
from creditbank.errors.recording import LearnerUnknown
from creditbank.errors.storage import Erased
from creditbank.services.actors import (
    Notice,
    Poster,
    check_active,
    check_token,
    recorded_before,
)
from creditbank.services.identifying import Claim, find_learner, new_id, open_account
from creditbank.services.restricting import check_unrestricted, is_restricted
from creditbank.storage import vault
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.database import Database
from creditbank.storage.loading import Account
from creditbank.storage.sealing import Draft

if TYPE_CHECKING:
    from creditbank.services.banking import Bank


ERASURES_MAX = 10_000
"""How many erasures one entry covers: each takes 67 bytes of a part, which has a MiB."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer: the account, and whether it was there before."""

    account: str
    replayed: bool


class OpenAccount:
    """An account for an identity document; the same document always finds the same account."""

    items = 1

    def __init__(
        self, claim: Claim, poster: Poster, notice: Notice, phone: str | None = None
    ) -> None:
        self.claim, self.poster, self.notice, self.phone = claim, poster, notice, phone

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        handles = {self.claim.handle} if self.claim.handle else set()
        return Needs(handles=handles, tokens={self.poster.token})

    def decide(self, book: Book) -> Opened:
        """Return the account.

        Refuses another name for a known document with `NameMismatch`, and an institution that is
        not active with `InstitutionUnknown`; the bank's own desk need not be in the register.
        """
        check_token(book, self.poster.token)
        token = book.token(self.poster.token)
        if token is not None and token.role != Role.DESK:
            check_active(book, self.poster.org)
        known = find_learner(book, self.claim)
        if known is not None:
            return Opened(known.name, replayed=True)
        opened = open_account(book, self.claim, self.poster, self.notice, self.phone)
        return Opened(opened.name, replayed=False)


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """What changes: a further or renewed document, the name, the phone."""

    document: Claim | None = None
    name: str | None = None
    phone: str | None = None


class ChangeIdentity:
    """A changed name or phone, or a further document, as seen at the bank's desk."""

    items = 1

    def __init__(self, account: str, change: IdentityChange, poster: Poster) -> None:
        self.account, self.change, self.poster = account, change, poster
        self.change_id = new_id()

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        document = self.change.document
        handles = {document.handle} if document and document.handle else set()
        return Needs(handles=handles, accounts={self.account}, tokens={self.poster.token})

    def decide(self, book: Book) -> Recorded:
        """Record that the identity changed, never what it is; the vault holds that.

        Refuses with `DocumentTaken` where the document belongs to another account, and with
        `AccountRestricted`.
        """
        check_token(book, self.poster.token)
        account = live_account(book, self.account)
        check_unrestricted(account, book.now)
        what = [name for name in ("document", "name", "phone") if getattr(self.change, name)]
        if not what:
            raise NothingToChange
        document = self.change.document
        if document is not None and document.handle is not None:
            owner = book.identity(document.handle)
            if owner is not None and owner[0] != account.name:
                raise DocumentTaken(where="/document")
        source = book.keyring.source("bank:identity", self.change_id)
        before = recorded_before(book, source)
        if before is not None:
            return before
        self._change_vault(book, account)
        return book.record(
            Draft(
                kind="identity/1",
                org=BANK,
                source=source,
                act={},
                account=account.name,
                person={"account": account.name, "changed": what},
                actor=self.poster.actor,
            )
        )

    def _change_vault(self, book: Book, account: Account) -> None:
        known = book.identities_of(account)
        first = known[0].content
        name = self.change.name or first["name"]
        phone = self.change.phone or first.get("phone")
        common = {"name": name} | ({"phone": phone} if phone else {})
        for identity in known:
            book.change_identity(identity.handle, account, identity.content | common)
        document = self.change.document
        handles = {identity.handle for identity in known}
        if document is None or document.handle is None or document.document is None:
            return
        if document.handle not in handles:
            book.add_identity(document.handle, account, document.document | common)


class Restrict:
    """A restriction (PIPL 47, last paragraph), or its end: the account is stored and not used."""

    items = 1

    def __init__(self, account: str, until: str | None, reason: str, poster: Poster) -> None:
        self.account, self.until, self.reason, self.poster = account, until, reason, poster
        self.restriction = new_id()

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts={self.account}, tokens={self.poster.token})

    def decide(self, book: Book) -> Recorded:
        """Record the restriction; without `until` it ends."""
        check_token(book, self.poster.token)
        account = live_account(book, self.account)
        person: dict[str, Any] = {"account": account.name, "reason": self.reason}
        if self.until is not None:
            person["until"] = self.until
        source = book.keyring.source("bank:restriction", self.restriction)
        return recorded_before(book, source) or book.record(
            Draft(
                kind="restriction/1",
                org=BANK,
                source=source,
                act={},
                account=account.name,
                person=person,
                actor=self.poster.actor,
            )
        )


class Erase:
    """Erasure of a learner (PIPL 47): the key is destroyed, the views and the vault are cleared.

    The entries stay, and every proof of them holds. The day's erasures are covered by one entry,
    which `PublishErasures` records: an entry per erasure would tell who left and when.
    """

    items = 1

    def __init__(self, account: str, token: str) -> None:
        self.account, self.token = account, token
        self.traces: list[bytes] = []
        """What has to be gone from the files: for `scrub`."""
        self._tried_on: str | None = None

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts={self.account}, tokens={self.token})

    def decide(self, book: Book) -> str:
        """Erase, and return the civil day; refuse with `RestrictionStands` while one does."""
        if self._tried_on is not None and book.was_erased(self.account):
            return self._tried_on  # an earlier try was committed, perhaps with the token erased too
        check_token(book, self.token)
        account = live_account(book, self.account)
        today = civil_date(book.now).isoformat()
        if is_restricted(account, book.now):
            raise RestrictionStands(until=account.restricted_until)
        self.traces = [
            account.name.encode(),
            *vault.secrets_of(book.connection, [account.key.key_id]),
        ]
        for statement in vault.erasing(book.keyring, account, today):
            book.add_statement(statement)
        book.forget(account.name)
        self._tried_on = today
        return today


class PublishErasures:
    """An entry for all erasures of the days before `today` that none covers yet.

    More than an entry can hold make several, in one commit.
    """

    items = 1
    needs = Needs()

    def __init__(self, *, through_today: bool = False) -> None:
        self.through_today = through_today

    def decide(self, book: Book) -> Recorded | None:
        """Record the entry and return it, the last of several; None if there is none to cover."""
        today = civil_date(book.now).isoformat()
        pending = sorted(vault.pending_erasures(book.connection, today, self.through_today))
        recorded = None
        for start in range(0, len(pending), ERASURES_MAX):
            covered = pending[start : start + ERASURES_MAX]
            recorded = book.record(
                Draft(
                    kind="erasure/1",
                    org=BANK,
                    source=book.keyring.source("bank:erasure", f"{today}/{book.size}"),
                    act={"erased": [digest.hex() for digest in covered]},
                )
            )
            book.add_statement(vault.cover_erasures(covered, recorded.index))
        return recorded


async def cover_erasures(bank: Bank) -> Recorded | None:
    """Record the entry for the erasures of past days and return it; None if there are none.

    Before that the files are scrubbed again: a server that ended right after an erasure has not.
    """
    today = civil_date(int(time.time())).isoformat()
    pending = await bank.database.read(
        lambda connection: vault.pending_erasures(connection, today, through_today=False)
    )
    if not pending:
        return None
    await asyncio.to_thread(scrub, bank.database)
    recorded: Recorded | None = await bank.journal.submit(PublishErasures())
    return recorded


def live_account(book: Book, name: str) -> Account:
    """Return an account; raise `Erased` or `LearnerUnknown` where there is none."""
    account = book.account(name)
    if account is None:
        raise Erased if book.was_erased(name) else LearnerUnknown
    return account


def scrub(database: Database, traces: Collection[bytes] = ()) -> None:
    """Leave no trace of an erased learner in the files; may take long, so off the event loop."""
    vault.scrub(database, traces)
