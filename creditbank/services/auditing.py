"""The audit: everything that the database says, held against everything else it says.

It walks the ledger once, does not stop at the first finding, and names each with its entry. What
was erased cannot be opened any more; its commitments and its place in the log are checked all the
same, and that an erasure accounts for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from creditbank.errors import N_
from creditbank.storage import inspecting
from creditbank.storage.database import Database
from creditbank.storage.inspecting import Finding
from creditbank.storage.keyring import Keyring

Progress = Callable[[int, int], None]

CHECKS: dict[str, str] = {
    "leaves": N_("each leaf has its index, its time and the hash of the one before it"),
    "commitments": N_("each part is the one its entry committed to"),
    "columns": N_("what the database looks entries up by is what they say"),
    "organisation_chains": N_("each organisation's entries form a chain without gaps"),
    "learner_chains": N_("each learner's entries form a chain without gaps"),
    "erasures": N_("each destroyed key is accounted for by an erasure"),
    "tree": N_("the tree state of each commit is the one that its entries make"),
    "documents": N_("each document that an entry names is there, unchanged"),
    "vault": N_("each identity opens under its learner's key and is found by its handle"),
    "views": N_("each view is what a replay of the entries makes"),
    "protection": N_("the database refuses to change what is recorded"),
}


@dataclass(slots=True)
class AuditReport:
    """What an audit found: `entries` walked, which checks were made, every finding."""

    origin: str = ""
    entries: int = 0
    erased_entries: int = 0
    root: str = ""
    checked: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "origin": self.origin,
            "entries": self.entries,
            "erased_entries": self.erased_entries,
            "root": self.root,
            "checked": self.checked,
            "clean": self.is_clean,
            "findings": [finding.document() for finding in self.findings],
        }


def audit(
    database: Database, keyring: Keyring, progress: Progress = lambda _done, _all: None
) -> AuditReport:
    """Return the report of auditing the ledger as of now, in one snapshot.

    `progress` is told how many entries are done, of how many. Raises `NotInitialised` where there
    is no ledger.
    """
    result = database.read_sync(
        lambda connection: inspecting.inspect(connection, keyring, progress)
    )
    return AuditReport(
        origin=result.origin,
        entries=result.entries,
        erased_entries=result.erased_entries,
        root=result.root.hex(),
        checked=list(CHECKS),
        findings=result.findings,
    )
