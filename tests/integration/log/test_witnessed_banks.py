"""Two banks that witness each other, through failures, restarts and a restore of one of them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from creditbank.errors.log import LogFrozen
from creditbank.ledger.checkpoint import Trust, verify_checkpoint
from creditbank.ledger.policy import Policy, parse_policy
from creditbank.services import banking, publishing, signing
from creditbank.services.cosigning import Cosigners
from creditbank.services.log_keys import rotate_keys
from creditbank.services.publishing import Publisher
from creditbank.services.witness_app import create_witness_app
from creditbank.services.witness_state import load_witness, make_witness
from creditbank.storage import publication
from creditbank.storage.database import Database
from creditbank.storage.publication import LogState
from creditbank.storage.signed_record import SignedHead
from creditbank.storage.witness_store import WitnessStore
from tests.banks import ORIGIN, open_test_bank
from tests.integration.log.processes import ON_SQLITE, Processes

pytestmark = ON_SQLITE


@dataclass
class Net(httpx.AsyncBaseTransport):
    """The network: witnesses by host, and which hosts are down."""

    apps: dict[str, httpx.ASGITransport] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host in self.down:
            raise httpx.ConnectError("down")
        return await self.apps[request.url.host].handle_async_request(request)


@dataclass
class Side:
    """One of the two: a bank, its log's processes, and the witness that it runs for the other."""

    host: str
    log: Processes
    witness: Path
    net: Net
    quorum: str = "other"
    publisher: Publisher | None = None

    def restart(self, other: Side) -> Publisher:
        """Start the bank's server and its witness anew; nothing is known but what is on disk."""
        signers = load_witness(self.witness)
        app = create_witness_app(self.witness, signers, other.log.keys_now)
        self.net.apps[self.host] = httpx.ASGITransport(app)
        self.publisher = self.log.start(cosigners=self.cosigners(other))
        return self.publisher

    def policy(self, other: Side) -> Policy:
        key = load_witness(other.witness)[0].key
        return parse_policy(f"witness other {key} https://{other.host}\nquorum {self.quorum}\n")

    def cosigners(self, other: Side) -> Cosigners:
        http = httpx.AsyncClient(transport=self.net)
        return Cosigners(self.policy(other), http, timeout=5)


@dataclass
class Two:
    """Guangdong and Guangxi."""

    gd: Side
    gx: Side

    def restart(self) -> tuple[Publisher, Publisher]:
        return self.gd.restart(self.gx), self.gx.restart(self.gd)


@pytest_asyncio.fixture
async def two(log: Processes, tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Two]:
    shutil.copyfile(sqlite_template, tmp_path / "gx.db")
    database = Database(f"sqlite:///{tmp_path / 'gx.db'}")
    banking.create_bank(database, tmp_path / "gx-keys", "gx.test/log")
    bank = open_test_bank(database, tmp_path / "gx-keys")
    gx = Processes(bank, bank.keys, tmp_path / "gx-signed-head")
    net = Net()
    for name in ("gd", "gx"):
        make_witness(tmp_path / f"{name}-witness", f"{name}.test/witness")
    yield Two(
        Side("gd.test", log, tmp_path / "gd-witness", net),
        Side("gx.test", gx, tmp_path / "gx-witness", net),
    )
    await gx.close()


def witnesses(side: Side, other: Side) -> set[str]:
    """Return who has cosigned a side's newest checkpoint, which verifies under the policy."""
    policy = side.policy(other)
    verified = policy.verify(side.log.newest(), side.log.keys_now)
    return {one.key.name for one in verified.witnesses}


async def test_each_cosigns_the_other_through_restarts(two: Two) -> None:
    gd, gx = two.gd, two.gx
    for _ in range(3):
        for publisher, side in zip(two.restart(), (gd, gx), strict=True):
            for _ in range(2):
                side.log.grow()
                assert await publisher.publish() == side.log.head[0]
    assert witnesses(gd, gx) == {"gx.test/witness"}
    assert witnesses(gx, gd) == {"gd.test/witness"}
    for side, other in ((gd, gx), (gx, gd)):
        checkpoints = side.log.published()
        assert len(checkpoints) == 6
        for checkpoint in checkpoints:
            side.policy(other).verify(checkpoint, side.log.keys_now)


async def test_without_its_witness_a_bank_goes_on_and_says_that_publication_waits(
    two: Two,
) -> None:
    publisher, _ = two.restart()
    published = await publisher.publish()
    two.gd.net.down = {"gx.test"}
    two.gd.log.grow(2)
    assert await publisher.publish() == published
    assert await publisher.checkpoint_of(*two.gd.log.head) is not None
    status = publisher.status()
    assert (status["state"], status["published"]) == ("waiting", published)
    assert status["witnesses"] == [
        {"names": ["other"], "state": "failing", "size": published,
         "problem": "witness-unreachable"}
    ]  # fmt: skip
    assert "waiting_since" in status
    two.gd.net.down = set()
    two.gd.log.grow()
    assert await two.gd.restart(two.gx).publish() == two.gd.log.head[0]
    assert [one.head.size for one in two.gd.log.published()] == [published, two.gd.log.head[0]]


