"""Publishing: what the bank signs, and the record that keeps it from ever signing two histories.

Every answer can carry a checkpoint of its commit, signed with Ed25519 alone: deterministic, so it
need not be stored. The publisher adds ML-DSA-44, at most once a second; published checkpoints are
kept for ever. The highest published size and root also stand in a file outside the database,
written before the checkpoint is shown to anybody. If database and file disagree, nothing more is
signed.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from creditbank.errors.log import LogFrozen
from creditbank.errors.storage import StorageUnavailable
from creditbank.ledger.checkpoint import format_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from creditbank.ledger.treehead import TreeHead
from creditbank.storage import publication
from creditbank.storage.database import Database
from creditbank.storage.keyring import SigningKeys
from creditbank.storage.publication import LogState
from creditbank.storage.tilestore import Cache

_RECORD = re.compile(r"creditbank published/v1\n(\S+)\n(0|[1-9][0-9]{0,18})\n([0-9a-f]{64})\n")
INTERVAL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LogSigners:
    """The log's signing keys as signed notes name them."""

    ed25519: NoteSigner
    mldsa44: NoteSigner

    @classmethod
    def of(cls, origin: str, keys: SigningKeys) -> LogSigners:
        """Return the signers of the log `origin`."""
        return cls(
            NoteSigner(origin, KeyType.ED25519, Ed25519Signer(keys.ed25519)),
            NoteSigner(origin, KeyType.MLDSA44, MlDsa44Signer(keys.mldsa44)),
        )

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The keys that verify what is signed."""
        return (self.ed25519.key, self.mldsa44.key)


class PublishedRecord:
    """The highest published size and root, in a file outside the database."""

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin

    def read(self) -> tuple[int, bytes] | None:
        """Return size and root, None before anything was published.

        Raises `LogFrozen` if the file is not of the form or another log's.
        """
        if not self._path.exists():
            return None
        match = _RECORD.fullmatch(self._path.read_text(encoding="utf-8"))
        if match is None or match[1] != self._origin:
            raise LogFrozen(size="?")
        return int(match[2]), bytes.fromhex(match[3])

    def write(self, size: int, root: bytes) -> None:
        """Replace the record; it is on disk when this returns."""
        text = f"creditbank published/v1\n{self._origin}\n{size}\n{root.hex()}\n"
        temporary = self._path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Publisher:
    """Signs and publishes checkpoints of one log."""

    def __init__(
        self, database: Database, origin: str, signers: LogSigners, record: PublishedRecord
    ) -> None:
        self._database = database
        self._origin = origin
        self._signers = signers
        self._record = record
        self._checked = False
        self._cache: Cache = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The keys that verify this log's checkpoints."""
        return self._signers.keys

    def sign_commit(self, size: int, root: bytes) -> bytes:
        """Return the checkpoint of a commit, signed with Ed25519 only.

        Raises `LogFrozen` unless ledger and record were found to agree.
        """
        if not self._checked:
            raise LogFrozen(size=size)
        return format_checkpoint(
            sign_checkpoint(TreeHead(self._origin, size, root), [self._signers.ed25519])
        )

    async def publish(self) -> int:
        """Publish the newest commit unless it is published; return the published size.

        Raises `LogFrozen` if ledger and record disagree.
        """
        recorded = self._record.read()
        size = recorded[0] if recorded else 0
        state = await self._database.read(publication.state_reader(size, self._cache))
        self._check(state, recorded)
        if state.published == state.size:
            return state.size
        # From here on this size has this root, whatever happens to the database.
        self._record.write(state.size, state.root)
        note = self._sign(state)
        await self._database.write(publication.publishing(state.size, state.at, note, self._cache))
        return state.size

    def _sign(self, state: LogState) -> bytes:
        head = TreeHead(self._origin, state.size, state.root)
        signers = [self._signers.ed25519, self._signers.mldsa44]
        return format_checkpoint(sign_checkpoint(head, signers, at=state.at))

    def _check(self, state: LogState, recorded: tuple[int, bytes] | None) -> None:
        """Hold the database against the record; freeze if they disagree.

        A record that lags behind is another process's publication. A record that is gone is not
        told from one that was removed.
        """
        self._checked = False
        if recorded is None:
            if state.published:
                raise LogFrozen(size=state.published)
        elif state.recorded_root != recorded[1]:
            raise LogFrozen(size=recorded[0])
        self._checked = True

    def start(self, failed: Callable[[Exception], None]) -> None:
        """Publish every second; `failed` is told what went wrong, and it is tried again."""
        self._task = asyncio.create_task(self._run(failed), name="publisher")

    async def close(self) -> None:
        """Stop publishing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, failed: Callable[[Exception], None]) -> None:
        while True:
            try:
                await self.publish()
            except (LogFrozen, StorageUnavailable, OSError) as error:
                failed(error)
            await asyncio.sleep(INTERVAL_SECONDS)
