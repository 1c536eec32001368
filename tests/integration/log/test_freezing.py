"""Nothing more is signed once ledger and record disagree, whatever was restored or replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from creditbank.errors.log import LogFrozen
from creditbank.ledger.checkpoint import Checkpoint
from creditbank.services.publishing import Publisher
from creditbank.storage import reading
from creditbank.storage.database import Database
from creditbank.storage.publication import LogState
from creditbank.storage.signed_record import SignedHead, SignedRecord
from tests.banks import ORIGIN, Stock, TestBank, make_bank
from tests.integration.log.processes import ON_SQLITE, Processes, roots_of


async def frozen(publisher: Publisher, log: Processes) -> str:
    """Return why nothing is signed, after making sure that nothing is, in no way."""
    before = len(log.published())
    with pytest.raises(LogFrozen) as publishing:
        await publisher.publish()
    with pytest.raises(LogFrozen) as signing:
        await publisher.sign_commit(*log.head)
    assert await publisher.checkpoint_of(*log.head) is None
    assert len(log.published()) == before
    assert publisher.status()["state"] == "frozen"
    assert signing.value.fields["reason"] == publishing.value.fields["reason"]
    return str(publishing.value.fields["reason"])


@pytest.fixture
def restored(stock: Stock, tmp_path: Path) -> Iterator[TestBank]:
    """The bank as it was before the test wrote to it, in a database of its own."""
    (tmp_path / "restored").mkdir()
    with stock.copied(stock.bank(), tmp_path / "restored") as copy:
        yield copy


@contextmanager
def instead(log: Processes, other: TestBank) -> Iterator[None]:
    """Put another database in the place of the bank's."""
    own, log.bank = log.bank, other
    yield
    log.bank = own


async def test_a_database_restored_to_before_the_last_checkpoint(
    log: Processes, restored: TestBank
) -> None:
    log.post(3)
    await log.start().publish()
    with instead(log, restored):
        assert await frozen(log.start(), log) == "ledger_behind"
        log.post(3, mark="other")
        assert await frozen(log.start(), log) == "ledger_differs"
        log.post(3, mark="more")
        assert await frozen(log.start(), log) == "ledger_differs"
        await restored.database.close()
    assert await log.start().publish() == log.head[0]


@ON_SQLITE
async def test_a_database_restored_to_before_an_answer_that_nobody_published(
    log: Processes, restored: TestBank
) -> None:
    await log.start().publish()
    log.post()
    await log.start().sign_commit(*log.head)
    with instead(log, restored):
        log.post(mark="other")
        assert await frozen(log.start(), log) == "ledger_differs"
        await restored.database.close()


async def test_a_failover_under_a_running_process(log: Processes, restored: TestBank) -> None:
    publisher = log.start()
    log.post(2)
    await publisher.publish()
    with instead(log, restored):
        publisher._database = publisher._guard._database = restored.database
        assert await frozen(publisher, log) == "ledger_behind"
        log.post(5, mark="other")
        assert await frozen(publisher, log) == "ledger_differs"
        await restored.database.close()
    publisher._database = publisher._guard._database = log.bank.database
    assert await publisher.publish() == log.head[0]


@ON_SQLITE
async def test_a_failover_between_signing_and_storing(
    log: Processes, restored: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = log.start()
    log.post()
    sign = publisher._signed
    with instead(log, restored):
        log.post(mark="other")

        def signing(state: LogState) -> Checkpoint:
            publisher._database = restored.database
            return sign(state)

        monkeypatch.setattr(publisher, "_signed", signing)
        with pytest.raises(LogFrozen):
            await publisher.publish()
        assert log.published() == []
        await restored.database.close()


@pytest.mark.parametrize(("stock", "database_url"), [("sqlite", "sqlite")], indirect=True)
async def test_a_database_replaced_by_another_of_the_same_name(
    log: Processes, database: Database, tmp_path: Path
) -> None:
    await log.start().publish()
    size = log.head[0]
    other = make_bank(database, tmp_path / "other")
    log.keys = other.keys
    with instead(log, other):
        while log.head[0] < size + 2:
            log.post()
        assert await frozen(log.start(), log) == "ledger_differs"
    await database.close()


def gone(record: Path) -> None:
    record.unlink()


def emptied(record: Path) -> None:
    record.write_bytes(b"")


def another_logs(record: Path) -> None:
    SignedRecord(record.with_name("other"), "other.test/log").advance(
        None, SignedHead(1, bytes(32))
    )
    record.write_bytes(record.with_name("other").read_bytes())


def cut(record: Path) -> None:
    record.write_bytes(record.read_bytes()[:-200])


def one_bit(position: int) -> Callable[[Path], None]:
    def flip(record: Path) -> None:
        data = bytearray(record.read_bytes())
        data[position] ^= 1
        record.write_bytes(data)

    flip.__name__ = f"bit_of_byte_{position}"
    return flip


RECORDS = [
    (gone, "record_missing"),
    (emptied, "record_missing"),
    (another_logs, "record_other_log"),
    (cut, "record_unreadable"),
    *((one_bit(position), "record_unreadable") for position in (0, 21, 36, 40, 110, 511)),
]


@ON_SQLITE
@pytest.mark.parametrize(("damage", "reason"), RECORDS)
async def test_a_record_that_is_not_what_it_was(
    log: Processes, damage: Callable[[Path], None], reason: str
) -> None:
    running = log.start()
    await running.publish()
    log.post()
    damage(log.record)
    assert await frozen(log.start(), log) == reason
    assert await frozen(running, log) == reason


@ON_SQLITE
async def test_a_record_put_back_under_a_running_process(log: Processes) -> None:
    running = log.start()
    await running.publish()
    before = log.record.read_bytes()
    log.post()
    await running.publish()
    log.record.write_bytes(before)
    assert await frozen(running, log) == "record_behind"


async def test_processes_that_publish_at_once_never_contradict_each_other(log: Processes) -> None:
    heads: list[tuple[int, bytes]] = []
    publishers = [log.start(database=log.connect()) for _ in range(3)]

    async def publish(publisher: Publisher) -> None:
        for _ in range(8):
            await publisher.publish()
            head = log.head
            await publisher.sign_commit(*head)
            heads.append(head)
            recorded = SignedRecord(log.record, ORIGIN).read()
            assert recorded is not None
            assert recorded.size >= head[0]

    async def post() -> None:
        for _ in range(12):
            # Not on the loop: it may have to wait for a publisher that holds the head.
            await asyncio.to_thread(log.post)

    await asyncio.gather(post(), *map(publish, publishers))
    await publishers[0].publish()
    assert all(len(roots) == 1 for roots in roots_of(heads).values())
    checkpoints = log.published()
    assert checkpoints[-1].head.size == log.head[0]
    for checkpoint in checkpoints:
        files = publishers[0].files
        await files.consistency(checkpoint.head.size, checkpoints[-1].head.size)
    latest = log.bank.database.read_sync(reading.latest_checkpoint)
    assert latest is not None
    assert latest[0] == log.head[0]
