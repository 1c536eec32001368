"""Receipts and statements: that entries stand in the log, and that none of a learner's is left out.

Each is one JSON document that is checked without reaching the bank (`creditbank verify`). A
receipt has a leaf, a `c2sp.org/tlog-proof@v1` under a checkpoint, the salted parts that the reader
may see and the digests of all. A statement has every entry of a learner's chain below the
checkpoint's size, and the account head that says how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from creditbank.domain.civil_time import civil_date
from creditbank.domain.registers import resolve
from creditbank.domain.verification.forms import RECEIPT, STATEMENT
from creditbank.errors.log import NotInLog, NotYetPublished
from creditbank.errors.recording import LearnerUnknown
from creditbank.ledger.account_head import AccountHead, account_head_key_name, sign_account_head
from creditbank.ledger.checkpoint import Checkpoint, parse_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.note import NoteSigner, format_note
from creditbank.ledger.proofs import prove_consistency, prove_inclusion
from creditbank.ledger.receipt import Receipt, format_receipt
from creditbank.ledger.suite import Ed25519Signer
from creditbank.ledger.tiles import WIDTH, Tile
from creditbank.services.showing import visible_of
from creditbank.storage import keyring as keys
from creditbank.storage import loading, reading
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection, RegisterVersion, ShownEntry
from creditbank.storage.sealing import LEARNER_PARTS
from creditbank.storage.tilestore import Cache, LogReader

_ACT: Final = frozenset({"act"})
_ENTRIES_MAX: Final = 1_000_000


def account_head_signer(origin: str, keys_dir: Path) -> NoteSigner:
    """Return the key that signs account heads and nothing else; raises `KeyMissing`."""
    seed = keys.load_account_head_seed(keys_dir)
    return NoteSigner(account_head_key_name(origin), KeyType.ED25519, Ed25519Signer(seed))


@dataclass(frozen=True, slots=True)
class Prover:
    """Makes documents under one checkpoint, out of one transaction."""

    connection: Connection
    keyring: Keyring
    checkpoint: Checkpoint
    log: LogReader

    @classmethod
    def under(cls, connection: Connection, keyring: Keyring, note: bytes, cache: Cache) -> Prover:
        """Return the prover under the checkpoint that stands in `note`."""
        checkpoint = parse_checkpoint(note)
        log = LogReader(connection, checkpoint.head.size, cache)
        return cls(connection, keyring, checkpoint, log)

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the inclusion proof of an entry below the checkpoint's size."""
        return prove_inclusion(self.log.read, index, self.log.size)

    def show(self, index: int, visible: frozenset[str]) -> tuple[ShownEntry, dict[str, Any]]:
        """Return an entry and its document; raise `NotInLog` without one."""
        row = reading.entry_row(self.connection, index)
        if row is None:
            raise NotInLog(size=self.log.size)
        shown = reading.show_entry(self.connection, self.keyring, row, visible)
        return shown, self._document(shown, visible)

    def _document(self, shown: ShownEntry, visible: frozenset[str]) -> dict[str, Any]:
        document: dict[str, Any] = {
            "leaf": shown.leaf.decode(),
            "leaf_hash": shown.row.leaf_hash.hex(),
            "parts": {
                name: {"salt": part.salt.hex(), "value": part.value}
                for name, part in shown.parts.items()
            },
            "digests": {name: digest.hex() for name, digest in shown.digests.items()},
        }
        if shown.erased:
            erased = self._erased(shown) & visible & shown.digests.keys()
            document |= {"erased": sorted(erased)} if erased else {}
        return document

    def _erased(self, shown: ShownEntry) -> set[str]:
        """Return the parts whose keys were destroyed."""
        row, erased = shown.row, set()
        for reference, names in ((row.sealed_ref, LEARNER_PARTS), (row.actor_ref, ("actor",))):
            if reference is not None:
                key_id = self.keyring.mask(reference, row.index)
                if loading.key(self.connection, self.keyring, key_id) is None:
                    erased |= set(names)
        return erased

    def proven(self, index: int, visible: frozenset[str]) -> tuple[ShownEntry, dict[str, Any]]:
        """Return an entry and its document with the inclusion proof."""
        shown, document = self.show(index, visible)
        return shown, document | {"proof": [node.hex() for node in self.proof(index)]}

    def registers(self, entries: Iterable[ShownEntry]) -> dict[str, Any]:
        """Return the member that shows the keys with which institutions signed these entries."""
        needed: dict[int, RegisterVersion] = {}
        known: dict[str, list[RegisterVersion]] = {}
        for shown in entries:
            if "attest" not in shown.parts or "act" not in shown.parts:
                continue
            org = shown.row.org
            if org not in known:
                known[org] = reading.register_versions(self.connection, "institution", org)
            version = _in_force(known[org], shown.row.index, civil_date(shown.row.at))
            if version is not None:
                needed[version.index] = version
        evidence = [
            self.proven(index, _ACT)[1] | {"document": needed[index].document}
            for index in sorted(needed)
        ]
        return {"registers": evidence} if evidence else {}


