"""Publication: what is signed, in which order things become durable, and that it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from creditbank.errors.log import LogFrozen, RecordUnavailable
from creditbank.ledger.checkpoint import (
    Checkpoint,
    Trust,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from creditbank.ledger.keys import KeyType
from creditbank.services import publishing, signing
from creditbank.storage import database as databases
from creditbank.storage import publication, reading, tilestore
from creditbank.storage.signed_record import SignedHead, SignedRecord
from creditbank.storage.tables import TileRow
from tests.banks import ORIGIN
from tests.integration.log.processes import ON_SQLITE, Processes, roots_of


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bytes]]:
    """Every tree head that is signed while the test runs."""
    heads: list[tuple[int, bytes]] = []

    def noting(head: Any, *arguments: Any, **more: Any) -> Checkpoint:
        heads.append((head.size, head.root))
        return sign_checkpoint(head, *arguments, **more)

    for module in (publishing, signing):
        monkeypatch.setattr(module, "sign_checkpoint", noting)
    return heads


async def test_the_newest_commit_is_published_with_both_kinds_of_key(log: Processes) -> None:
    publisher = log.start()
    size, root = log.head
    assert await publisher.publish() == size
    checkpoint = log.newest()
    assert (checkpoint.head.size, checkpoint.head.root) == (size, root)
    signed = verify_checkpoint(checkpoint, Trust(ORIGIN, log.keys_now)).log
    assert [one.key.type for one in signed] == [KeyType.ED25519, KeyType.MLDSA44]
    assert SignedRecord(log.record, ORIGIN).read() == SignedHead(size, root)
    assert publisher.status() == {"state": "published", "signed": size, "published": size}


@ON_SQLITE
async def test_nothing_new_publishes_nothing(log: Processes) -> None:
    publisher = log.start()
    size = await publisher.publish()
    assert await publisher.publish() == size
    assert len(log.published()) == 1


@ON_SQLITE
async def test_every_published_checkpoint_is_kept(log: Processes) -> None:
    publisher = log.start()
    sizes = []
    for _ in range(3):
        log.post()
        sizes.append(await publisher.publish())
    assert [checkpoint.head.size for checkpoint in log.published()] == sizes


@ON_SQLITE
async def test_a_commit_is_signed_with_ed25519_alone_and_always_alike(log: Processes) -> None:
    size, root = log.head
    note = await log.start().sign_commit(size, root)
    assert note == await log.start().sign_commit(size, root)
    verified = verify_checkpoint(parse_checkpoint(note), Trust(ORIGIN, log.keys_now))
    assert [one.key.type for one in verified.log] == [KeyType.ED25519]
    assert len(parse_checkpoint(note).note.signatures) == 1


@ON_SQLITE
async def test_commits_that_come_together_are_put_on_record_once(
    log: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = []
    for _ in range(4):
        log.post()
        heads.append(log.head)
    written: list[int] = []
    write = SignedRecord._write

    def counting(self: SignedRecord, file: int, head: SignedHead) -> None:
        written.append(head.size)
        write(self, file, head)

    monkeypatch.setattr(SignedRecord, "_write", counting)
    publisher = log.start()
    notes = await asyncio.gather(*(publisher.sign_commit(*head) for head in heads * 3))
    assert [parse_checkpoint(note).head.size for note in notes] == [head[0] for head in heads] * 3
    assert written == [heads[-1][0]]


@ON_SQLITE
async def test_a_commit_whose_answer_comes_late_is_still_signed(log: Processes) -> None:
    publisher = log.start()
    early = log.head
    log.post(2)
    await publisher.publish()
    note = parse_checkpoint(await publisher.sign_commit(*early))
    assert (note.head.size, note.head.root) == early


@ON_SQLITE
async def test_a_root_that_is_not_the_ledgers_is_never_signed(
    log: Processes, signed: list[tuple[int, bytes]]
) -> None:
    publisher = log.start()
    size, root = log.head
    for wrong in ((size, bytes(32)), (size - 1, root), (1, root)):
        with pytest.raises(LogFrozen):
            await publisher.sign_commit(*wrong)
    assert signed == []
    await publisher.sign_commit(size, root)
    with pytest.raises(LogFrozen):
        await publisher.sign_commit(size, bytes(32))
    assert signed == [(size, root)]


@ON_SQLITE
async def test_the_answer_stands_without_a_checkpoint_while_nothing_can_be_signed(
    log: Processes,
) -> None:
    publisher = log.start()
    size, root = log.head
    assert await publisher.checkpoint_of(size, bytes(32)) is None
    text = await publisher.checkpoint_of(size, root)
    assert text is not None
    assert text.encode() == await publisher.sign_commit(size, root)


@ON_SQLITE
async def test_a_disk_that_refuses_the_record_stops_signing_and_nothing_else(
    log: Processes, monkeypatch: pytest.MonkeyPatch, signed: list[tuple[int, bytes]]
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    publisher = log.start()
    with monkeypatch.context() as full:
        full.setattr(SignedRecord, "_write", refuse)
        with pytest.raises(RecordUnavailable):
            await publisher.publish()
        with pytest.raises(RecordUnavailable):
            await publisher.sign_commit(*log.head)
        log.post()
    assert signed == []
    assert await publisher.publish() == log.head[0]


async def test_full_tiles_are_stored_and_partial_ones_are_not(
    log: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "_STEP_LEAVES", 256)
    publisher = log.start()
    await publisher.publish()
    log.post_batch(500)
    size = await publisher.publish()
    rows = log.bank.rows(TileRow)["tiles"]
    assert size > 1024
    assert [(row[0], row[1]) for row in rows] == [(0, n) for n in range(size // 256)]


# --- ends of the process


def before_record(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SignedRecord, "_write", lambda *_: crash())


def torn_record(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    write = SignedRecord._write

    def after(self: SignedRecord, file: int, head: SignedHead) -> None:
        write(self, file, head)
        crash()

    patch.setattr(SignedRecord, "_write", after)


def before_signing(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(publishing, "sign_checkpoint", lambda *_, **__: crash())


def before_tiles(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tilestore, "store_tiles", lambda *_: crash())


def before_checkpoint(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "add_checkpoint", lambda *_: crash())


def before_commit(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(databases, "commit", lambda _: crash())


def after_commit(crash: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    commit = databases.commit

    def after(connection: Any) -> None:
        commit(connection)
        crash()

    patch.setattr(databases, "commit", after)


STEPS = (
    before_record, torn_record, before_signing, before_tiles,
    before_checkpoint, before_commit, after_commit,
)  # fmt: skip


async def test_whatever_the_end_no_two_roots_are_signed_and_publication_goes_on(
    log: Processes, signed: list[tuple[int, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise Crash

    for step in STEPS:
        first = log.start()
        await first.publish()
        log.post()
        with monkeypatch.context() as patch:
            step(crash, patch)
            with pytest.raises(Crash):
                await first.publish()
        log.post()
        second = log.start()
        await second.sign_commit(*log.head)
        assert await second.publish() == log.head[0], step.__name__
        log.post()
        assert await log.start().publish() == log.head[0], step.__name__
        assert all(len(roots) == 1 for roots in roots_of(signed).values()), step.__name__
    sizes = [checkpoint.head.size for checkpoint in log.published()]
    assert sizes == sorted(set(sizes))
    log.bank.require_clean()


@ON_SQLITE
async def test_the_publisher_runs_by_itself_and_survives_what_goes_wrong(
    log: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "INTERVAL_SECONDS", 0.01)
    publisher = log.start()
    with monkeypatch.context() as patch:
        patch.setattr(publication, "read_state", lambda _: 1 / 0)
        publisher.start()
        await _until(lambda: publisher.status()["state"] == "failing")
        assert publisher.status()["problem"] == "internal"
    await _until(lambda: publisher.status()["state"] == "published")
    log.post()
    await _until(lambda: publisher.status()["published"] == log.head[0])
    await publisher.close()
    assert len(log.published()) == 2


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  # what is waited for is no event of ours
            await asyncio.sleep(0.01)