async def test_while_it_waits_the_same_commit_is_signed_once(two: Two) -> None:
    publisher, _ = two.restart()
    two.gd.net.down = {"gx.test"}
    await publisher.publish()
    pending = publisher._pending
    assert pending is not None
    await publisher.publish()
    assert publisher._pending is pending
    two.gd.net.down = set()
    assert publisher._cosigners is not None
    publisher._cosigners._peers[0].retry_at = 0
    await publisher.publish()
    assert publisher.status()["state"] == "published"
    lines = two.gd.log.newest().note.signatures
    assert lines[: len(pending.note.signatures)] == pending.note.signatures


async def test_with_quorum_none_a_bank_publishes_without_its_witness(two: Two) -> None:
    two.gd.quorum = "none"
    publisher, _ = two.restart()
    two.gd.net.down = {"gx.test"}
    assert await publisher.publish() == two.gd.log.head[0]
    assert witnesses(two.gd, two.gx) == set()


async def test_a_process_that_ended_before_it_stored_what_was_cosigned(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    publisher, _ = two.restart()
    with monkeypatch.context() as patch:
        patch.setattr(publication, "publishing", crash)
        with pytest.raises(Crash):
            await publisher.publish()
    assert await two.gd.restart(two.gx).publish() == two.gd.log.head[0]


async def test_a_whole_bank_put_back_is_stopped_by_its_witness(two: Two, tmp_path: Path) -> None:
    log = two.gd.log
    publisher, _ = two.restart()
    await publisher.publish()
    saved = tmp_path / "saved"
    saved.mkdir()
    assert log.bank.database.file is not None
    with log.bank.database.engine.connect() as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{saved / 'bank.db'}'").close()
    shutil.copyfile(log.record, saved / "record")
    log.grow(3)
    lost = await publisher.publish()

    log.bank.bank = open_test_bank(Database(f"sqlite:///{saved / 'bank.db'}"), log.keys).bank
    shutil.copyfile(saved / "record", log.record)
    log.grow(5)
    signed: list[object] = []
    restored = two.gd.restart(two.gx)
    with pytest.MonkeyPatch.context() as patch:
        for module in (publishing, signing):
            patch.setattr(module, "sign_checkpoint", lambda head, *_, **__: signed.append(head))
        for _ in range(2):
            with pytest.raises(LogFrozen) as caught:
                await restored.sign_commit(*log.head)
            assert caught.value.fields == {"size": lost - 3, "reason": "witness_ahead"}
            with pytest.raises(LogFrozen):
                await restored.publish()
    assert signed == []
    assert restored.status()["state"] == "frozen"


async def test_a_witness_that_was_shown_a_fork_stops_the_bank(two: Two) -> None:
    publisher, _ = two.restart()
    await publisher.publish()
    store = WitnessStore(
        two.gx.witness, tuple(str(one.key) for one in load_witness(two.gx.witness))
    )
    last = store.last(two.gd.log.origin)
    assert last is not None
    forked = replace(last, root=bytes(32))
    store.replace(two.gd.log.origin, lambda _: forked)
    two.gd.log.grow()
    with pytest.raises(LogFrozen) as caught:
        await publisher.publish()
    assert caught.value.fields["reason"] == "witness_contradicts"
    with pytest.raises(LogFrozen):
        await publisher.sign_commit(*two.gd.log.head)
    with pytest.raises(LogFrozen):
        await two.gd.restart(two.gx).sign_commit(*two.gd.log.head)


async def test_a_rotation_is_followed_by_a_witness_that_knows_only_the_keys_before(
    two: Two,
) -> None:
    publisher, _ = two.restart()
    await publisher.publish()
    known = two.gd.log.keys_now
    bank = two.gd.log.bank.bank
    rotate_keys(bank.database, bank.recorder, bank.keyring, two.gd.log.keys)
    assert await publisher.publish() == two.gd.log.head[0]
    verify_checkpoint(two.gd.log.newest(), Trust(ORIGIN, known))


async def test_a_witness_that_does_not_know_the_key_refuses_until_it_does(two: Two) -> None:
    publisher, _ = two.restart()
    await publisher.publish()
    bank = two.gd.log.bank.bank
    rotate_keys(bank.database, bank.recorder, bank.keyring, two.gd.log.keys, overlap_days=0)
    published = await publisher.publish()
    assert published < two.gd.log.head[0]
    assert publisher.status()["witnesses"][0]["problem"] == "witness-refused"
    two.restart()
    assert two.gd.publisher is not None
    assert await two.gd.publisher.publish() == two.gd.log.head[0]


async def test_another_process_of_the_same_log_may_be_ahead(two: Two) -> None:
    first, _ = two.restart()
    await first.publish()
    second = two.gd.log.start(cosigners=two.gd.cosigners(two.gx))
    two.gd.log.grow()
    early = two.gd.log.head
    two.gd.log.grow()
    await second.publish()
    state = LogState(*early, now=1, published=early[0] - 1)
    await first._confirm([SignedHead(*early)])
    await first._publish(state)
    assert first.status()["state"] == "waiting"
    two.gd.log.grow()
    assert await first.publish() == two.gd.log.head[0]