@dataclass(frozen=True, slots=True)
class _Choice:
    """A register version as `resolve` chooses among them."""

    of: RegisterVersion

    @property
    def version(self) -> str:
        return self.of.version

    @property
    def valid_from(self) -> date:
        return date.fromisoformat(self.of.valid_from)

    def in_force(self, on: date) -> bool:
        end = self.of.valid_to
        return self.valid_from <= on and (end is None or on <= date.fromisoformat(end))


def _in_force(versions: list[RegisterVersion], index: int, on: date) -> RegisterVersion | None:
    """Return the version by which entry `index` was judged on the civil date `on`."""
    found = resolve([_Choice(one) for one in versions if one.index < index], on)
    return None if found is None else found.of


def receipt(
    connection: Connection,
    keyring: Keyring,
    index: int,
    visible: frozenset[str],
    cache: Cache,
    *,
    size: int | None = None,
    committed: bytes | None = None,
) -> dict[str, Any]:
    """Return the receipt of an entry under the newest published checkpoint, or that of `size`.

    `committed` is the signed checkpoint of a commit; it is used where the newest published one does
    not cover the entry yet. Refuses with `NotYetPublished` if no checkpoint does, with `NotInLog`
    if none was published at `size` or there is no such entry.
    """
    note = _checkpoint(connection, size)
    if reading.entry_row(connection, index) is None:
        raise NotInLog(size=_published_size(connection))
    prover = None if note is None else Prover.under(connection, keyring, note, cache)
    if committed is not None and size is None and (prover is None or index >= prover.log.size):
        prover = Prover.under(connection, keyring, committed, cache)
    if prover is None or index >= prover.log.size:
        raise NotYetPublished(index=index)
    shown, document = prover.show(index, visible)
    proof = Receipt(index, prover.proof(index), prover.checkpoint)
    return {
        "format": RECEIPT,
        **document,
        "proof": format_receipt(proof).decode(),
        **prover.registers([shown]),
    }


def statement(
    connection: Connection,
    keyring: Keyring,
    account: str,
    visible: frozenset[str],
    cache: Cache,
    *,
    signer: NoteSigner,
    size: int | None = None,
    person_of: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Return all entries of a learner below the newest published size, or `size`, and their head.

    Without `learner_link` among the `visible` parts nobody can check that they are all. `signer` is
    the key for account heads; `person_of` are the kinds whose `person` part is shown, None for all.
    Refuses with `LearnerUnknown` where there is no such chain, with
    `NotInLog` if nothing was published at `size`, with `NotYetPublished` if none of it is.
    """
    note = _checkpoint(connection, size)
    chain = reading.entries_of_account(connection, account, after=0, limit=_ENTRIES_MAX)
    if not chain:
        raise LearnerUnknown
    first = chain[0][1].index
    prover = None if note is None else Prover.under(connection, keyring, note, cache)
    if prover is None or first >= prover.log.size:
        raise NotYetPublished(index=first)
    rows = [row for _, row in chain if row.index < prover.log.size]
    proven = [
        prover.proven(row.index, visible_of(visible, row.act["kind"], person_of)) for row in rows
    ]
    tree = prover.checkpoint.head
    head = AccountHead(tree.origin, account, len(rows), rows[-1].leaf_hash, tree.size, tree.root)
    return {
        "format": STATEMENT,
        "checkpoint": format_note(prover.checkpoint.note).decode(),
        "account_head": format_note(sign_account_head(head, signer)).decode(),
        "entries": [document for _, document in proven],
        **prover.registers(shown for shown, _ in proven),
    }


def _checkpoint(connection: Connection, size: int | None) -> bytes | None:
    """Return the checkpoint published at `size`, or the newest; None before the first.

    Refuses with `NotInLog` if nothing was published at `size`.
    """
    if size is None:
        latest = reading.latest_checkpoint(connection)
        return latest[1] if latest else None
    note = reading.checkpoint_at(connection, size)
    if note is None:
        raise NotInLog(size=_published_size(connection))
    return note


def _published_size(connection: Connection) -> int:
    latest = reading.latest_checkpoint(connection)
    return latest[0] if latest else 0


def log_file(connection: Connection, tile: Tile, cache: Cache) -> bytes:
    """Return a hash tile or an entry bundle of the published log; refuse others with `NotInLog`."""
    size = _published_size(connection)
    end = (tile.index * WIDTH + tile.width) << (8 * (tile.level or 0))
    if end > size:
        raise NotInLog(size=size)
    return LogReader(connection, size, cache).tile(tile)


def consistency(connection: Connection, old: int, new: int, cache: Cache) -> list[str]:
    """Return the consistency proof between two published sizes, as hex hashes."""
    for size in (old, new):
        if size and reading.checkpoint_at(connection, size) is None:
            raise NotInLog(size=size)
    reader = LogReader(connection, new, cache)
    return [node.hex() for node in prove_consistency(reader.read, old, new)]
