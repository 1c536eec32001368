"""Signing tree heads: nothing at all is signed past the guard, the keys in force, the witnesses.

Every answer can carry a checkpoint of its commit, signed with Ed25519 alone: deterministic, so it
need not be stored.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog

from creditbank.clients.witness import ProveFrom
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
from creditbank.ledger.treehead import TreeHead
from creditbank.services.cosigning import Cosigners
from creditbank.services.guarding import Guard
from creditbank.services.log_keys import KeyPeriod, LogSigners, read_periods, rotation_source
from creditbank.storage import publication, reading
from creditbank.storage.database import Database
from creditbank.storage.keyring import Keyring
from creditbank.storage.publication import LogState
from creditbank.storage.signed_record import SignedHead

_NOTES_MAX: Final = 64

LoadSigners = Callable[[Sequence[KeyPeriod]], LogSigners]


class HeadSigner:
    """Signs the tree heads of one log, as far as they follow from what was signed before.

    `load` gives the signers of the keys that the ledger names.
    """

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
        self._signers: LogSigners | None = None
        self._notes: OrderedDict[SignedHead, bytes] = OrderedDict()
        self._commits: dict[SignedHead, asyncio.Future[bytes]] = {}
        self._flushing: asyncio.Task[None] | None = None
        self._probing = asyncio.Lock()
        self._probed = cosigners is None
        self._frozen: LogFrozen | None = None
        self._disagreement: LogFrozen | None = None

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

    # --- what has to hold before anything is signed

    async def _confirm(self, heads: Iterable[SignedHead]) -> None:
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
            if state.published and self._cosigners.has_unheard:
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

    def _proving(self, checkpoint: Checkpoint) -> ProveFrom:
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
