"""A whole log of another program, rebuilt byte for byte: transparency-dev/tessera's test log.

Its key is published, and Ed25519 is deterministic, so key, origin and leaves give every file. The
digest below stands for all of them; where the files themselves are at hand (CREDITBANK_VECTORS
names the folder), each is compared.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from creditbank.ledger.checkpoint import (
    Trust,
    format_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.keys import KeyType, parse_key
from creditbank.ledger.merkle import CompactRange, node_hash
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer
from creditbank.ledger.tiles import bundles_between, format_bundle, format_hashes, tiles_between
from creditbank.ledger.treehead import TreeHead

ORIGIN = "example.com/log/testdata"
PUBLISHED_KEY = ORIGIN + "+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
PUBLISHED_SEED = base64.b64decode("AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg")[1:]
LEAVES = (
    b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten"
).split()
ROOT_OF_15 = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="
ALL_FILES = "54b526696aa452c06d4be3b254f248b17996e1540fd96aecb5e4e7d4a478ba13"


@cache
def read(level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(LEAVES[index])
    return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))


def checkpoints() -> Iterator[tuple[str, bytes]]:
    signer = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(PUBLISHED_SEED))
    tree = CompactRange()
    for size in range(len(LEAVES) + 1):
        if size:
            tree.append(read(0, size - 1))
        checkpoint = sign_checkpoint(TreeHead(ORIGIN, size, tree.root()), [signer])
        yield f"checkpoint.{size}", format_checkpoint(checkpoint)


def files() -> dict[str, bytes]:
    made = dict(checkpoints())
    for size in range(1, len(LEAVES) + 1):
        for tile in tiles_between(0, size):
            made[tile.path] = format_hashes(read, tile)
        for bundle in bundles_between(0, size):
            made[bundle.path] = format_bundle(LEAVES[:size])
    return made


def test_key_and_seed_belong_together() -> None:
    signer = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(PUBLISHED_SEED))
    assert signer.key == parse_key(PUBLISHED_KEY)


def test_last_checkpoint_has_the_published_root_and_verifies() -> None:
    checkpoint = parse_checkpoint(dict(checkpoints())["checkpoint.15"])
    assert base64.b64encode(checkpoint.head.root).decode() == ROOT_OF_15
    verified = verify_checkpoint(checkpoint, Trust(ORIGIN, [parse_key(PUBLISHED_KEY)]))
    assert verified.head.size == 15


def test_all_files_together_have_the_known_digest() -> None:
    digest = sha256()
    for path, data in sorted(files().items()):
        digest.update(sha256(path.encode()).digest() + sha256(data).digest())
    assert digest.hexdigest() == ALL_FILES


@pytest.mark.skipif("CREDITBANK_VECTORS" not in os.environ, reason="no folder of vectors")
def test_every_file_is_the_same() -> None:
    folder = Path(os.environ["CREDITBANK_VECTORS"]) / "tessera-log-15" / "log"
    there = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(".state")
    }
    latest = there.pop("checkpoint")
    assert there == files()
    assert latest == there["checkpoint.15"]
