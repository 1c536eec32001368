"""What a holder shows of a certificate: at its permanent address, and to whoever has a link.

Without a share the address tells that the certificate exists, and how it stands, and nothing else.
The share named `public` is what everybody sees there; any other has a link of its own, with an end
and to be withdrawn at any time. The share `print` is the link on paper: it is made when a printable
page is, and shows what that page shows. Ended by its holder, it comes back with a page that holder
or desk have printed, and with none of an institution's.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, replace
from typing import Any, Final

from creditbank.errors.certifying import CredentialEnded, ShareUnknown
from creditbank.ledger.times import format_time
from creditbank.services.actors import Poster, check_token
from creditbank.services.credential_changes import find_credential
from creditbank.services.identifying import new_id
from creditbank.storage import access, credentials
from creditbank.storage.book import Book, Needs
from creditbank.storage.credential_tables import CredentialShareRow
from creditbank.storage.credentials import Credential
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection

PUBLIC: Final = "public"
PRINT: Final = "print"
SHOWN: Final = frozenset({"name", "results", "document"})
"""What can be shown beside what was achieved: the holder's name, results, the signed document."""
WHOLE: Final = SHOWN
_NONCE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Share:
    """What is shown under a name; `until` in unix seconds, None for no end."""

    name: str
    shows: frozenset[str]
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """The answer: what is shown, and the secret of its link, None for what everybody sees."""

    credential: str
    share: Share
    created_at: int
    secret: str | None


class PutShare:
    """Show a certificate under a name, or change what is shown under it.

    `account` is the holder where the holder asks; what the desk shows for one is noted for that
    learner to see.
    """

    items = 1

    def __init__(
        self,
        credential: str,
        share: Share,
        poster: Poster,
        *,
        account: str | None = None,
    ) -> None:
        self.credential, self.share, self.poster = credential, share, poster
        self.account = account
        self._nonce = secrets.token_bytes(_NONCE_BYTES)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(tokens={self.poster.token})

    def decide(self, book: Book) -> Shared:
        """Return what is shown.

        Refuses with `CredentialUnknown`, `Erased`, and `CredentialEnded` where it was withdrawn.
        """
        check_token(book, self.poster.token)
        found = find_credential(book.connection, self.credential, self.account)
        if credentials.standing(book.connection, found.id).withdrawn_at is not None:
            raise CredentialEnded(credential=found.id)
        if self.account is None:
            note_sharing(book, found, self.poster)
        return self._put(book, found)

    def _put(self, book: Book, found: Credential) -> Shared:
        """Return the share; a link that was over is another one from now on."""
        known = credentials.share(book.connection, found.id, self.share.name)
        goes_on = known is not None and known.holds(book.now)
        row = credentials.Share(
            credential=found.id,
            name=self.share.name,
            account=found.account,
            nonce=known.nonce if known and goes_on else self._nonce,
            shows=" ".join(sorted(self.share.shows)),
            created_at=known.created_at if known and goes_on else book.now,
            until=self.share.until,
        )
        if known is None:
            book.add_row(CredentialShareRow, row.values())
        else:
            book.add_statement(credentials.changing_share(row))
        return shared(book.keyring, row)


class PrintShare(PutShare):
    """Find or make the share whose link stands on paper; what is shown already stays as it is.

    The answer is None where the paper has to do without: the certificate was withdrawn, or its
    holder has ended the link and it is neither holder nor desk (`renews`) who prints.
    """

    def __init__(
        self, credential: str, poster: Poster, *, account: str | None, renews: bool
    ) -> None:
        super().__init__(credential, Share(PRINT, WHOLE), poster, account=account)
        self._renews = renews

    def decide(self, book: Book) -> Shared | None:  # type: ignore[override]  # what it is for
        """Return the share, or None; refuses with `CredentialUnknown` and `Erased`."""
        check_token(book, self.poster.token)
        found = find_credential(book.connection, self.credential, self.account)
        if credentials.standing(book.connection, found.id).withdrawn_at is not None:
            return None
        known = credentials.share(book.connection, found.id, PRINT)
        if known is not None and known.holds(book.now):
            return shared(book.keyring, known)
        return self._put(book, found) if known is None or self._renews else None


