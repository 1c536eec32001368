"""The operator's commands: keys, the record, a witness."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
import uvicorn
from typer.testing import CliRunner

from creditbank.cli import keys, log, witness
from creditbank.config import Settings
from creditbank.errors import CreditBankError
from creditbank.errors.clients import AddressUnsafe
from creditbank.errors.ledger import MalformedKey, SignatureInvalid
from creditbank.errors.log import CheckpointNotOurs, LogFrozen, LogKeyMissing, RecordExists
from creditbank.errors.settings import InvalidSettings
from creditbank.errors.witness import WitnessStateExists, WitnessStateMissing
from creditbank.ledger.checkpoint import (
    Trust,
    format_checkpoint,
    parse_checkpoint,
    verify_checkpoint,
)
from creditbank.ledger.keys import KeyType, parse_key
from creditbank.services import banking
from creditbank.services.banking import Bank
from creditbank.services.opening import open_configured
from creditbank.services.publishing import Publisher
from creditbank.services.registering import PublishRegister
from creditbank.services.starting import make_publisher, start_publishing
from creditbank.storage import reading
from creditbank.storage.database import Database
from creditbank.storage.journal import record_now
from tests import factories
from tests.unit.witness.logs import FakeLog, witness_signers


def run(app: typer.Typer, *arguments: object) -> Any:
    """Return the JSON that a command prints; raise what it raises."""
    code, value = ended(app, *arguments)
    assert code == 0
    return value


def ended(app: typer.Typer, *arguments: object) -> tuple[int, Any]:
    result = CliRunner().invoke(app, [str(one) for one in (*arguments, "--json")])
    if isinstance(result.exception, CreditBankError):
        raise result.exception
    return result.exit_code, json.loads(result.stdout) if result.stdout else None


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """A bank's data folder."""
    path = tmp_path / "data"
    path.mkdir()
    shutil.copyfile(sqlite_template, path / "creditbank.db")
    database = Database(f"sqlite:///{path / 'creditbank.db'}")
    banking.create_bank(database, path / "keys", "localhost/creditbank")
    database.engine.dispose()
    return path


def opened(folder: Path, **more: Any) -> tuple[Bank, Settings]:
    settings = Settings(data_dir=folder, notice_version="1", **more)
    return open_configured(settings), settings


async def published(folder: Path) -> bytes:
    """Publish as a server would; return the checkpoint."""
    bank, settings = opened(folder)
    publisher = make_publisher(bank, settings)
    await publisher.publish()
    latest = bank.database.read_sync(reading.latest_checkpoint)
    await publisher.close()
    await bank.close()
    assert latest is not None
    return latest[1]


def grow(folder: Path, number: int = 1) -> None:
    bank, _ = opened(folder)
    document = factories.institution(factories.organisation_code(number))
    work = PublishRegister("institution", document, banking.OPERATOR, bank.keyring)
    record_now(bank.database, bank.recorder, work)
    bank.database.engine.dispose()


# --- keys


async def test_keys_are_listed_and_rotated(folder: Path) -> None:
    first = run(keys.app, "list", "--data", folder)
    assert first["origin"] == "localhost/creditbank"
    rotated = run(keys.app, "rotate", "--overlap-days", 0, "--data", folder)
    assert (rotated["generation"], rotated["replayed"]) == (1, False)
    both = run(keys.app, "list", "--data", folder)
    assert [period["keys"] for period in both["periods"]] == [
        first["periods"][0]["keys"], rotated["keys"],
    ]  # fmt: skip
    checkpoint = parse_checkpoint(await published(folder))
    trust = Trust("localhost/creditbank", [parse_key(key) for key in rotated["keys"]])
    assert len(verify_checkpoint(checkpoint, trust).log) == 2


