"""Publishing: when others get to see what the bank has signed.

At most once a second the publisher adds ML-DSA-44 and witnesses' cosignatures to the newest commit;
published checkpoints are kept for ever.

Where a policy asks for a quorum of witnesses, a checkpoint is published once the quorum is there:
always the newest commit is shown to them, so nothing has to be made up for. Meanwhile entries are
recorded and answered, and the status says that publication waits.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

import structlog

from creditbank.errors.log import LogFrozen
from creditbank.errors.witness import WitnessDisagrees
from creditbank.ledger.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from creditbank.ledger.times import format_time
from creditbank.services.cosigning import Cosigners
from creditbank.services.guarding import Guard
from creditbank.services.log_files import LogFiles
from creditbank.services.signing import HeadSigner, LoadSigners
from creditbank.storage import publication
from creditbank.storage.database import Database
from creditbank.storage.keyring import Keyring
from creditbank.storage.publication import LogState
from creditbank.storage.signed_record import SignedHead

INTERVAL_SECONDS: Final = 1.0

State = Literal["starting", "published", "waiting", "frozen", "failing"]


class Publisher(HeadSigner):
    """Signs and publishes checkpoints of one log."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        origin: str,
        guard: Guard,
        load: LoadSigners,
        *,
        cosigners: Cosigners | None = None,
    ) -> None:
        super().__init__(database, keyring, origin, guard, load, cosigners=cosigners)
        self.files = LogFiles(database)
        """The published log as it is served."""
        self._round = asyncio.Lock()
        self._pending: Checkpoint | None = None
        self._failing: str | None = None
        self._waiting_since: int | None = None
        self._published = 0
        self._task: asyncio.Task[None] | None = None

    async def publish(self) -> int:
        """Publish the newest commit unless it is published; return the published size.

        Where the quorum is missing, that is a size of before. Raises as `sign_commit`.
        """
        async with self._round:
            state = await self._database.read(publication.read_state)
            self._published = state.published
            await self._probe(state)
            await self._confirm([SignedHead(state.size, state.root)])
            if state.published < state.size:
                await self._publish(state)
            self._failing = None
            return self._published

    async def _publish(self, state: LogState) -> None:
        checkpoint = await self._cosigned(self._signed(state))
        self._pending = checkpoint
        if self._cosigners is not None and not self._cosigners.satisfied(checkpoint):
            if self._waiting_since is None:
                self._waiting_since = state.now
            return
        await self._store(state, format_checkpoint(checkpoint))
        self._pending, self._waiting_since, self._published = None, None, state.size

    def _signed(self, state: LogState) -> Checkpoint:
        """Return the checkpoint of the newest commit; the same one as long as it is the newest."""
        head = SignedHead(state.size, state.root)
        if self._pending is not None and self._pending.head == self._tree_head(head):
            return self._pending
        signers = self._signing.at(state.size, state.now)
        return sign_checkpoint(self._tree_head(head), signers, at=state.now)

    async def _cosigned(self, checkpoint: Checkpoint) -> Checkpoint:
        if self._cosigners is None:
            return checkpoint
        try:
            return await self._cosigners.collect(
                checkpoint, self._proving(checkpoint), self._guard.recorded_size
            )
        except WitnessDisagrees as error:
            raise self._disagreed(error) from error

    async def _store(self, state: LogState, note: bytes) -> None:
        work = publication.publishing(state.size, state.root, state.now, note)
        more = True
        try:
            while more:
                more = await self._database.write(work)
                await asyncio.sleep(0)  # appends first
        except LogFrozen as frozen:
            self._frozen = frozen
            raise

    # --- running

    def status(self) -> dict[str, Any]:
        """Return what the publisher of this process does, as JSON values."""
        document: dict[str, Any] = {
            "state": self._state(),
            "signed": self._guard.signed_size,
            "published": self._published,
        }
        if self._frozen is not None:
            document |= {"problem": self._frozen.slug, **self._frozen.fields}
        elif self._failing is not None:
            document["problem"] = self._failing
        if self._waiting_since is not None:
            document["waiting_since"] = format_time(self._waiting_since)
        if self._cosigners is not None:
            document["witnesses"] = self._cosigners.documents()
        return document

    def _state(self) -> State:
        if self._frozen is not None:
            return "frozen"
        if self._failing is not None:
            return "failing"
        if self._waiting_since is not None:
            return "waiting"
        return "published" if self._published else "starting"

    def start(self) -> None:
        """Publish every second from now on; what goes wrong is logged, and tried again."""
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def close(self) -> None:
        """Stop publishing; commits that wait for their checkpoint still get it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._flushing is not None:
            await asyncio.gather(self._flushing, return_exceptions=True)
        if self._cosigners is not None:
            await self._cosigners.close()

    async def _run(self) -> None:
        saying = said = ""
        while True:
            try:
                await self.publish()
                saying = self._state()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next round may do
                saying = self._failing = getattr(error, "slug", "internal")
                if saying != said:
                    structlog.get_logger().error("publication_failed", exc_info=error)
            if saying != said:
                structlog.get_logger().info("publication", **self.status())
                said = saying
            await asyncio.sleep(INTERVAL_SECONDS)
