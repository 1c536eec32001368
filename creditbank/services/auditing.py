"""The audit: everything that the database says, held against everything else it says.

It reads the ledger once, on all cores, does not stop at the first finding, and names each with its
entry. What was erased cannot be opened any more; its commitments and its place in the log are
checked all the same, and that an erasure accounts for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from creditbank.errors import N_, CreditBankError
from creditbank.errors.audit import AuditStateUnusable
from creditbank.errors.log import REASONS, LogFrozen
from creditbank.ledger.audit import Finding, KeyPeriod, Mark
from creditbank.services import log_keys
from creditbank.services.audit_state import AuditState
from creditbank.storage import inspecting, loading
from creditbank.storage.database import Database
from creditbank.storage.inspecting import Inspected
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.signed_record import SignedRecord

Progress = Callable[[int, int], None]

CHECKS: dict[str, str] = {
    "leaves": N_("each leaf has its index, its time and the hash of the one before it"),
    "commitments": N_("each part is the one its entry committed to"),
    "kinds": N_("each entry is of a known kind, and the first one begins the log"),
    "columns": N_("what the database looks entries up by is what they say"),
    "idempotency": N_("each source id stands for one entry, and for what that entry records"),
    "organisation_chains": N_("each organisation's entries form a chain without gaps"),
    "learner_chains": N_("each learner's entries form a chain without gaps"),
    "attestations": N_("each posting that has to be signed is signed by its institution"),
    "erasures": N_("each destroyed key is accounted for by an erasure, and stays destroyed"),
    "tree": N_("the tree state of each commit is the one that its entries make"),
    "tiles": N_("each stored tile holds the hashes of the entries"),
    "checkpoints": N_("each published checkpoint is signed, and the entries lead to its root"),
    "record": N_("the record outside the database agrees with the entries"),
    "documents": N_("each document that an entry names is there, unchanged"),
    "vault": N_("each identity opens under its learner's key and is found by its handle"),
    "views": N_("each view is what a replay of the entries makes"),
    "conservation": N_("each learner's lots add up to what was awarded"),
    "protection": N_("the database refuses to change what is recorded"),
}
_ONLY_WHOLE = ("views", "conservation")


@dataclass(slots=True)
class AuditReport:
    """What an audit found: `entries` read, which checks were made, every finding by its entry.

    Entries below `since` were taken as audited before. Of each check up to ten thousand findings
    are listed; `left_out` counts the others. `state` is where a later audit can go on: only one
    that found nothing has any.
    """

    origin: str = ""
    entries: int = 0
    erased_entries: int = 0
    root: str = ""
    since: int = 0
    checked: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    state: AuditState | None = None

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
            "since": self.since,
            "checked": self.checked,
            "clean": self.is_clean,
            "findings": [finding.document() for finding in self.findings],
            "left_out": self.left_out,
        }


def audit(
    database: Database,
    keyring: Keyring,
    progress: Progress = lambda _done, _all: None,
    *,
    record: SignedRecord | tuple[int, bytes] | None = None,
    since: AuditState | None = None,
    processes: int | None = None,
) -> AuditReport:
    """Return the report of auditing the ledger as of now, in one snapshot.

    `progress` is told how many entries are done, of how many. `record` is the bank's record of what
    was signed, or size and root from it, read before. With `since`, entries that an earlier audit
    has read are not read again; then views and lots are not checked.
    `processes` is how many to use, by default as many as there are cores, and one for a small
    ledger; who calls this from a script guards it by `if __name__ == "__main__"`. Raises
    `NotInitialised` where there is no ledger, `AuditStateUnusable` where `since` is of another one.
    """
    mark = since.mark if since else None
    origin = database.read_sync(loading.read_head).origin
    if mark is not None and mark.origin != origin:
        raise AuditStateUnusable(file=mark.origin, reason="origin")
    signed, fault = _read_record(record)
    options = inspecting.Options(
        periods=key_periods(database, keyring),
        record=signed,
        mark=mark,
        orgs=since.orgs if since else {},
        processes=processes,
    )
    result = inspecting.inspect(database, keyring, progress, options)
    if fault is not None:
        message = N_("the record outside the database cannot be relied on: {reason}")
        result.found.report("record", None, message, reason=fault)
    elif record is not None and signed is None and result.published:
        message = N_("{size} entries were published, and the record outside the database is gone")
        result.found.report("record", None, message, size=result.published)
    skipped = {
        *(_ONLY_WHOLE if mark else ()),
        *(() if record is not None else ("record",)),
    }
    return _report(result, [check for check in CHECKS if check not in skipped], mark)


def _read_record(
    record: SignedRecord | tuple[int, bytes] | None,
) -> tuple[tuple[int, bytes] | None, str | None]:
    """Return size and root on record, and in words what is wrong with it, None if nothing is."""
    if not isinstance(record, SignedRecord):
        return record, None
    try:
        head = record.read()
    except LogFrozen as frozen:
        reason = str(frozen.fields["reason"])
        return None, REASONS.get(reason, reason)
    return None if head is None else (head.size, head.root), None


def key_periods(database: Database, keyring: Keyring) -> list[KeyPeriod]:
    """Return the log's keys over time, none if the entries that name them cannot be read."""

    def read(connection: Connection) -> list[KeyPeriod]:
        origin = loading.read_head(connection).origin
        periods = log_keys.read_periods(connection, keyring, origin)
        return [KeyPeriod(period.from_size, period.keys) for period in periods]

    try:
        return database.read_sync(read)
    except (CreditBankError, KeyError, TypeError, ValueError, AttributeError):
        return []


def _report(result: Inspected, checked: list[str], mark: Mark | None) -> AuditReport:
    clean = not result.found.listed
    return AuditReport(
        origin=result.origin,
        entries=result.entries,
        erased_entries=result.erased_entries,
        root=result.root.hex(),
        since=mark.size if mark else 0,
        checked=checked,
        findings=result.found.in_order(),
        left_out=result.found.left_out,
        state=AuditState(result.mark, result.orgs) if clean and result.mark else None,
    )
