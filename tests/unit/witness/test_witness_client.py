"""Asking a witness: what is sent, what is believed, and what is made of each refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from creditbank.clients.witness import Witness, WitnessClient, check_address
from creditbank.errors.clients import AddressInvalid, AddressUnsafe
from creditbank.errors.witness import (
    WitnessAnswerUnreadable,
    WitnessDisagrees,
    WitnessRefused,
    WitnessUnreachable,
)
from creditbank.ledger.checkpoint import Checkpoint
from creditbank.ledger.note import Note, format_signatures, sign_note, verify_note
from creditbank.ledger.proofs import Proof
from creditbank.services.witness_app import create_witness_app
from tests.unit.witness.logs import FakeLog, witness_signers

SIGNERS = witness_signers()
KEYS = tuple(signer.key for signer in SIGNERS)
URL = "https://witness.test/prefix"


def asking(
    answer: Callable[[httpx.Request], httpx.Response], requests: list[bytes] | None = None
) -> WitnessClient:
    """Return the client of a witness that answers as it is told."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url == f"{URL}/add-checkpoint"
        if requests is not None:
            requests.append(request.content)
        return answer(request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return WitnessClient(Witness("w1", KEYS, URL), http)


def always(status: int, body: bytes | str = b"") -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, content=body)


def proving(log: FakeLog, new: int) -> Callable[[int], object]:
    async def prove(old: int) -> Proof:
        return log.proof(old, new)

    return prove


async def cosign(client: WitnessClient, log: FakeLog, size: int) -> tuple[object, ...]:
    return await client.cosign(log.checkpoint(size), proving(log, size))  # type: ignore[arg-type]


def cosigned(checkpoint: Checkpoint, *numbers: int, at: int = 7) -> str:
    """Return the lines of our witness's keys, or of another's for other numbers."""
    signers = [signer for number in numbers or (100,) for signer in witness_signers(number)]
    return format_signatures(sign_note(checkpoint.note.text, signers, at=at).signatures)


async def test_the_signatures_of_known_keys_are_taken_and_no_others(log: FakeLog) -> None:
    checkpoint = log.checkpoint(5)
    client = asking(always(200, cosigned(checkpoint, 300, 100, 500)))
    lines = await cosign(client, log, 5)
    signed = verify_note(Note(checkpoint.note.text, lines), KEYS)  # type: ignore[arg-type]
    assert [one.key for one in signed] == list(KEYS)
    assert len(lines) == 2
    assert client.known_size == 5


async def test_it_is_asked_from_the_size_that_it_knows(state: Path, log: FakeLog) -> None:
    requests: list[bytes] = []
    app = httpx.ASGITransport(create_witness_app(state, SIGNERS, [log.key]))
    http = httpx.AsyncClient(transport=app, event_hooks={"request": [_note(requests)]})
    client = WitnessClient(Witness("w1", KEYS, "https://witness.test"), http)
    for size in (5, 9):
        assert len(await cosign(client, log, size)) == 2
    again = WitnessClient(Witness("w1", KEYS, "https://witness.test"), http)
    assert len(await cosign(again, log, 12)) == 2
    assert [request.partition(b"\n")[0] for request in requests] == [
        b"old 0", b"old 5", b"old 0", b"old 9",
    ]  # fmt: skip
    await http.aclose()


def _note(requests: list[bytes]) -> Callable[[httpx.Request], object]:
    async def note(request: httpx.Request) -> None:
        requests.append(request.content)

    return note


