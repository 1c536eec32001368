"""Whoever holds the database, even with the keys of the vault or of the log, is found out.

Where other tables of attacks change a row and leave it at that, here the attacker goes on: seals
parts anew, recomputes the chain to its end, signs checkpoints, or puts the whole database back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlmodel import SQLModel

from creditbank.ledger import entry, suite
from creditbank.ledger.checkpoint import format_checkpoint, parse_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer
from creditbank.ledger.treehead import TreeHead
from creditbank.storage import loading, replaying, vault
from creditbank.storage.sealing import (
    CLEAR_PARTS,
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
    TileRow,
    table_of,
)
from tests.banks import ORIGIN, SCHOOL
from tests.integration.audit.scene import SIGNER, Found, Scene, unguarded

Attack = Callable[[Scene], Found]
Values = Mapping[str, Any]


# --- the attacker's tools -------------------------------------------------------------------------


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


def put(scene: Scene, row: StoredEntry) -> None:
    """Put a row in the place of the one with its index."""
    names = [column.name for column in table_of(EntryRow).columns]
    changes = ", ".join(f"{name} = ?" for name in names[1:])
    scene.bank.write(
        f"UPDATE entries SET {changes} WHERE entry_index = ?", *row.values()[1:], row.index
    )


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
    open_ = {name: part.value for name, part in clear_parts(row).items()}
    clear(open_)
    own = key_of(scene, row)
    private = {name: part.value for name, part in learner_parts(row, own).items()}
    learner(private)
    parts = {name: Part(os.urandom(16), dumps(value)) for name, value in (open_ | private).items()}
    digests = {name: entry.part_digest(name, one.salt, one.data) for name, one in parts.items()}
    if row.actor_digest is not None:
        digests["actor"] = row.actor_digest
    used = key or own
    names = sorted(set(parts) - set(CLEAR_PARTS))
    sealed = used.cipher.seal(
        os.urandom(suite.NONCE_BYTES),
        join_parts({name: parts[name] for name in names}),
        seal_context("learner", index),
    )
    return replace(
        row,
        body=entry.body_commitment(digests),
        open=join_parts({name: parts[name] for name in CLEAR_PARTS}),
        person_digest=digests.get("person"),
        learner_link_digest=digests.get("learner_link"),
        attest_digest=digests.get("attest"),
        sealed=sealed,
        sealed_ref=scene.bank.bank.keyring.mask(used.key_id, index),
    )


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def rechain(scene: Scene, first: int) -> None:
    """Recompute every leaf from `first` on, links and sealed parts too, up to the head.

    Nothing in the database contradicts it afterwards, but for what was published of it.
    """
    size = scene.bank.size
    tree = CompactRange()
    prev = entry.genesis_prev(ORIGIN)
    renamed: dict[bytes, bytes] = {}
    roots = {}
    for index in range(size):
        row = stored(scene, index)
        if index >= first:
            row = _relinked(scene, row, renamed)
            leaf = entry.format_leaf(at=row.at, body=row.body, index=index, prev=prev)
            renamed[row.leaf_hash] = entry.leaf_hash(leaf)
            row = replace(row, leaf_hash=entry.leaf_hash(leaf))
            put(scene, row)
        prev = row.leaf_hash
        tree.append(prev)
        roots[index + 1] = tree.root()
    for commit in rows(scene, CommitRow):
        scene.bank.write(
            "UPDATE commits SET root = ? WHERE size = ?", roots[commit["size"]], commit["size"]
        )
    scene.bank.write(
        "UPDATE head SET last = ?, root = ?, compact_range = ?", prev, tree.root(), tree.to_bytes()
    )
    _make_tiles_fit(scene)


def _relinked(scene: Scene, row: StoredEntry, renamed: dict[bytes, bytes]) -> StoredEntry:
    """Return a row whose links name what their entries are called now."""

    def relink(values: dict[str, Any]) -> None:
        for name in ("org_link", "learner_link"):
            link = values.get(name, {})
            new = renamed.get(bytes.fromhex(link.get("prev", "")))
            if new is not None:
                link["prev"] = new.hex()

    try:
        return rewritten(scene, row.index, clear=relink, learner=relink)
    except AssertionError:  # it has no learner, or the learner was erased
        parts = clear_parts(row)
        values = {name: part.value for name, part in parts.items()}
        relink(values)
        for name in CLEAR_PARTS:
            parts[name] = Part(parts[name].salt, dumps(values[name]))
        digests = {name: entry.part_digest(name, one.salt, one.data) for name, one in parts.items()}
        for name in ("person", "learner_link", "attest", "actor"):
            digest = row.digest_of(name)
            if digest is not None:
                digests[name] = digest
        return replace(row, open=join_parts(parts), body=entry.body_commitment(digests))


def _make_tiles_fit(scene: Scene) -> None:
    hashes = [row["leaf_hash"] for row in rows(scene, EntryRow)]
    for tile in rows(scene, TileRow):
        if tile["level"] == 0:
            first = tile["tile_index"] * 256
            scene.bank.write(
                "UPDATE tiles SET hashes = ? WHERE level = 0 AND tile_index = ?",
                b"".join(hashes[first : first + 256]),
                tile["tile_index"],
            )


def resign(scene: Scene, *, missing: int = 0) -> None:
    """Sign every published checkpoint anew, with the log's own keys, for what there is now."""
    hashes = [row["leaf_hash"] for row in rows(scene, EntryRow)]
    for row in rows(scene, CheckpointRow):
        size = row["size"]
        tree = CompactRange()
        for node in hashes[:size]:
            tree.append(node)
        names = {line.key_id for line in parse_checkpoint(row["note"]).note.signatures}
        signers = [one for one in signers_of(scene) if one.key.id in names][missing:]
        head = TreeHead(ORIGIN, size, tree.root())
        put_note(scene, size, format_checkpoint(sign_checkpoint(head, signers, at=row["at"])))


