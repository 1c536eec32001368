"""A real server, as a process of its own, for as long as the demonstration runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from creditbank.clients.bank import BankClient, BankProblem
from creditbank.config import Settings
from creditbank.errors.cli import ServeFailed
from creditbank.errors.clients import BankUnreachable

_READY_SECONDS_MAX: Final = 30.0
_STOP_SECONDS_MAX: Final = 15.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    address: str
    ready_seconds: float


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[Running]:
    """Yield a running server of a bank; its log goes to a file. Raises `ServeFailed`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # this program itself
            [sys.executable, "-m", "creditbank", "serve", "--port", str(port)],
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, address, log)
            yield Running(address, time.monotonic() - started)
        finally:
            _stop(process)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment of the server: ours, with the demonstration's settings alone."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CREDITBANK_")}
    return ours | {
        "CREDITBANK_DATA_DIR": str(settings.data_dir),
        "CREDITBANK_DATABASE_URL": settings.database_url,
        "CREDITBANK_ORIGIN": settings.origin,
        "CREDITBANK_NOTICE_VERSION": settings.notice_version,
        "CREDITBANK_LOG_FORMAT": "json",
    }


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS_MAX
    with BankClient(address, attempts=1) as bank:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServeFailed(reason="server_ended", file=str(log))
            try:
                bank.bank()
            except (BankUnreachable, BankProblem):
                time.sleep(_POLL_SECONDS)
            else:
                return
    raise ServeFailed(reason="server_late", file=str(log))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
