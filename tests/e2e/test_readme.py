"""What the two READMEs tell a reader to type exists, and is the same in both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Match, Route
from typer.main import get_command
from typer.testing import CliRunner

from creditbank.api.app import routes
from creditbank.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")


def _commands(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+", " ", line.split(" #")[0]).strip() for line in lines if line.strip()]


def test_both_readmes_say_the_same_commands() -> None:
    assert _commands(READMES[0]) == _commands(READMES[1])


@pytest.mark.parametrize("command", [c for c in _commands("README.md") if "creditbank " in c])
def test_a_readme_command_exists(command: str) -> None:
    words = command.partition("creditbank ")[2].split()
    names = []
    known = get_command(app)
    for word in words:
        group = getattr(known, "commands", {})
        if word not in group:
            break
        known = group[word]
        names.append(word)
    assert names, command
    shown = CliRunner().invoke(app, [*names, "--help"])
    assert shown.exit_code == 0
    for option in re.findall(r"--[a-z-]+", command):
        assert option in {flag for one in known.params for flag in one.opts}, option


@pytest.mark.parametrize("command", [c for c in _commands("README.md") if c.startswith("curl")])
def test_a_readme_request_has_a_route(command: str) -> None:
    found = re.search(r"http://localhost:8000(/\S+)", command)
    assert found is not None
    given = re.search(r"-X ([A-Z]+)", command)
    method = given[1] if given else ("POST" if " -d " in command else "GET")
    scope = {"type": "http", "path": found[1].replace("$ACCOUNT", "me"), "method": method}
    matches = [route for route in routes() if isinstance(route, Route)]
    assert any(route.matches(scope)[0] is Match.FULL for route in matches)
    for file in re.findall(r"@(docs/\S+)", command):
        assert (ROOT / file).exists()
