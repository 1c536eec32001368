"""Members that credentials of every form share: amounts, times, names, and IRIs that hold.

RDF drops a statement whose IRI is none, and with it what the signature was to cover; so an IRI
that goes into a document is checked here.
"""

from __future__ import annotations

import re
from typing import Any, Final

from creditbank.credentials import contexts, status
from creditbank.domain.certifying import (
    CreditFacts,
    HolderFacts,
    IssueFacts,
    IssuerFacts,
    LevelFacts,
    LogEntry,
    OrganisationFacts,
)
from creditbank.domain.units import amount_text
from creditbank.errors.credentials import DocumentNotSignable
from creditbank.ledger.times import format_time

# An absolute IRI without what RDF would drop or a browser would run.
_IRI: Final = re.compile(r"(https?|did|urn|tag):[^\s<>\"{}|\\^`\x00-\x20]+")
_HUNDRED: Final = 100


def iri(text: str, member: str) -> str:
    """Return `text` if it is an absolute IRI of a kind that a credential may name.

    Raises:
        DocumentNotSignable: if it is not; `member` says where it was to stand.
    """
    if _IRI.fullmatch(text) is None:
        raise DocumentNotSignable(member=member, reason="name")
    return text


def number(amount: int) -> int | float:
    """Return hundredths as the JSON number that Open Badges asks for; whole ones as integers."""
    return amount // _HUNDRED if amount % _HUNDRED == 0 else float(amount_text(amount))


def midnight(day: str) -> str:
    """Return the begin of a civil day (Asia/Shanghai, UTC+8 all year) as a dateTimeStamp."""
    return f"{day}T00:00:00+08:00"


def organisation(facts: OrganisationFacts, issuer: IssuerFacts) -> dict[str, Any]:
    """Return an institution as a `Profile`, known by its code; its id is its register's address."""
    return {
        "id": iri(f"{issuer.url}/v1/registers/institution/{facts.uscc}", "institution"),
        "type": ["Profile"],
        "name": facts.name,
        "otherIdentifier": [
            {
                "type": "IdentifierEntry",
                "identifier": facts.uscc,
                "identifierType": "ext:USCC",
            }
        ],
    }


def bank(issuer: IssuerFacts) -> dict[str, Any]:
    """Return the issuer as a `Profile`."""
    return {
        "id": iri(issuer.did, "issuer"),
        "type": ["Profile"],
        "name": issuer.name.zh,
        "url": iri(issuer.url, "issuer"),
    }


def credit(facts: CreditFacts) -> dict[str, Any]:
    """Return an exact amount with its credit system."""
    members = {
        "type": "CreditAmount",
        "creditSystem": facts.system,
        "amount": amount_text(facts.amount),
    }
    return members | ({"creditSystemName": facts.system_name.zh} if facts.system_name else {})


def level(facts: LevelFacts) -> dict[str, Any]:
    """Return a level by scale and rank."""
    return {
        "type": "SkillsLevel",
        "scale": facts.scale,
        "rank": facts.rank,
        "levelName": facts.name,
    }


def place(entry: LogEntry) -> dict[str, Any]:
    """Return where in the log an entry stands."""
    return {"logOrigin": entry.origin, "entryIndex": entry.index, "leafHash": entry.leaf_hash}


def evidence(entry: LogEntry, issuer: IssuerFacts) -> dict[str, Any]:
    """Return the entry that a credential rests on as `Evidence`."""
    return {
        "id": iri(f"{issuer.url}/v1/entries/{entry.index}", "evidence"),
        "type": ["Evidence", "LedgerEvidence"],
        "name": f"分录 {entry.index}",
        "genre": "Ledger",
        **place(entry),
    }


def holder_members(holder: HolderFacts) -> dict[str, Any]:
    """Return the subject's id, and its name if the holder shows it."""
    members: dict[str, Any] = {"id": iri(holder.subject, "credentialSubject")}
    if holder.name is not None:
        members["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": holder.name,
                "identityType": "name",
            }
        ]
    return members


def envelope(
    issue: IssueFacts, issuer: IssuerFacts, named: tuple[str, ...], types: list[str]
) -> dict[str, Any]:
    """Return what every credential has: contexts, id, types, issuer, validity, status."""
    _check_pinned(issue)
    own = contexts.own_url(issuer.url)
    members: dict[str, Any] = {
        "@context": list(named),
        "id": iri(issue.url, "id"),
        "type": types,
        "issuer": bank(issuer),
        "validFrom": format_time(issue.valid_from),
    }
    if issue.valid_until is not None:
        members["validUntil"] = format_time(issue.valid_until)
    if issue.replaces is not None:
        members["replacesCredential"] = iri(issue.replaces, "replaces")
    members["relatedResource"] = {
        "id": own,
        "mediaType": "application/ld+json",
        "digestSRI": contexts.digest_sri(own),
    }
    entries = [
        entry
        for one in issue.status
        for entry in status.entries(one.list_url, one.purpose, one.position)
    ]
    if entries:
        members["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    return members


def _check_pinned(issue: IssueFacts) -> None:
    """Refuse to sign anew what would mean something else: a context changed since the issue."""
    for url, digest in issue.contexts.items():
        if contexts.digest_of(url) != digest:
            raise DocumentNotSignable(member="@context", reason="context_changed")
