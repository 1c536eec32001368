"""Who acts, and on which basis: the poster of a submission, and the notice to the learner."""

from __future__ import annotations

from dataclasses import dataclass

from creditbank.domain.civil_time import civil_date
from creditbank.errors.access import Unauthenticated
from creditbank.errors.recording import InstitutionUnknown
from creditbank.storage.book import Book, Recorded


@dataclass(frozen=True, slots=True)
class Poster:
    """Who posts: the token and its organisation; the operators 经办 and 复核 that it names."""

    token: str
    org: str
    operator: str | None = None
    reviewer: str | None = None

    @property
    def actor(self) -> dict[str, str]:
        """The `actor` part."""
        named = {"token": self.token, "operator": self.operator, "reviewer": self.reviewer}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Notice:
    """On which basis, and after which notice to the learner, an account is opened (PIPL 13, 17)."""

    version: str
    legal_basis: str = "statutory_duty"


def check_token(book: Book, token_id: str) -> None:
    """Refuse with `Unauthenticated` unless the token still stands, under the lock."""
    token = book.token(token_id)
    if token is None or token.revoked_at is not None or token.expires_at <= book.now:
        raise Unauthenticated


def check_active(book: Book, org: str, where: str | None = None) -> None:
    """Refuse with `InstitutionUnknown` unless an institution is registered and active today."""
    today = civil_date(book.now)
    institution = book.catalogue.institution(org, today)
    if institution is None or institution.status != "active":
        raise InstitutionUnknown(where=where, institution=org, on=today.isoformat())


def recorded_before(book: Book, source: bytes) -> Recorded | None:
    """Return what an earlier try of the same work recorded, if its commit took place."""
    existing = book.entry_by_source(source)
    if existing is None:
        return None
    return Recorded(existing.index, existing.at, existing.leaf_hash)
