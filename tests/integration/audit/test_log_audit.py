"""Auditing a log without its bank: a copy of its files, or its address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from creditbank.errors.audit import AuditStateUnusable
from creditbank.ledger import entry
from creditbank.ledger.tiles import Tile, format_bundle, parse_bundle
from creditbank.services.audit_state import read_state, write_state
from creditbank.services.log_auditing import LOG_CHECKS
from tests.banks import refusal_of
from tests.integration.audit.copies import (
    AT,
    KEYS,
    ORIGIN,
    SIZES,
    STRANGER,
    Found,
    Leaves,
    audited,
    found_in,
    served,
)

SIZE = SIZES[-1]
LOG = Leaves()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the log."""
    LOG.write(tmp_path / "log")
    return tmp_path / "log"


def test_copy_is_clean(copy: Path) -> None:
    told: list[tuple[int, int]] = []
    report = audited(copy, progress=lambda *done: told.append(done))
    assert [finding.document() for finding in report.findings] == []
    assert (report.origin, report.entries, report.root) == (ORIGIN, SIZE, LOG.root(SIZE).hex())
    assert report.checked == list(LOG_CHECKS)
    assert told[-1] == (SIZE, SIZE)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 1025])
def test_logs_of_every_shape_are_clean(tmp_path: Path, size: int) -> None:
    Leaves(size).write(tmp_path, (size,))
    assert found_in(tmp_path) == set()


def test_copy_behind_an_http_server_is_the_same_log(copy: Path) -> None:
    with served(copy.parent) as address:
        assert found_in(f"{address}/log") == set()
        assert found_in(f"{address}/log/", processes=2) == set()


def test_several_processes_say_what_one_says(copy: Path) -> None:
    _cut_bundle(copy)
    assert audited(copy, processes=2) == audited(copy, processes=1)


# --- whoever serves the log changes it ------------------------------------------------------------


def bundle(copy: Path, number: int, change: Callable[[list[bytes]], Any]) -> None:
    """Change the leaves of an entry bundle."""
    width = min(256, SIZE - 256 * number)
    path = copy / Tile(None, number, width).path
    leaves = list(parse_bundle(path.read_bytes(), width))
    change(leaves)
    path.write_bytes(format_bundle(leaves))


def with_leaf(leaves: list[bytes], place: int, **members: Any) -> None:
    """Put a leaf with other members in the place of one."""
    leaf = entry.parse_leaf(leaves[place])
    whole: dict[str, Any] = {
        "at": leaf.at,
        "body": leaf.body,
        "index": leaf.index,
        "prev": leaf.prev,
    }
    leaves[place] = entry.format_leaf(**(whole | members))


def _changed_leaf(copy: Path) -> Found:
    bundle(copy, 1, lambda leaves: with_leaf(leaves, 10, body=bytes(32)))
    return {("leaves", 267), ("tiles", 256), ("tree", None), ("checkpoints", 299)}


def _swapped_leaves(copy: Path) -> Found:
    def swap(leaves: list[bytes]) -> None:
        leaves[3], leaves[4] = leaves[4], leaves[3]

    bundle(copy, 0, swap)
    return {("leaves", 3), ("leaves", 4), ("leaves", 5), ("tiles", 0), ("tree", None)}


def _leaf_that_is_none(copy: Path) -> Found:
    bundle(copy, 0, lambda leaves: leaves.__setitem__(7, b'{"at":"x"}'))
    return {("leaves", 7), ("tiles", 0), ("tree", None)}


def _leaf_of_another_version(copy: Path) -> Found:
    def change(leaves: list[bytes]) -> None:
        leaves[7] = leaves[7].replace(b'"v":1', b'"v":2')

    bundle(copy, 0, change)
    return {("leaves", 7), ("tiles", 0), ("tree", None)}


def _time_that_does_not_exist(copy: Path) -> Found:
    def change(leaves: list[bytes]) -> None:
        leaves[7] = leaves[7].replace(b"2026-06-", b"2026-13-")

    bundle(copy, 0, change)
    return {("leaves", 7)}


