"""Several witnesses at once: enough is enough, and who is missing is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from creditbank.errors.witness import WitnessDisagrees
from creditbank.ledger.checkpoint import Checkpoint, Trust, verify_checkpoint
from creditbank.ledger.policy import parse_policy
from creditbank.ledger.proofs import Proof
from creditbank.services.cosigning import Cosigners
from creditbank.services.witness_app import create_witness_app
from tests.unit.witness.logs import FakeLog, make_witness, witness_signers

NAMES = ("a", "b", "c")


class Net:
    """Three witnesses behind one client; `down` ones hang, `broken` ones answer 500."""

    def __init__(self, folder: Path, log: FakeLog) -> None:
        self.down: set[str] = set()
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self.apps = {}
        for number, name in enumerate(NAMES):
            signers = witness_signers(100 * (number + 1), f"{name}.test/w")
            make_witness(folder / name, signers)
            self.apps[f"{name}.test"] = httpx.ASGITransport(
                create_witness_app(folder / name, signers, [log.key])
            )
        self.http = httpx.AsyncClient(transport=_Routed(self))

    def policy(self, quorum: str) -> str:
        lines = []
        for number, name in enumerate(NAMES):
            key = witness_signers(100 * (number + 1), f"{name}.test/w")[0].key
            lines.append(f"witness {name} {key} https://{name}.test/")
        lines += ["group two 2 a b c", f"quorum {quorum}"]
        return "\n".join(lines) + "\n"

    def cosigners(self, quorum: str, *, timeout: float = 5.0) -> Cosigners:
        return Cosigners(parse_policy(self.policy(quorum)), self.http, timeout=timeout)


class _Routed(httpx.AsyncBaseTransport):
    def __init__(self, net: Net) -> None:
        self._net = net

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.partition(".")[0]
        self._net.asked.append(name)
        if name in self._net.down:
            await asyncio.sleep(60)
        if name in self._net.broken:
            return httpx.Response(500)
        return await self._net.apps[request.url.host].handle_async_request(request)


@pytest.fixture
def net(tmp_path: Path, log: FakeLog) -> Net:
    return Net(tmp_path, log)


def proving(log: FakeLog, size: int) -> Callable[[int], Awaitable[Proof]]:
    async def prove(old: int) -> Proof:
        return log.proof(old, size)

    return prove


async def recorded() -> int:
    return 1000


async def collect(cosigners: Cosigners, log: FakeLog, size: int) -> Checkpoint:
    return await cosigners.collect(log.checkpoint(size), proving(log, size), recorded)


def witnessed(checkpoint: Checkpoint, log: FakeLog) -> set[str]:
    keys = [witness_signers(100 * (n + 1), f"{name}.test/w")[0].key for n, name in enumerate(NAMES)]
    verified = verify_checkpoint(checkpoint, Trust(log.origin, [log.key], keys))
    return {one.key.name.partition(".")[0] for one in verified.witnesses}


async def test_all_are_asked_at_once(net: Net, log: FakeLog) -> None:
    cosigners = net.cosigners("two")
    checkpoint = await collect(cosigners, log, 5)
    assert witnessed(checkpoint, log) == set(NAMES)
    assert cosigners.satisfied(checkpoint)
    assert not cosigners.satisfied(log.checkpoint(5))


async def test_one_that_hangs_is_not_waited_for_once_there_are_enough(
    net: Net, log: FakeLog
) -> None:
    net.down = {"c"}
    cosigners = net.cosigners("two", timeout=30)
    started = time.monotonic()
    checkpoint = await collect(cosigners, log, 5)
    assert time.monotonic() - started < 10
    assert witnessed(checkpoint, log) == {"a", "b"}
    assert cosigners.satisfied(checkpoint)


async def test_without_enough_the_round_ends_in_time_and_says_who_is_missing(
    net: Net, log: FakeLog
) -> None:
    net.down, net.broken = {"b"}, {"c"}
    cosigners = net.cosigners("two", timeout=0.3)
    checkpoint = await collect(cosigners, log, 5)
    assert not cosigners.satisfied(checkpoint)
    states = {one["names"][0]: one for one in cosigners.documents()}
    assert states["a"] == {"names": ["a"], "state": "cosigned", "size": 5}
    for name in ("b", "c"):
        assert states[name]["state"] == "failing"
        assert states[name]["problem"] == "witness-unreachable"


async def test_who_failed_is_asked_again_later_and_who_signed_is_not(
    net: Net, log: FakeLog
) -> None:
    net.broken = {"b", "c"}
    cosigners = net.cosigners("two")
    checkpoint = await collect(cosigners, log, 5)
    net.broken = set()
    net.asked.clear()
    again = await cosigners.collect(checkpoint, proving(log, 5), recorded)
    assert (net.asked, again) == ([], checkpoint)
    for peer in cosigners._peers:
        peer.retry_at = 0
    again = await cosigners.collect(checkpoint, proving(log, 5), recorded)
    assert sorted(net.asked) == ["b", "c"]
    assert witnessed(again, log) == set(NAMES)


async def test_pauses_grow_and_end(net: Net, log: FakeLog) -> None:
    net.broken = set(NAMES)
    cosigners = net.cosigners("two")
    pauses = []
    for _ in range(9):
        for peer in cosigners._peers:
            peer.retry_at = 0
        before = time.monotonic()
        await collect(cosigners, log, 5)
        failed = (before, time.monotonic())
        pauses.append([cosigners._peers[0].retry_at - at for at in failed])
    expected = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(
        least <= pause <= most for (most, least), pause in zip(pauses, expected, strict=True)
    )


async def test_without_a_quorum_nothing_is_missing(net: Net, log: FakeLog) -> None:
    net.broken = set(NAMES)
    cosigners = net.cosigners("none")
    assert not cosigners.is_required
    assert cosigners.satisfied(await collect(cosigners, log, 5))


async def test_a_witness_ahead_of_what_was_signed_stops_everything(net: Net, log: FakeLog) -> None:
    cosigners = net.cosigners("two")
    await collect(cosigners, log, 9)

    async def small() -> int:
        return 8

    restarted = net.cosigners("two")
    with pytest.raises(WitnessDisagrees) as caught:
        await restarted.probe(log.checkpoint(5), proving(log, 5), small)
    assert caught.value.fields["known"] == 9

    async def large() -> int:
        return 9

    for peer in restarted._peers:
        peer.retry_at = 0
    await restarted.probe(log.checkpoint(5), proving(log, 5), large)


async def test_a_fork_stops_everything(net: Net, log: FakeLog) -> None:
    await collect(net.cosigners("two"), log, 5)
    forked = FakeLog(log.origin, seed=1, fork=3)
    with pytest.raises(WitnessDisagrees):
        await collect(net.cosigners("two"), forked, 6)


async def test_a_witness_is_shown_the_published_checkpoint_once(net: Net, log: FakeLog) -> None:
    cosigners = net.cosigners("two")
    for _ in range(2):
        await cosigners.probe(log.checkpoint(5), proving(log, 5), recorded)
    assert sorted(net.asked) == ["a", "a", "b", "b", "c", "c"]  # each said 409 0, then cosigned


async def test_keys_with_one_address_are_one_witness(tmp_path: Path, log: FakeLog) -> None:
    net = Net(tmp_path, log)
    keys = [one.key for one in witness_signers(100, "a.test/w")]
    text = "".join(f"witness a{n} {key} https://a.test\n" for n, key in enumerate(keys))
    cosigners = Cosigners(
        parse_policy(text + "group both all a0 a1\nquorum both\n"), net.http, timeout=5
    )
    checkpoint = await collect(cosigners, log, 5)
    assert net.asked == ["a"]
    assert cosigners.satisfied(checkpoint)


async def test_witnesses_without_an_address_are_not_asked(net: Net, log: FakeLog) -> None:
    key = witness_signers(100, "a.test/w")[0].key
    cosigners = Cosigners(parse_policy(f"witness a {key}\nquorum a\n"), net.http)
    assert not cosigners.satisfied(await collect(cosigners, log, 5))
    await cosigners.close()
