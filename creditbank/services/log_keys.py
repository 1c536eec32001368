"""The log's keys over time: which sign from which size, and their rotation.

Genesis names the first keys, each `keys/1` entry the next: generation 1, 2, … Nothing of before is
touched, so a checkpoint keeps verifying under the keys that signed it. For a while the keys before
sign along, so that those who know only them can follow to the entry that names the new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import BANK
from creditbank.errors.log import LogKeyMissing, RotationConflict
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.times import format_time
from creditbank.services.actors import Poster
from creditbank.storage import loading, seeds
from creditbank.storage.book import Book, Needs
from creditbank.storage.database import Database
from creditbank.storage.journal import Recorder, record_now
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import Draft
from creditbank.storage.seeds import Seed

if TYPE_CHECKING:
    from creditbank.services.banking import Bank

OVERLAP_DAYS: Final = 30
_TYPES: Final = {"ed25519": KeyType.ED25519, "ml-dsa-44": KeyType.MLDSA44}
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """The keys of one generation, named by entry `index`: they sign tree heads from `from_size`.

    `until` is the unix second until which they sign along with the next; None while they are the
    newest.
    """

    generation: int
    index: int
    from_size: int
    keys: tuple[VerifierKey, ...]
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """A rotation as recorded: its entry and the new keys."""

    generation: int
    index: int
    leaf_hash: bytes
    keys: tuple[VerifierKey, ...]
    replayed: bool


def keys_of(origin: str, act: Mapping[str, Any]) -> tuple[VerifierKey, ...]:
    """Return the keys that a `genesis/1` or `keys/1` act names, as signed notes do."""
    return tuple(
        VerifierKey(origin, _TYPES[key["alg"]], bytes.fromhex(key["public"])) for key in act["keys"]
    )


def periods_of(origin: str, acts: Iterable[tuple[int, Mapping[str, Any]]]) -> list[KeyPeriod]:
    """Return the periods that genesis and rotations make: index and act of each, in order."""
    periods: list[KeyPeriod] = []
    for index, act in acts:
        keys = keys_of(origin, act)
        if periods:
            before = periods.pop()
            periods.append(_ended(before, act["previous_until"]))
        periods.append(KeyPeriod(len(periods), index, act.get("from_size", 0), keys))
    return periods


def read_periods(connection: Connection, keyring: Keyring, origin: str) -> list[KeyPeriod]:
    """Return the log's keys over time; each generation is found by its source id."""
    acts: list[tuple[int, Mapping[str, Any]]] = []
    genesis = loading.entry_at(connection, 0)
    if genesis is not None:
        acts.append((0, genesis.act))
    while True:
        source = rotation_source(keyring, origin, len(acts))
        entry = loading.entries_by_source(connection, {source})[source]
        if entry is None:
            return periods_of(origin, acts)
        acts.append((entry.index, entry.act))


def rotation_source(keyring: Keyring, origin: str, generation: int) -> bytes:
    """Return the source id of the entry that names the keys of a generation from 1 on."""
    return keyring.source("bank:keys", f"{origin}/{generation}")


async def key_history(bank: Bank) -> dict[str, Any]:
    """Return the log's public keys over time as JSON values, in the form that verifiers take."""
    periods = await bank.database.read(
        lambda connection: read_periods(connection, bank.keyring, bank.origin)
    )
    return {"origin": bank.origin, "periods": [period_document(period) for period in periods]}


def period_document(period: KeyPeriod) -> dict[str, Any]:
    """Return a period as JSON values."""
    document: dict[str, Any] = {
        "generation": period.generation,
        "index": period.index,
        "from_size": period.from_size,
        "keys": [str(key) for key in period.keys],
    }
    return document | ({} if period.until is None else {"until": format_time(period.until)})


