"""Rows as the lines of an export, and back. Bytes are base64, one JSON array is one row.

Of an entry only what cannot be computed is written. Reading it back computes the rest anew, body,
leaf and hash: an entry that was changed cannot come back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.errors.ledger import MalformedPart
from creditbank.ledger import entry
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.parts import PartReader
from creditbank.ledger.wire import decode_base64, encode_base64
from creditbank.storage.entry_checks import EntryTuple
from creditbank.storage.sealing import CLEAR_PARTS
from creditbank.storage.tables import table_of

PRIVATE_FORMAT: Final = "creditbank-export/1"
KEYS_FORMAT: Final = "creditbank-export-keys/1"
ERASURES_FORMAT: Final = "creditbank-erasures/1"

_DIGESTS: Final = ("person", "learner_link", "attest", "actor")


@dataclass(slots=True)
class Chain:
    """The log as far as entries were written or read: what the next one follows."""

    last: bytes
    tree: CompactRange = field(default_factory=CompactRange)
    at: int = 0
    reader: PartReader = field(default_factory=PartReader)

    @property
    def size(self) -> int:
        """The number of entries so far."""
        return self.tree.size


def entry_values(row: EntryTuple) -> list[Any]:
    """Return what of an entry has to be kept."""
    return [
        row.at,
        row.open.decode(),
        *(_text(getattr(row, f"{name}_digest")) for name in _DIGESTS),
        _text(row.sealed),
        row.sealed_ref,
        _text(row.actor_sealed),
        row.actor_ref,
    ]


def next_entry(chain: Chain, values: Sequence[Any]) -> tuple[EntryTuple, bytes]:
    """Return the entry that was kept as `values`, and its leaf, and move `chain` past it.

    Raises a ledger error, KeyError, TypeError or ValueError if it is of no such form.
    """
    at, text, person, learner_link, attest, actor, sealed, ref, actor_sealed, actor_ref = values
    parts = chain.reader.read(text.encode())
    act, link = parts["act"].value, parts["org_link"].value
    kept = dict(zip(_DIGESTS, map(_bytes, (person, learner_link, attest, actor)), strict=True))
    digests = {name: entry.part_digest(name, part[0], part[1]) for name, part in parts.items()}
    digests.update((name, digest) for name, digest in kept.items() if digest is not None)
    if len(parts) != len(CLEAR_PARTS) or at < chain.at:
        raise MalformedPart(reason="members")
    body = entry.body_commitment(digests)
    leaf = entry.format_leaf(at=at, body=body, index=chain.size, prev=chain.last)
    row = EntryTuple(
        entry_index=chain.size,
        at=at,
        body=body,
        leaf_hash=entry.leaf_hash(leaf),
        org=act["org"],
        org_seq=link["seq"],
        source=bytes.fromhex(act["source"]),
        open=text.encode(),
        person_digest=kept["person"],
        learner_link_digest=kept["learner_link"],
        attest_digest=kept["attest"],
        actor_digest=kept["actor"],
        sealed=_bytes(sealed),
        sealed_ref=ref,
        actor_sealed=_bytes(actor_sealed),
        actor_ref=actor_ref,
    )
    chain.tree.append(row.leaf_hash)
    chain.last, chain.at = row.leaf_hash, at
    return row, leaf


def row_values(row: type[SQLModel], values: Sequence[Any]) -> list[Any]:
    """Return a row of another table, in column order, ready for JSON."""
    return [
        _text(value) if binary else value
        for value, binary in zip(values, _binary(row), strict=True)
    ]


def row_of(row: type[SQLModel], values: Sequence[Any]) -> tuple[Any, ...]:
    """Return the row that was kept as `values`; raises ValueError or TypeError if it is none."""
    return tuple(
        _bytes(value) if binary else value
        for value, binary in zip(values, _binary(row), strict=True)
    )


def line(value: object) -> bytes:
    """Return a line of JSON."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def lines(chunks: Iterator[bytes]) -> Iterator[Any]:
    """Yield the values of lines of JSON; raises ValueError for one that is not."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            yield orjson.loads(text)
    if rest:
        raise ValueError("the last line is cut")


def _binary(row: type[SQLModel]) -> tuple[bool, ...]:
    return tuple(isinstance(one.type, sa.LargeBinary) for one in table_of(row).columns)


def _text(data: bytes | None) -> str | None:
    return None if data is None else encode_base64(data)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else decode_base64(text)
