"""Suspending, resuming and withdrawing a certificate itself. Its outcome stands as it did.

What ends with its outcome needs no change here: the entry that ended the outcome turns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from creditbank.domain.access import BANK
from creditbank.errors.certifying import CredentialEnded, CredentialUnknown
from creditbank.errors.storage import Erased
from creditbank.services.actors import Poster, check_token, recorded_before
from creditbank.services.identifying import new_id
from creditbank.storage import credentials
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.credentials import Credential, Standing
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import Draft

_CHANGES: Final = ("suspended", "resumed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Changed:
    """The answer: the certificate, its entry, and whether it was so before (then None)."""

    credential: str
    change: str
    recorded: Recorded | None


class ChangeCredential:
    """A change of one certificate, by the desk or an authority, or a withdrawal by its holder.

    `account` is the holder where a holder asks; then another's certificate is an unknown one.
    """

    items = 1

    def __init__(
        self,
        credential: str,
        change: str,
        reason: str,
        poster: Poster,
        *,
        account: str | None = None,
    ) -> None:
        assert change in _CHANGES  # noqa: S101  # the routes know no other
        self.credential, self.change, self.reason = credential, change, reason
        self.poster, self.account = poster, account
        self._change_id = new_id()

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        accounts = {self.account} if self.account else set()
        return Needs(accounts=accounts, tokens={self.poster.token})

    def decide(self, book: Book) -> Changed:
        """Record the change; what is so already is not recorded again.

        Refuses with `CredentialUnknown`, `Erased`, and `CredentialEnded` where it is over.
        """
        check_token(book, self.poster.token)
        found = find_credential(book.connection, self.credential, self.account)
        source = book.keyring.source("bank:credential-status", self._change_id)
        before = recorded_before(book, source)
        if before is not None:
            return Changed(found.id, self.change, before)
        standing = credentials.standing(book.connection, found.id)
        if _is_so(standing, self.change):
            return Changed(found.id, self.change, None)
        if not standing.stands:
            raise CredentialEnded(credential=found.id)
        if self.change == "withdrawn":
            # What was taken back is shown to nobody any more, whoever took it back.
            book.add_statement(credentials.dropping_shares(found.id))
        return Changed(found.id, self.change, self._record(book, found, source))

    def _record(self, book: Book, found: Credential, source: bytes) -> Recorded:
        person: dict[str, Any] = {"account": found.account, "reason": self.reason}
        return book.record(
            Draft(
                kind="credential_status/1",
                org=BANK,
                source=source,
                act={"credential": found.id, "change": self.change},
                account=found.account,
                person=person,
                actor=self.poster.actor,
            )
        )


def find_credential(
    connection: Connection, credential_id: str, account: str | None = None
) -> Credential:
    """Return a certificate, perhaps only of `account`.

    Refuses with `CredentialUnknown`, and with `Erased` where its learner was erased.
    """
    found = credentials.credential(connection, credential_id)
    if found is not None and account in {None, found.account}:
        return found
    if found is None and credentials.place_of(connection, credential_id) is not None:
        raise Erased
    raise CredentialUnknown(credential=credential_id)


def _is_so(standing: Standing, change: str) -> bool:
    if change == "withdrawn":
        return standing.withdrawn_at is not None
    if not standing.stands:
        return False
    return (standing.suspended_at is not None) == (change == "suspended")