def signers_of(scene: Scene) -> list[NoteSigner]:
    types = {"ed25519": KeyType.ED25519, "ml-dsa-44": KeyType.MLDSA44}
    return [NoteSigner(ORIGIN, types[one.alg], one.signer) for one in all_seeds(scene.keys)]


def put_note(scene: Scene, size: int, note: bytes) -> None:
    scene.bank.write("UPDATE checkpoints SET note = ? WHERE size = ?", note, size)


def published(scene: Scene) -> list[int]:
    return [row["size"] for row in rows(scene, CheckpointRow)]


# --- rewriting history up to the head ---------------------------------------------------------------


def _amount_rewritten_and_rechained(scene: Scene) -> Found:
    """Everything in the database fits, and all that was published does not."""
    index = at(scene, "first")

    def more(values: dict[str, Any]) -> None:
        values["act"]["award"]["credits"][0]["amount"] = "99.00"

    put(scene, rewritten(scene, index, clear=more))
    rechain(scene, index)
    first = next(size for size in published(scene) if size > index)
    size = scene.recorded[0] if scene.recorded else 0
    return {("checkpoints", first - 1), ("record", size - 1)}


def _rechained_and_signed_again(scene: Scene) -> Found:
    """With the signing keys too: only what is outside the database tells."""
    _amount_rewritten_and_rechained(scene)
    resign(scene)
    size = scene.recorded[0] if scene.recorded else 0
    return {("record", size - 1)}


def _history_without_an_entry(scene: Scene) -> Found:
    """The last entry dropped, and everything after it made to fit."""
    size = scene.bank.size
    scene.bank.write("DELETE FROM entries WHERE entry_index = ?", size - 1)
    scene.bank.write("DELETE FROM commits WHERE size = ?", size)
    _put_head(scene, size - 1)
    return {("views", None), ("record", None)}


def _older_state_put_back(scene: Scene) -> Found:
    """The database as it was at an earlier commit, complete in itself: a backup put back."""
    size = published(scene)[3]
    scene.bank.write("DELETE FROM entries WHERE entry_index >= ?", size)
    for table in ("commits", "checkpoints"):
        scene.bank.write(f"DELETE FROM {table} WHERE size > ?", size)
    scene.bank.write("DELETE FROM tiles")
    _put_head(scene, size)
    return {("record", None)}


def _put_head(scene: Scene, size: int) -> None:
    tree, last, time, registers = CompactRange(), b"", 0, 0
    for row in rows(scene, EntryRow)[:size]:
        last, time = row["leaf_hash"], row["at"]
        tree.append(last)
        if b'"kind":"register/1"' in row["open"]:
            registers = tree.size
    scene.bank.write(
        "UPDATE head SET size = ?, at = ?, last = ?, root = ?, compact_range = ?,"
        " registers_size = ?",
        *(size, time, last, tree.root(), tree.to_bytes(), registers),
    )
    known = {row["size"]: row for row in rows(scene, CommitRow)}
    if size not in known:
        scene.bank.write("INSERT INTO commits VALUES (?, ?, ?)", size, time, tree.root())


