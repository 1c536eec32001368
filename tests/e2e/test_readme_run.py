"""The README is run: every command of its five minutes, in its order, in a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.strangers import Stranger

ROOT = Path(__file__).resolve().parents[2]
FILES = ("bank.keys", "statement.json", "receipt.json")


def commands_of(page: str) -> list[str]:
    """Return what the page tells its reader to type, those of make left out."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("make ", ". "))]


def outputs_of(page: str) -> list[str]:
    """Return what the page says that its verifications print."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```text\n(.*?)```", text, re.DOTALL)


@dataclass
class Reader:
    """Somebody who types what the page says, and keeps what they are told to keep."""

    folder: Path
    port: int
    language: str
    kept: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if "CREDITBANK" not in name}
        path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
        return own | self.kept | {"PATH": path, "CREDITBANK_LANGUAGE": self.language}

    def types(self, command: str) -> str:
        """Return what a command prints; its exit code is kept."""
        ended = subprocess.run(
            ["sh", "-c", re.sub(r"localhost(:|%3A)8000", rf"localhost\g<1>{self.port}", command)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in ended.stderr, ended.stderr.decode()
        self.codes[command] = ended.returncode
        return ended.stdout.decode()

    def keeps(self, command: str, printed: str) -> None:
        """Keep what later commands name."""
        label = re.search(r"--label (\w+)", command)
        if label:
            name = {"counter": "DESK"}.get(label[1], label[1].upper())
            self.kept[f"{name}_TOKEN"] = printed.strip()
        if "completion.json" in command:
            posted = json.loads(printed)
            self.kept |= {"ACCOUNT": posted["account"], "INDEX": str(posted["index"])}
            self.kept["OUTCOME"] = posted["outcome"]
        if "credential issue" in command:
            self.kept["CREDENTIAL"] = printed.split(maxsplit=1)[0]
        if "/codes" in command:
            self.kept["CODE"] = json.loads(printed)["code"]
        if "convert apply" in command:
            self.kept["DECISION"] = re.findall(r"[0-9a-f]{32}", printed)[0]
        if "/v1/sessions" in command:
            self.kept["WORKER_TOKEN"] = json.loads(printed)["token"]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader in a folder with the examples, whose bank is served as `make serve` does it."""
    (tmp_path / "docs").mkdir()
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    found = Reader(tmp_path, free_port(), "en")
    program = [sys.executable, "-m", "creditbank"]
    environment = found.environment()
    subprocess.run([*program, "init", "--data", "data"], cwd=tmp_path, env=environment, check=True)
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*program, "serve", "--data", "data", "--port", str(found.port)],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"http://localhost:{found.port}/readyz", server)
        yield found
    finally:
        server.terminate()
        server.wait(20)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.mark.slow
def test_everything_that_the_readme_tells_to_type_works(reader: Reader, tmp_path: Path) -> None:
    printed: dict[str, str] = {}
    for command in commands_of("README.md"):
        if "statement --proven" in command:
            wait_until_published(reader)
        printed[command] = reader.types(command)
        reader.keeps(command, printed[command])
        if "forged" not in command and "verify" in command:
            assert reader.codes[command] == 0
        if command.startswith("curl"):
            assert "problems/" not in printed[command], command
    failed = {command for command, code in reader.codes.items() if code}
    (sheet, forged) = sorted(failed)
    assert "class.csv" in sheet
    assert "forged.json" in forged
    assert [reader.codes[command] for command in (sheet, forged)] == [1, 1]

    stranger = Stranger(tmp_path / "elsewhere")
    stranger.folder.mkdir()
    for name in FILES:
        shutil.copyfile(tmp_path / name, stranger.folder / name)
    verifications = [command for command in printed if "creditbank verify" in command]
    assert "certificate.pdf" in verifications[3]
    for command in verifications[:2]:
        words = command.split("creditbank ")[1].split()
        assert stranger.run(*words) == (0, printed[command])
    for page, language in (("README.md", "en"), ("README.zh-CN.md", "zh_CN")):
        reader.language = language
        receipt, changed, certificate = outputs_of(page)
        assert shape(receipt) == shape(reader.types(verifications[1]))
        assert shape(certificate) == shape(reader.types(verifications[3]))
        said = iter(shape(reader.types(verifications[2])))
        assert all(line in said for line in shape(changed)), "in their order, some left out"


def shape(text: str) -> list[str]:
    """Return the lines of a report without what is another one in every bank."""
    for pattern in (r"\+[0-9a-f]{8}", r"[0-9a-f]{64}", r"\d{4}-\d\d-\d\dT[0-9:]*Z", r"\b\d{2,}\b"):
        text = re.sub(pattern, "…", text)
    return text.splitlines()


def wait_until_published(reader: Reader) -> None:
    url = f"http://localhost:{reader.port}/v1/log/status"
    deadline = time.monotonic() + 30
    while (state := httpx.get(url, trust_env=False).json())["published"] < state["committed"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
