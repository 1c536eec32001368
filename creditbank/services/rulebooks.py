"""Publishing rulebooks: vetted outside the lock, by their owner, perhaps under its signature.

Linting and the test cases take time, so they are done before the journal is asked. Under the lock
it is enough that what the rulebook was vetted among still is what it names.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from creditbank.domain.access import BANK
from creditbank.domain.attestation import institution_key
from creditbank.domain.binding_frames import binding_frames
from creditbank.domain.catalogue import Catalogue
from creditbank.domain.civil_time import civil_date
from creditbank.domain.identifiers import region_contains
from creditbank.domain.register_signing import RegisterSignature, check_signature, signed_bytes
from creditbank.domain.registers import Institution
from creditbank.domain.registers_on import RegistersOn
from creditbank.domain.rules.chains import frames_of
from creditbank.domain.rules.findings import Finding
from creditbank.domain.rules.limits import TARGETS_MAX
from creditbank.domain.rules.lint import lint, refuse_errors
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.testing import CaseResult, case_findings, run_cases
from creditbank.errors.access import OutsideJurisdiction
from creditbank.errors.ledger import SignatureInvalid
from creditbank.errors.recording import InstitutionUnknown
from creditbank.errors.rules import NotSignedOff, NotTheOwner, RegistersMoved, RulebookTooLarge
from creditbank.errors.verification import (
    AttestationInvalid,
    AttestationKeyUnknown,
    AttestationMissing,
)
from creditbank.services.actors import Poster
from creditbank.services.registering import PublishedVersion, PublishRegister
from creditbank.storage.book import Book
from creditbank.storage.keyring import Keyring

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection

TRIES: Final = 5
"""How often a rulebook is vetted again because what it names changed meanwhile."""

_SIGNATURE: Final = "/signature"

# One at a time: a large one takes some seconds, and leaves the other core to learners.
_VETTING: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class Vetted:
    """What was found about a rulebook, and a digest of everything that it was vetted among."""

    findings: tuple[Finding, ...]
    cases: tuple[CaseResult, ...]
    among: bytes


def vet(rulebook: Rulebook, catalogue: Catalogue) -> Vetted:
    """Return what lint and the test cases say of a rulebook among the registers of its first day.

    The cases are run only if lint finds no error: they would fail for the same reason. Raises
    RulebookCycle.
    """
    frames = frames_in(rulebook, catalogue)
    registers = RegistersOn(catalogue, rulebook.valid_from, or_latest=True)
    others = [item.register for item in catalogue.versions("rulebook", rulebook.id)]
    versions = [one for one in others if isinstance(one, Rulebook)]
    findings = lint(rulebook, registers, frames, versions, _binding(registers))
    cases: list[CaseResult] = []
    _check_targets(rulebook, registers)
    if not any(one.severity == "error" for one in findings):
        cases = run_cases(rulebook, frames, registers)
        findings = [*case_findings(cases), *findings]
    return Vetted(tuple(findings), tuple(cases), _among(rulebook, catalogue))


def _binding(registers: RegistersOn) -> list[Rulebook]:
    """Return the frames in force that bind rulebooks of their region."""
    books = [item.register for item in binding_frames(registers.catalogue, registers.on)]
    return [one for one in books if isinstance(one, Rulebook)]


def _check_targets(rulebook: Rulebook, registers: RegistersOn) -> None:
    around = Surroundings(rulebook, registers)
    if sum(len(around.courses_of(rule)) for rule in rulebook.rules) > TARGETS_MAX:
        raise RulebookTooLarge(what="targets", limit=TARGETS_MAX)


def frames_in(rulebook: Rulebook, catalogue: Catalogue) -> list[Rulebook]:
    """Return the frames above a rulebook, as they are on its first day; raises RulebookCycle."""
    registers = RegistersOn(catalogue, rulebook.valid_from, or_latest=True)

    def lookup(name: str) -> Rulebook | None:
        found = registers.get(("rulebook", name))
        return found if isinstance(found, Rulebook) else None

    return frames_of(rulebook, lookup)


def _among(rulebook: Rulebook, catalogue: Catalogue) -> bytes:
    """Return a digest of the versions that a rulebook and its frames name, and of its own."""
    registers = RegistersOn(catalogue, rulebook.valid_from, or_latest=True)
    books = (rulebook, *frames_in(rulebook, catalogue))
    keys = {(one.kind, one.id) for book in books for one in book.references()}
    named = [(key, registers.published(key)) for key in sorted(keys)]
    own = catalogue.versions("rulebook", rulebook.id)
    digest = hashlib.sha256()
    binding = [(("rulebook", one.id), None) for one in _binding(registers)]
    known = [*named, *((("rulebook", one.register.id), one) for one in own), *binding]
    for key, found in known:
        digest.update(repr((key, None if found is None else found.digest.hex())).encode())
    return digest.digest()


class PublishRulebook(PublishRegister):
    """One rulebook version, published by its owner, or by the bank for its set-up."""

    def __init__(
        self,
        document: object,
        poster: Poster,
        keyring: Keyring,
        *,
        signature: RegisterSignature | None = None,
    ) -> None:
        super().__init__("rulebook", document, poster, keyring)
        self.rulebook = parse_rulebook(document)
        self.signature = signature
        self.vetted: Vetted | None = None

    def check(self, book: Book) -> None:
        """Refuse what is not the owner's, not signed, or not in order.

        It is vetted here, under the lock, only if nobody did so before. Raises RegistersMoved if
        what it was vetted among is not as it was then.
        """
        if self.poster.org != BANK:
            self._check_owner(book)
        if self.rulebook.status == "published" and not self.rulebook.sign_off:
            # Nor does the bank put rules into force for an owner that has not resolved on them.
            raise NotSignedOff(where="/sign_off")
        self._check_signature(book)
        vetted = self.vetted or vet(self.rulebook, book.catalogue)
        if vetted.among != _among(self.rulebook, book.catalogue):
            raise RegistersMoved
        refuse_errors(vetted.findings)

    def act(self) -> dict[str, Any]:
        """Return the act of the entry."""
        act = super().act()
        return act if self.signature is None else act | {"signature": dict(self.signature)}

    def _check_owner(self, book: Book) -> None:
        org, rulebook = self.poster.org, self.rulebook
        versions = book.catalogue.versions("rulebook", rulebook.id)
        books = [one.register for one in versions]
        earlier = [one.owner for one in books if isinstance(one, Rulebook)]
        for where, owner in [("/owner", rulebook.owner), *(("/id", one) for one in earlier)]:
            if owner != org:
                raise NotTheOwner(where=where, owner=owner, institution=org)
        institution = self._institution(book)
        if institution.status != "active" or not region_contains(
            institution.jurisdiction or institution.region, rulebook.region
        ):
            raise OutsideJurisdiction(where="/region", region=rulebook.region, institution=org)
        if rulebook.binds and institution.jurisdiction is None:
            # Whoever has no say over a region cannot put its colleges under a frame.
            raise OutsideJurisdiction(where="/binds", region=rulebook.region, institution=org)

    def _institution(self, book: Book) -> Institution:
        today = civil_date(book.now)
        institution = book.catalogue.institution(self.poster.org, today)
        if institution is None:
            raise InstitutionUnknown(institution=self.poster.org, on=today.isoformat())
        return institution

    def _check_signature(self, book: Book) -> None:
        org = self.poster.org
        if self.signature is None:
            if org != BANK and self._institution(book).signing == "required":
                raise AttestationMissing(where=_SIGNATURE, institution=org)
            return
        today, kid = civil_date(book.now), self.signature["kid"]
        key = institution_key(self._institution(book), kid, today)
        if key is None:
            raise AttestationKeyUnknown(
                where=f"{_SIGNATURE}/kid", institution=org, kid=kid, on=today.isoformat()
            )
        message = signed_bytes(
            log=book.origin,
            org=org,
            kind=self.kind,
            id=self.rulebook.id,
            version=self.rulebook.version,
            digest=self.digest.hex(),
        )
        try:
            check_signature(self.signature, message, key)
        except SignatureInvalid:
            raise AttestationInvalid(
                where=_SIGNATURE, kid=kid, log=book.origin, reason="signature"
            ) from None


async def publish_rulebook(bank: Bank, work: PublishRulebook) -> PublishedVersion:
    """Return where a rulebook version stands once it is committed.

    Refuses with what is wrong with it: RulebookCycle, RulebookCodeUnknown, RulebookDatesOverlap,
    RulebookCapIdle, RulebookContradictory, RulebookBreaksFrame, RulebookCaseFails; with
    NotTheOwner, OutsideJurisdiction, NotSignedOff and the attestation's refusals; and with
    RegistersMoved if what it names changes all the time.
    """
    for attempt in range(TRIES):
        work.vetted = await vet_document(bank, work.rulebook)
        try:
            published: PublishedVersion = await bank.journal.submit(work)
        except RegistersMoved:
            if attempt == TRIES - 1:
                raise
        else:
            return published
    raise RegistersMoved


async def vet_document(bank: Bank, rulebook: Rulebook) -> Vetted:
    """Return what is found about a rulebook as the registers are now, beside the event loop."""

    def read(connection: Connection) -> Catalogue:
        return bank.recorder.catalogue_of(connection)

    catalogue = await bank.database.read(read)
    loop = asyncio.get_running_loop()
    async with _VETTING.setdefault(loop, asyncio.Semaphore(1)):
        return await asyncio.to_thread(vet, rulebook, catalogue)
