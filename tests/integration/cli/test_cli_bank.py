"""`init` and `serve`, and what the command line says when it cannot do as told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from creditbank import texts
from creditbank.cli.walkthrough.server import free_port, serving
from creditbank.clients.bank import BankClient
from creditbank.config import Settings
from creditbank.errors.cli import DatabaseUnreachable
from creditbank.errors.keys import KeyMissing
from creditbank.errors.settings import InsecureSettings, InvalidSettings
from creditbank.errors.storage import AlreadyInitialised, NotInitialised, WrongBank
from tests.banks import ORIGIN
from tests.integration.cli.commands import Commands, Folder, title_of


def test_init_makes_keys_and_a_ledger_and_does_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = Commands(tmp_path / "new", capsys)
    made = commands.local("init", "--origin", "bank.test/2026", "--json")
    assert made.code == 0
    assert made.json["origin"] == "bank.test/2026"
    assert made.json["entries"] > 20
    assert (tmp_path / "new" / "keys" / "vault.key").stat().st_mode & 0o077 == 0
    again = commands.local("init")
    assert (again.code, again.out) == (2, "")
    assert title_of(AlreadyInitialised) in again.err
    assert commands.local("audit", "--json").json["clean"] is True


def test_init_says_in_words_what_it_made_and_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Commands(tmp_path / "new", capsys).local("init").out
    assert "localhost/creditbank" in said
    assert f"creditbank serve --data {tmp_path / 'new'}" in said


@pytest.mark.parametrize("command", ["init", "serve"])
def test_in_production_what_is_only_good_for_trying_is_refused_with_every_reason(
    command: str, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITBANK_ENVIRONMENT", "production")
    monkeypatch.setenv("CREDITBANK_RATE_LIMIT_PER_MINUTE", "0")
    refused = commands.local(command)
    assert (refused.code, refused.out) == (2, "")
    assert title_of(InsecureSettings) in refused.err
    settings = Settings.load(data_dir=commands.folder, environment="production")
    with pytest.raises(InsecureSettings) as expected:
        settings.require_safe()
    reasons = expected.value.fields["reasons"]
    assert isinstance(reasons, tuple)
    assert len(reasons) >= 5
    gettext = texts.translator(texts.locale_from_environment()).gettext
    assert all(gettext(reason) in refused.err for reason in reasons)


def test_serve_refuses_the_ledger_of_another_bank(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITBANK_ORIGIN", "another.test/log")
    refused = commands.local("serve")
    assert (refused.code, title_of(WrongBank) in refused.err) == (2, True)


def test_serve_refuses_keys_that_are_missing(commands: Commands) -> None:
    (commands.folder / "keys" / "vault.key").unlink()
    refused = commands.local("serve")
    assert (refused.code, title_of(KeyMissing) in refused.err) == (2, True)


@pytest.mark.parametrize("command", ["serve", "audit", "rebuild"])
def test_where_there_is_no_ledger_none_is_made_by_looking(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = Commands(tmp_path / "nowhere", capsys).local(command)
    assert (refused.code, title_of(NotInitialised) in refused.err) == (2, True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "url", ["nonsense", "nosuch://host/db", "postgresql://nobody:geheim@127.0.0.1:1/none"]
)
def test_a_database_that_does_not_answer_is_named_without_its_password(
    url: str, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITBANK_DATABASE_URL", url)
    refused = commands.local("audit")
    assert (refused.code, title_of(DatabaseUnreachable) in refused.err) == (2, True)
    assert "geheim" not in refused.err


def test_a_database_without_tables_is_named(commands: Commands) -> None:
    for file in commands.folder.glob("creditbank.db*"):
        file.unlink()  # and not emptied: whoever has it open would lock it for seconds
    (commands.folder / "creditbank.db").touch()
    refused = commands.local("audit")
    assert (refused.code, title_of(NotInitialised) in refused.err) == (2, True)


def test_an_impossible_setting_is_named_without_its_value(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITBANK_PORT", "geheim")
    refused = commands.local("audit")
    assert (refused.code, title_of(InvalidSettings) in refused.err) == (2, True)
    assert "CREDITBANK_PORT" in refused.err
    assert "geheim" not in refused.err


def test_a_folder_that_cannot_be_made_is_named(commands: Commands) -> None:
    refused = commands.run("init", "--data", "/proc/nowhere")
    assert refused.code == 2
    assert "/proc/nowhere" in refused.err


def test_a_server_process_serves_the_bank_and_stops_when_told(
    folder: Folder, tmp_path: Path
) -> None:
    settings = Settings.load(data_dir=folder.path, origin=ORIGIN)
    log = tmp_path / "server.log"
    with serving(settings, log) as running, BankClient(running.address) as bank:
        assert bank.bank().origin == ORIGIN
    assert '"error"' not in log.read_text(encoding="utf-8")


def test_several_server_processes_share_a_bank(folder: Folder) -> None:
    environment = {**os.environ, "CREDITBANK_LOG_FORMAT": "json"}
    arguments = ["serve", "--data", str(folder.path), "--port", str(free_port()), "--workers", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "creditbank", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        started = 0
        deadline = time.monotonic() + 60
        for line in process.stdout:
            started += "startup complete" in line
            assert time.monotonic() < deadline
            if started == 2:
                break
        process.terminate()
        assert process.wait(30) in {0, -15}
    assert started == 2