@pytest.mark.parametrize(
    ("status", "body", "error", "reason"),
    [
        (422, b"", WitnessDisagrees, "witness_contradicts"),
        (409, b"6\n", WitnessDisagrees, "witness_ahead"),
        (409, b"99999999\n", WitnessDisagrees, "witness_ahead"),
        (400, b"", WitnessRefused, None),
        (403, b"", WitnessRefused, None),
        (404, b"", WitnessRefused, None),
        (500, b"", WitnessUnreachable, "server_error"),
        (503, b"", WitnessUnreachable, "server_error"),
        (301, b"", WitnessUnreachable, "server_error"),
        (200, b"", WitnessAnswerUnreadable, "not_signatures"),
        (200, b"yes\n", WitnessAnswerUnreadable, "not_signatures"),
        (200, b"\xff", WitnessAnswerUnreadable, "not_signatures"),
        (200, b"x" * 70_000, WitnessAnswerUnreadable, "too_long"),
        (409, b"five\n", WitnessAnswerUnreadable, "not_a_size"),
        (409, b"05\n", WitnessAnswerUnreadable, "not_a_size"),
        (409, b"", WitnessAnswerUnreadable, "not_a_size"),
        (409, b"-1\n", WitnessAnswerUnreadable, "not_a_size"),
    ],
)
async def test_every_other_answer_has_its_error(
    log: FakeLog, status: int, body: bytes, error: type[Exception], reason: str | None
) -> None:
    with pytest.raises(error) as caught:
        await cosign(asking(always(status, body)), log, 5)
    assert caught.value.fields.get("reason") == reason  # type: ignore[attr-defined]
    assert caught.value.fields["witness"] == "w1"  # type: ignore[attr-defined]


async def test_a_signature_of_another_tree_is_not_taken(log: FakeLog) -> None:
    forked = replace(log, fork=2, nodes={})
    for lines in (cosigned(forked.checkpoint(5)), cosigned(log.checkpoint(6)), cosigned(
        log.checkpoint(5), 300)):  # fmt: skip
        with pytest.raises(WitnessAnswerUnreadable) as caught:
            await cosign(asking(always(200, lines)), log, 5)
        assert caught.value.fields["reason"] == "no_known_signature"


async def test_a_cosignature_without_a_time_is_not_taken(log: FakeLog) -> None:
    with pytest.raises(WitnessAnswerUnreadable):
        await cosign(asking(always(200, cosigned(log.checkpoint(5), at=0))), log, 5)


async def test_version_1_0_0_says_409_for_another_root_of_the_same_size(log: FakeLog) -> None:
    with pytest.raises(WitnessDisagrees) as caught:
        await cosign(asking(always(409, b"5\n")), log, 5)
    assert caught.value.fields["reason"] == "witness_contradicts"


async def test_a_witness_that_names_ever_other_sizes_is_not_asked_for_ever(log: FakeLog) -> None:
    requests: list[bytes] = []
    sizes = iter([b"1\n", b"2\n", b"3\n", b"4\n"])
    client = asking(lambda _: httpx.Response(409, content=next(sizes)), requests)
    with pytest.raises(WitnessUnreachable):
        await cosign(client, log, 5)
    assert len(requests) == 3


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (httpx.ConnectError("no"), "connect"),
        (httpx.ConnectTimeout("no"), "timeout"),
        (httpx.ReadTimeout("no"), "timeout"),
        (httpx.RemoteProtocolError("no"), "connection_lost"),
        (httpx.ReadError("no"), "connection_lost"),
    ],
)
async def test_a_witness_that_cannot_be_reached(
    log: FakeLog, failure: httpx.HTTPError, reason: str
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    with pytest.raises(WitnessUnreachable) as caught:
        await cosign(asking(fail), log, 5)
    assert caught.value.fields["reason"] == reason


def test_addresses_are_encrypted_or_on_this_machine() -> None:
    assert check_address("https://witness.test/w/") == "https://witness.test/w"
    assert check_address("http://127.0.0.1:8100") == "http://127.0.0.1:8100"
    assert check_address("http://witness.test", allow_http=True) == "http://witness.test"
    with pytest.raises(AddressUnsafe):
        check_address("http://witness.test")
    for wrong in ("witness.test", "ftp://witness.test", "https://", "https://[::1"):
        with pytest.raises(AddressInvalid):
            check_address(wrong)