# --- checkpoints ----------------------------------------------------------------------------------


def _checkpoint_from_another_key(scene: Scene) -> Found:
    size = published(scene)[2]
    stranger = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\x31" * 32))
    head = parse_checkpoint(rows(scene, CheckpointRow)[2]["note"]).head
    put_note(scene, size, format_checkpoint(sign_checkpoint(head, [stranger])))
    return {("checkpoints", size - 1)}


def _checkpoint_from_another_origin(scene: Scene) -> Found:
    size = published(scene)[2]
    other = "other.test/log"
    signer = next(one for one in signers_of(scene) if one.type is KeyType.ED25519)
    head = parse_checkpoint(rows(scene, CheckpointRow)[2]["note"]).head
    signed = sign_checkpoint(
        TreeHead(other, head.size, head.root), [NoteSigner(other, signer.type, signer.signer)]
    )
    put_note(scene, size, format_checkpoint(signed))
    return {("checkpoints", size - 1)}


def _checkpoint_signed_with_keys_of_before(scene: Scene) -> Found:
    """Keys that the rotation has replaced, kept by somebody: theirs alone are not enough."""
    size = published(scene)[-1]
    old = {
        line.key_id
        for line in parse_checkpoint(rows(scene, CheckpointRow)[0]["note"]).note.signatures
    }
    signers = [one for one in signers_of(scene) if one.key.id in old]
    head = parse_checkpoint(rows(scene, CheckpointRow)[-1]["note"]).head
    put_note(scene, size, format_checkpoint(sign_checkpoint(head, signers, at=1)))
    return {("checkpoints", size - 1)}


def _checkpoint_without_the_second_algorithm(scene: Scene) -> Found:
    size = published(scene)[2]
    lines = rows(scene, CheckpointRow)[2]["note"].splitlines(keepends=True)
    put_note(scene, size, b"".join(lines[:-1]))
    return {("checkpoints", size - 1)}


def _checkpoint_that_is_none(scene: Scene) -> Found:
    size = published(scene)[2]
    put_note(scene, size, b"nothing\n")
    return {("checkpoints", size - 1)}


def _checkpoint_at_another_size(scene: Scene) -> Found:
    """Another's published checkpoint: it is signed, and not of this size."""
    sizes = published(scene)
    put_note(scene, sizes[2], rows(scene, CheckpointRow)[1]["note"])
    return {("checkpoints", sizes[2] - 1)}


def _checkpoint_of_more_than_there_is(scene: Scene) -> Found:
    size = scene.bank.size + 100
    head = TreeHead(ORIGIN, size, bytes(32))
    newest = parse_checkpoint(rows(scene, CheckpointRow)[-1]["note"])
    names = {line.key_id for line in newest.note.signatures}
    signers = [one for one in signers_of(scene) if one.key.id in names]
    note = format_checkpoint(sign_checkpoint(head, signers, at=1))
    scene.bank.write("INSERT INTO checkpoints VALUES (?, ?, ?)", size, 1, note)
    return {("checkpoints", None)}


def _two_checkpoints_of_one_key_contradict(scene: Scene) -> Found:
    """Signed by the bank itself: what it signed at one size is not what it has."""
    size = published(scene)[2]
    old = {
        line.key_id
        for line in parse_checkpoint(rows(scene, CheckpointRow)[2]["note"]).note.signatures
    }
    signers = [one for one in signers_of(scene) if one.key.id in old]
    head = TreeHead(ORIGIN, size, bytes(32))
    put_note(scene, size, format_checkpoint(sign_checkpoint(head, signers, at=1)))
    return {("checkpoints", size - 1)}


def _record_put_back(scene: Scene) -> Found:
    """The record of another history, of a size that the ledger has."""
    scene.record.path.unlink()
    size = published(scene)[-1]
    scene.record.advance(None, type(scene.record).__init__ and _head(size, bytes(32)))
    return {("record", size - 1)}


def _head(size: int, root: bytes) -> Any:
    from creditbank.storage.signed_record import SignedHead

    return SignedHead(size, root)


# --- tiles ----------------------------------------------------------------------------------------


def _tile_with_a_flipped_bit(scene: Scene) -> Found:
    tile = rows(scene, TileRow)[1]
    hashes = bytes([tile["hashes"][0] ^ 1]) + tile["hashes"][1:]
    scene.bank.write(
        "UPDATE tiles SET hashes = ? WHERE level = ? AND tile_index = ?",
        *(hashes, tile["level"], tile["tile_index"]),
    )
    return {("tiles", tile["tile_index"] * 256)}


