"""A server process for tests: it appends to a bank, and says what it was answered.

Its one argument is a JSON object, see `Task`. Each answer is a line on standard output, written
when the journal has answered and not before.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from creditbank.services.actors import Notice, Poster
from creditbank.services.banking import open_bank
from creditbank.services.intake import Intake
from creditbank.services.posting import Posted
from creditbank.storage.database import Database
from creditbank.storage.journal import Journal
from tests import factories


@dataclass(frozen=True, slots=True)
class Task:
    """What to append.

    Learners `first` … get a module each, `at_once` of them submitted together. Every process is
    given the same `shared` ones. `batch` more are posted as one batch. It begins when it is sent
    a line.
    """

    url: str
    keys: str
    token: str
    org: str
    first: int
    count: int
    at_once: int = 8
    shared: int = 0
    batch: int = 0


def say(source_id: str, posted: Posted) -> None:
    line = {"source_id": source_id, "index": posted.index, "replayed": posted.replayed}
    write_line(json.dumps(line | {"hash": posted.leaf_hash.hex()}))


def write_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def append(task: Task, intake: Intake, journal: Journal) -> None:
    poster = Poster(task.token, task.org)
    own = [(f"own-{number}", number) for number in range(task.first, task.first + task.count)]
    shared = [(f"shared-{number}", number) for number in range(1, task.shared + 1)]
    items = [one for pair in zip_longest(own, shared) for one in pair if one is not None]

    async def post(source_id: str, number: int) -> None:
        work = intake.outcome(factories.completion(source_id, number), poster)
        say(source_id, await journal.submit(work))

    for start in range(0, len(items), task.at_once):
        await asyncio.gather(*(post(*item) for item in items[start : start + task.at_once]))


async def append_batch(task: Task, intake: Intake, journal: Journal) -> None:
    first = task.first + task.count
    ids = [(f"batch-{number}", number) for number in range(first, first + task.batch)]
    work = intake.batch([factories.completion(*one) for one in ids], Poster(task.token, task.org))
    answer = await journal.submit(work)
    for (source_id, _), result in zip(ids, answer.results, strict=True):
        say(source_id, result)


async def run(task: Task) -> None:
    bank = open_bank(Database(task.url), Path(task.keys), notice=Notice("2026-1"))
    intake = Intake(bank.keyring, bank.notice, batch_items_max=10_000)
    bank.journal.start()
    write_line("ready")
    await asyncio.to_thread(sys.stdin.readline)
    works = [append(task, intake, bank.journal)]
    if task.batch:
        works.append(append_batch(task, intake, bank.journal))
    await asyncio.gather(*works)
    await bank.close()


if __name__ == "__main__":
    asyncio.run(run(Task(**json.loads(sys.argv[1]))))
