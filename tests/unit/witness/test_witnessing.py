"""What a witness answers, and that it remembers before it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.clients.witness import format_request
from creditbank.errors.ledger import MalformedKey
from creditbank.errors.storage import StorageUnavailable
from creditbank.errors.witness import (
    WitnessStateExists,
    WitnessStateMissing,
    WitnessStateOther,
)
from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.note import (
    Note,
    NoteSigner,
    add_signatures,
    format_note,
    parse_signatures,
    sign_note,
    verify_note,
)
from creditbank.ledger.suite import Ed25519Signer
from creditbank.services.witness_app import create_witness_app
from creditbank.services.witnessing import REQUEST_BYTES_MAX, CosignerWitness, WitnessAnswer
from creditbank.storage import witness_store
from tests.unit.witness.logs import FakeLog, make_witness, seed, witness_signers

SIGNERS = witness_signers()
KEYS = [signer.key for signer in SIGNERS]


def witness(
    state: Path, *logs: FakeLog, now: Callable[[], float] = lambda: 1000
) -> CosignerWitness:
    return CosignerWitness(state, SIGNERS, [log.key for log in logs], now=now)


def said(answer: WitnessAnswer) -> tuple[int, bytes]:
    return answer.status, answer.body


# --- 200


def test_a_checkpoint_is_cosigned_with_both_keys_at_the_time(state: Path, log: FakeLog) -> None:
    answer = witness(state, log).add_checkpoint(log.request(0, 5))
    assert answer.status == 200
    lines = parse_signatures(answer.body.decode())
    signed = verify_note(Note(log.checkpoint(5).note.text, lines), KEYS)
    assert [(one.key, one.at) for one in signed] == [(key, 1000) for key in KEYS]


def test_a_log_grows_step_by_step(state: Path, log: FakeLog) -> None:
    one = witness(state, log)
    for old, new in ((0, 1), (1, 2), (2, 7), (7, 7), (7, 300)):
        assert one.add_checkpoint(log.request(old, new)).status == 200


def test_the_memory_outlives_the_process(state: Path, log: FakeLog) -> None:
    assert witness(state, log).add_checkpoint(log.request(0, 5)).status == 200
    assert said(witness(state, log).add_checkpoint(log.request(0, 5))) == (409, b"5\n")
    assert witness(state, log).add_checkpoint(log.request(5, 9)).status == 200


def test_a_clock_that_was_put_back_does_not_show(state: Path, log: FakeLog) -> None:
    assert witness(state, log, now=lambda: 5000).add_checkpoint(log.request(0, 5)).status == 200
    answer = witness(state, log, now=lambda: 10).add_checkpoint(log.request(5, 6))
    lines = parse_signatures(answer.body.decode())
    assert {one.at for one in verify_note(Note(log.checkpoint(6).note.text, lines), KEYS)} == {5000}


def test_logs_are_kept_apart(state: Path, log: FakeLog) -> None:
    other = FakeLog("log.test/two", seed=2)
    one = witness(state, log, other)
    assert one.add_checkpoint(log.request(0, 5)).status == 200
    assert one.add_checkpoint(other.request(0, 3)).status == 200
    assert said(one.add_checkpoint(other.request(0, 4))) == (409, b"3\n")


def test_after_a_rotation_either_key_of_the_log_will_do(state: Path, log: FakeLog) -> None:
    renewed = FakeLog(log.origin, seed=3)
    one = witness(state, log, renewed)
    assert one.add_checkpoint(log.request(0, 5)).status == 200
    assert one.add_checkpoint(renewed.request(5, 6)).status == 200


def test_extension_lines_are_cosigned_with_ed25519_alone(state: Path, log: FakeLog) -> None:
    text = log.checkpoint(5).note.text + "extension\n"
    body = b"old 0\n\n" + format_note(sign_note(text, [log.signer]))
    answer = witness(state, log).add_checkpoint(body)
    assert answer.status == 200
    assert [line.key_id for line in parse_signatures(answer.body.decode())] == [KEYS[0].id]


# --- everything else


def with_line(log: FakeLog, line: bytes) -> bytes:
    return log.request(3, 5).replace(b"old 3\n", line)


REFUSED: list[tuple[str, Callable[[FakeLog], bytes], int]] = [
    # 400: not of the form
    ("empty", lambda _: b"", 400),
    ("no_blank_line", lambda log: log.request(3, 5).replace(b"\n\n", b"\n"), 400),
    ("no_old", lambda log: with_line(log, b""), 400),
    ("other_word", lambda log: with_line(log, b"new 3\n"), 400),
    ("leading_zero", lambda log: with_line(log, b"old 03\n"), 400),
    ("sign", lambda log: with_line(log, b"old +3\n"), 400),
    ("negative", lambda log: with_line(log, b"old -3\n"), 400),
    ("no_size", lambda log: with_line(log, b"old \n"), 400),
    ("two_spaces", lambda log: with_line(log, b"old  3\n"), 400),
    ("trailing_space", lambda log: with_line(log, b"old 3 \n"), 400),
    ("carriage_return", lambda log: with_line(log, b"old 3\r\n"), 400),
    ("too_large", lambda log: with_line(log, b"old 99999999999999999999\n"), 400),
    ("not_base64", lambda log: with_line(log, b"old 3\nab!d\n"), 400),
    ("short_hash", lambda log: with_line(log, b"old 3\nAAAA\n"), 400),
    ("64_hashes", lambda log: format_request(3, (bytes(32),) * 64, log.checkpoint(5)), 400),
    ("not_utf_8", lambda log: log.request(3, 5) + b"\xff", 400),
    ("no_signature", lambda log: b"old 3\n\n" + log.checkpoint(5).note.text.encode(), 400),
    ("no_checkpoint", lambda log: b"old 3\n\n" + format_note(
        sign_note("text\n", [log.signer])), 400),
    ("too_long", lambda _: b"old 0\n\n" + b"x" * REQUEST_BYTES_MAX, 400),
    ("old_above_size", lambda log: format_request(6, (), log.checkpoint(5)), 400),
    # 404: another log
    ("unknown_log", lambda _: FakeLog("log.test/unknown", seed=1).request(0, 5), 404),
    # 403: not signed by the log
    ("other_key", lambda log: FakeLog(log.origin, seed=9).request(3, 5), 403),
    ("changed_text", lambda log: log.request(3, 5).replace(b"\n5\n", b"\n6\n"), 403),
    ("witness_as_log", lambda log: b"old 3\n\n" + format_note(
        sign_note(log.checkpoint(5).note.text, SIGNERS[:1], at=1)), 403),
    # 409: another size
    ("smaller_old", lambda log: log.request(2, 5), 409),
    ("zero_old", lambda log: log.request(0, 5), 409),
    ("larger_old", lambda log: log.request(4, 5), 409),
    ("smaller_tree", lambda log: log.request(2, 2), 409),
    # 422: not where it began
    ("no_proof", lambda log: format_request(3, (), log.checkpoint(5)), 422),
    ("other_proof", lambda log: format_request(3, log.proof(2, 5), log.checkpoint(5)), 422),
    ("longer_proof", lambda log: format_request(
        3, (*log.proof(3, 5), bytes(32)), log.checkpoint(5)), 422),
    ("fork", lambda log: replace(log, fork=2, nodes={}).request(3, 5), 422),
    ("same_size_other_root", lambda log: format_request(
        3, (), log.checkpoint(3, root=bytes(32))), 422),
    ("same_size_and_a_proof", lambda log: format_request(3, (bytes(32),), log.checkpoint(3)), 422),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_is_refused_changes_nothing(
    state: Path, log: FakeLog, make: Callable[[FakeLog], bytes], status: int
) -> None:
    one = witness(state, log)
    assert one.add_checkpoint(log.request(0, 3)).status == 200
    before = one._store.all()
    answer = one.add_checkpoint(make(log))
    assert answer.status == status
    if status == 409:
        assert said(answer) == (409, b"3\n")
        assert answer.media_type == "text/x.tlog.size"
    else:
        assert "—".encode() not in answer.body
    assert one._store.all() == before
    assert one.add_checkpoint(log.request(3, 9)).status == 200


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda log: format_request(0, (bytes(32),), log.checkpoint(5)), 422),
        (lambda log: format_request(0, (), log.checkpoint(0, root=bytes(32))), 422),
        (lambda log: log.request(1, 5), 409),
        (lambda log: log.request(0, 0), 200),
    ],
)
def test_a_log_that_was_never_cosigned_is_empty(
    state: Path, log: FakeLog, make: Callable[[FakeLog], bytes], status: int
) -> None:
    answer = witness(state, log).add_checkpoint(make(log))
    assert answer.status == status
    assert answer.body == b"0\n" or status != 409


@settings(max_examples=60)
@given(old=st.integers(0, 40), new=st.integers(0, 40), fork=st.integers(0, 40))
def test_only_what_extends_the_last_tree_is_cosigned(
    tmp_path_factory: pytest.TempPathFactory, old: int, new: int, fork: int
) -> None:
    origin = f"log.test/{uuid4().hex}"
    log, forked = FakeLog(origin, seed=1), FakeLog(origin, seed=1, fork=fork)
    one = witness(shared_state(tmp_path_factory), log)
    if old:
        assert one.add_checkpoint(log.request(0, old)).status == 200
    if new < old:
        assert one.add_checkpoint(forked.request(new, new)).status == 409
    else:
        expected = 200 if fork >= old or old == 0 else 422
        assert one.add_checkpoint(forked.request(old, new)).status == expected


def shared_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a witness that all examples share."""
    folder = tmp_path_factory.getbasetemp() / "shared-witness"
    if not folder.exists():
        make_witness(folder)
    return folder


