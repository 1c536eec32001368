"""Countersigning: an institution signs a certificate that names it, beside the bank.

Its proof is over the document without any proof, made with the key in its register, and stands in
an entry: whoever opens the certificate from then on gets both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.credentials import proofs
from creditbank.credentials.signing import RDFC, multikey_of
from creditbank.domain.access import Principal
from creditbank.domain.catalogue import Catalogue
from creditbank.domain.certified import Certified
from creditbank.domain.civil_time import civil_date
from creditbank.errors.certifying import CountersignatureInvalid, CredentialUnknown
from creditbank.errors.credentials import ContextUnknown
from creditbank.errors.ledger import NotCanonical, SignatureInvalid
from creditbank.errors.verification import MalformedDocument
from creditbank.ledger.times import parse_time
from creditbank.services.actors import Poster, check_token
from creditbank.services.credential_changes import find_credential
from creditbank.services.documents import Certificates, Recipe, read_recipe
from creditbank.storage import loading
from creditbank.storage.book import Book, Needs, Recorded
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import Draft


@dataclass(frozen=True, slots=True)
class Countersigned:
    """The answer: the certificate and the entry that holds the proof."""

    credential: str
    recorded: Recorded
    replayed: bool


async def countersign(
    certificates: Certificates, principal: Principal, credential: str, proof: Mapping[str, Any]
) -> Countersigned:
    """Return the entry of a proof by the institution that the certificate names.

    Refuses with `CredentialUnknown` whoever it does not name, with `Erased`, and with
    `CountersignatureInvalid`.
    """
    bank = certificates.bank

    def read(connection: Connection) -> tuple[Recipe, bytes]:
        recipe = read_recipe(connection, bank, find_credential(connection, credential))
        if principal.org not in _named(recipe.facts):
            raise CredentialUnknown(credential=credential)
        today = civil_date(loading.read_head(connection).now)
        catalogue = bank.recorder.catalogue_of(connection)
        method = str(proof.get("verificationMethod"))
        return recipe, _key_of(catalogue, principal.org, today, method)

    recipe, public = await bank.database.read(read)
    unsigned = certificates.unsigned(recipe)
    await asyncio.to_thread(_check, unsigned, proof, public)
    work = AddProof(credential, proof, public, Poster(principal.token, principal.org))
    added: Countersigned = await bank.journal.submit(work)
    return added


class AddProof:
    """A `credential_proof/1` entry. That the proof holds was checked before."""

    items = 1

    def __init__(
        self, credential: str, proof: Mapping[str, Any], public: bytes, poster: Poster
    ) -> None:
        self.credential, self.proof, self.poster = credential, proof, poster
        self._public = public

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(tokens={self.poster.token})

    def decide(self, book: Book) -> Countersigned:
        """Record the proof, once for each key.

        Refuses with `CountersignatureInvalid` unless the institution's register in force today
        names the key.
        """
        check_token(book, self.poster.token)
        found = find_credential(book.connection, self.credential)
        key = f"{found.id}/{self._public.hex()}"
        source = book.keyring.source("bank:credential-proof", key)
        existing = book.entry_by_source(source)
        if existing is not None:
            place = Recorded(existing.index, existing.at, existing.leaf_hash)
            return Countersigned(found.id, place, replayed=True)
        method = str(self.proof["verificationMethod"])
        _key_of(book.catalogue, self.poster.org, civil_date(book.now), method)
        act = {
            "credential": found.id,
            "suite": self.proof["cryptosuite"],
            "created": self.proof["created"],
            "method": self.proof["verificationMethod"],
            "value": self.proof["proofValue"],
        }
        recorded = book.record(
            Draft(
                kind="credential_proof/1",
                org=self.poster.org,
                source=source,
                act=act,
                account=found.account,
                person={"account": found.account},
                actor=self.poster.actor,
            )
        )
        return Countersigned(found.id, recorded, replayed=False)


def _named(facts: Certified) -> set[str]:
    """Return the institution that a certificate names as its source."""
    about = facts.achievement or facts.decision
    return set() if about is None else {about.institution.uscc}


def _key_of(catalogue: Catalogue, org: str, today: date, method: str) -> bytes:
    """Return the Ed25519 key in force of an institution that a proof names as a `did:key`."""
    institution = catalogue.institution(org, today)
    for key in institution.keys if institution and institution.status == "active" else ():
        if key.alg == "ed25519" and key.in_force(today):
            public = bytes.fromhex(key.public)
            multikey = multikey_of(public)
            if method == f"did:key:{multikey}#{multikey}":
                return public
    raise CountersignatureInvalid(reason="key_not_registered", where="/proof")


def _check(document: Mapping[str, Any], proof: Mapping[str, Any], public: bytes) -> None:
    if proof.get("cryptosuite") != RDFC:
        raise CountersignatureInvalid(reason="suite", where="/proof")
    try:
        parse_time(str(proof.get("created")))
        proofs.check_proof(document, proof, public)
    except (SignatureInvalid, ContextUnknown):
        raise CountersignatureInvalid(reason="signature", where="/proof") from None
    except (MalformedDocument, NotCanonical):
        raise CountersignatureInvalid(reason="form", where="/proof") from None
