"""What an attacker does who holds the database, and the keys of the vault or of the log too."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from sqlmodel import SQLModel

from creditbank.ledger import entry, suite
from creditbank.ledger.checkpoint import format_checkpoint, parse_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.treehead import TreeHead
from creditbank.storage import loading, replaying
from creditbank.storage.sealing import (
    CLEAR_PARTS,
    LEARNER_PARTS,
    Key,
    Part,
    StoredEntry,
    clear_parts,
    join_parts,
    learner_parts,
)
from creditbank.storage.sealing import _context as seal_context
from creditbank.storage.seeds import all_seeds
from creditbank.storage.tables import (
    CheckpointRow,
    CommitRow,
    EntryRow,
    SecretRow,
    TileRow,
    table_of,
)
from tests.banks import ORIGIN
from tests.integration.audit.scene import Found, Scene

Attack = Callable[[Scene], Found]
Values = Mapping[str, Any]


def rows(scene: Scene, row: type[SQLModel]) -> list[dict[str, Any]]:
    table = table_of(row)
    names = [column.name for column in table.columns]
    found = scene.bank.rows(row)[table.name]
    return [dict(zip(names, values, strict=True)) for values in found]


def stored(scene: Scene, index: int) -> StoredEntry:
    row = scene.bank.database.read_sync(lambda found: loading.entry_at(found, index))
    assert row is not None
    return row


def at(scene: Scene, name: str) -> int:
    return scene.indexes[name]


_NAMES = [column.name for column in table_of(EntryRow).columns]
_PUT = f"UPDATE entries SET {', '.join(f'{name} = ?' for name in _NAMES[1:])} WHERE entry_index = ?"


def put(scene: Scene, row: StoredEntry) -> None:
    """Put a row in the place of the one with its index."""
    scene.bank.write(_PUT, *row.values()[1:], row.index)


def write_many(scene: Scene, statement: str, many: list[tuple[Any, ...]]) -> None:
    """Execute a statement for each of many values, in one transaction."""
    mark = "?" if scene.bank.database.is_sqlite else "%s"

    def write(connection: Any) -> None:
        if many:
            connection.exec_driver_sql(statement.replace("?", mark), many)

    scene.bank.database.write_sync(write)


def all_entries(scene: Scene) -> list[StoredEntry]:
    return [StoredEntry(*values) for values in scene.bank.rows(EntryRow)["entries"]]


def key_of(scene: Scene, row: StoredEntry) -> Key:
    """Return the learner's key: the attacker holds the vault's key too."""

    def read(connection: Any) -> Key:
        keys = replaying.Keys(connection, scene.bank.bank.keyring)
        keys.read([(row.index, row.sealed_ref, None)])
        key = keys.get(row.sealed_ref, row.index)
        assert key is not None
        return key

    return scene.bank.database.read_sync(read)


def rewritten(
    scene: Scene,
    index: int,
    *,
    clear: Callable[[dict[str, Any]], None] = lambda _: None,
    learner: Callable[[dict[str, Any]], None] = lambda _: None,
    key: Key | None = None,
) -> StoredEntry:
    """Return an entry with other parts, committed to and sealed as if it had been so always."""
    row = stored(scene, index)
    return committed(scene, row, key_of(scene, row), clear=clear, learner=learner, sealing=key)


def committed(
    scene: Scene,
    row: StoredEntry,
    key: Key | None,
    *,
    clear: Callable[[dict[str, Any]], None] = lambda _: None,
    learner: Callable[[dict[str, Any]], None] = lambda _: None,
    sealing: Key | None = None,
) -> StoredEntry:
    """Return a row with changed parts; without a key, its private parts stay as they are."""
    open_ = {name: part.value for name, part in clear_parts(row).items()}
    clear(open_)
    private: dict[str, Any] = {}
    if key is not None:
        private = {name: part.value for name, part in learner_parts(row, key).items()}
        learner(private)
    parts = {name: Part(os.urandom(16), dumps(value)) for name, value in (open_ | private).items()}
    digests = {name: entry.part_digest(name, one.salt, one.data) for name, one in parts.items()}
    for name in (*(() if key else LEARNER_PARTS), "actor"):
        digest = row.digest_of(name)
        if digest is not None:
            digests[name] = digest
    changed = replace(
        row,
        body=entry.body_commitment(digests),
        open=join_parts({name: parts[name] for name in CLEAR_PARTS}),
    )
    if key is None:
        return changed
    used = sealing or key
    names = sorted(private)
    return replace(
        changed,
        person_digest=digests.get("person"),
        learner_link_digest=digests.get("learner_link"),
        attest_digest=digests.get("attest"),
        sealed=used.cipher.seal(
            os.urandom(suite.NONCE_BYTES),
            join_parts({name: parts[name] for name in names}),
            seal_context("learner", row.index),
        ),
        sealed_ref=scene.bank.bank.keyring.mask(used.key_id, row.index),
    )


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def rechain(scene: Scene, first: int) -> None:
    """Recompute every leaf from `first` on, links and sealed parts too, up to the head.

    Nothing in the database contradicts it afterwards, but for what was published of it.
    """
    prev = entry.genesis_prev(ORIGIN)
    renamed: dict[bytes, bytes] = {}
    entries = all_entries(scene)
    secrets = {row["key_id"]: row["secret"] for row in rows(scene, SecretRow)}
    for index, row in enumerate(entries):
        if index >= first:
            new = _relinked(scene, row, renamed, secrets)
            leaf = entry.format_leaf(at=row.at, body=new.body, index=index, prev=prev)
            renamed[row.leaf_hash] = entry.leaf_hash(leaf)
            entries[index] = replace(new, leaf_hash=entry.leaf_hash(leaf))
        prev = entries[index].leaf_hash
    write_many(scene, _PUT, [(*one.values()[1:], one.index) for one in entries[first:]])
    _make_the_rest_fit(scene, [one.leaf_hash for one in entries])


def _make_the_rest_fit(scene: Scene, hashes: list[bytes]) -> None:
    """Make commits, tiles and the head those of entries with these leaf hashes."""
    tree, roots = CompactRange(), {}
    for node in hashes:
        tree.append(node)
        roots[tree.size] = tree.root()
    commits = [(roots[one["size"]], one["size"]) for one in rows(scene, CommitRow)]
    write_many(scene, "UPDATE commits SET root = ? WHERE size = ?", commits)
    tiles = [
        (b"".join(hashes[one["tile_index"] * 256 :][:256]), one["tile_index"])
        for one in rows(scene, TileRow)
    ]
    write_many(scene, "UPDATE tiles SET hashes = ? WHERE level = 0 AND tile_index = ?", tiles)
    head = (hashes[-1], tree.root(), tree.to_bytes())
    scene.bank.write("UPDATE head SET last = ?, root = ?, compact_range = ?", *head)


def _relinked(
    scene: Scene, row: StoredEntry, renamed: dict[bytes, bytes], secrets: dict[int, bytes]
) -> StoredEntry:
    """Return a row whose links name what their entries are called now."""

    def relink(values: dict[str, Any]) -> None:
        for name in ("org_link", "learner_link"):
            link = values.get(name, {})
            new = renamed.get(bytes.fromhex(link.get("prev", "")))
            if new is not None:
                link["prev"] = new.hex()

    keyring = scene.bank.bank.keyring
    key_id = keyring.mask(row.sealed_ref or 0, row.index)
    if row.sealed is not None and key_id in secrets:
        key = Key(key_id, keyring.cipher(secrets[key_id]))
        return committed(scene, row, key, clear=relink, learner=relink)
    return committed(scene, row, None, clear=relink)


def resign(scene: Scene, *, missing: int = 0) -> None:
    """Sign every published checkpoint anew, with the log's own keys, for what there is now."""
    hashes = [row["leaf_hash"] for row in rows(scene, EntryRow)]
    for row in rows(scene, CheckpointRow):
        size = row["size"]
        tree = CompactRange()
        for node in hashes[:size]:
            tree.append(node)
        names = key_ids(row)
        signers = [one for one in signers_of(scene) if one.key.id in names][missing:]
        head = TreeHead(ORIGIN, size, tree.root())
        put_note(scene, size, format_checkpoint(sign_checkpoint(head, signers, at=row["at"])))


def key_ids(row: dict[str, Any]) -> set[bytes]:
    """Return the ids of the keys that signed a published checkpoint."""
    return {line.key_id for line in parse_checkpoint(row["note"]).note.signatures}


def signers_of(scene: Scene) -> list[NoteSigner]:
    types = {"ed25519": KeyType.ED25519, "ml-dsa-44": KeyType.MLDSA44}
    return [NoteSigner(ORIGIN, types[one.alg], one.signer) for one in all_seeds(scene.keys)]


def put_note(scene: Scene, size: int, note: bytes) -> None:
    scene.bank.write("UPDATE checkpoints SET note = ? WHERE size = ?", note, size)


def published(scene: Scene) -> list[int]:
    return [row["size"] for row in rows(scene, CheckpointRow)]