def _tile_removed(scene: Scene) -> Found:
    scene.bank.write("DELETE FROM tiles WHERE level = 0 AND tile_index = 0")
    return {("tiles", None)}


def _tile_beyond_the_entries(scene: Scene) -> Found:
    scene.bank.write("INSERT INTO tiles VALUES (0, 900, ?)", bytes(8192))
    return {("tiles", None)}


def _tile_too_short(scene: Scene) -> Found:
    scene.bank.write("UPDATE tiles SET hashes = ? WHERE level = 0 AND tile_index = 1", bytes(32))
    return {("tiles", 256)}


def _tile_of_a_level_that_there_is_not(scene: Scene) -> Found:
    scene.bank.write("INSERT INTO tiles VALUES (3, 0, ?)", bytes(8192))
    return {("tiles", None)}


# --- parts, salts and links, committed to and chained again -----------------------------------------


def _salts_swapped(scene: Scene) -> Found:
    index = at(scene, "first")
    row = stored(scene, index)
    parts = clear_parts(row)
    act, link = parts["act"], parts["org_link"]
    swapped = {"act": Part(link.salt, act.data), "org_link": Part(act.salt, link.data)}
    put(scene, replace(row, open=join_parts(swapped)))
    return {("commitments", index)}


def _links_of_two_learners_swapped(scene: Scene) -> Found:
    """Each entry goes into the other's chain, sealed and chained as if it were right."""
    first, second = at(scene, "signed"), at(scene, "signed too")
    links = {}
    for index in (first, second):
        row = stored(scene, index)
        links[index] = learner_parts(row, key_of(scene, row))["learner_link"].value

    def take(link: Any) -> Callable[[dict[str, Any]], None]:
        return lambda values: values.update(learner_link=link)

    put(scene, rewritten(scene, first, learner=take(links[second])))
    put(scene, rewritten(scene, second, learner=take(links[first])))
    rechain(scene, first)
    return {("learner_chains", first), ("learner_chains", second)}


def _entry_left_out_of_its_learners_chain(scene: Scene) -> Found:
    """The next one follows the one before it, so that a statement would not show it."""
    left, following = at(scene, "second"), at(scene, "third")
    row = stored(scene, left)
    link = learner_parts(row, key_of(scene, row))["learner_link"].value

    def skip(values: dict[str, Any]) -> None:
        values["learner_link"] = dict(link)

    def leave(values: dict[str, Any]) -> None:
        del values["learner_link"]

    put(scene, rewritten(scene, left, learner=leave))
    put(scene, rewritten(scene, following, learner=skip))
    rechain(scene, left)
    return {("learner_chains", left)}


def _place_in_a_learners_chain_given_twice(scene: Scene) -> Found:
    """Two entries claim one place: two statements could be shown."""
    first, second = at(scene, "second"), at(scene, "third")
    row = stored(scene, first)
    link = learner_parts(row, key_of(scene, row))["learner_link"].value
    put(scene, rewritten(scene, second, learner=lambda values: values.update(learner_link=link)))
    rechain(scene, second)
    return {("learner_chains", second)}


def _entry_sealed_under_another_learners_key(scene: Scene) -> Found:
    """It would survive the learner's erasure."""
    index = at(scene, "third")
    other = key_of(scene, stored(scene, at(scene, "signed")))
    put(scene, rewritten(scene, index, key=other))
    rechain(scene, index)
    return {("learner_chains", index)}


def _entry_about_another_account(scene: Scene) -> Found:
    index = at(scene, "third")

    def other(values: dict[str, Any]) -> None:
        values["person"]["account"] = scene.accounts["row"]

    put(scene, rewritten(scene, index, learner=other))
    rechain(scene, index)
    return {("learner_chains", index)}


def _gap_in_an_organisations_chain(scene: Scene) -> Found:
    index = at(scene, "first")

    def skip(values: dict[str, Any]) -> None:
        values["org_link"]["seq"] += 5

    row = rewritten(scene, index, clear=skip)
    put(scene, replace(row, org_seq=row.org_seq + 5000))
    rechain(scene, index)
    return {("organisation_chains", index)}


