"""The keys that sign certificates, over time, and their rotation.

Each `credential_key/1` entry names the next key: generation 0, 1, … Keys before it stay in the
bank's DID document and keep verifying what they signed, unless the entry says that the one before
was given up as compromised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from creditbank.credentials import did
from creditbank.credentials.did import KeyRecord
from creditbank.credentials.signing import Key, multikey_of
from creditbank.domain.access import BANK
from creditbank.errors.keys import KeyMissing
from creditbank.errors.log import RotationConflict
from creditbank.ledger.times import format_time
from creditbank.services.actors import Poster
from creditbank.storage import loading, seeds
from creditbank.storage.book import Book, Needs
from creditbank.storage.database import Database
from creditbank.storage.journal import Recorder, record_now
from creditbank.storage.keyring import CREDENTIAL_KEY_FILE, Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import Draft, StoredEntry

_ALG: Final = "ed25519"


@dataclass(frozen=True, slots=True)
class CredentialKey:
    """A public key (32 bytes), named by entry `index` at unix second `since`.

    `until` is when the next one was named, None for the key in force; `withdrawn` when it was
    given up as compromised.
    """

    generation: int
    index: int
    since: int
    public: bytes
    until: int | None = None
    withdrawn: int | None = None

    @property
    def multikey(self) -> str:
        """The key as its verification method is called."""
        return multikey_of(self.public)

    @property
    def record(self) -> KeyRecord:
        """The key as the DID document lists it."""
        return KeyRecord(self.public, self.since, self.until, self.withdrawn)

    def document(self) -> dict[str, Any]:
        """Return the key as JSON values."""
        members: dict[str, Any] = {
            "generation": self.generation,
            "index": self.index,
            "alg": _ALG,
            "public": self.public.hex(),
            "multikey": self.multikey,
            "since": format_time(self.since),
        }
        for name, at in (("until", self.until), ("compromised", self.withdrawn)):
            if at is not None:
                members[name] = format_time(at)
        return members


def key_source(keyring: Keyring, origin: str, generation: int) -> bytes:
    """Return the source id of the entry that names the key of a generation."""
    return keyring.source("bank:credential-key", f"{origin}/{generation}")


def read_keys(connection: Connection, keyring: Keyring, origin: str) -> list[CredentialKey]:
    """Return the keys over time, the oldest first."""
    return _keys(
        lambda source: loading.entries_by_source(connection, {source})[source], keyring, origin
    )


def keys_in(book: Book) -> list[CredentialKey]:
    """Return the keys over time as a group under the lock sees them; it reads them once."""
    return _keys(book.entry_by_source, book.keyring, book.origin)


def _keys(
    find: Callable[[bytes], StoredEntry | None], keyring: Keyring, origin: str
) -> list[CredentialKey]:
    """Return the keys over time; each generation is found by its source id."""
    keys: list[CredentialKey] = []
    while True:
        entry = find(key_source(keyring, origin, len(keys)))
        if entry is None:
            return keys
        act = entry.act
        if keys:
            given_up = entry.at if act.get("previous_compromised") else None
            keys[-1] = replace(keys[-1], until=entry.at, withdrawn=given_up)
        public = bytes.fromhex(act["public"])
        keys.append(CredentialKey(len(keys), entry.index, entry.at, public))


class NameKey:
    """A `credential_key/1` entry: the next key."""

    items = 1

    def __init__(
        self,
        keyring: Keyring,
        origin: str,
        generation: int,
        public: bytes,
        *,
        compromised: bool = False,
    ) -> None:
        self._generation, self._public, self._compromised = generation, public, compromised
        self._source = key_source(keyring, origin, generation)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(sources={self._source})

    def decide(self, book: Book) -> tuple[int, bytes, bool]:
        """Return index, leaf hash, and whether it was recorded before; refuse another key."""
        existing = book.entry_by_source(self._source)
        if existing is not None:
            if existing.act["public"] != self._public.hex():
                raise RotationConflict(generation=self._generation, index=existing.index)
            return existing.index, existing.leaf_hash, True
        act: dict[str, Any] = {
            "generation": self._generation,
            "alg": _ALG,
            "public": self._public.hex(),
        }
        if self._compromised:
            act["previous_compromised"] = True
        recorded = book.record(
            Draft(
                kind="credential_key/1",
                org=BANK,
                source=self._source,
                act=act,
                actor=Poster(token="operator", org=BANK).actor,  # noqa: S106  # a name
            )
        )
        return recorded.index, recorded.leaf_hash, False


def first_key(origin: str, keyring: Keyring, folder: Path) -> NameKey:
    """Return the work that names the key of the folder as a bank's first; raises `KeyMissing`."""
    signer = seeds.read_signer(_ALG, folder / CREDENTIAL_KEY_FILE)
    return NameKey(keyring, origin, 0, signer.public)