class LogSigners:
    """Who signs tree heads: the keys of `periods`, as far as their seeds are at hand."""

    def __init__(self, periods: Sequence[KeyPeriod], signers: Iterable[NoteSigner]) -> None:
        self.periods = tuple(periods)
        self._signers = {signer.key: signer for signer in signers}
        self.at(self.periods[-1].from_size, 0)  # the newest must be there

    @classmethod
    def load(cls, origin: str, periods: Sequence[KeyPeriod], folder: Path) -> LogSigners:
        """Return the signers whose seeds the folder holds; raises as `at`, and `KeyMissing`."""
        return cls(periods, [_note_signer(origin, seed) for seed in seeds.all_seeds(folder)])

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key that has ever signed, oldest first."""
        return tuple(key for period in self.periods for key in period.keys)

    @property
    def next_generation(self) -> int:
        """The generation that the next rotation makes."""
        return len(self.periods)

    def at(self, size: int, now: int, *, only: KeyType | None = None) -> list[NoteSigner]:
        """Return who signs the head of `size` at unix second `now`, the key in force first.

        Raises `LogKeyMissing` if the seed of a key in force is not at hand; of keys before it,
        those at hand sign along.
        """
        started = [period for period in self.periods if period.from_size <= size]
        current, before = started[-1], reversed(started[:-1])
        signers = [self._signer(key, current) for key in current.keys]
        for period in before:
            if period.until is not None and now < period.until:
                signers += [self._signers[key] for key in period.keys if key in self._signers]
        return [signer for signer in signers if only is None or signer.type is only]

    def _signer(self, key: VerifierKey, period: KeyPeriod) -> NoteSigner:
        signer = self._signers.get(key)
        if signer is None:
            alg = next(alg for alg, kind in _TYPES.items() if kind is key.type)
            raise LogKeyMissing(alg=alg, key=key.id.hex(), size=period.from_size)
        return signer


class RotateKeys:
    """A `keys/1` entry: the next keys, and how long the ones before sign along."""

    items = 1

    def __init__(
        self, keyring: Keyring, origin: str, generation: int, named: Sequence[Seed], *, overlap: int
    ) -> None:
        self._generation, self._overlap = generation, overlap
        self._keys = [{"alg": seed.alg, "public": seed.signer.public.hex()} for seed in named]
        self._source = rotation_source(keyring, origin, generation)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(sources={self._source})

    def decide(self, book: Book) -> tuple[int, bytes, bool]:
        """Return index, leaf hash, and whether it was recorded before; refuse other keys."""
        existing = book.entry_by_source(self._source)
        if existing is not None:
            if existing.act["keys"] != self._keys:
                raise RotationConflict(generation=self._generation, index=existing.index)
            return existing.index, existing.leaf_hash, True
        recorded = book.record(
            Draft(
                kind="keys/1",
                org=BANK,
                source=self._source,
                act={
                    "generation": self._generation,
                    "keys": self._keys,
                    "from_size": book.size + 1,
                    "previous_until": book.now + self._overlap,
                },
                actor=Poster(token="operator", org=BANK).actor,  # noqa: S106  # a name
            )
        )
        return recorded.index, recorded.leaf_hash, False


def prepare_keys(database: Database, keyring: Keyring, folder: Path) -> list[Seed]:
    """Return the seeds of the next keys, made unless they are there; nothing is recorded.

    Raises `KeyMissing` if a seed is unreadable.
    """
    _finish(database, keyring, folder)
    return seeds.prepare(folder)


def rotate_keys(
    database: Database,
    recorder: Recorder,
    keyring: Keyring,
    folder: Path,
    *,
    overlap_days: int = OVERLAP_DAYS,
) -> Rotated:
    """Record the next keys and put their seeds into use; return the rotation.

    Seeds that were prepared (`.new`) are used, others are made. Cut off at any point, calling it
    again completes the same rotation. Servers that run take up the new keys by themselves.

    Raises `RotationConflict` if another rotation came first, `KeyMissing` if a seed is unreadable.
    """
    periods, finished = _finish(database, keyring, folder)
    if finished is not None:
        return finished
    origin = periods[-1].keys[0].name
    pending = seeds.prepare(folder)
    overlap = overlap_days * _DAY_SECONDS
    work = RotateKeys(keyring, origin, len(periods), pending, overlap=overlap)
    index, leaf_hash, replayed = record_now(database, recorder, work)
    seeds.promote(folder)
    keys = tuple(_note_signer(origin, seed).key for seed in pending)
    return Rotated(len(periods), index, leaf_hash, keys, replayed)


def _finish(
    database: Database, keyring: Keyring, folder: Path
) -> tuple[list[KeyPeriod], Rotated | None]:
    """Put into use what the last rotation has recorded and left as `.new`; return it if so."""
    origin = database.read_sync(loading.read_head).origin
    periods = database.read_sync(lambda found: read_periods(found, keyring, origin))
    newest = periods[-1]
    left = [_note_signer(origin, seed).key for seed in seeds.pending_seeds(folder)]
    if not set(left) & set(newest.keys):
        return periods, None
    seeds.promote(folder)
    entry = database.read_sync(lambda found: loading.entry_at(found, newest.index))
    assert entry is not None  # noqa: S101  # it names these keys
    place = (newest.generation, entry.index, entry.leaf_hash)
    return periods, Rotated(*place, newest.keys, replayed=True)


def _ended(period: KeyPeriod, until: int) -> KeyPeriod:
    return KeyPeriod(period.generation, period.index, period.from_size, period.keys, until)


def _note_signer(origin: str, seed: Seed) -> NoteSigner:
    return NoteSigner(origin, _TYPES[seed.alg], seed.signer)
