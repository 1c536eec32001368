"""The log as its operator sees it, and making the record anew after it was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditbank.errors.log import CheckpointNotOurs, LogFrozen, RecordExists
from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.services.log_keys import period_document, read_periods
from creditbank.storage import loading, publication
from creditbank.storage.database import Database
from creditbank.storage.keyring import Keyring
from creditbank.storage.signed_record import SignedHead, SignedRecord
from creditbank.storage.tilestore import Cache


def log_state(database: Database, keyring: Keyring, record_file: Path) -> dict[str, Any]:
    """Return what is committed, published and on record, and the keys, as JSON values.

    `frozen` says why nothing would be signed now.
    """
    head = database.read_sync(loading.read_head)
    state = database.read_sync(publication.read_state)
    periods = database.read_sync(lambda found: read_periods(found, keyring, head.origin))
    document: dict[str, Any] = {
        "origin": head.origin,
        "committed": state.size,
        "published": state.published,
        "keys": [period_document(period) for period in periods],
    }
    try:
        recorded = SignedRecord(record_file, head.origin).read()
        _require_agreement(database, recorded, state.published)
    except LogFrozen as frozen:
        return document | {"frozen": frozen.fields["reason"]}
    return document | ({} if recorded is None else {"signed": recorded.size})


def resume_log(database: Database, keyring: Keyring, record_file: Path, note: bytes) -> SignedHead:
    """Make the record from a checkpoint that others kept; return what it says now.

    The checkpoint has to be the largest that anybody outside holds: a witness's, a monitor's, or
    that of a recent receipt. Refuses with `RecordExists` where there is a record, `LogFrozen` where
    there is one that cannot be read, `SignatureInvalid` if the checkpoint is not this log's, and
    `CheckpointNotOurs` if the ledger does not hold what it says.
    """
    origin = database.read_sync(loading.read_head).origin
    record = SignedRecord(record_file, origin)
    recorded = record.read()
    if recorded is not None:
        raise RecordExists(size=recorded.size)
    periods = database.read_sync(lambda found: read_periods(found, keyring, origin))
    keys = [key for period in periods for key in period.keys]
    given = verify_checkpoint(parse_checkpoint(note), Trust(origin, keys)).head
    state = database.read_sync(publication.read_state)
    size = max(given.size, state.published)
    roots = database.read_sync(publication.roots_reader(sorted({given.size, size}), Cache()))
    root = roots[size]
    if root is None or roots[given.size] != given.root:
        raise CheckpointNotOurs(size=given.size)
    head = SignedHead(size, root)
    record.advance(None, head)
    return head


def _require_agreement(database: Database, recorded: SignedHead | None, published: int) -> None:
    """Raise `LogFrozen` where a server would sign nothing."""
    if recorded is None:
        if published:
            raise LogFrozen(size=published, reason="record_missing")
        return
    root = database.read_sync(publication.roots_reader([recorded.size], Cache()))[recorded.size]
    if root is None:
        raise LogFrozen(size=recorded.size, reason="ledger_behind")
    if root != recorded.root:
        raise LogFrozen(size=recorded.size, reason="ledger_differs")
