"""Publishing: what the bank signs, and when others get to see it.

Every answer can carry a checkpoint of its commit, signed with Ed25519 alone: deterministic, so it
need not be stored. The publisher adds ML-DSA-44 and witnesses' cosignatures, at most once a second;
published checkpoints are kept for ever. Nothing at all is signed past the guard.

Where a policy asks for a quorum of witnesses, a checkpoint is published once the quorum is there:
always the newest commit is shown to them, so nothing has to be made up for. Meanwhile entries are
recorded and answered, and the status says that publication waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import structlog

from creditbank.errors import CreditBankError
from creditbank.errors.log import LogFrozen
from creditbank.errors.witness import WitnessDisagrees
from creditbank.ledger.checkpoint import (
    Checkpoint,
    format_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.proofs import Proof
from creditbank.ledger.times import format_time
from creditbank.ledger.treehead import TreeHead
from creditbank.services.cosigning import Cosigners
from creditbank.services.guarding import Guard
from creditbank.services.log_files import LogFiles
from creditbank.services.log_keys import KeyPeriod, LogSigners, read_periods, rotation_source
from creditbank.storage import publication, reading
from creditbank.storage.database import Database
from creditbank.storage.keyring import Keyring
from creditbank.storage.publication import LogState
from creditbank.storage.signed_record import SignedHead
from creditbank.storage.tilestore import Cache

INTERVAL_SECONDS: Final = 1.0
_NOTES_MAX: Final = 64

LoadSigners = Callable[[Sequence[KeyPeriod]], LogSigners]
State = Literal["starting", "published", "waiting", "frozen", "failing"]


class Publisher:
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
        self._database, self._keyring, self._origin = database, keyring, origin
        self._guard, self._load, self._cosigners = guard, load, cosigners
        self.files = LogFiles(database)
        """The published log as it is served."""
        self._signers: LogSigners | None = None
        self._notes: OrderedDict[SignedHead, bytes] = OrderedDict()
        self._commits: dict[SignedHead, asyncio.Future[bytes]] = {}
        self._flushing: asyncio.Task[None] | None = None
        self._round = asyncio.Lock()
        self._probing = asyncio.Lock()
        self._probed = cosigners is None
        self._pending: Checkpoint | None = None
        self._disagreement: LogFrozen | None = None
        self._frozen: LogFrozen | None = None
        self._failing: str | None = None
        self._waiting_since: int | None = None
        self._published = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key that ever signed this log's checkpoints, as far as loaded."""
        return self._signers.keys if self._signers else ()

    # --- answers

    async def sign_commit(self, size: int, root: bytes) -> bytes:
        """Return the checkpoint of a commit, signed with Ed25519 only.

        Commits that come together are put on record together. Raises `LogFrozen` where ledger,
        record or a witness disagree, `RecordUnavailable`, `StorageUnavailable`, `LogKeyMissing`.
        """
        head = SignedHead(size, root)
        if head in self._notes:
            return self._notes[head]
        if head not in self._commits:
            self._commits[head] = asyncio.get_running_loop().create_future()
            if self._flushing is None or self._flushing.done():
                self._flushing = asyncio.create_task(self._flush(), name="sign-commits")
        return await asyncio.shield(self._commits[head])

    async def checkpoint_of(self, size: int, root: bytes) -> str | None:
        """Return the checkpoint of a commit for its answer, None if nothing can be signed now.

        The commit stands all the same.
        """
        try:
            return (await self.sign_commit(size, root)).decode()
        except CreditBankError as error:
            structlog.get_logger().warning("commit_not_signed", size=size, problem=error.slug)
            return None

    async def _flush(self) -> None:
        while self._commits:
            commits, self._commits = self._commits, {}
            try:
                await self._probe_first()
                await self._confirm(commits)
                for head, future in commits.items():
                    future.set_result(self._sign_commit(head))
            except Exception as error:  # noqa: BLE001  # told to each who waits
                for future in commits.values():
                    if not future.done():
                        future.set_exception(error)
                        future.exception()  # whoever waited may have gone

    def _sign_commit(self, head: SignedHead) -> bytes:
        signers = self._signing.at(head.size, int(time.time()), only=KeyType.ED25519)
        note = format_checkpoint(sign_checkpoint(self._tree_head(head), signers))
        self._notes[head] = note
        if len(self._notes) > _NOTES_MAX:
            self._notes.popitem(last=False)
        return note

    # --- publication

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
        more = True
        while more:
            more = await self._database.write(publication.storing_tiles(state.size, Cache()))
            await asyncio.sleep(0)  # appends first
        try:
            await self._database.write(
                publication.publishing(state.size, state.root, state.now, note)
            )
        except LogFrozen as frozen:
            self._frozen = frozen
            raise

    # --- what has to hold before anything is signed

    async def _confirm(self, heads: Sequence[SignedHead] | dict[SignedHead, Any]) -> None:
        if self._disagreement is not None:
            raise self._disagreement
        try:
            await self._guard.confirm(list(heads))
            if self._guard.seen or self._signers is None:
                await self._load_keys()
        except LogFrozen as frozen:
            self._frozen = frozen
            raise
        self._frozen = None

    async def _load_keys(self) -> None:
        self._guard.seen = False
        try:
            periods = await self._database.read(
                lambda connection: read_periods(connection, self._keyring, self._origin)
            )
            self._signers = self._load(periods)
        except BaseException:
            self._guard.seen = True
            raise
        self._guard.watched = rotation_source(
            self._keyring, self._origin, self._signers.next_generation
        )

    async def _probe_first(self) -> None:
        """Hear the witnesses once before anything is signed."""
        if not self._probed:
            await self._probe(await self._database.read(publication.read_state))

    async def _probe(self, state: LogState) -> None:
        if self._cosigners is None:
            return
        async with self._probing:
            if state.published:
                note = await self._database.read(
                    lambda connection: reading.checkpoint_at(connection, state.published)
                )
                assert note is not None  # noqa: S101  # published ones are kept for ever
                shown = parse_checkpoint(note)
                try:
                    await self._cosigners.probe(
                        shown, self._proving(shown), self._guard.recorded_size
                    )
                except WitnessDisagrees as error:
                    raise self._disagreed(error) from error
            self._probed = True

    def _disagreed(self, error: WitnessDisagrees) -> LogFrozen:
        """Freeze until somebody has looked and started the server again."""
        self._disagreement = LogFrozen(size=error.fields["size"], reason=error.fields["reason"])
        self._frozen = self._disagreement
        return self._disagreement

    def _proving(self, checkpoint: Checkpoint) -> Callable[[int], Any]:
        async def prove(old: int) -> Proof:
            work = publication.consistency_reader(old, checkpoint.head.size, self._guard.cache)
            # A witness that is given up on must not tear the database's connection with it.
            return await asyncio.shield(asyncio.ensure_future(self._database.read(work)))

        return prove

    @property
    def _signing(self) -> LogSigners:
        assert self._signers is not None  # noqa: S101  # loaded when the guard let through
        return self._signers

    def _tree_head(self, head: SignedHead) -> TreeHead:
        return TreeHead(self._origin, head.size, head.root)

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
        said = ""
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
