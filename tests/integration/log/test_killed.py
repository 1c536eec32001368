"""Two server processes on one log, killed again and again without a warning."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.services import auditing, banking
from creditbank.services.log_keys import read_periods
from creditbank.storage import publication
from creditbank.storage.database import Database
from creditbank.storage.keyring import load_keyring
from creditbank.storage.signed_record import SignedRecord
from creditbank.storage.tables import CheckpointRow, table_of
from creditbank.storage.tilestore import Cache
from tests.banks import rows_of
from tests.integration.log.processes import roots_of

ORIGIN = "localhost/creditbank"
ROUNDS = 6


def signed_by(folder: Path, number: int, seconds: list[float]) -> list[tuple[int, bytes]]:
    """Run two processes, kill each a while after both work, and return what they signed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.log.killed_process", str(folder), str(one)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            text=True,
        )
        for one in (2 * number, 2 * number + 1)
    ]
    said = [process.stdout.readline() for process in processes if process.stdout]
    for process, after in zip(processes, seconds, strict=True):
        time.sleep(after)
        process.kill()
    for process in processes:
        out, _ = process.communicate()
        said += out.splitlines()
    assert "failed log-frozen" not in said
    whole = [line.split() for line in said if re.fullmatch(r"[0-9]+ [0-9a-f]{64}\n?", line)]
    return [(int(size), bytes.fromhex(root)) for size, root in whole]


@pytest.mark.slow
def test_killed_processes_never_contradict_each_other(
    tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "creditbank.db")
    database = Database(f"sqlite:///{tmp_path / 'creditbank.db'}")
    banking.create_bank(database, tmp_path / "keys", ORIGIN)
    chance = random.Random(1)  # noqa: S311  # when to kill
    heads: list[tuple[int, bytes]] = []
    for number in range(1, ROUNDS + 1):
        heads += signed_by(tmp_path, number, [chance.uniform(0.1, 0.6) for _ in range(2)])
    assert len(heads) > 2 * ROUNDS

    keyring = load_keyring(tmp_path / "keys")
    sizes = sorted({size for size, _ in heads})
    cache = Cache()
    roots = database.read_sync(publication.roots_reader(sizes, cache))
    for size, found in roots_of(heads).items():
        assert found == {roots[size]}
    periods = database.read_sync(lambda connection: read_periods(connection, keyring, ORIGIN))
    trust = Trust(ORIGIN, periods[0].keys)
    rows = database.read_sync(lambda one: rows_of(one, [table_of(CheckpointRow)]))["checkpoints"]
    assert rows
    for _, _, note in rows:
        head = verify_checkpoint(parse_checkpoint(note), trust).head
        found_root = database.read_sync(publication.roots_reader([head.size], cache))
        assert found_root == {head.size: head.root}
    recorded = SignedRecord(tmp_path / "signed-head", ORIGIN).read()
    assert recorded is not None
    assert recorded.size >= max(sizes)
    assert auditing.audit(database, keyring).findings == []
    database.engine.dispose()
