"""CLR 2.0: a whole statement as a `ClrCredential` around the signed badges in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from creditbank.domain.certifying import HolderFacts, IssueFacts, IssuerFacts, StatementFacts

MAX_BYTES: Final = 256 * 1024
"""The largest signed document that verifiers (and `verifying`) take; longer ones are split."""


def clr(
    statement: StatementFacts, holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts
) -> dict[str, Any]:
    """Return the unsigned record of one part of a statement (see `parts`).

    Raises:
        DocumentNotSignable: if it is longer than `MAX_BYTES`, or a fact cannot be stated.
    """
    raise NotImplementedError


def parts(credentials: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], ...]]:
    """Return the signed badges in groups that each fit into one CLR, in their order."""
    raise NotImplementedError


def context_urls(issuer: IssuerFacts) -> tuple[str, ...]:
    """Return the contexts of a CLR, in order."""
    raise NotImplementedError
