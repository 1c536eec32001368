"""CLR 2.0: a whole statement as a `ClrCredential` around the signed badges in it.

The contexts stand in the order that CLR 2.0 asks for (its first three are fixed), which is not
that of openbadgeslib's builder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from creditbank.credentials import contexts, members
from creditbank.credentials.limits import MAX_EMBEDDED
from creditbank.credentials.signing import MAX_DOCUMENT_BYTES, compact_bytes
from creditbank.domain.certifying import HolderFacts, IssueFacts, IssuerFacts, StatementFacts
from creditbank.errors.credentials import DocumentNotSignable

TYPES: Final = ("VerifiableCredential", "ClrCredential")
MAX_BYTES: Final = MAX_DOCUMENT_BYTES
"""The largest signed document that verifiers (and `verifying`) take; longer ones are split."""

_ENVELOPE_BYTES: Final = 8 * 1024  # what a record needs beside the badges in it, with two proofs


def context_urls(issuer: IssuerFacts) -> tuple[str, ...]:
    """Return the contexts of a CLR, in order."""
    return (
        contexts.CREDENTIALS,
        contexts.CLR,
        contexts.OPEN_BADGES,
        contexts.own_url(issuer.url),
    )


def clr(
    statement: StatementFacts, holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts
) -> dict[str, Any]:
    """Return the unsigned record of one part of a statement (see `parts`).

    Raises:
        DocumentNotSignable: if it is longer than `MAX_BYTES`, has none or more than 64 badges in
            it, or a fact cannot be stated.
    """
    if not 0 < len(statement.credentials) <= MAX_EMBEDDED:
        raise DocumentNotSignable(member="verifiableCredential", reason="members")
    document = members.envelope(issue, issuer, context_urls(issuer), list(TYPES))
    document["name"] = statement.name.zh
    document["partial"] = statement.partial
    document["credentialSubject"] = {
        **members.holder_members(holder),
        "type": ["ClrSubject", "SkillsStatement"],
        "treeSize": statement.size,
        **members.place(statement.entry),
        "verifiableCredential": [dict(one) for one in statement.credentials],
    }
    if len(compact_bytes(document)) > MAX_BYTES - _ENVELOPE_BYTES:
        raise DocumentNotSignable(member="verifiableCredential", reason="size")
    return document


def parts(credentials: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], ...]]:
    """Return the signed badges in groups that each fit into one CLR, in their order."""
    groups: list[list[Mapping[str, Any]]] = []
    room = 0
    for credential in credentials:
        size = len(compact_bytes(credential)) + 1
        if size > room or not groups or len(groups[-1]) == MAX_EMBEDDED:
            groups.append([])
            room = MAX_BYTES - 2 * _ENVELOPE_BYTES
        groups[-1].append(credential)
        room -= size
    return [tuple(group) for group in groups]
