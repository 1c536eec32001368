"""The published log as files, as `c2sp.org/tlog-tiles` has them, ready to be sent.

Every file but the newest checkpoint is the same for ever, so it is kept in memory once made; and
none reaches beyond the published size. Partial tiles and bundles are made from what is stored.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from creditbank.errors.ledger import MalformedTile
from creditbank.errors.log import NotInLog
from creditbank.ledger.suite import hash_bytes
from creditbank.ledger.tiles import Tile, parse_path
from creditbank.services.proving import consistency, log_file
from creditbank.storage import publication, reading
from creditbank.storage.database import Database
from creditbank.storage.reading import Connection
from creditbank.storage.tilestore import Cache

TILE_TYPE: Final = "application/octet-stream"
CHECKPOINT_TYPE: Final = "text/plain; charset=utf-8"
_KEPT_BYTES_MAX: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class LogFile:
    """A file of the log. `is_final` says that it never changes; `compresses` that gzip pays."""

    body: bytes
    media_type: str
    is_final: bool
    compresses: bool = False

    @cached_property
    def tag(self) -> str:
        """A digest of the content, for entity tags."""
        return hash_bytes(self.body).hex()[:32]

    @cached_property
    def gzipped(self) -> bytes:
        """The content compressed; the same bytes each time."""
        return gzip.compress(self.body, mtime=0)


class LogFiles:
    """The files of the log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.cache: Cache = Cache()
        self._kept: OrderedDict[str, LogFile] = OrderedDict()
        self._kept_bytes = 0

    async def newest_checkpoint(self) -> LogFile:
        """Return the newest published checkpoint; refuse with `NotInLog` before the first."""
        latest = await self._database.read(reading.latest_checkpoint)
        if latest is None:
            raise NotInLog(size=0)
        return LogFile(latest[1], CHECKPOINT_TYPE, is_final=False)

    async def checkpoint(self, size: int) -> LogFile:
        """Return the checkpoint published at `size`; refuse with `NotInLog` without one."""
        note = await self._database.read(lambda connection: reading.checkpoint_at(connection, size))
        if note is None:
            raise await self._missing()
        return LogFile(note, CHECKPOINT_TYPE, is_final=True)

    async def checkpoint_sizes(self, after: int, limit: int) -> list[int]:
        """Return the sizes above `after` at which a checkpoint was published, ascending."""
        return await self._database.read(
            lambda connection: reading.checkpoint_sizes(connection, after, limit)
        )

    async def tile(self, path: str) -> LogFile:
        """Return the hash tile or entry bundle at `path` (`tile/…`); refuse with `NotInLog`."""
        kept = self._kept.get(path)
        if kept is not None:
            self._kept.move_to_end(path)
            return kept
        try:
            tile = parse_path(path)
        except MalformedTile:
            raise await self._missing() from None
        return self._keep(path, await self._made(tile))

    async def consistency(self, old: int, new: int) -> list[str]:
        """Return the proof, as hex hashes, that the published tree of `new` began as that of `old`.

        Refuses with `NotInLog` where one of the sizes was not published, and with `MalformedProof`
        where the old one is above the new.
        """
        return await self._database.read(
            lambda connection: consistency(connection, old, new, self.cache)
        )

    async def state(self) -> dict[str, Any]:
        """Return how many entries are committed, and up to which size they are published."""
        state = await self._database.read(publication.read_state)
        return {"size": state.size, "published": state.published}

    async def _made(self, tile: Tile) -> LogFile:
        def read(connection: Connection) -> bytes:
            return log_file(connection, tile, self.cache)

        body = await self._database.read(read)
        return LogFile(body, TILE_TYPE, is_final=True, compresses=tile.level is None)

    def _keep(self, path: str, file: LogFile) -> LogFile:
        """Keep a file in place of those not asked for the longest."""
        if path not in self._kept:
            self._kept[path] = file
            self._kept_bytes += len(file.body)
        while self._kept_bytes > _KEPT_BYTES_MAX:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped.body)
        return file

    async def _missing(self) -> NotInLog:
        latest = await self._database.read(reading.latest_checkpoint)
        return NotInLog(size=latest[0] if latest else 0)
