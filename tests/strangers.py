"""A machine that never met the bank: an empty folder, and a process that can reach nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Python itself tells of every connection and every database that is opened (sys.addaudithook).
_ALONE = """
import sys
def refuse(event, arguments):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "sqlite3.connect")):
        raise SystemExit(f"reached out: {event}")
sys.addaudithook(refuse)
from creditbank.cli import main
main()
"""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody with the program and some files."""

    folder: Path

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return exit code and output of a command that may use nothing but files."""
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith("CREDITBANK_")
        }
        ended = subprocess.run(
            [sys.executable, "-c", _ALONE, *arguments],
            cwd=self.folder,
            env=environ | {"CREDITBANK_LANGUAGE": "en", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in ended.stderr, ended.stderr.decode()
        assert b"reached out" not in ended.stderr
        return ended.returncode, ended.stdout.decode()

    def verify(self, file: str, *keys: str) -> tuple[int, Any]:
        """Return exit code and report of `creditbank verify`."""
        named = [word for key in keys for word in ("--key", key)]
        code, out = self.run("verify", file, *named, "--json")
        return code, json.loads(out)
