"""Which learner is meant: by account, or by identity document and name.

The same document always finds the same account; one seen for the first time opens an account.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass, replace
from typing import Any

from creditbank.domain.identifiers import normalise_name, read_document
from creditbank.errors.recording import (
    DocumentOfAnother,
    LearnerUnknown,
    LearnerUnnamed,
    NameMismatch,
)
from creditbank.errors.storage import Erased
from creditbank.services.actors import Notice, Poster
from creditbank.services.restricting import check_unrestricted
from creditbank.storage import loading
from creditbank.storage.book import Book
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import Account
from creditbank.storage.sealing import Draft


def new_account_name() -> str:
    """Return a fresh account name: `la-` and 80 random bits."""
    return "la-" + b32encode(secrets.token_bytes(10)).decode().lower()


def new_id() -> str:
    """Return a fresh id of 128 random bits in hex."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Claim:
    """The learner as a posting names them. `handle` and `document` go together.

    What stands beside an account has to be that account's.
    """

    account: str | None = None
    handle: bytes | None = None
    document: dict[str, str] | None = None
    name: str | None = None

    @classmethod
    def of(cls, learner: dict[str, Any], keyring: Keyring, where: str = "/learner") -> Claim:
        """Return the claim, its document normalised; refuse an impossible one.

        `where` is the learner's place in the request. Raises `LearnerUnnamed`, `InvalidDocument`
        and `InvalidName`.
        """
        account, name = learner.get("account"), learner.get("name")
        if account is None and not ("document" in learner and name is not None):
            raise LearnerUnnamed(where=where)
        if name is not None:
            normalise_name(name, where=f"{where}/name")
        found = cls()
        if "document" in learner:
            found = cls.by_document(learner["document"], keyring, f"{where}/document")
        return replace(found, account=account, name=name)

    @classmethod
    def by_document(
        cls, document: dict[str, Any], keyring: Keyring, where: str = "/document"
    ) -> Claim:
        """Return the claim of whoever holds a document; raises `InvalidDocument`."""
        normal = read_document(document, where=where)
        return cls(handle=keyring.document_handle(normal), document=normal)


def find_learner(book: Book, claim: Claim) -> Account | None:
    """Return the learner's account, None if the document is new.

    Refuses with `LearnerUnknown`, `Erased`, `AccountRestricted`, `NameMismatch` or, where account
    and document do not belong together, `DocumentOfAnother`.
    """
    found = book.identity(claim.handle) if claim.handle is not None else None
    name = claim.account or (found[0] if found else None)
    if name is None:
        return None
    account = book.account(name)
    if account is None:
        raise Erased if book.was_erased(name) else LearnerUnknown(where="/learner")
    if claim.handle is not None and (found is None or found[0] != account.name):
        raise DocumentOfAnother(where="/learner/document")
    if claim.name is not None:
        _check_name(book, account, claim.name, claim.handle, found)
    check_unrestricted(account, book.now, "/learner")
    return account


def _check_name(
    book: Book,
    account: Account,
    name: str,
    handle: bytes | None,
    found: tuple[str, bytes] | None,
) -> None:
    """Refuse a name that is not on file, for this document if there is one."""
    if handle is not None and found is not None:
        on_file = loading.unseal_identity(account.key, handle, found[1])["name"]
    else:
        on_file = book.identities_of(account)[0].content["name"]
    if normalise_name(on_file) != normalise_name(name):
        raise NameMismatch(where="/learner/name")


def open_account(
    book: Book, claim: Claim, poster: Poster, notice: Notice, phone: str | None = None
) -> Account:
    """Open an account for a document seen for the first time, and record it."""
    if claim.handle is None or claim.document is None:
        raise AssertionError("an account is opened from a document")
    account = book.open_account(new_account_name())
    content = claim.document | {"name": claim.name or ""} | ({"phone": phone} if phone else {})
    book.add_identity(claim.handle, account, content)
    book.record(
        Draft(
            kind="account/1",
            org=poster.org,
            source=book.keyring.source("bank:account", account.name),
            act={},
            account=account.name,
            person={
                "account": account.name,
                "legal_basis": notice.legal_basis,
                "notice": notice.version,
                "document_kind": claim.document["kind"],
            },
            actor=poster.actor,
        )
    )
    return account


def find_account_name(book: Book, claim: Claim) -> str | None:
    """Return the account that a claim names, None if there is none or it names two people."""
    if claim.handle is None:
        return claim.account
    found = book.identity(claim.handle)
    if found is None or claim.account not in {None, found[0]}:
        return None
    return found[0]