@settings(max_examples=150)
@given(body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_get_an_answer(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    one = witness(shared_state(tmp_path_factory), FakeLog("log.test/one", seed=1))
    assert one.add_checkpoint(body).status == 400


# --- memory


def test_a_signed_contradiction_is_kept_as_proof(state: Path, log: FakeLog) -> None:
    one = witness(state, log)
    assert one.add_checkpoint(log.request(0, 3)).status == 200
    forked = replace(log, fork=1, nodes={})
    for _ in range(2):
        assert one.add_checkpoint(forked.request(3, 3)).status == 422
    (conflict,) = one._store.conflicts()
    checkpoint = parse_checkpoint(conflict.note)
    verify_checkpoint(checkpoint, Trust(log.origin, [log.key]))
    assert checkpoint.head == forked.checkpoint(3).head


def test_a_bad_proof_proves_nothing_and_is_not_kept(state: Path, log: FakeLog) -> None:
    one = witness(state, log)
    assert one.add_checkpoint(format_request(0, (bytes(32),), log.checkpoint(3))).status == 422
    assert one._store.conflicts() == []


@pytest.mark.parametrize("after", [False, True])
def test_no_cosignature_leaves_before_it_is_remembered(
    state: Path, log: FakeLog, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    class End(BaseException):
        pass

    commit = witness_store.commit

    def end(connection: object) -> None:
        if after:
            commit(connection)  # type: ignore[arg-type]
        raise End

    with monkeypatch.context() as patch:
        patch.setattr(witness_store, "commit", end)
        with pytest.raises(End):
            witness(state, log).add_checkpoint(log.request(0, 3))
    answer = witness(state, log).add_checkpoint(log.request(0, 4))
    assert answer.status == (409 if after else 200)


def test_of_requests_at_once_one_wins_and_the_tree_never_shrinks(state: Path, log: FakeLog) -> None:
    assert witness(state, log).add_checkpoint(log.request(0, 1)).status == 200
    requests = [log.request(1, size) for size in range(2, 14)]
    start = threading.Barrier(len(requests))

    def send(body: bytes) -> int:
        start.wait()
        return witness(state, log).add_checkpoint(body).status

    with ThreadPoolExecutor(len(requests)) as pool:
        statuses = sorted(pool.map(send, requests))
    assert statuses == [200, *[409] * 11]


def test_a_witness_without_memory_does_not_start(tmp_path: Path, log: FakeLog) -> None:
    with pytest.raises(WitnessStateMissing):
        witness(tmp_path, log)


def test_a_memory_is_never_made_twice(state: Path) -> None:
    with pytest.raises(WitnessStateExists):
        make_witness(state)


def test_a_memory_belongs_to_its_keys(state: Path, log: FakeLog) -> None:
    with pytest.raises(WitnessStateOther):
        CosignerWitness(state, witness_signers(200), [log.key])


def test_a_memory_that_vanishes_is_not_made_anew(state: Path, log: FakeLog) -> None:
    one = witness(state, log)
    for file in state.iterdir():
        file.unlink()
    with pytest.raises((WitnessStateMissing, StorageUnavailable)):
        one.add_checkpoint(log.request(0, 3))
    assert not (state / witness_store.FILE).exists()


def test_a_log_signing_key_is_no_witness_key(state: Path, log: FakeLog) -> None:
    with pytest.raises(MalformedKey):
        CosignerWitness(state, [NoteSigner("w.test", KeyType.ED25519, Ed25519Signer(seed(1)))], [])
    with pytest.raises(MalformedKey):
        CosignerWitness(state, [], [log.key])
    with pytest.raises(MalformedKey):
        CosignerWitness(state, SIGNERS, [KEYS[0]])


# --- over HTTP


def client(state: Path, *logs: FakeLog) -> httpx.AsyncClient:
    app = create_witness_app(state, SIGNERS, [log.key for log in logs])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://witness.test")


async def test_what_was_cosigned_last_can_be_read_by_everyone(state: Path, log: FakeLog) -> None:
    path = f"/{sha256(log.origin.encode()).hexdigest()}/checkpoint"
    async with client(state, log) as http:
        assert (await http.get(path)).status_code == 404
        stranger = NoteSigner("stranger.test", KeyType.ED25519, Ed25519Signer(seed(7)))
        signed = log.checkpoint(5).note
        junk = sign_note(signed.text, [stranger]).signatures
        body = b"old 0\n\n" + format_note(add_signatures(signed, junk))
        answer = await http.post("/add-checkpoint", content=body)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        shown = await http.get(path)
        assert shown.headers["content-type"] == "text/plain; charset=utf-8"
        checkpoint = parse_checkpoint(shown.content)
        verified = verify_checkpoint(checkpoint, Trust(log.origin, [log.key], KEYS, quorum=1))
        assert [one.key for one in verified.witnesses] == KEYS
        assert len(checkpoint.note.signatures) == 3
        assert format_note(checkpoint.note).endswith(answer.content)
        assert (await http.get("/" + "0" * 64 + "/checkpoint")).status_code == 404


async def test_sizes_travel_as_their_own_media_type(state: Path, log: FakeLog) -> None:
    async with client(state, log) as http:
        await http.post("/add-checkpoint", content=log.request(0, 5))
        answer = await http.post("/add-checkpoint", content=log.request(3, 6))
        assert (answer.status_code, answer.content) == (409, b"5\n")
        assert answer.headers["content-type"] == "text/x.tlog.size"


async def test_other_methods_and_paths_are_not_there(state: Path, log: FakeLog) -> None:
    async with client(state, log) as http:
        assert (await http.get("/add-checkpoint")).status_code == 405
        assert (await http.post("/")).status_code == 404
        assert (
            await http.post("/add-checkpoint", content=b"x" * (REQUEST_BYTES_MAX + 1))
        ).status_code == 400


async def test_a_failing_disk_is_a_503(
    state: Path, log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(witness_store, "commit", fail)
    async with client(state, log) as http:
        answer = await http.post("/add-checkpoint", content=log.request(0, 5))
    assert answer.status_code == 503
    assert "—" not in answer.text