def _credit_awarded_twice(scene: Scene) -> Found:
    """An entry that extends an outcome of which credit was awarded, with its own award."""
    index, known = at(scene, "third"), at(scene, "second")
    act = stored(scene, known).act

    def again(values: dict[str, Any]) -> None:
        values["act"] |= {"outcome": act["outcome"], "extends": True}

    put(scene, rewritten(scene, index, clear=again))
    rechain(scene, index)
    return {("conservation", index)}


def _kind_that_nobody_knows(scene: Scene) -> Found:
    index = at(scene, "third")
    put(scene, rewritten(scene, index, clear=lambda values: values["act"].update(kind="gift/1")))
    rechain(scene, index)
    return {("kinds", index)}


def _value_that_no_canonical_part_has(scene: Scene) -> Found:
    """Committed to and chained: the hashes all fit, and no verifier can read it."""
    index = at(scene, "third")

    def add_a_float(values: dict[str, Any]) -> None:
        values["person"]["note"] = 1.5

    put(scene, rewritten(scene, index, learner=add_a_float))
    rechain(scene, index)
    return {("commitments", index)}


# --- signatures of institutions ---------------------------------------------------------------------


def _signed_posting_changed(scene: Scene) -> Found:
    """What the institution signed is not what the bank now says it did."""
    index = at(scene, "signed")

    def change(values: dict[str, Any]) -> None:
        values["person"]["submission"]["stages"][0]["hours"]["theory"] = "9.00"

    put(scene, rewritten(scene, index, learner=change))
    rechain(scene, index)
    return {("attestations", index)}


def _signature_taken_away(scene: Scene) -> Found:
    index = at(scene, "signed")
    put(scene, rewritten(scene, index, learner=lambda values: values.pop("attest")))
    rechain(scene, index)
    return {("attestations", index)}


def _signature_of_another_posting(scene: Scene) -> Found:
    index, other = at(scene, "signed"), at(scene, "signed too")
    row = stored(scene, other)
    attest = learner_parts(row, key_of(scene, row))["attest"].value
    put(scene, rewritten(scene, index, learner=lambda values: values.update(attest=attest)))
    rechain(scene, index)
    return {("attestations", index)}


def _signature_under_an_unknown_key(scene: Scene) -> Found:
    index = at(scene, "signed")

    def rename(values: dict[str, Any]) -> None:
        values["attest"]["kid"] = "k-2"

    put(scene, rewritten(scene, index, learner=rename))
    rechain(scene, index)
    assert SIGNER.kid == "k-1"
    return {("attestations", index)}


def _signature_that_is_none(scene: Scene) -> Found:
    index = at(scene, "signed")
    put(scene, rewritten(scene, index, learner=lambda values: values.update(attest={"a": "b"})))
    rechain(scene, index)
    return {("attestations", index)}


# --- idempotency ------------------------------------------------------------------------------------


def _source_id_of_something_else(scene: Scene) -> Found:
    """In the entry as in the column: so that the same posting could be recorded again."""
    index = at(scene, "second")

    def change(values: dict[str, Any]) -> None:
        values["act"]["source"] = "ab" * 32

    row = rewritten(scene, index, clear=change)
    put(scene, replace(row, source=bytes.fromhex("ab" * 32)))
    rechain(scene, index)
    return {("idempotency", index)}


def _two_entries_of_one_source_id(scene: Scene) -> Found:
    """With the constraint dropped that would have refused it."""
    first, second = at(scene, "second"), at(scene, "third")
    source = stored(scene, first).source
    if scene.bank.database.is_sqlite:
        _without_unique_source(scene)
    else:
        scene.bank.write("ALTER TABLE entries DROP CONSTRAINT entries_source")

    def same(values: dict[str, Any]) -> None:
        values["act"]["source"] = source.hex()

    row = rewritten(scene, second, clear=same)
    put(scene, replace(row, source=source))
    rechain(scene, second)
    return {("idempotency", first), ("idempotency", second)}


def _without_unique_source(scene: Scene) -> None:
    bank = scene.bank
    rows_ = bank.rows(EntryRow)["entries"]
    ddl = bank.database.read_sync(
        lambda found: found.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'entries'"
        ).scalar_one()
    )
    bank.write("DROP TABLE entries")
    bank.write(ddl.replace("CONSTRAINT entries_source UNIQUE (source),", ""))
    marks = ", ".join("?" * len(rows_[0]))
    for row in rows_:
        bank.write(f"INSERT INTO entries VALUES ({marks})", *row)


# --- keys that were destroyed -----------------------------------------------------------------------


