"""Whoever holds the database, even with the keys of the log, is found out: history, checkpoints.

Where other tables of attacks change a row and leave it at that, here the attacker goes on: seals
parts anew, recomputes the chain to its end, signs checkpoints, or puts the whole database back.
"""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.ledger.checkpoint import format_checkpoint, parse_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer
from creditbank.ledger.treehead import TreeHead
from creditbank.storage.signed_record import SignedHead
from creditbank.storage.tables import CheckpointRow, CommitRow, EntryRow, TileRow
from tests.banks import ORIGIN
from tests.integration.audit.attacker import (
    at,
    key_ids,
    published,
    put,
    put_note,
    rechain,
    resign,
    rewritten,
    rows,
    signers_of,
)
from tests.integration.audit.scene import Found, Scene, attacks_of, unguarded

# --- rewriting history up to the head -------------------------------------------------------------


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
    """The last entry dropped, not published yet, and everything made to fit: the views tell."""
    size = scene.bank.size
    scene.bank.write("DELETE FROM entries WHERE entry_index = ?", size - 1)
    scene.bank.write("DELETE FROM commits WHERE size = ?", size)
    _put_head(scene, size - 1)
    return {("views", None)}


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


# --- checkpoints --------------------------------------------------------------------------------


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
    old = key_ids(rows(scene, CheckpointRow)[0])
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
    names = key_ids(rows(scene, CheckpointRow)[-1])
    signers = [one for one in signers_of(scene) if one.key.id in names]
    note = format_checkpoint(sign_checkpoint(head, signers, at=1))
    scene.bank.write("INSERT INTO checkpoints VALUES (?, ?, ?)", size, 1, note)
    return {("checkpoints", None)}


def _two_checkpoints_of_one_key_contradict(scene: Scene) -> Found:
    """Signed by the bank itself: what it signed at one size is not what it has."""
    size = published(scene)[2]
    old = key_ids(rows(scene, CheckpointRow)[2])
    signers = [one for one in signers_of(scene) if one.key.id in old]
    head = TreeHead(ORIGIN, size, bytes(32))
    put_note(scene, size, format_checkpoint(sign_checkpoint(head, signers, at=1)))
    return {("checkpoints", size - 1)}


def _record_put_back(scene: Scene) -> Found:
    """The record of another history, of a size that the ledger has."""
    scene.record.path.unlink()
    size = published(scene)[-1]
    scene.record.advance(None, SignedHead(size, bytes(32)))
    return {("record", size - 1)}


# --- tiles --------------------------------------------------------------------------------------


def _tile_with_a_flipped_bit(scene: Scene) -> Found:
    tile = rows(scene, TileRow)[0]
    hashes = bytes([tile["hashes"][0] ^ 1]) + tile["hashes"][1:]
    scene.bank.write(
        "UPDATE tiles SET hashes = ? WHERE level = ? AND tile_index = ?",
        *(hashes, tile["level"], tile["tile_index"]),
    )
    return {("tiles", tile["tile_index"] * 256)}


def _tile_removed(scene: Scene) -> Found:
    """With a later one left, which hides the gap from who stores tiles."""
    scene.bank.write("UPDATE tiles SET tile_index = 1 WHERE level = 0 AND tile_index = 0")
    return {("tiles", None)}


def _tile_beyond_the_entries(scene: Scene) -> Found:
    scene.bank.write("INSERT INTO tiles VALUES (0, 900, ?)", bytes(8192))
    return {("tiles", None)}


def _tile_too_short(scene: Scene) -> Found:
    scene.bank.write("UPDATE tiles SET hashes = ? WHERE level = 0 AND tile_index = 0", bytes(32))
    return {("tiles", 0)}


def _tile_of_a_level_that_there_is_not(scene: Scene) -> Found:
    scene.bank.write("INSERT INTO tiles VALUES (3, 0, ?)", bytes(8192))
    return {("tiles", None)}


ATTACKS = attacks_of(globals())


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_audit_finds_what_was_done_and_where(scene: Scene, name: str) -> None:
    with unguarded(scene.bank):
        expected = ATTACKS[name](scene)
    found = scene.found()
    assert expected <= found, f"{expected - found} are missing from {sorted(found, key=str)}"
