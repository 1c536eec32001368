"""Asking witnesses for cosignatures (c2sp.org/tlog-witness): the log's side of add-checkpoint.

A witness is asked with the size that it is thought to have cosigned last and the proof that the
tree grew from there; where it knows another size, it says so, and is asked again from that one.
Of its answer only signatures by its known keys that verify are taken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import httpx

from creditbank.errors.clients import AddressInvalid, AddressUnsafe
from creditbank.errors.ledger import MalformedNote, SignatureInvalid
from creditbank.errors.witness import (
    WitnessAnswerUnreadable,
    WitnessDisagrees,
    WitnessRefused,
    WitnessUnreachable,
)
from creditbank.ledger.checkpoint import Checkpoint, format_checkpoint
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.merkle import MAX_SIZE
from creditbank.ledger.note import Note, NoteSignature, parse_signatures, verify_note
from creditbank.ledger.proofs import Proof
from creditbank.ledger.wire import decode_decimal, decode_lines, encode_base64

ProveFrom = Callable[[int], Awaitable[Proof]]
"""Returns the proof that the tree of the checkpoint began as that of the given size."""

_ANSWER_BYTES_MAX: Final = 64 * 1024
_SIZES_MAX: Final = 3  # a witness that names ever other sizes is not asked for ever
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_OK, _BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _UNPROCESSABLE = 200, 400, 403, 404, 409, 422


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under its name in the policy: its keys, and its submission prefix `url`."""

    name: str
    keys: tuple[VerifierKey, ...]
    url: str


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


def check_address(url: str, *, allow_http: bool = False) -> str:
    """Return a witness's address without a slash at its end.

    Raises `AddressInvalid`, and `AddressUnsafe` for plain HTTP to another machine: whoever is on
    the way could make the log stop signing by answering in the witness's place.
    """
    try:
        parsed = httpx.URL(url.rstrip("/"))
    except (httpx.InvalidURL, ValueError):
        raise AddressInvalid(reason="address_form") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise AddressInvalid(reason="address_form")
    if parsed.scheme == "http" and parsed.host not in _LOOPBACK and not allow_http:
        raise AddressUnsafe(host=parsed.host)
    return str(parsed).rstrip("/")


def format_request(old: int, proof: Proof, checkpoint: Checkpoint) -> bytes:
    """Return the body of add-checkpoint."""
    lines = [f"old {old}", *map(encode_base64, proof), "", ""]
    return "\n".join(lines).encode() + format_checkpoint(checkpoint)


class WitnessClient:
    """One witness, asked for cosignatures of one log's checkpoints."""

    def __init__(self, witness: Witness, http: httpx.AsyncClient) -> None:
        self.witness = witness
        self._http = http
        self._known = 0

    @property
    def known_size(self) -> int:
        """The size that the witness is thought to have cosigned last."""
        return self._known

    async def cosign(
        self, checkpoint: Checkpoint, prove: ProveFrom, *, old: int | None = None
    ) -> tuple[NoteSignature, ...]:
        """Return the witness's cosignatures of a checkpoint; `old` is what it may know.

        Raises:
            WitnessDisagrees: if it has cosigned a larger tree, or another one.
            WitnessRefused: if it does not know the log or its key.
            WitnessUnreachable: if it does not answer.
            WitnessAnswerUnreadable: if the answer holds no cosignature of its own.
        """
        size = checkpoint.head.size
        known = min(size, self._known if old is None else old)
        for _ in range(_SIZES_MAX):
            body = format_request(known, await prove(known), checkpoint)
            answer = await self._post(body)
            if answer.status != _CONFLICT:
                return self._read(answer, checkpoint, known)
            said = self._size(answer)
            if said > size:
                raise self._disagrees(size, said, "witness_ahead")
            if said == known == size:  # so version 1.0.0 of the protocol answers another root
                raise self._disagrees(size, said, "witness_contradicts")
            known = said
        raise WitnessUnreachable(witness=self.witness.name, reason="server_error")

    def _read(
        self, answer: _Answer, checkpoint: Checkpoint, known: int
    ) -> tuple[NoteSignature, ...]:
        size = checkpoint.head.size
        if answer.status == _UNPROCESSABLE:
            raise self._disagrees(size, known, "witness_contradicts")
        if answer.status in {_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND}:
            raise WitnessRefused(witness=self.witness.name, status=answer.status)
        if answer.status != _OK:
            raise WitnessUnreachable(witness=self.witness.name, reason="server_error")
        signatures = self._verified(answer.body, checkpoint)
        self._known = size
        return signatures

    def _verified(self, body: bytes, checkpoint: Checkpoint) -> tuple[NoteSignature, ...]:
        try:
            lines = parse_signatures(decode_lines(body))
        except (MalformedNote, ValueError):
            raise self._unreadable("not_signatures") from None
        good = []
        for line in lines:
            try:
                signed = verify_note(Note(checkpoint.note.text, (line,)), self.witness.keys)
            except SignatureInvalid:
                continue  # of a key that is not known here, or of no use
            if signed[0].at:  # a cosignature without a time does not say that it saw no more
                good.append(line)
        if not good:
            raise self._unreadable("no_known_signature")
        return tuple(good)

    def _size(self, answer: _Answer) -> int:
        try:
            return decode_decimal(decode_lines(answer.body).removesuffix("\n"), MAX_SIZE)
        except ValueError:
            raise self._unreadable("not_a_size") from None

    async def _post(self, body: bytes) -> _Answer:
        url = f"{self.witness.url}/add-checkpoint"
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "User-Agent": f"creditbank/{version('creditbank')}",
        }
        try:
            async with self._http.stream("POST", url, content=body, headers=headers) as response:
                read = bytearray()
                async for chunk in response.aiter_bytes():
                    read += chunk
                    if len(read) > _ANSWER_BYTES_MAX:
                        raise self._unreadable("too_long")
                return _Answer(response.status_code, bytes(read))
        except httpx.TimeoutException as error:
            raise WitnessUnreachable(witness=self.witness.name, reason="timeout") from error
        except httpx.ConnectError as error:
            raise WitnessUnreachable(witness=self.witness.name, reason="connect") from error
        except httpx.HTTPError as error:
            raise WitnessUnreachable(witness=self.witness.name, reason="connection_lost") from error

    def _disagrees(self, size: int, known: int, reason: str) -> WitnessDisagrees:
        return WitnessDisagrees(witness=self.witness.name, size=size, known=known, reason=reason)

    def _unreadable(self, reason: str) -> WitnessAnswerUnreadable:
        return WitnessAnswerUnreadable(witness=self.witness.name, reason=reason)
