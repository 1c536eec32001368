"""What an operator does at the machine: tokens, published registers, the day's erasures.

It goes past the API, straight to database and keys: whoever holds both is the bank.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from creditbank.domain.access import BANK, Role
from creditbank.domain.catalogue import Catalogue
from creditbank.domain.identifiers import check_uscc
from creditbank.errors.rules import RegistersMoved
from creditbank.services.banking import OPERATOR
from creditbank.services.expiring import GROUP, ExpireReservations
from creditbank.services.learners import PublishErasures
from creditbank.services.registering import PublishedVersion, PublishRegister
from creditbank.services.rulebooks import TRIES, PublishRulebook, vet
from creditbank.services.tokens import NewToken, check_known, new_token
from creditbank.storage import access, reading
from creditbank.storage.book import Recorded
from creditbank.storage.database import Database
from creditbank.storage.journal import Recorder, record_now
from creditbank.storage.keyring import Keyring

DAY_SECONDS = 86_400

# They act for the bank itself, so that their organisation need not be a registered one.
_OF_THE_BANK = (Role.AUDITOR, Role.DESK)


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator of one bank."""

    database: Database
    keyring: Keyring

    def issue_token(
        self, org: str, role: Role, *, days: int, label: str, scopes: frozenset[str] | None = None
    ) -> NewToken:
        """Return a new token, which is shown this once, valid for `days`.

        Raises `InvalidOrganisationCode`, and `Forbidden` for scopes that the role cannot hold.
        """
        now = int(time.time())
        token, values = new_token(
            self.keyring,
            org=org if org == BANK and role in _OF_THE_BANK else check_uscc(org),
            role=role,
            label=label,
            now=now,
            expires_at=now + days * DAY_SECONDS,
            scopes=scopes,
        )
        self.database.write_sync(lambda connection: access.add_token(connection, values))
        return token

    def revoke_token(self, token_id: str) -> None:
        """Revoke a token as of now; raises `TokenUnknown`."""
        now = int(time.time())
        found = self.database.write_sync(
            lambda connection: access.revoke_token(connection, token_id, now)
        )
        check_known(found, token_id)

    def tokens(self) -> list[dict[str, Any]]:
        """Return every token but learners', newest first; times in unix seconds."""
        return self.database.read_sync(reading.token_list)

    def publish_register(self, kind: str, document: object) -> PublishedVersion:
        """Publish a register version in the bank's name, as for its set-up.

        Raises as `PublishRegister`.
        """
        if kind == "rulebook":
            return self._publish_rulebook(document)
        work = PublishRegister(kind, document, OPERATOR, self.keyring)
        published: PublishedVersion = record_now(self.database, Recorder(self.keyring), work)
        return published

    def catalogue(self) -> Catalogue:
        """Return every register version that is published."""
        return self.database.read_sync(Recorder(self.keyring).catalogue_of)

    def _publish_rulebook(self, document: object) -> PublishedVersion:
        work = PublishRulebook(document, OPERATOR, self.keyring)
        recorder = Recorder(self.keyring)
        for _ in range(TRIES):
            work.vetted = vet(work.rulebook, self.database.read_sync(recorder.catalogue_of))
            try:
                published: PublishedVersion = record_now(self.database, recorder, work)
            except RegistersMoved:
                continue
            return published
        raise RegistersMoved

    def publish_erasures(self, *, through_today: bool = False) -> Recorded | None:
        """Record the entry that covers the erasures of past days; None if there are none."""
        work = PublishErasures(through_today=through_today)
        recorded: Recorded | None = record_now(self.database, Recorder(self.keyring), work)
        return recorded

    def expire_reservations(self) -> int:
        """End every reservation that has expired; return how many there were."""
        recorder, ended = Recorder(self.keyring), 0
        while True:
            more: int = record_now(self.database, recorder, ExpireReservations())
            ended += more
            if more < GROUP:
                return ended

    def is_registered(self, org: str) -> bool:
        """Return whether an institution of that code was ever published."""
        return bool(
            self.database.read_sync(
                lambda connection: reading.register_versions(connection, "institution", org)
            )
        )
