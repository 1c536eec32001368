"""Writing a restored bank: rows of an export into an empty database, in one transaction.

What was erased after the export was taken is left out: its key, its vault, and so its views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.ledger.entry import genesis_prev
from creditbank.storage import loading, replaying, tilestore, vault
from creditbank.storage.backup_lines import Chain, next_entry
from creditbank.storage.bulk import together
from creditbank.storage.credential_tables import CredentialShareRow
from creditbank.storage.database import insert_rows
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import StoredEntry
from creditbank.storage.tables import (
    AccessRow,
    ActorRow,
    CheckpointRow,
    CommitRow,
    DocumentRow,
    EntryRow,
    ErasureRow,
    HeadRow,
    IdentityRow,
    SecretRow,
)

_FLUSH_ENTRIES = 5_000
_STEP_LEAVES = 64 * 256  # tiles are made a few at a time
_ACCOUNT = {IdentityRow: 1, AccessRow: 1, CredentialShareRow: 2}


@dataclass(frozen=True, slots=True)
class Erasure:
    """A destroyed key and its account by keyed digests, and the civil day."""

    key_digest: bytes
    account_mac: bytes | None
    day: str


@dataclass
class Restoration:
    """A bank that is being written into an empty database."""

    connection: sa.Connection
    keyring: Keyring
    origin: str
    erasures: dict[bytes, Erasure] = field(default_factory=dict)
    chain: Chain = field(init=False)
    erased_keys: int = 0
    registers_size: int = 0
    covering: dict[bytes, int] = field(default_factory=dict)
    """Which entry lists an erasure."""
    named_keys: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Index and act of the entries that name the log's keys."""

    def __post_init__(self) -> None:
        self.chain = Chain(genesis_prev(self.origin))
        self._accounts: set[bytes] = set()
        self._keys = replaying.Keys(self.connection, self.keyring)
        self._waiting: list[StoredEntry] = []
        self._commits: list[tuple[int, int, bytes]] = []
        self._checkpoints: list[tuple[int, int, bytes]] = []

    def know_erasures(self, erasures: Iterable[Erasure]) -> None:
        """Leave out, from here on, what these erasures destroyed."""
        for one in erasures:
            self.erasures[one.key_digest] = one
            if one.account_mac is not None:
                self._accounts.add(one.account_mac)

    def add_secrets(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Add learners' and actors' keys, but for those that were destroyed since."""
        for some in together(rows):
            kept = [
                row for row in some if vault.key_digest(self.keyring, row[0]) not in self.erasures
            ]
            self.erased_keys += len(some) - len(kept)
            insert_rows(self.connection, SecretRow, kept)

    def add_documents(self, contents: Iterable[bytes]) -> None:
        """Add documents under their digests."""
        for some in together(contents):
            rows = [(loading.document_digest(content), content) for content in some]
            insert_rows(self.connection, DocumentRow, rows)

    def add_entry(self, values: Sequence[Any]) -> None:
        """Add the next entry; it is computed anew. Raises as `next_entry`, and KeyError."""
        row, _ = next_entry(self.chain, values)
        stored = StoredEntry(*row)
        self._note(stored)
        self._waiting.append(stored)
        if len(self._waiting) == _FLUSH_ENTRIES:
            self.flush()

    def add_commit(self, at: int) -> None:
        """Add that the entries so far were committed at unix second `at`."""
        self._commits.append((self.chain.size, at, self.chain.tree.root()))

    def add_checkpoint(self, at: int, note: bytes) -> None:
        """Add that the entries so far were published at unix second `at`."""
        self._checkpoints.append((self.chain.size, at, note))

    def flush(self) -> None:
        """Write what waits, and fold the entries into the views."""
        connection, waiting = self.connection, self._waiting
        insert_rows(connection, EntryRow, [row.values() for row in waiting])
        if waiting:
            replaying.fold_chunk(connection, self._keys, waiting).write(connection)
        insert_rows(connection, CommitRow, self._commits)
        insert_rows(connection, CheckpointRow, self._checkpoints)
        self._waiting, self._commits, self._checkpoints = [], [], []

    def add_beside(self, row: type[SQLModel], rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows of the vault and of access, but for those of learners erased since."""
        for some in together(rows):
            kept = [values for values in some if not self._is_erased(row, values)]
            insert_rows(self.connection, row, kept)

    def finish(self, published: int) -> None:
        """Write erasures, tiles and the head, once everything else is written."""
        connection, chain = self.connection, self.chain
        rows = [
            (one.key_digest, one.account_mac, one.day, self.covering.get(one.key_digest))
            for one in self.erasures.values()
        ]
        insert_rows(connection, ErasureRow, rows)
        tree = chain.tree
        head = (1, self.origin, chain.size, chain.at, chain.last, tree.root(), tree.to_bytes())
        insert_rows(connection, HeadRow, [(*head, self.registers_size)])
        cache = tilestore.Cache()
        for size in (*range(_STEP_LEAVES, published, _STEP_LEAVES), published):
            tilestore.store_tiles(connection, size, cache)

    # --- inside

    def _note(self, row: StoredEntry) -> None:
        """Take down what the head and the erasures need of an entry."""
        act = row.act
        kind = act["kind"]
        if kind == "register/1":
            self.registers_size = row.index + 1
        elif kind == "erasure/1":
            self.covering.update((bytes.fromhex(digest), row.index) for digest in act["erased"])
        elif kind in {"genesis/1", "keys/1"}:
            self.named_keys.append((row.index, act))

    def _is_erased(self, row: type[SQLModel], values: tuple[Any, ...]) -> bool:
        if row is ActorRow:
            return vault.key_digest(self.keyring, values[1]) in self.erasures
        place = _ACCOUNT.get(row)
        return place is not None and self.keyring.erased_mac(values[place]) in self._accounts
