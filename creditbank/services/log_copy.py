"""Writing the published log as files, ready to be served by any HTTP server."""

from __future__ import annotations

import os
from pathlib import Path

import orjson

from creditbank.clients.log import CHECKPOINT, HISTORY
from creditbank.ledger.audit import Tiles
from creditbank.ledger.segments import BLOCK, root_of_full
from creditbank.ledger.suite import HASH_BYTES
from creditbank.ledger.tiles import Tile, format_bundle


class LogCopy:
    """Writes the log of the first `size` entries below `folder`, entry by entry."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._size = size
        self._leaves: list[bytes] = []
        self._hashes: list[bytes] = []
        self._written = 0
        self._tiles = Tiles()
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, leaf: bytes, leaf_hash: bytes) -> None:
        """Add the next entry; those beyond the size are passed over."""
        if self._written + len(self._leaves) >= self._size:
            return
        self._leaves.append(leaf)
        self._hashes.append(leaf_hash)
        if len(self._leaves) == BLOCK:
            self._write_block()

    def finish(self) -> None:
        """Write what is not full: the last bundle and the last tile of each level."""
        if self._leaves:
            self._write_block()
        for level, number, hashes in self._tiles.partial():
            self._write(Tile(level, number, len(hashes) // HASH_BYTES).path, hashes)

    def write_checkpoint(self, note: bytes) -> None:
        """Write the newest checkpoint, which is the last file of a copy."""
        self._write(CHECKPOINT, note)

    def history(self) -> Path:
        """Return the file for the checkpoints of before."""
        return self._folder / HISTORY

    def _write_block(self) -> None:
        number, width = self._written // BLOCK, len(self._leaves)
        self._write(Tile(None, number, width).path, format_bundle(self._leaves))
        self._write(Tile(0, number, width).path, b"".join(self._hashes))
        if width == BLOCK:
            for level, place, hashes in self._tiles.add([root_of_full(self._hashes)]):
                self._write(Tile(level, place).path, hashes)
        self._written += width
        self._leaves, self._hashes = [], []

    def _write(self, path: str, data: bytes) -> None:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def history_line(size: int, at: int, note: bytes) -> bytes:
    """Return a checkpoint as a line of the history: `at` is when it was published."""
    value = {"size": size, "at": at, "note": note.decode()}
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def sync_files() -> None:
    """Wait until everything written is on disk."""
    os.sync()
