"""What a stranger meets first: help, wrong commands, the language."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import creditbank.cli
from creditbank import cli
from creditbank.errors.storage import NotInitialised
from creditbank.texts import translator
from tests.integration.cli.commands import Commands

COMMANDS = {
    *("demo", "init", "serve", "post", "balance", "statement", "receipt", "audit", "rebuild"),
    *("export", "restore", "backup-key", "verify", "erasures publish", "erasures export"),
    *("token create", "token revoke", "token list", "register publish"),
    *(
        "keys list",
        "keys rotate",
        "log status",
        "log resume",
        "signing-key new",
        "signing-key show",
    ),
    *(f"credential {one}" for one in ("issue", "list", "show", "save", "share", "unshare")),
    *(f"credential {one}" for one in ("suspend", "resume", "withdraw", "verify", "countersign")),
    *("witness init", "witness serve", "witness status"),
}


@pytest.fixture
def anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(tmp_path, capsys)


def test_help_lists_every_command(anywhere: Commands) -> None:
    shown = anywhere.run("--help")
    assert shown.code == 0
    assert all(command.split()[0] in shown.out for command in COMMANDS)
    bare = anywhere.run()
    assert bare.code == 2
    assert "demo" in bare.out + bare.err


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, anywhere: Commands) -> None:
    shown = anywhere.run(*command.split(), "--help")
    assert shown.code == 0
    assert f"creditbank {command}" in shown.out


def test_the_version_is_shown(anywhere: Commands) -> None:
    assert anywhere.run("--version").out.strip() == "0.1.0"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nosuch"], "nosuch"),
        (["post"], "FILE"),
        (["post", "x.csv"], "--server"),
        (["audit", "--nosuch"], "--nosuch"),
        (["token", "create", "--org", "x"], "--role"),
        (["token", "create", "--org", "x", "--role", "desk", "--days", "0"], "--days"),
        (["serve", "--port", "many"], "--port"),
    ],
)
def test_a_command_that_cannot_be_understood_says_what_is_wrong(
    arguments: list[str], named: str, anywhere: Commands
) -> None:
    refused = anywhere.run(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert named in refused.err


@pytest.mark.parametrize(("language", "locale"), [("zh_CN", "zh_CN"), ("en", "en")])
def test_errors_speak_the_language_of_the_environment(
    language: str, locale: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "creditbank", "audit", "--data", str(tmp_path)],
        env={**os.environ, "CREDITBANK_LANGUAGE": language, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
    assert translator(locale).gettext(NotInitialised.title) in ended.stderr.decode()


def test_an_interrupted_command_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert cli.guarded(interrupted) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_fault_of_ours_is_not_hidden() -> None:
    def faulty() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cli.guarded(faulty)


def test_output_that_nobody_reads_any_more_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread() -> None:
        raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  # closed by the command
    assert cli.guarded(unread) == 1


def test_main_ends_the_process_with_the_exit_code() -> None:
    with pytest.raises(SystemExit) as ended:
        creditbank.cli.main(["--version"])
    assert ended.value.code == 0