def rotate_credential_key(
    database: Database,
    recorder: Recorder,
    keyring: Keyring,
    folder: Path,
    *,
    compromised: bool = False,
) -> CredentialKey:
    """Name the next key and put its seed into use; return the key.

    With `compromised` the one before asserts nothing any more. Cut off at any point, calling it
    again completes the same rotation. Raises `RotationConflict` if another rotation came first,
    `KeyMissing` if a seed is unreadable.
    """
    origin = database.read_sync(loading.read_head).origin

    def keys() -> list[CredentialKey]:
        return database.read_sync(lambda found: read_keys(found, keyring, origin))

    known = keys()
    left = seeds.pending_seeds(folder, seeds.CREDENTIAL_FILES)
    if not (known and left and left[0].signer.public == known[-1].public):
        if not known:
            if not (folder / CREDENTIAL_KEY_FILE).exists():
                seeds.new_seed(folder / CREDENTIAL_KEY_FILE)
            record_now(database, recorder, first_key(origin, keyring, folder))
            return keys()[-1]
        pending = seeds.prepare(folder, seeds.CREDENTIAL_FILES)[0]
        public = pending.signer.public
        work = NameKey(keyring, origin, len(known), public, compromised=compromised)
        record_now(database, recorder, work)
    seeds.promote(folder, seeds.CREDENTIAL_FILES)
    return keys()[-1]


class Signers:
    """Who signs certificates in the name of one DID: keys by their verification method."""

    def __init__(self, folder: Path, issuer_did: str) -> None:
        self._folder, self.did = folder, issuer_did
        self._keys: dict[bytes, Key] = {}

    def of(self, public: bytes, issuer_did: str | None = None) -> Key:
        """Return the key with this public half; raise `KeyMissing` if its seed is not at hand.

        `issuer_did` is the DID that it spoke for, if the bank has moved since.
        """
        if issuer_did is not None and issuer_did != self.did:
            return Key(self._seed(public), issuer_did)
        key = self._keys.get(public)
        if key is None:
            key = self._keys[public] = Key(self._seed(public), self.did)
        return key

    def by_method(self, method: str) -> Key:
        """Return the key of a verification method; raises `KeyMissing`."""
        issuer_did, _, multikey = method.partition("#")
        for seed in seeds.all_seeds(self._folder, seeds.CREDENTIAL_FILES):
            if multikey_of(seed.signer.public) == multikey:
                return self.of(seed.signer.public, issuer_did)
        raise KeyMissing(file=CREDENTIAL_KEY_FILE)

    def _seed(self, public: bytes) -> bytes:
        for seed in seeds.all_seeds(self._folder, seeds.CREDENTIAL_FILES):
            if seed.signer.public == public:
                return seeds.read_seed(seed.file)
        raise KeyMissing(file=CREDENTIAL_KEY_FILE)


def did_document(site: str, keys: Sequence[CredentialKey]) -> dict[str, Any]:
    """Return the DID document of the bank whose web site is `site`."""
    return did.document(did.web_did(site), [key.record for key in keys])