def test_keys_can_be_prepared_for_every_server_first(folder: Path) -> None:
    prepared = run(keys.app, "rotate", "--prepare", "--data", folder)
    assert [Path(one["file"]).exists() for one in prepared] == [True, True]
    assert len(run(keys.app, "list", "--data", folder)["periods"]) == 1
    assert run(keys.app, "rotate", "--prepare", "--data", folder) == prepared
    kept = {one["file"]: Path(one["file"]).read_bytes() for one in prepared}
    rotated = run(keys.app, "rotate", "--data", folder)
    assert not any(Path(one["file"]).exists() for one in prepared)
    for file, seed in kept.items():  # as it is on another server that was given them
        Path(file).write_bytes(seed)
    run(keys.app, "rotate", "--prepare", "--data", folder)
    again = run(keys.app, "rotate", "--data", folder)
    assert not set(again["keys"]) & set(rotated["keys"])


# --- log


async def test_the_state_of_the_log_is_shown(folder: Path) -> None:
    before = run(log.app, "status", "--data", folder)
    assert (before["published"], "signed" in before) == (0, False)
    await published(folder)
    after = run(log.app, "status", "--data", folder)
    assert after["published"] == after["signed"] == after["committed"]
    (folder / "signed-head").unlink()
    code, frozen = ended(log.app, "status", "--data", folder)
    assert (code, frozen["frozen"]) == (1, "record_missing")
    (folder / "signed-head").write_text("x")
    code, frozen = ended(log.app, "status", "--data", folder)
    assert (code, frozen["frozen"]) == (1, "record_unreadable")


async def test_a_lost_record_is_made_anew_from_what_others_kept(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint").write_bytes(await published(folder))
    resume = ("resume", "--data", folder, "--checkpoint", tmp_path / "checkpoint")
    with pytest.raises(RecordExists):
        run(log.app, *resume)
    (folder / "signed-head").write_text("x")
    with pytest.raises(LogFrozen):
        run(log.app, *resume)
    (folder / "signed-head").unlink()
    grow(folder)
    size = run(log.app, *resume)["size"]
    assert size == run(log.app, "status", "--data", folder)["published"]
    assert parse_checkpoint(await published(folder)).head.size == size + 1


async def test_a_record_is_not_made_from_what_is_not_in_the_ledger(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "older")
    grow(folder)
    (tmp_path / "checkpoint").write_bytes(await published(folder))
    older = ("resume", "--data", tmp_path / "older", "--checkpoint", tmp_path / "checkpoint")
    with pytest.raises(CheckpointNotOurs):
        run(log.app, *older)
    grow(tmp_path / "older", 2)
    with pytest.raises(CheckpointNotOurs):
        run(log.app, *older)
    other = FakeLog("localhost/creditbank", seed=5).checkpoint(3)
    (tmp_path / "checkpoint").write_bytes(format_checkpoint(other))
    with pytest.raises(SignatureInvalid):
        run(log.app, *older)
    assert not (tmp_path / "older" / "signed-head").exists()


# --- witness


def test_a_witness_is_made_once(tmp_path: Path) -> None:
    made = run(witness.app, "init", tmp_path / "w", "--name", "witness.test/w1")
    types = [parse_key(key).type for key in made["keys"]]
    assert types == [KeyType.COSIGNATURE, KeyType.MLDSA44]
    state = run(witness.app, "status", tmp_path / "w")
    assert state == {"keys": made["keys"], "logs": [], "conflicts": []}
    with pytest.raises(WitnessStateExists):
        run(witness.app, "init", tmp_path / "w", "--name", "witness.test/w1")
    with pytest.raises(MalformedKey):
        run(witness.app, "init", tmp_path / "v", "--name", "https://witness test")
    with pytest.raises(WitnessStateMissing):
        run(witness.app, "status", tmp_path / "v")


async def test_a_witness_serves_the_logs_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(witness.app, "init", tmp_path / "w", "--name", "witness.test/w1")
    one, two = FakeLog("log.test/one", seed=1), FakeLog("log.test/two", seed=2)
    (tmp_path / "logs").write_text(f"log {two.key} https://two.test\nquorum none\n")
    apps: list[Any] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **_: apps.append(app))
    arguments = ["serve", str(tmp_path / "w"), "--log", str(one.key)]
    result = CliRunner().invoke(witness.app, [*arguments, "--logs", str(tmp_path / "logs")])
    assert result.exit_code == 0
    transport = httpx.ASGITransport(apps[0])
    async with httpx.AsyncClient(transport=transport, base_url="https://w.test") as http:
        for fake in (one, two):
            answer = await http.post("/add-checkpoint", content=fake.request(0, 3))
            assert answer.status_code == 200
        await http.post("/add-checkpoint", content=FakeLog("log.test/one", 1, 2).request(3, 3))
    code, state = ended(witness.app, "status", tmp_path / "w")
    assert code == 1
    assert [(last["origin"], last["size"]) for last in state["logs"]] == [
        ("log.test/one", 3), ("log.test/two", 3),
    ]  # fmt: skip
    assert [conflict["origin"] for conflict in state["conflicts"]] == ["log.test/one"]
    assert CliRunner().invoke(witness.app, ["serve", str(tmp_path / "w")]).exit_code == 2


