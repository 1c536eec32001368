"""The audit, and what an entry takes on disk.

Audits are run as an operator runs them, by the command, its start included. The baseline reads the
same bytes that the audit reads, in order, parses what is JSON and hashes everything once: no audit
can do less.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.subjects import bytes_on_disk
from creditbank.services.exporting import LOG, export_bank
from creditbank.services.log_keys import read_periods
from creditbank.storage import reading
from creditbank.storage.database import Database
from creditbank.storage.sealed_files import new_identity
from creditbank.storage.signed_record import SignedRecord
from tests import factories
from tests.banks import COLLEGE, ORIGIN, TestBank
from tests.integration.audit.scene import publish

AUDITED: Final = 100_000
PROCESSES: Final = (1, 2)
_READ: Final = 5_000
_BATCH: Final = 10_000

Say = Callable[..., None]


def measure(bank: TestBank, say: Say, entries: int = AUDITED) -> None:
    """Measure audits of a bank of at least `entries` entries, and their bytes."""
    _grow(bank, entries)
    size, folder = bank.size, bank.keys.parent
    publish(bank, bank.keys, SignedRecord(folder / "signed-head", ORIGIN))
    bare = _timed(partial(_bare, bank.database, size))
    say(f"bare read-parse-hash loop, {size:,} entries", f"{size / bare:,.0f}/s")
    url = bank.database.url.render_as_string(hide_password=False)
    _audits("full audit", size, bare, say, "--data", str(folder), "--database", url)
    export_bank(bank.database, folder / "exported", new_identity().recipient)
    keyring = bank.bank.keyring
    periods = bank.database.read_sync(lambda found: read_periods(found, keyring, ORIGIN))
    keys = [word for period in periods for key in period.keys for word in ("--key", str(key))]
    copy = str(folder / "exported" / LOG)
    _audits("audit of a copy of the log", size, bare, say, "--log", copy, *keys)
    _measure_bytes(bank, say)


def _audits(what: str, size: int, bare: float, say: Say, *words: str) -> None:
    for processes in PROCESSES:
        command = [sys.executable, "-m", "creditbank", "audit", *words, "--json"]
        started = time.perf_counter()
        ended = subprocess.run(  # noqa: S603  # our own program
            [*command, "--processes", str(processes)], capture_output=True, check=False
        )
        assert ended.returncode == 0, ended.stderr.decode()  # noqa: S101
        taken = time.perf_counter() - started
        report: dict[str, Any] = json.loads(ended.stdout)
        assert (report["clean"], report["entries"]) == (True, size)  # noqa: S101
        told = f"{what}, {processes} process{'es' if processes > 1 else ''}"
        say(told, f"{size / taken:,.0f}/s", f"ratio {bare / taken:.3f}")


def _measure_bytes(bank: TestBank, say: Say) -> None:
    size, folder = bank.size, bank.keys.parent / "exported"
    log = sum(_sizes(folder / LOG))
    say("bytes per entry on disk: everything", f"{bytes_on_disk(bank.database) / size:,.0f}")
    say("  content of the entries' rows alone", f"{_content(bank.database, size) / size:,.0f}")
    say("  the published log, as files", f"{log / size:,.0f}")
    say("  an export, with its log", f"{sum(_sizes(folder)) / size:,.0f}")


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


def _content(database: Database, size: int) -> int:
    """Return the bytes of texts and blobs in the rows of entries."""
    total = 0
    for first in range(0, size, _READ):
        rows = database.read_sync(partial(reading.entries_from, first=first, limit=_READ))
        total += sum(
            len(value) for row in rows for value in row.values() if isinstance(value, str | bytes)
        )
    return total


def _grow(bank: TestBank, entries: int) -> None:
    """Post courses of learners who are known until there are enough entries."""
    while bank.size < entries:
        first = bank.size
        documents = []
        for number in range(_BATCH):
            course = factories.course(f"grown-{first}-{number}", number)
            course["course"] |= {"code": f"C-{first}"}
            documents.append(course)
        bank.do(bank.intake.batch(documents, bank.poster(COLLEGE)))


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