class DropShare:
    """Show nothing under a name any more. A link of that name never works again."""

    items = 1

    def __init__(
        self, credential: str, name: str, poster: Poster, *, account: str | None = None
    ) -> None:
        self.credential, self.name = credential, name
        self.poster, self.account = poster, account

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(tokens={self.poster.token})

    def decide(self, book: Book) -> bool:
        """Return whether anything was shown; refuses with `CredentialUnknown` and `Erased`."""
        check_token(book, self.poster.token)
        found = find_credential(book.connection, self.credential, self.account)
        known = credentials.share(book.connection, found.id, self.name)
        if known is None:
            return False
        if self.account is None:
            note_sharing(book, found, self.poster)
        if self.name == PRINT:  # that it was ended has to be known when the next page is printed
            if not known.holds(book.now):
                return False
            book.add_statement(credentials.changing_share(replace(known, until=book.now)))
        else:
            book.add_statement(credentials.dropping_share(found.id, self.name))
        return True


def note_sharing(book: Book, found: Credential, poster: Poster) -> None:
    """Keep that somebody else than the holder has changed what is shown of a certificate."""
    values = (new_id(), found.account, book.now, poster.org, poster.token, "credential_shares")
    access.note_access(book, access.AccessNote(*values))


def shared(keyring: Keyring, row: credentials.Share) -> Shared:
    """Return a share as its holder sees it."""
    secret = None
    if row.name != PUBLIC:
        made = keyring.share_secret(row.credential, row.name, row.nonce)[
            : credentials.SHARE_SECRET_BYTES
        ]
        secret = urlsafe_b64encode(made).rstrip(b"=").decode()
    share = Share(row.name, frozenset(row.shows.split()), row.until)
    return Shared(row.credential, share, row.created_at, secret)


def shown_by(
    connection: Connection, keyring: Keyring, credential: str, secret: str | None, now: int
) -> Share | None:
    """Return what somebody with this link secret may see, None if nothing is shown to everybody.

    Refuses with `ShareUnknown` a link that was withdrawn, has expired, or never was.
    """
    if secret is None:
        found = credentials.share(connection, credential, PUBLIC)
        if found is None or not found.holds(now):
            return None
    else:
        given = _bytes(secret)
        found = credentials.share_with_secret(connection, keyring, credential, given)
        if found is None or not found.holds(now) or found.name == PUBLIC:
            raise ShareUnknown
    return Share(found.name, frozenset(found.shows.split()), found.until)


def link(url: str, secret: str | None) -> str:
    """Return the address that shows a share, short enough for a QR code."""
    return url if secret is None else f"{url}?k={secret}"


def share_document(url: str, one: Shared, now: int) -> dict[str, Any]:
    """Return a share as JSON values for its holder."""
    members: dict[str, Any] = {
        "name": one.share.name,
        "shows": sorted(one.share.shows),
        "url": link(url, one.secret),
        "created": format_time(one.created_at),
        "expired": one.share.until is not None and one.share.until <= now,
    }
    if one.share.until is not None:
        members["until"] = format_time(one.share.until)
    return members


def exported_share(row: credentials.Share) -> dict[str, Any]:
    """Return a share as an export has it; its link can be had anew."""
    members: dict[str, Any] = {
        "credential": row.credential,
        "name": row.name,
        "shows": row.shows.split(),
        "created": format_time(row.created_at),
    }
    return members if row.until is None else members | {"until": format_time(row.until)}


def _bytes(secret: str) -> bytes:
    try:
        return urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except (NotBase64, ValueError):
        raise ShareUnknown from None
