"""Receipts: that an entry stands in the published log, with the parts that the reader may see.

The receipt is one JSON document: the leaf, a `c2sp.org/tlog-proof@v1` under a published
checkpoint, the salted parts shown and the digests of all. It is checked without reaching the bank.
"""

from __future__ import annotations

from typing import Any

from creditbank.errors.log import NotInLog, NotYetPublished
from creditbank.ledger.checkpoint import parse_checkpoint
from creditbank.ledger.proofs import prove_consistency, prove_inclusion
from creditbank.ledger.receipt import Receipt, format_receipt
from creditbank.ledger.tiles import WIDTH, Tile
from creditbank.storage import reading
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection, ShownEntry
from creditbank.storage.tilestore import Cache, LogReader

FORMAT = "creditbank-receipt/1"


def shown_document(shown: ShownEntry) -> dict[str, Any]:
    """Return leaf, parts shown with their salts, and the digests of all parts, as JSON values."""
    return {
        "leaf": shown.leaf.decode(),
        "leaf_hash": shown.row.leaf_hash.hex(),
        "parts": {
            name: {"salt": part.salt.hex(), "value": part.value}
            for name, part in shown.parts.items()
        },
        "digests": {name: digest.hex() for name, digest in shown.digests.items()},
    }


def receipt(
    connection: Connection,
    keyring: Keyring,
    index: int,
    visible: frozenset[str],
    cache: Cache,
    *,
    size: int | None = None,
) -> dict[str, Any]:
    """Return the receipt of an entry under the newest published checkpoint, or that of `size`.

    Refuses with `NotYetPublished` if that checkpoint does not cover the entry, with `NotInLog`
    if there is none of that size or no such entry.
    """
    row = reading.entry_row(connection, index)
    latest = reading.latest_checkpoint(connection)
    published = latest[0] if latest else 0
    note = latest[1] if latest and size is None else reading.checkpoint_at(connection, size or 0)
    if row is None or (note is None and size is not None):
        raise NotInLog(size=published)
    at_size = published if size is None else size
    if note is None or index >= at_size:
        raise NotYetPublished(index=index)
    reader = LogReader(connection, at_size, cache)
    proof = prove_inclusion(reader.read, index, at_size)
    shown = reading.show_entry(connection, keyring, row, visible)
    return {
        "format": FORMAT,
        **shown_document(shown),
        "proof": format_receipt(Receipt(index, proof, parse_checkpoint(note))).decode(),
    }


def log_file(connection: Connection, tile: Tile, cache: Cache) -> bytes:
    """Return a hash tile or an entry bundle of the published log; refuse others with `NotInLog`."""
    latest = reading.latest_checkpoint(connection)
    size = latest[0] if latest else 0
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
