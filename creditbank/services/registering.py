"""Publishing register versions: each is true by being an entry, and stays readable for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from creditbank.domain.access import BANK
from creditbank.domain.catalogue import Published
from creditbank.domain.civil_time import civil_date
from creditbank.domain.identifiers import region_contains
from creditbank.domain.registers import (
    Authorisation,
    CreditSystem,
    Institution,
    Module,
    Register,
    check_credits,
    check_references,
    parse_register,
)
from creditbank.errors.access import OutsideJurisdiction
from creditbank.errors.registers import RegisterVersionExists
from creditbank.ledger import canonical
from creditbank.services.actors import Poster, check_token
from creditbank.storage import loading
from creditbank.storage.book import Book, Needs
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Draft


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """The answer: where a register version stands in the log."""

    kind: str
    id: str
    version: str
    index: int
    at: int
    leaf_hash: bytes
    digest: bytes
    replayed: bool = False


class PublishRegister:
    """One register version, published by an authority or, at the bank's set-up, by the bank."""

    items = 1

    def __init__(self, kind: str, document: object, poster: Poster, keyring: Keyring) -> None:
        if kind == "rulebook" and type(self) is PublishRegister:
            raise TypeError("rulebooks are vetted: use PublishRulebook")
        self.kind = kind
        self.poster = poster
        self.register = parse_register(kind, document)
        self.content = canonical.encode(self.register.document())
        self.digest = loading.document_digest(self.content)
        name = f"{kind}/{self.register.id}/{self.register.version}"
        self.source = keyring.source("bank:register", name)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        tokens = set() if self.poster.org == BANK else {self.poster.token}
        return Needs(sources={self.source}, tokens=tokens)

    def decide(self, book: Book) -> PublishedVersion:
        """Return where the version stands; refuse a changed or impossible one."""
        if self.poster.org != BANK:
            check_token(book, self.poster.token)
        existing = book.entry_by_source(self.source)
        if existing is not None:
            if existing.act["register"]["digest"] != self.digest.hex():
                raise RegisterVersionExists(version=self.register.version, index=existing.index)
            return self._answer(existing.index, existing.at, existing.leaf_hash, replayed=True)
        self.check(book)
        recorded = book.record(
            Draft(
                kind="register/1",
                org=self.poster.org,
                source=self.source,
                act=self.act(),
                actor=self.poster.actor,
                documents=[self.content],
            )
        )
        book.publish(Published(self.register, self.kind, recorded.index, self.digest))
        return self._answer(recorded.index, recorded.at, recorded.leaf_hash)

    def check(self, book: Book) -> None:
        """Refuse what the poster has no say over, and what names what there is not."""
        if self.poster.org != BANK:
            _check_jurisdiction(book, self.poster.org, self.register)
        named = book.catalogue.named_by(self.register)
        check_references(self.register, named)
        if isinstance(self.register, Module):
            systems = {
                system.id: system for system in named.values() if isinstance(system, CreditSystem)
            }
            check_credits(self.register, systems)

    def act(self) -> dict[str, Any]:
        """Return the act of the entry."""
        return {"register": self._reference()}

    def _reference(self) -> dict[str, Any]:
        reference = {
            "kind": self.kind,
            "id": self.register.id,
            "version": self.register.version,
            "digest": self.digest.hex(),
            "valid_from": self.register.valid_from.isoformat(),
        }
        if self.register.valid_to is not None:
            reference["valid_to"] = self.register.valid_to.isoformat()
        return reference

    def _answer(
        self, index: int, at: int, leaf_hash: bytes, *, replayed: bool = False
    ) -> PublishedVersion:
        return PublishedVersion(
            self.kind,
            self.register.id,
            self.register.version,
            index,
            at,
            leaf_hash,
            self.digest,
            replayed,
        )


def _check_jurisdiction(book: Book, org: str, register: Register) -> None:
    """Refuse with `OutsideJurisdiction` what the authority `org` has no say over.

    Its jurisdiction has to cover the document, every earlier version of it, since a new one takes
    their place, the jurisdiction that the document gives to an authority, itself perhaps, and the
    seat of an institution that it authorises.
    """
    authority: Institution | None = book.catalogue.institution(org, civil_date(book.now))
    jurisdiction = authority.jurisdiction if authority and authority.status == "active" else None
    versions = book.catalogue.versions(register.register_kind, register.id)
    regions = [("/region", register.region)]
    regions += [("/id", item.register.region) for item in versions]
    if isinstance(register, Institution) and register.jurisdiction is not None:
        regions.append(("/jurisdiction", register.jurisdiction))
    if isinstance(register, Authorisation):
        seat = book.catalogue.institution(register.institution, register.valid_from)
        regions += [("/institution", seat.region)] if seat else []
    for where, region in regions:
        if jurisdiction is None or not region_contains(jurisdiction, region):
            raise OutsideJurisdiction(where=where, region=region, institution=org)
