"""Theorems about proofs, tiles, notes, checkpoints and receipts."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors import Malformed, Refused
from creditbank.errors.ledger import (
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    MalformedReceipt,
    MalformedTile,
)
from creditbank.ledger import tiles
from creditbank.ledger.checkpoint import format_checkpoint, parse_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey, parse_key
from creditbank.ledger.merkle import node_hash, root_of
from creditbank.ledger.note import (
    Note,
    NoteSigner,
    format_note,
    parse_note,
    sign_note,
    verify_note,
)
from creditbank.ledger.proofs import (
    ReadNode,
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
)
from creditbank.ledger.receipt import format_receipt, parse_receipt
from creditbank.ledger.suite import Ed25519Signer, hash_bytes
from creditbank.ledger.treehead import format_tree_head, parse_tree_head

HASHES = st.binary(min_size=32, max_size=32)
LEAVES = st.lists(HASHES, min_size=1, max_size=40)
LINES = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), max_size=20)
TEXTS = st.lists(LINES, min_size=1, max_size=5).map(lambda lines: "\n".join(lines) + "\n")
SIGNER = NoteSigner("bank.example/log", KeyType.ED25519, Ed25519Signer(b"\1" * 32))
HEADS = st.builds(
    lambda size, root: f"bank.example/log\n{size}\n{base64.b64encode(root).decode()}\n",
    st.integers(0, 2**64),
    st.binary(min_size=31, max_size=33) | HASHES,
)
NOTES = (TEXTS | HEADS).map(lambda text: format_note(sign_note(text, [SIGNER])))
RECEIPTS = st.builds(
    lambda index, lines, note: (
        "\n".join(("c2sp.org/tlog-proof@v1", f"index {index}", *lines, "", "")).encode() + note
    ),
    st.integers(-1, 2**64) | LINES,
    st.lists(HASHES.map(lambda data: base64.b64encode(data).decode()) | LINES, max_size=4),
    NOTES,
)


def tree(leaves: list[bytes]) -> ReadNode:
    def read(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return read


@given(LEAVES, st.data())
def test_inclusion_holds_for_one_index_leaf_and_size_only(
    leaves: list[bytes], data: st.DataObject
) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(tree(leaves), index, size)
    root = root_of(leaves)
    check_inclusion(index=index, size=size, leaf_hash=leaves[index], proof=proof, root=root)
    if leaves[other] != leaves[index]:
        with pytest.raises((Malformed, Refused)):
            check_inclusion(index=index, size=size, leaf_hash=leaves[other], proof=proof, root=root)


@given(LEAVES, LEAVES, st.data())
def test_no_consistency_between_a_tree_and_another_beginning(
    leaves: list[bytes], forked: list[bytes], data: st.DataObject
) -> None:
    new = len(leaves)
    old = data.draw(st.integers(1, new))
    proof = prove_consistency(tree(leaves), old, new)
    root = root_of(leaves)
    check_consistency(old=old, old_root=root_of(leaves[:old]), new=new, new_root=root, proof=proof)
    if leaves[: len(forked)] != forked:
        with pytest.raises((Malformed, Refused)):
            check_consistency(
                old=len(forked), old_root=root_of(forked), new=new, new_root=root, proof=proof
            )


@given(st.integers(0, 300), HASHES, HASHES, st.lists(HASHES, max_size=9), st.integers(0, 300))
def test_invented_proofs_are_refused(
    small: int, leaf: bytes, root: bytes, proof: list[bytes], large: int
) -> None:
    if leaf == root:
        return
    with pytest.raises((Malformed, Refused)):
        check_inclusion(index=small, size=large, leaf_hash=leaf, proof=proof, root=root)
    with pytest.raises((Malformed, Refused)):
        check_consistency(old=small, old_root=leaf, new=large, new_root=root, proof=proof)


@given(st.integers(1, 1500), st.data())
def test_tree_read_from_tiles_is_the_tree(size: int, data: st.DataObject) -> None:
    leaves = [hash_bytes(index.to_bytes(2, "big")) for index in range(size)]
    files = {
        (tile.level, tile.index): tiles.parse_hashes(
            tiles.format_hashes(tree(leaves), tile), tile.width
        )
        for tile in tiles.tiles_between(0, size)
    }
    read = tiles.read_from_tiles(lambda level, index: files[level, index])
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(read, index, size)
    root = root_of(leaves)
    check_inclusion(index=index, size=size, leaf_hash=leaves[index], proof=proof, root=root)


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_tiles_of_a_log_are_those_before_and_those_of_its_growth(one: int, other: int) -> None:
    old, new = sorted((one, other))
    kept = {tile.path for tile in tiles.tiles_between(0, old)}
    grown = {tile.path for tile in tiles.tiles_between(old, new)}
    every = {tile.path for tile in tiles.tiles_between(0, new)}
    assert not kept & grown
    assert grown <= every <= kept | grown


@given(st.integers(0, 63) | st.none(), st.integers(0, 2**55 - 1), st.integers(1, 256))
def test_parsing_inverts_the_path_of_a_tile(level: int | None, index: int, width: int) -> None:
    tile = tiles.Tile(level, index, width)
    assert tiles.parse_path(tile.path) == tile


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_parsing_inverts_formatting_of_a_bundle(leaves: list[bytes]) -> None:
    assert tiles.parse_bundle(tiles.format_bundle(leaves), len(leaves)) == tuple(leaves)


@given(TEXTS)
def test_verification_inverts_signing(text: str) -> None:
    note = parse_note(format_note(sign_note(text, [SIGNER])))
    assert note.text == text
    assert verify_note(note, [SIGNER.key])[0].key == SIGNER.key


@given(TEXTS, TEXTS)
def test_signature_holds_for_no_other_text(text: str, other: str) -> None:
    note = sign_note(text, [SIGNER])
    if other != text:
        with pytest.raises(Refused):
            verify_note(Note(other, note.signatures), [SIGNER.key])


@given(st.sampled_from([KeyType.ED25519, KeyType.COSIGNATURE]), HASHES)
def test_parsing_inverts_the_text_of_a_key(key_type: KeyType, public: bytes) -> None:
    key = VerifierKey("bank.example/log", key_type, public)
    assert parse_key(str(key)) == key


def mutated(data: bytes) -> st.SearchStrategy[bytes]:
    """Return `data` with one slice replaced."""
    return st.builds(
        lambda one, other, new: data[: min(one, other)] + new + data[max(one, other) :],
        st.integers(0, len(data)),
        st.integers(0, len(data)),
        st.binary(max_size=4) | st.sampled_from([b"\n", b" ", b"=", b"0"]),
    )


ANY_BYTES = st.binary() | st.one_of(NOTES, RECEIPTS, HEADS.map(str.encode)).flatmap(
    lambda data: st.just(data) | mutated(data)
)
PARSERS: list[tuple[Callable[[bytes], bytes], tuple[type[Malformed], ...]]] = [
    (lambda data: format_note(parse_note(data)), (MalformedNote,)),
    (
        lambda data: format_checkpoint(parse_checkpoint(data)),
        (MalformedNote, MalformedCheckpoint),
    ),
    (
        lambda data: format_receipt(parse_receipt(data)),
        (MalformedReceipt, MalformedNote, MalformedCheckpoint),
    ),
    (
        lambda data: format_tree_head(parse_tree_head(data.decode(errors="replace"))).encode(),
        (MalformedCheckpoint,),
    ),
    (lambda data: str(parse_key(data.decode(errors="replace"))).encode(), (MalformedKey,)),
    (
        lambda data: tiles.parse_path(data.decode(errors="replace")).path.encode(),
        (MalformedTile,),
    ),
    (lambda data: tiles.format_bundle(tiles.parse_bundle(data, 2)), (MalformedTile,)),
    (lambda data: b"".join(tiles.parse_hashes(data, len(data) // 32)), (MalformedTile,)),
]


@given(ANY_BYTES, st.sampled_from(PARSERS))
def test_parsing_arbitrary_bytes_raises_only_malformed_and_else_keeps_them(
    data: bytes,
    parser: tuple[Callable[[bytes], bytes], tuple[type[Malformed], ...]],
) -> None:
    parse, errors = parser
    with contextlib.suppress(*errors):
        assert parse(data) in {data, data.decode(errors="replace").encode()}
