"""The certificates that are verified, as they were read, and what the steps know of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from creditbank.domain.verification.report import CredentialReport, Step
from creditbank.domain.verification.subject import plain
from creditbank.errors import CreditBankError
from creditbank.errors.credentials import HostNotAllowed

ResolveDid = Callable[[str], Mapping[str, Any]]
"""Returns the DID document; raises `HostNotAllowed`, `HostUnreachable` or `MalformedDid`."""
FetchStatus = Callable[[str], bytes]
"""Returns the bytes of a status list; raises `HostNotAllowed` or `HostUnreachable`."""

T = TypeVar("T")
MAX_ASKED: Final = 24
"""Issuers, and status lists, that are fetched for one document."""
LEEWAY_SECONDS: Final = 60
"""How far two clocks may be apart."""


class Remembered(Generic[T]):
    """A source that is asked each thing once, its refusals included, and not too many things."""

    def __init__(self, ask: Callable[[str], T]) -> None:
        self._ask = ask
        self._known: dict[str, T | CreditBankError] = {}

    def __call__(self, name: str) -> T:
        """Return what the source answers; raise what it raises."""
        if name not in self._known:
            if len(self._known) >= MAX_ASKED:
                raise HostNotAllowed(host=name[:200], reason="items")
            try:
                self._known[name] = self._ask(name)
            except CreditBankError as error:
                self._known[name] = error
        found = self._known[name]
        if isinstance(found, CreditBankError):
            raise found
        return found


@dataclass(slots=True)
class Sources:
    """Whom a verification may ask, and at which unix second it is made."""

    resolve_did: ResolveDid
    fetch_status: FetchStatus
    is_known: Callable[[str], bool]
    countersigner: Callable[[bytes], str | None]
    now: int


@dataclass(slots=True)
class Signed:
    """A proof, and the public key that it names once that was found."""

    proof: Mapping[str, Any]
    public: bytes | None = None
    held: bool = False

    @property
    def method(self) -> str:
        """The verification method that it names."""
        return str(self.proof["verificationMethod"])


@dataclass(slots=True)
class Subject:
    """One certificate; `number` is 0 for the document itself, else its place in the record.

    `stopped` is set when the steps that follow cannot be made for it.
    """

    number: int
    document: Mapping[str, Any]
    kind: str
    issuer: str = ""
    own: list[Signed] = field(default_factory=list)
    """The issuer's proofs."""
    others: list[Signed] = field(default_factory=list)
    """Proofs of others: countersignatures."""
    stopped: bool = False
    report: CredentialReport | None = None

    @property
    def at(self) -> tuple[int, ...]:
        """The indexes that name it in a finding."""
        return (self.number,) if self.number else ()

    def stop(self) -> None:
        """Leave it out of the steps that follow."""
        self.stopped = True


def standing(step: Step, subjects: list[Subject]) -> Iterator[Subject]:
    """Yield the certificates for which the step can be made; the others leave it skipped."""
    for subject in subjects:
        if subject.stopped:
            step.skipped = True
        else:
            yield subject


def describe(subject: Subject) -> CredentialReport:
    """Return what a certificate says, to be shown once its signature was found to cover it."""
    document = subject.document
    issuer = document.get("issuer")
    claims = document.get("credentialSubject")
    claims = claims if isinstance(claims, Mapping) else {}
    return CredentialReport(
        id=plain(str(document.get("id", ""))),
        kind=subject.kind,
        issuer=plain(subject.issuer),
        issuer_name=_text(issuer.get("name")) if isinstance(issuer, Mapping) else None,
        name=_text(document.get("name")),
        holder=_holder(claims),
        subject=_text(claims.get("id")),
        valid_from=_text(document.get("validFrom")),
        valid_until=_text(document.get("validUntil")),
    )


def _holder(claims: Mapping[str, Any]) -> str | None:
    """Return the name in clear among the subject's identifiers."""
    identifiers = claims.get("identifier")
    for one in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(one, Mapping) and one.get("identityType") == "name":
            return _text(one.get("identityHash")) if one.get("hashed") is False else None
    return None


def _text(value: object) -> str | None:
    return plain(value) if isinstance(value, str) else None


def unix_seconds(text: str) -> int:
    """Return the unix second of an XML Schema dateTimeStamp, fractions cut off.

    Raises:
        ValueError: if it is none: without a time zone it says no moment.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text:
        raise ValueError(text)
    return int((moment - _EPOCH).total_seconds())


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
