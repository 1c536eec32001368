"""The audit, and what an entry takes on disk.

The baseline reads the same bytes that the audit reads, in order, parses what is JSON and hashes
everything once: no audit can do less.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import orjson

from benchmarks.subjects import bytes_on_disk
from creditbank.services.auditing import audit
from creditbank.services.exporting import LOG, export_bank
from creditbank.services.log_auditing import audit_log
from creditbank.services.log_keys import read_periods
from creditbank.storage import reading
from creditbank.storage.database import Database
from creditbank.storage.sealed_files import new_identity
from creditbank.storage.signed_record import SignedRecord
from tests.banks import ORIGIN, TestBank
from tests.integration.audit.scene import publish

PROCESSES: Final = (1, 2)
_READ: Final = 5_000

Say = Callable[..., None]


def measure(bank: TestBank, raw: Database, say: Say) -> None:
    """Measure audits of a bank with one and two processes; `raw` holds its entries' rows alone."""
    size = bank.size
    publish(bank, bank.keys, SignedRecord(bank.keys.parent / "signed-head", ORIGIN))
    bare = _timed(partial(_bare, bank.database, size))
    say(f"bare read-parse-hash loop, {size:,} entries", f"{size / bare:,.0f}/s")
    for processes in PROCESSES:
        full = _timed(partial(_clean_audit, bank, processes))
        told = f"full audit, {processes} process{'es' if processes > 1 else ''}"
        say(told, f"{size / full:,.0f}/s", f"ratio {bare / full:.3f}")
    folder = bank.keys.parent / "exported"
    export_bank(bank.database, folder, new_identity().recipient)
    keyring = bank.bank.keyring
    periods = bank.database.read_sync(lambda found: read_periods(found, keyring, ORIGIN))
    keys = [key for period in periods for key in period.keys]
    for processes in PROCESSES:
        outside = _timed(
            lambda processes=processes: audit_log(str(folder / LOG), keys, processes=processes)  # type: ignore[misc]
        )
        told = f"audit of a copy of the log, {processes} process{'es' if processes > 1 else ''}"
        say(told, f"{size / outside:,.0f}/s", f"ratio {bare / outside:.3f}")
    _measure_bytes(bank, raw, say)


def _measure_bytes(bank: TestBank, raw: Database, say: Say) -> None:
    size = bank.size
    held = raw.read_sync(lambda found: len(reading.entries_from(found, 0, 10**9)))
    folder = bank.keys.parent / "exported"
    log = sum(path.stat().st_size for path in (folder / LOG).rglob("*") if path.is_file())
    private = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    say("bytes per entry on disk: everything", f"{bytes_on_disk(bank.database) / size:,.0f}")
    if held:
        say("  the entries' rows and their indexes alone", f"{bytes_on_disk(raw) / held:,.0f}")
    say("  the published log, as files", f"{log / size:,.0f}")
    say("  the sealed parts of an export", f"{private / size:,.0f}")


def _clean_audit(bank: TestBank, processes: int) -> None:
    report = audit(bank.database, bank.bank.keyring, processes=processes)
    assert report.is_clean, report.findings[:3]  # noqa: S101


def _bare(database: Database, size: int) -> None:
    """Read every entry's row, parse its clear parts, and hash all of its bytes."""
    for first in range(0, size, _READ):
        rows = database.read_sync(partial(reading.entries_from, first=first, limit=_READ))
        for row in rows:
            orjson.loads(row.open)
            for data in (row.open, row.sealed, row.actor_sealed, row.body, row.leaf_hash):
                if data is not None:
                    hashlib.sha256(data).digest()


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
