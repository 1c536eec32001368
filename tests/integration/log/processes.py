"""Server processes that sign for one log, as far as signing is concerned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from creditbank.ledger.checkpoint import Checkpoint, Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.keys import VerifierKey
from creditbank.services.cosigning import Cosigners
from creditbank.services.guarding import Guard
from creditbank.services.log_keys import KeyPeriod, LogSigners, read_periods
from creditbank.services.publishing import Publisher
from creditbank.storage import loading, reading
from creditbank.storage.database import Database
from creditbank.storage.signed_record import SignedRecord
from creditbank.storage.tables import CheckpointRow
from tests import factories
from tests.banks import TestBank

ON_SQLITE = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
"""For tests of what no engine has a part in."""


@dataclass(slots=True)
class Processes:
    """The log of a bank, its key folder and its record."""

    bank: TestBank
    keys: Path
    record: Path
    started: list[Publisher] = field(default_factory=list)
    opened: list[Database] = field(default_factory=list)
    posted: int = 0

    @property
    def origin(self) -> str:
        return self.bank.bank.origin

    def start(
        self, *, cosigners: Cosigners | None = None, database: Database | None = None
    ) -> Publisher:
        """Return a publisher that knows nothing but what is on disk."""
        used = self.bank.database if database is None else database
        publisher = Publisher(
            used,
            self.bank.bank.keyring,
            self.origin,
            Guard(used, SignedRecord(self.record, self.origin)),
            self.load,
            cosigners=cosigners,
        )
        self.started.append(publisher)
        return publisher

    def load(self, periods: Sequence[KeyPeriod]) -> LogSigners:
        return LogSigners.load(self.origin, periods, self.keys)

    def connect(self) -> Database:
        """Return a database object of its own on the bank's database."""
        url = self.bank.database.url.render_as_string(hide_password=False)
        self.opened.append(Database(url))
        return self.opened[-1]

    def post(self, count: int = 1, *, mark: str = "p") -> None:
        """Record completions of different learners."""
        for _ in range(count):
            self.posted += 1
            number = 100 + self.posted
            self.bank.post(factories.completion(f"{mark}-{self.posted}", number))

    def grow(self, count: int = 1) -> None:
        """Record what any bank can: institutions."""
        for _ in range(count):
            self.posted += 1
            code = factories.organisation_code(1000 + self.posted)
            self.bank.publish("institution", factories.institution(code))

    def post_batch(self, count: int) -> None:
        """Record completions of as many learners at once."""
        items = [factories.completion(f"row-{n}", 5000 + n) for n in range(count)]
        self.bank.do(self.bank.intake.batch(items, self.bank.poster()))

    @property
    def head(self) -> tuple[int, bytes]:
        head = self.bank.database.read_sync(loading.read_head)
        return head.size, head.root

    @property
    def periods(self) -> list[KeyPeriod]:
        keyring = self.bank.bank.keyring
        return self.bank.database.read_sync(lambda found: read_periods(found, keyring, self.origin))

    @property
    def keys_now(self) -> tuple[VerifierKey, ...]:
        return tuple(key for period in self.periods for key in period.keys)

    def published(self) -> list[Checkpoint]:
        """Return every published checkpoint, each verified."""
        rows = self.bank.rows(CheckpointRow)["checkpoints"]
        found = [parse_checkpoint(row[2]) for row in rows]
        for checkpoint, row in zip(found, rows, strict=True):
            assert (
                verify_checkpoint(checkpoint, Trust(self.origin, self.keys_now)).head.size == row[0]
            )
        return found

    def newest(self) -> Checkpoint:
        latest = self.bank.database.read_sync(reading.latest_checkpoint)
        assert latest is not None
        return parse_checkpoint(latest[1])

    async def close(self) -> None:
        for publisher in self.started:
            await publisher.close()
        for database in (*self.opened, self.bank.database):
            await database.close()


def roots_of(heads: Iterable[tuple[int, bytes]]) -> dict[int, set[bytes]]:
    """Return the roots that were signed at each size."""
    found: dict[int, set[bytes]] = {}
    for size, root in heads:
        found.setdefault(size, set()).add(root)
    return found