def _erased_key_put_back(scene: Scene) -> Found:
    """From an old backup: the learner could be read again."""
    row = stored(scene, at(scene, "erased"))
    key_id = scene.bank.bank.keyring.mask(row.sealed_ref or 0, row.index)
    scene.bank.write("INSERT INTO secrets VALUES (?, ?)", key_id, bytes(32))
    return {("erasures", None)}


def _erasure_forgotten_and_key_put_back(scene: Scene) -> Found:
    index = at(scene, "erasure")
    scene.bank.write("DELETE FROM erasures")
    _erased_key_put_back(scene)
    return {("erasures", index)}


def _erasure_covered_by_an_entry_that_is_none(scene: Scene) -> Found:
    index = at(scene, "third")
    scene.bank.write("UPDATE erasures SET entry_index = ?", index)
    return {("erasures", index), ("erasures", at(scene, "erasure"))}


def _key_destroyed_without_an_erasure(scene: Scene) -> Found:
    row = stored(scene, at(scene, "row"))
    key_id = scene.bank.bank.keyring.mask(row.sealed_ref or 0, row.index)
    scene.bank.write("DELETE FROM secrets WHERE key_id = ?", key_id)
    digest = vault.key_digest(scene.bank.bank.keyring, key_id)
    assert digest
    return {("erasures", at(scene, "row"))}


# --- rows of no sense -------------------------------------------------------------------------------


def _entries_shifted(scene: Scene) -> Found:
    """Three entries dropped, so that all later ones stand at another place than they say."""
    index = at(scene, "row")
    scene.bank.write(
        "DELETE FROM entries WHERE entry_index >= ? AND entry_index < ?", index, index + 3
    )
    return {("leaves", index), ("tree", None)}


def _commits_forgotten(scene: Scene) -> Found:
    scene.bank.write("DELETE FROM commits WHERE size >= ?", scene.bank.size)
    return {("tree", None)}


def _digest_of_another_length(scene: Scene) -> Found:
    index = at(scene, "third")
    scene.bank.write("UPDATE entries SET person_digest = ? WHERE entry_index = ?", b"x", index)
    return {("commitments", index)}


def _sealed_bytes_nobody_committed_to(scene: Scene) -> Found:
    """A place to hide something in an entry that has no private parts."""
    scene.bank.write(
        "UPDATE entries SET sealed = ?, sealed_ref = 5 WHERE entry_index = 3", b"\0" * 64
    )
    return {("commitments", 3)}


def _leaf_hash_of_another_length(scene: Scene) -> Found:
    index = at(scene, "third")
    if scene.bank.database.is_sqlite:
        scene.bank.write("PRAGMA ignore_check_constraints = ON")
        change = "UPDATE entries SET body = ? WHERE entry_index = ?"
    else:
        change = "UPDATE entries SET body = ? WHERE entry_index = ?"
    scene.bank.write(change, b"short", index)
    return {("leaves", index), ("commitments", index)}


ATTACKS: dict[str, Attack] = {
    name.removeprefix("_"): attack
    for name, attack in list(globals().items())
    if name.startswith("_") and getattr(attack, "__annotations__", {}).get("return") == "Found"
}


def test_there_are_more_than_thirty_attacks() -> None:
    assert len(ATTACKS) > 30


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_audit_finds_what_was_done_and_where(scene: Scene, name: str) -> None:
    with unguarded(scene.bank):
        expected = ATTACKS[name](scene)
    found = scene.found()
    assert expected <= found, f"{expected - found} are missing from {sorted(found, key=str)}"


def test_another_banks_database_does_not_belong_to_the_keys(scene: Scene) -> None:
    """The whole database replaced by one that is sound: its keys and the record tell."""
    with unguarded(scene.bank):
        scene.bank.write("UPDATE head SET origin = 'other.test/log'")
    assert {check for check, _ in scene.found()} >= {"leaves", "checkpoints", "kinds"}


@pytest.mark.parametrize("column", ["at", "org", "org_seq", "open", "body", "sealed", "source"])
def test_values_of_another_type_are_a_finding_and_stop_nothing(scene: Scene, column: str) -> None:
    """SQLite keeps whatever it is given."""
    if not scene.bank.database.is_sqlite:
        pytest.skip("PostgreSQL has types")
    index = at(scene, "third")
    with unguarded(scene.bank):
        text = "x'00ff'" if column in {"at", "org", "org_seq"} else "'text'"
        scene.bank.write(f"UPDATE entries SET {column} = {text} WHERE entry_index = ?", index)
    assert ("columns", index) in scene.found()
