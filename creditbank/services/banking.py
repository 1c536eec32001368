"""The bank as one object: database, keys and journal, opened from settings or made anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditbank.domain.access import BANK
from creditbank.errors.storage import AlreadyInitialised, WrongBank
from creditbank.ledger import entry, suite
from creditbank.ledger.merkle import CompactRange
from creditbank.rulebooks import shipped_registers
from creditbank.services.actors import Notice, Poster
from creditbank.services.credential_keys import first_key
from creditbank.services.registering import PublishRegister
from creditbank.storage import keyring as keys
from creditbank.storage import loading, migrating, protection, reading
from creditbank.storage.book import Book, Needs
from creditbank.storage.database import Database
from creditbank.storage.journal import Journal, Recorder, Work
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import Draft

OPERATOR = Poster(token="operator", org=BANK)  # noqa: S106  # a name, for who set the bank up


@dataclass(frozen=True, slots=True)
class Bank:
    """An open bank."""

    origin: str
    database: Database
    keyring: Keyring
    recorder: Recorder
    journal: Journal
    notice: Notice
    keys_dir: Path

    async def close(self) -> None:
        """Write what is waiting and close the database."""
        await self.journal.close()
        await self.database.close()


class Genesis:
    """Entry 0: origin, suite and public keys."""

    items = 1
    needs = Needs()

    def __init__(self, origin: str, signing: keys.SigningKeys) -> None:
        self._origin = origin
        self._keys = [
            {"alg": "ed25519", "public": suite.Ed25519Signer(signing.ed25519).public.hex()},
            {"alg": "ml-dsa-44", "public": suite.MlDsa44Signer(signing.mldsa44).public.hex()},
        ]

    def decide(self, book: Book) -> int:
        """Return the index, zero."""
        recorded = book.record(
            Draft(
                kind="genesis/1",
                org=BANK,
                source=book.keyring.source("bank:genesis", self._origin),
                act={"origin": self._origin, "suite": suite.VERSION, "keys": self._keys},
            )
        )
        return recorded.index


def create_bank(database: Database, keys_dir: Path, origin: str) -> int:
    """Make a new ledger in an empty database, with the shipped registers; return its size.

    Keys are generated unless the folder holds some. All entries are one commit, so whatever cut
    this off, calling it again makes the bank or finds it made. Refuses with `AlreadyInitialised`
    where there is a ledger.
    """
    migrating.upgrade(database)
    size = database.read_sync(reading.size_or_none)
    if size is not None:
        raise AlreadyInitialised(size=size)
    if not (keys_dir / keys.VAULT_KEY_FILE).exists():
        keys.generate_keys(keys_dir)
    keyring = keys.load_keyring(keys_dir)
    works: list[Work] = [
        Genesis(origin, keys.load_signing_keys(keys_dir)),
        *(
            PublishRegister(shipped.kind, shipped.document, OPERATOR, keyring)
            for shipped in shipped_registers()
        ),
        first_key(origin, keyring, keys_dir),
    ]
    add_head = loading.empty_head(origin, entry.genesis_prev(origin), CompactRange())

    def record(connection: Connection) -> int:
        add_head(connection)
        answers = Recorder(keyring).record(connection, works)
        for answered in answers:
            if answered.refusal is not None:
                raise answered.refusal
        return answers[-1].size

    return database.write_sync(record)


def open_bank(  # one argument per setting that storage needs
    database: Database,
    keys_dir: Path,
    *,
    origin: str | None = None,
    notice: Notice,
    clock_tolerance_seconds: int = 2,
    group_items_max: int = 10_000,
) -> Bank:
    """Return the bank in this database, its journal not yet started.

    Refuses with `NotInitialised`, `ProtectionMissing` where the database would let the ledger be
    changed, and `WrongBank` where origin or keys are another bank's.
    """
    database.read_sync(protection.require_protection)
    head = database.read_sync(loading.read_head)
    if origin is not None and head.origin != origin:
        raise WrongBank(found=head.origin, expected=origin)
    keyring = keys.load_keyring(keys_dir)
    _check_keys(database, keyring, head.origin)
    recorder = Recorder(keyring, clock_tolerance_seconds=clock_tolerance_seconds)
    journal = Journal(database, recorder, group_items_max=group_items_max)
    return Bank(head.origin, database, keyring, recorder, journal, notice, keys_dir)


def _check_keys(database: Database, keyring: Keyring, origin: str) -> None:
    """The genesis source id is keyed: another bank's keys would not find it."""
    source = keyring.source("bank:genesis", origin)
    found: dict[bytes, Any] = database.read_sync(
        lambda connection: loading.entries_by_source(connection, {source})
    )
    if found[source] is None:
        raise WrongBank(found=origin, expected="?")
