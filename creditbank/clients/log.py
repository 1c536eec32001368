"""Reading somebody's published log: a folder with a copy of it, or its address over HTTP.

Whoever serves a log is not trusted: answers are cut off at the largest size that a file of the log
can have, and nothing that is read here is believed before it was checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import orjson
import stamina

from creditbank.errors.audit import LogUnreadable
from creditbank.ledger.entry import MAX_LEAF_BYTES
from creditbank.ledger.note import MAX_NOTE_BYTES
from creditbank.ledger.tiles import WIDTH, Tile

CHECKPOINT: Final = "checkpoint"
HISTORY: Final = "checkpoints.jsonl"
"""In a copy: every published checkpoint, as lines of JSON."""

_TILE_BYTES_MAX: Final = WIDTH * (MAX_LEAF_BYTES + 2)
_LISTING_BYTES_MAX: Final = 1 << 20
_ATTEMPTS: Final = 5
_TIMEOUT: Final = httpx.Timeout(30)
_NOT_FOUND: Final = (404, 410)
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500


class LogSource(Protocol):
    """A published log. Files that are not there are None; a log that does not answer raises."""

    def read(self, path: str, most: int) -> bytes | None:
        """Return the file at `path` below the log's prefix; raise `LogUnreadable`."""

    def history(self, after: int) -> Iterator[bytes]:
        """Yield the published checkpoints of sizes above `after`, as far as they can be had."""

    def close(self) -> None:
        """Let go of what is held open."""


class LogFolder:
    """A copy of a log in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, most: int) -> bytes | None:
        """Return a file; raise `LogUnreadable` if it cannot be read or is too large."""
        file = self._folder / path
        try:
            if file.stat().st_size > most:
                raise LogUnreadable(file=path, reason="size")
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            raise LogUnreadable(file=path, reason="unreadable") from None

    def history(self, after: int) -> Iterator[bytes]:
        """Yield what `checkpoints.jsonl` holds, if there is one."""
        try:
            file = (self._folder / HISTORY).open("rb")
        except OSError:
            return
        with file:
            for line in file:
                size, note = _listed(line)
                if size > after:
                    yield note

    def close(self) -> None:
        """Do nothing: files are closed once they are read."""


class LogSite:
    """A log at an address over HTTP. Several threads may read from one."""

    def __init__(self, address: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=address.rstrip("/") + "/",
            timeout=_TIMEOUT,
            follow_redirects=False,
            headers={"User-Agent": f"creditbank/{version('creditbank')}"},
            transport=transport,
        )

    def read(self, path: str, most: int) -> bytes | None:
        """Return a file; raise `LogUnreadable` if there is no answer, or one that makes no sense.

        What may pass is tried again.
        """
        try:
            for attempt in stamina.retry_context(on=_may_pass, attempts=_ATTEMPTS, timeout=90):
                with attempt:
                    return self._fetch(path, most)
        except httpx.TransportError as error:
            raise LogUnreadable(file=path, reason=_reason(error)) from None
        except httpx.HTTPStatusError:
            raise LogUnreadable(file=path, reason="status") from None
        raise AssertionError("an attempt returns or raises")

    def history(self, after: int) -> Iterator[bytes]:
        """Yield the checkpoints that the log lists at `checkpoints`; none if it does not."""
        while True:
            page = self.read(f"checkpoints?after={after}", _LISTING_BYTES_MAX)
            sizes = _sizes(page)
            for size in sizes:
                note = self.read(f"checkpoints/{size}", MAX_NOTE_BYTES)
                if note is not None:
                    yield note
            if not sizes or sizes[-1] <= after:
                return
            after = sizes[-1]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _fetch(self, path: str, most: int) -> bytes | None:
        with self._client.stream("GET", path) as response:
            if response.status_code in _NOT_FOUND:
                return None
            if response.is_redirect:
                raise LogUnreadable(file=path, reason="redirect")
            response.raise_for_status()
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > most:
                    raise LogUnreadable(file=path, reason="size")
            return bytes(body)


def open_log(location: str) -> LogSource:
    """Return the log in a folder or at an http:// or https:// address."""
    if location.startswith(("http://", "https://")):
        return LogSite(location)
    return LogFolder(Path(location))


def read_checkpoint(source: LogSource) -> bytes:
    """Return the newest checkpoint; raise `LogUnreadable` where there is none."""
    note = source.read(CHECKPOINT, MAX_NOTE_BYTES)
    if note is None:
        raise LogUnreadable(file=CHECKPOINT, reason="missing")
    return note


def read_tile(source: LogSource, tile: Tile) -> bytes | None:
    """Return a tile or bundle, None if it is not there; a partial one may come from the full one.

    Then it is longer than asked for: a log may drop what a full tile holds too (tlog-tiles).
    """
    data = source.read(tile.path, _TILE_BYTES_MAX)
    if data is None and tile.width < WIDTH:
        return source.read(Tile(tile.level, tile.index).path, _TILE_BYTES_MAX)
    return data


def _listed(line: bytes) -> tuple[int, bytes]:
    try:
        value = orjson.loads(line)
        return int(value["size"]), str(value["note"]).encode()
    except (KeyError, TypeError, ValueError):
        raise LogUnreadable(file=HISTORY, reason="form") from None


def _sizes(page: bytes | None) -> list[int]:
    """Return the sizes that a listing names, ascending; none if it is of another form."""
    if page is None:
        return []
    try:
        value: Any = orjson.loads(page)
        sizes = value["sizes"]
        return sorted(size for size in sizes if type(size) is int)
    except (KeyError, TypeError, ValueError):
        return []


def _may_pass(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return status == _TOO_MANY or status >= _SERVER_ERROR
    return isinstance(error, httpx.TransportError)


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    return "connect" if isinstance(error, httpx.ConnectError) else "connection_lost"