def _cut_bundle(copy: Path) -> Found:
    path = copy / Tile(None, 1).path
    path.write_bytes(path.read_bytes()[:-1])
    return {("leaves", 256), ("tiles", 256), ("tree", None)}


def _missing_bundle(copy: Path) -> Found:
    (copy / Tile(None, 1).path).unlink()
    return {("leaves", 256), ("tiles", 256), ("tree", None)}


def _missing_tile(copy: Path) -> Found:
    (copy / Tile(0, 1).path).unlink()
    return {("tiles", 256)}


def _cut_tile(copy: Path) -> Found:
    path = copy / Tile(0, 0).path
    path.write_bytes(path.read_bytes()[:-32])
    return {("tiles", 0)}


def _flipped_tile(copy: Path) -> Found:
    path = copy / Tile(0, 2, SIZE - 512).path
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    return {("tiles", 512)}


def _flipped_upper_tile(copy: Path) -> Found:
    path = copy / Tile(1, 0, SIZE // 256).path
    path.write_bytes(bytes(64))
    return {("tiles", 0)}


def _missing_upper_tile(copy: Path) -> Found:
    (copy / Tile(1, 0, SIZE // 256).path).unlink()
    return {("tiles", 0)}


def _checkpoint_of_a_stranger(copy: Path) -> Found:
    (copy / "checkpoint").write_bytes(LOG.note(SIZE, [STRANGER]))
    return {("checkpoints", None)}


def _flipped_signature(copy: Path) -> Found:
    note = bytearray((copy / "checkpoint").read_bytes())
    note[-40] ^= 1
    (copy / "checkpoint").write_bytes(bytes(note))
    return {("checkpoints", None)}


def _checkpoint_that_is_none(copy: Path) -> Found:
    (copy / "checkpoint").write_bytes(b"hello\n")
    return {("checkpoints", None)}


def _older_checkpoint_of_another_tree(copy: Path) -> Found:
    """Signed by the bank itself: it has shown somebody another history."""

    def change(index: int, members: dict[str, Any]) -> None:
        if index == 42:
            members["body"] = bytes(32)

    forked = Leaves(change=change)
    _put_history(copy, 300, forked.note(300))
    return {("checkpoints", 299)}


def _older_checkpoint_of_a_stranger(copy: Path) -> Found:
    _put_history(copy, 300, LOG.note(300, [STRANGER]))
    return {("checkpoints", None)}


def _older_checkpoint_larger_than_the_newest(copy: Path) -> Found:
    _put_history(copy, 700, Leaves(700).note(700))
    return {("checkpoints", None)}


def _put_history(copy: Path, size: int, note: bytes) -> None:
    line = orjson.dumps({"size": size, "at": AT, "note": note.decode()})
    (copy / "checkpoints.jsonl").write_bytes(line + b"\n")


def _rewritten_and_signed_again(copy: Path) -> Found:
    """By somebody who has the signing keys: only an older checkpoint tells."""

    def change(index: int, members: dict[str, Any]) -> None:
        if index == 42:
            members["body"] = bytes(32)

    history = (copy / "checkpoints.jsonl").read_bytes()
    Leaves(change=change).write(copy)
    (copy / "checkpoints.jsonl").write_bytes(history)
    return {("checkpoints", 99)}


ATTACKS: dict[str, Callable[[Path], Found]] = {
    name.removeprefix("_"): attack
    for name, attack in list(globals().items())
    if name.startswith("_") and getattr(attack, "__annotations__", {}).get("return") == "Found"
}


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_audit_names_what_was_changed_and_where(copy: Path, name: str) -> None:
    expected = ATTACKS[name](copy)
    assert found_in(copy) >= expected
    assert expected
    assert audited(copy).state is None


def test_one_wrong_leaf_is_not_the_last_finding(copy: Path) -> None:
    _changed_leaf(copy)
    _flipped_tile(copy)
    _missing_upper_tile(copy)
    assert {("leaves", 267), ("tiles", 512), ("tiles", 0)} <= found_in(copy)


def test_log_under_another_name_is_told(copy: Path) -> None:
    text = LOG.note(SIZE).replace(ORIGIN.encode(), b"other.example/log")
    (copy / "checkpoint").write_bytes(text)
    assert ("checkpoints", None) in found_in(copy)


def test_one_of_the_keys_is_enough(copy: Path) -> None:
    for key in KEYS:
        assert found_in(copy, keys=[key]) == set()
    assert ("checkpoints", None) in found_in(copy, keys=[STRANGER.key])


def test_newest_leaf_that_does_not_follow_from_the_origin_is_told(tmp_path: Path) -> None:
    """A log that was begun under another name."""

    def change(index: int, members: dict[str, Any]) -> None:
        if index == 0:
            members["prev"] = bytes(32)

    Leaves(10, change=change).write(tmp_path, (10,))
    assert found_in(tmp_path) == {("leaves", 0)}


def test_times_that_go_back_are_told_within_and_between_ranges(tmp_path: Path) -> None:
    def change(index: int, members: dict[str, Any]) -> None:
        if index in {5, 8192}:
            members["at"] = AT - 10

    size = 8200
    Leaves(size, change=change).write(tmp_path, (size,))
    assert found_in(tmp_path) == {("leaves", 5), ("leaves", 8192)}


# --- going on from an earlier audit ---------------------------------------------------------------


@pytest.mark.parametrize("before", [1, 255, 256, 300, 512, 599, 600])
def test_audit_goes_on_where_the_last_one_left_off(tmp_path: Path, before: int) -> None:
    LOG.write(tmp_path / "then", (before,))
    LOG.write(tmp_path / "now", (SIZE,))
    state_file = tmp_path / "state.json"
    state = audited(tmp_path / "then").state
    assert state is not None
    write_state(state_file, state)
    read = read_state(state_file, ORIGIN)
    assert read == state
    told: list[tuple[int, int]] = []
    report = audited(tmp_path / "now", since=read, progress=lambda *done: told.append(done))
    assert report.findings == []
    assert (report.since, report.root) == (before, LOG.root(SIZE).hex())
    assert report.state == audited(tmp_path / "now").state


def test_log_that_does_not_continue_the_audited_one_is_told(tmp_path: Path) -> None:
    def change(index: int, members: dict[str, Any]) -> None:
        if index == 290:
            members["body"] = bytes(32)

    LOG.write(tmp_path / "then", (300,))
    Leaves(change=change).write(tmp_path / "now", (SIZE,))
    state = audited(tmp_path / "then").state
    assert found_in(tmp_path / "now", since=state) == {("tree", 299)}


def test_log_that_was_rewritten_below_the_block_is_told(tmp_path: Path) -> None:
    def change(index: int, members: dict[str, Any]) -> None:
        if index == 3:
            members["body"] = bytes(32)

    LOG.write(tmp_path / "then", (512,))
    Leaves(change=change).write(tmp_path / "now", (SIZE,))
    state = audited(tmp_path / "then").state
    assert ("leaves", 512) in found_in(tmp_path / "now", since=state)


def test_log_that_became_shorter_is_told(tmp_path: Path) -> None:
    LOG.write(tmp_path / "then", (SIZE,))
    LOG.write(tmp_path / "now", (300,))
    state = audited(tmp_path / "then").state
    assert found_in(tmp_path / "now", since=state) == {("tree", None)}


def test_state_of_another_audit_is_refused(tmp_path: Path, copy: Path) -> None:
    file = tmp_path / "state.json"
    assert read_state(file) is None
    state = audited(copy).state
    assert state is not None
    write_state(file, state)
    refusal_of(lambda: read_state(file, "other.example/log"), AuditStateUnusable)
    for harm in (b"", b"{}", b"[]", file.read_bytes()[:-9], file.read_bytes().replace(b"0", b"1")):
        broken = tmp_path / "broken.json"
        broken.write_bytes(harm)
        refusal_of(lambda: read_state(tmp_path / "broken.json"), AuditStateUnusable)