# --- as the settings describe it


async def test_a_server_publishes_as_its_settings_say(folder: Path, tmp_path: Path) -> None:
    key = witness_signers()[0].key
    (tmp_path / "policy").write_text(f"witness w {key} http://127.0.0.1:9/\nquorum none\n")
    bank, settings = opened(
        folder,
        policy_file=str(tmp_path / "policy"),
        record_file=tmp_path / "elsewhere",
        witness_timeout_seconds=2,
    )
    publisher = start_publishing(bank, settings)
    try:
        async with asyncio.timeout(20):
            while publisher.status()["state"] != "published":  # noqa: ASYNC110  # no event of ours
                await asyncio.sleep(0.01)
    finally:
        await publisher.close()
        await bank.close()
    assert (tmp_path / "elsewhere").exists()
    assert publisher.status()["witnesses"][0]["problem"] == "witness-unreachable"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("witness w {key} http://witness.test/\nquorum w\n", AddressUnsafe),
        ("witness w {own} https://witness.test/\nquorum w\n", MalformedKey),
    ],
)
def test_a_policy_that_cannot_be_is_refused_at_the_start(
    folder: Path, tmp_path: Path, line: str, error: type[Exception]
) -> None:
    own = witness_signers(100, "localhost/creditbank")[0].key
    text = line.format(key=witness_signers()[0].key, own=own)
    (tmp_path / "policy").write_text(text)
    bank, settings = opened(folder, policy_file=str(tmp_path / "policy"))
    with pytest.raises(error):
        make_publisher(bank, settings)
    bank.database.engine.dispose()


def test_a_policy_file_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    bank, settings = opened(folder, policy_file=str(tmp_path / "policy"))
    with pytest.raises(InvalidSettings, match="CREDITBANK_POLICY_FILE"):
        make_publisher(bank, settings)
    bank.database.engine.dispose()


def test_a_server_without_the_keys_that_the_ledger_names_does_not_start(folder: Path) -> None:
    (folder / "keys" / "log-ed25519.key").write_text("00" * 32 + "\n")
    bank, settings = opened(folder)
    with pytest.raises(LogKeyMissing) as caught:
        make_publisher(bank, settings)
    assert caught.value.fields["alg"] == "ed25519"
    bank.database.engine.dispose()


async def test_an_answer_comes_with_the_head_of_its_commit(folder: Path) -> None:
    bank, settings = opened(folder)
    publisher: Publisher = make_publisher(bank, settings)
    bank.journal.start()
    works = [
        PublishRegister(
            "institution",
            factories.institution(factories.organisation_code(number)),
            banking.OPERATOR,
            bank.keyring,
        )
        for number in range(1, 6)
    ]
    answers = await asyncio.gather(*map(bank.journal.submit_with_head, works))
    for answer, size, root in answers:
        assert answer.index < size
        checkpoint = parse_checkpoint(await publisher.sign_commit(size, root))
        assert (checkpoint.head.size, checkpoint.head.root) == (size, root)
    again, size, root = await bank.journal.submit_with_head(works[0])
    assert (again.index, again.replayed) == (answers[0][0].index, True)
    assert (size, root) == answers[-1][1:]
    await publisher.close()
    await bank.close()
