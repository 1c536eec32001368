"""Superseding: a certificate that somebody vouches for takes the place of the learner's own word.

The number of a certificate stands for one outcome. What a learner declared must not keep the issuer
from posting it, whoever declared it; and the two are never added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from creditbank.domain.outcomes import SELF_DECLARED
from creditbank.services.actors import Poster
from creditbank.services.revoking import Revocation, Target, find_target, record_revocation
from creditbank.storage.book import Book

REASON: Final = "由核实的同一证书取代 · superseded by the same certificate, verified"


def find_superseded(book: Book, subjects: Iterable[str], verification: str) -> Target | None:
    """Return the self-declared certificate of one of these subjects, whoever's it is.

    None where there is none, or where the posting is self-declared itself.
    """
    if verification == SELF_DECLARED:
        return None
    for subject in subjects:
        index = book.certificate_index(subject)
        if index is None:
            continue
        target = find_target(book, Revocation(index, REASON, b""), None)
        if not target.outcome.is_verified:
            return target
    return None


def supersede(book: Book, target: Target, poster: Poster, source_id: str) -> None:
    """Record that a self-declared certificate ends, before what takes its place is recorded."""
    source = book.keyring.source("bank:superseding", f"{poster.org}/{source_id}")
    revocation = Revocation(target.row.index, REASON, source)
    record_revocation(book, revocation, target, poster.org, poster.actor)
