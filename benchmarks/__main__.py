"""`python -m benchmarks [--certificates | --conversion] [--items N] [--engine sqlite|postgres]`.

What things cost.

Each figure stands beside a baseline measured in the same run on the same machine: raw bulk load of
the same rows, an empty HTTP endpoint, a bare read-parse-hash loop.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import Callable

from benchmarks import audits, certificates, conversion, over_http, proofs
from benchmarks.subjects import bytes_on_disk, measured_bank
from creditbank.domain.submissions import OUTCOME
from creditbank.storage import reading
from creditbank.storage.database import Database, insert_rows
from creditbank.storage.sealing import StoredEntry
from creditbank.storage.tables import EntryRow
from tests import factories
from tests.banks import TestBank


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _say(what: str, figure: str, ratio: str = "") -> None:
    print(f"  {what:<58}{figure:>18}  {ratio}")  # noqa: T201  # this is a command


def _batch(bank: TestBank, name: str, numbers: range, module: str | None = None) -> float:
    documents = [factories.completion(f"{name}-{number}", number) for number in numbers]
    if module is not None:
        for document in documents:
            document["module"] = {"id": module, "version": "1"}
    return _timed(lambda: bank.do(bank.intake.batch(documents, bank.poster())))


def measure_writes(bank: TestBank, raw: Database, items: int) -> None:
    """Batches of completions against raw bulk load of the same entries."""
    database = bank.bank.database
    empty = bytes_on_disk(database)
    before = database.read_sync(reading.size_or_none) or 0
    opening = _batch(bank, "a", range(items))
    entries = (database.read_sync(reading.size_or_none) or 0) - before
    _say(f"batch of {items}, each opening an account", f"{items / opening:,.0f}/s")
    _say("  the same, entries", f"{entries / opening:,.0f}/s")
    size = (bytes_on_disk(database) - empty) / entries
    _say("  bytes per entry on disk, views, vault and indexes too", f"{size:,.0f}")
    bank.publish("authorisation", factories.authorisation(bank_school(bank), "GD-AI-ETH"))
    known = _batch(bank, "b", range(items), "GD-AI-ETH")
    _say(f"batch of {items} for known learners", f"{items / known:,.0f}/s")
    replayed = _batch(bank, "b", range(items), "GD-AI-ETH")
    _say("the same batch again, all replays", f"{items / replayed:,.0f}/s")
    first = before + entries
    rows = database.read_sync(lambda connection: reading.entries_from(connection, first, items))
    load = _timed(lambda: raw.write_sync(lambda connection: _load(connection, rows)))
    _say("raw bulk load of the entries' rows alone", f"{len(rows) / load:,.0f}/s")
    _say("  batch for known learners against it", "", f"ratio {load / known:.2f}")


def bank_school(bank: TestBank) -> str:
    """Return the institution that posts."""
    return bank.poster().org


def _load(connection: reading.Connection, rows: list[StoredEntry]) -> None:
    insert_rows(connection, EntryRow, [row.values() for row in rows])


def main() -> int:
    """Run the benchmarks; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--audited", type=int, default=audits.AUDITED, help="entries audited")
    parser.add_argument("--entries", type=int, default=proofs.LARGE, help="in the large log")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--certificates", action="store_true", help="measure these alone")
    parser.add_argument("--conversion", action="store_true", help="measure it alone")
    options = parser.parse_args()
    if not options.conversion:
        print("certificates")  # noqa: T201  # this is a command
        certificates.measure(_say)
    if not options.certificates:
        print("conversion")  # noqa: T201  # this is a command
        conversion.measure(_say)
    if options.certificates or options.conversion:
        return 0
    OUTCOME.validate_python(factories.completion("warm", 0))
    for engine in options.engine or ("sqlite", "postgres"):
        print(f"\n{engine}")  # noqa: T201  # this is a command
        with measured_bank(engine) as (bank, raw):
            measure_writes(bank, raw, options.items)
            audits.measure(bank, _say, options.audited)
            asyncio.run(over_http.measure(bank, _say))
        with measured_bank(engine) as (bank, _raw):
            proofs.measure(bank, _say, options.entries)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory of this process: {peak:,.0f} MiB")  # noqa: T201  # this is a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
