"""Several server processes on one database, and one that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from creditbank.storage.tables import EntryRow, IdentityRow
from tests import factories
from tests.banks import SCHOOL, TestBank
from tests.faults.appender import Task

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def servers(bank: TestBank, *tasks: dict[str, int]) -> Iterator[list[Any]]:
    """Start a process per task; all are ready, and begin at the same time."""
    processes = []
    try:
        for more in tasks:
            task = Task(
                url=bank.database.url.render_as_string(hide_password=False),
                keys=str(bank.keys),
                token=bank.tokens[SCHOOL].id,
                org=SCHOOL,
                **more,
            )
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.appender", json.dumps(asdict(task))],
                    cwd=ROOT,
                    env=os.environ | {"PYTHONPATH": str(ROOT)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream
                stream.close()


def told(process: Any) -> list[dict[str, Any]]:
    """Return what a process was answered, once it has ended well."""
    lines, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return [json.loads(line) for line in lines.splitlines()]


def test_processes_append_at_once_and_the_chain_does_not_fork(bank: TestBank) -> None:
    """One of them writes a long batch meanwhile; all of them post the same ten, too."""
    count, own, shared, batch = 4, 20, 10, 300
    size = bank.size
    tasks = [
        {
            "first": 1000 * number,
            "count": own,
            "shared": shared,
            "batch": batch if number == 1 else 0,
        }
        for number in range(1, count + 1)
    ]
    with servers(bank, *tasks) as processes:
        answers = [told(process) for process in processes]
    every = [one for lines in answers for one in lines]
    assert len(every) == count * (own + shared) + batch
    # each source id is one entry, whoever posted it, and one of them was first
    recorded = {one["source_id"]: one for one in every if not one["replayed"]}
    assert len(recorded) == count * own + shared + batch
    assert all(one["index"] == recorded[one["source_id"]]["index"] for one in every)
    times = Counter(one["source_id"] for one in every)
    assert {times[f"shared-{number}"] for number in range(1, shared + 1)} == {count}
    # what was answered is what is recorded
    hashes = {row[0]: row[3].hex() for row in bank.rows(EntryRow)["entries"]}
    assert all(hashes[one["index"]] == one["hash"] for one in every)
    assert bank.size == len(hashes) == size + 2 * len(recorded) + 1
    assert len(bank.rows(IdentityRow)["identities"]) == len(recorded)
    bank.require_clean()


def test_what_was_answered_survives_a_kill(bank: TestBank) -> None:
    """The process is killed between two writes or in the middle of one."""
    size = bank.size
    with servers(bank, {"first": 1000, "count": 5000, "at_once": 16}) as (process,):
        lines = [process.stdout.readline() for _ in range(60)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
    answered = [json.loads(line) for line in lines if line.endswith("\n")]
    assert len(answered) >= 60
    hashes = {row[0]: row[3].hex() for row in bank.rows(EntryRow)["entries"]}
    assert all(hashes[one["index"]] == one["hash"] for one in answered)
    # nothing is left halfway: an account with its outcome, or neither
    assert (bank.size - size) % 2 == 0
    bank.require_clean()
    # and whoever was not answered sends it again, to another server
    for number in range(1000, 1000 + len(answered) + 20):
        bank.post(factories.completion(f"own-{number}", number))
    assert bank.size >= size + 2 * (len(answered) + 20)
    bank.require_clean()
