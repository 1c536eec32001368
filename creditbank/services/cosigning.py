"""Cosignatures for a checkpoint: every witness of the policy is asked at once.

Whoever has enough need not wait for the slowest, and whoever has too few says who is missing. A
witness that does not answer is asked again after a while that grows; one that has seen another
history stops everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx

from creditbank.clients.witness import ProveFrom, Witness, WitnessClient
from creditbank.errors import CreditBankError
from creditbank.errors.witness import (
    WitnessAnswerUnreadable,
    WitnessDisagrees,
    WitnessRefused,
    WitnessUnreachable,
)
from creditbank.ledger.checkpoint import Checkpoint
from creditbank.ledger.note import NoteSignature, add_signatures, verify_note
from creditbank.ledger.policy import NONE, Policy, PolicyWitness

TIMEOUT_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 0.25  # for the others, once the quorum is there
_BACKOFF_SECONDS_MAX: Final = 60.0
_NO_ANSWER: Final = (WitnessUnreachable, WitnessRefused, WitnessAnswerUnreadable)

RecordedSize = Callable[[], Awaitable[int]]
"""Returns the largest size that was signed by any process of this log."""

State = Literal["unknown", "cosigned", "failing"]


@dataclass(slots=True)
class _Peer:
    """A witness as asked: by one address, under one or more names of the policy."""

    names: tuple[str, ...]
    client: WitnessClient
    agreed: bool = False
    state: State = "unknown"
    error: CreditBankError | None = None
    failures: int = 0
    retry_at: float = field(default=0.0)

    def succeeded(self) -> None:
        self.agreed, self.state, self.error, self.failures = True, "cosigned", None, 0

    def failed(self, error: CreditBankError, now: float) -> None:
        self.state, self.error = "failing", error
        self.failures += 1
        self.retry_at = now + min(_BACKOFF_SECONDS_MAX, 2.0 ** min(self.failures - 1, 10))

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"names": list(self.names), "state": self.state}
        if self.client.known_size:
            document["size"] = self.client.known_size
        if self.error is not None:
            document["problem"] = self.error.slug
        return document


class Cosigners:
    """The witnesses of a policy that have an address; `timeout` is for one round, in seconds."""

    def __init__(
        self, policy: Policy, http: httpx.AsyncClient, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._policy, self._http, self._timeout = policy, http, timeout
        by_url: dict[str, list[PolicyWitness]] = {}
        for witness in policy.witnesses:
            if witness.url is not None:
                by_url.setdefault(witness.url.rstrip("/"), []).append(witness)
        self._peers = [
            _Peer(names, WitnessClient(Witness(", ".join(names), keys, url), http))
            for url, witnesses in by_url.items()
            for names in (tuple(one.name for one in witnesses),)
            for keys in (tuple(one.key for one in witnesses),)
        ]

    @property
    def is_required(self) -> bool:
        """Whether a checkpoint is published only with cosignatures."""
        return self._policy.quorum != NONE

    @property
    def has_unheard(self) -> bool:
        """Whether a witness has not yet agreed to anything since the start."""
        return not all(peer.agreed for peer in self._peers)

    def documents(self) -> list[dict[str, Any]]:
        """Return each witness's state as JSON values."""
        return [peer.document() for peer in self._peers]

    def satisfied(self, checkpoint: Checkpoint) -> bool:
        """Return whether the policy's quorum has cosigned; signatures are those taken here."""
        if not self.is_required:
            return True
        keys = [witness.key for witness in self._policy.witnesses]
        known = {(key.name, key.id) for key in keys}
        if not any((line.name, line.key_id) in known for line in checkpoint.note.signatures):
            return False
        signed = verify_note(checkpoint.note, keys)
        return self._policy.satisfied(self._policy.names_of(signed))

    async def probe(self, published: Checkpoint, prove: ProveFrom, recorded: RecordedSize) -> None:
        """Show the newest published checkpoint to witnesses that were not heard of yet.

        Nothing new is signed for that; a witness that has seen more than was ever signed here is
        found before anything is. Raises `WitnessDisagrees`.
        """
        new = [peer for peer in self._due() if not peer.agreed]
        size = published.head.size
        await self._ask_all(
            new, lambda peer: self._ask(peer, published, prove, recorded, old=size), lambda _: False
        )

    async def collect(
        self, checkpoint: Checkpoint, prove: ProveFrom, recorded: RecordedSize
    ) -> Checkpoint:
        """Return the checkpoint with the cosignatures that came in time.

        Raises `WitnessDisagrees` if a witness has seen more than was ever signed, or another tree.
        """
        missing = [peer for peer in self._due() if not _has_signed(peer, checkpoint)]
        found = checkpoint

        def take(signatures: tuple[NoteSignature, ...]) -> bool:
            nonlocal found
            found = Checkpoint(found.head, add_signatures(found.note, signatures))
            return self.satisfied(found)

        await self._ask_all(
            missing, lambda peer: self._ask(peer, checkpoint, prove, recorded), take
        )
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _due(self) -> list[_Peer]:
        now = time.monotonic()
        return [peer for peer in self._peers if peer.retry_at <= now]

    async def _ask_all(
        self,
        peers: list[_Peer],
        ask: Callable[[_Peer], Awaitable[tuple[NoteSignature, ...]]],
        take: Callable[[tuple[NoteSignature, ...]], bool],
    ) -> None:
        """Ask all at once until all have answered, `take` has enough, or time is up."""
        loop = asyncio.get_running_loop()
        end = deadline = loop.time() + self._timeout
        asked = {asyncio.ensure_future(ask(peer)): peer for peer in peers}
        waiting = set(asked)
        try:
            while waiting and deadline > loop.time():
                done, waiting = await asyncio.wait(
                    waiting,
                    timeout=deadline - loop.time(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for answer in done:
                    if take(answer.result()):
                        deadline = min(deadline, loop.time() + _GRACE_SECONDS)
        finally:
            for late in waiting:
                late.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        if loop.time() >= end:
            for late in waiting:
                self._too_late(asked[late])

    def _too_late(self, peer: _Peer) -> None:
        error = WitnessUnreachable(witness=", ".join(peer.names), reason="timeout")
        peer.failed(error, time.monotonic())

    async def _ask(
        self,
        peer: _Peer,
        checkpoint: Checkpoint,
        prove: ProveFrom,
        recorded: RecordedSize,
        *,
        old: int | None = None,
    ) -> tuple[NoteSignature, ...]:
        try:
            signatures = await peer.client.cosign(checkpoint, prove, old=old)
        except _NO_ANSWER as error:
            peer.failed(error, time.monotonic())
            return ()
        except WitnessDisagrees as error:
            known: Any = error.fields["known"]
            # Another process of this log may have shown it a larger tree in the meantime.
            if error.fields["reason"] == "witness_ahead" and known <= await recorded():
                return ()
            peer.failed(error, time.monotonic())
            raise
        peer.succeeded()
        return signatures


def _has_signed(peer: _Peer, checkpoint: Checkpoint) -> bool:
    own = {(key.name, key.id) for key in peer.client.witness.keys}
    return own <= {(line.name, line.key_id) for line in checkpoint.note.signatures}
