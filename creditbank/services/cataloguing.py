"""Registers as everybody may read them: what is in force, every version, and its proof."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from creditbank.domain.civil_time import civil_date
from creditbank.domain.registers import KINDS, resolve
from creditbank.errors.registers import RegisterKindUnknown, RegisterUnknown
from creditbank.services.showing import PUBLIC, entry_document
from creditbank.storage import loading, reading
from creditbank.storage.reading import RegisterVersion

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection


@dataclass(frozen=True, slots=True)
class _Dated:
    """A register version as `resolve` looks at it, its document unread."""

    row: RegisterVersion

    @property
    def version(self) -> str:
        return self.row.version

    @property
    def valid_from(self) -> date:
        return date.fromisoformat(self.row.valid_from)

    def in_force(self, on: date) -> bool:
        ends = self.row.valid_to
        return self.valid_from <= on and (ends is None or on <= date.fromisoformat(ends))


async def count_registers(bank: Bank) -> dict[str, int]:
    """Return how many registers there are of each kind, none left out."""
    counts = await bank.database.read(reading.register_counts)
    return {kind: counts.get(kind, 0) for kind in KINDS}


async def list_every_version(
    bank: Bank, kind: str, *, after: int | None, limit: int
) -> dict[str, Any]:
    """Return a page of every version of a kind, oldest first; `next` if more may follow.

    Refuses an unknown kind with `RegisterKindUnknown`.
    """
    _require_kind(kind)
    rows = await bank.database.read(
        lambda connection: reading.register_versions(
            connection, kind, after=-1 if after is None else after, limit=limit
        ),
        long=True,
    )
    page: dict[str, Any] = {"kind": kind, "registers": [register_document(row) for row in rows]}
    if len(rows) == limit:
        page["next"] = rows[-1].index
    return page


async def list_registers(bank: Bank, kind: str, *, on: date | None = None) -> list[dict[str, Any]]:
    """Return the registers of a kind in force on a civil date, today without one.

    Refuses an unknown kind with `RegisterKindUnknown`.
    """
    rows = await _read_versions(bank, kind)
    day = on or civil_date(int(time.time()))
    by_id: dict[str, list[_Dated]] = {}
    for row in rows:
        by_id.setdefault(row.id, []).append(_Dated(row))
    found = (resolve(versions, day) for versions in by_id.values())
    return [register_document(dated.row) for dated in found if dated is not None]


async def list_versions(bank: Bank, kind: str, register_id: str) -> list[dict[str, Any]]:
    """Return every version of a register, oldest first; raise `RegisterUnknown` without one."""
    rows = await _read_versions(bank, kind, register_id)
    if not rows:
        raise RegisterUnknown(kind=kind)
    return [register_document(row) for row in rows]


async def show_version(bank: Bank, kind: str, register_id: str, version: str) -> dict[str, Any]:
    """Return one version with everything that is needed to check it against the log.

    The digest is of the document's canonical bytes, `act` names the digest, the body commits to
    `act` with its salt, the leaf to the body. Raises `RegisterUnknown`.
    """
    rows = await _read_versions(bank, kind, register_id)
    row = next((row for row in rows if row.version == version), None)
    if row is None:
        raise RegisterUnknown(kind=kind)

    def prove(connection: Connection) -> dict[str, Any]:
        entry = loading.entry_at(connection, row.index)
        assert entry is not None  # noqa: S101  # the view names entries of its own log
        return entry_document(reading.show_entry(connection, bank.keyring, entry, PUBLIC))

    proof = await bank.database.read(prove)
    wanted = ("leaf", "leaf_hash", "parts", "digests")
    return register_document(row) | {"proof": {name: proof[name] for name in wanted}}


def register_document(row: RegisterVersion) -> dict[str, Any]:
    """Return a version as JSON values; the document stays in its canonical bytes."""
    return {
        "kind": row.kind,
        "id": row.id,
        "version": row.version,
        "index": row.index,
        "digest": row.digest.hex(),
        "document": orjson.Fragment(row.content),
    }


async def _read_versions(
    bank: Bank, kind: str, register_id: str | None = None
) -> list[RegisterVersion]:
    _require_kind(kind)
    return await bank.database.read(
        lambda connection: reading.register_versions(connection, kind, register_id),
        long=register_id is None,
    )


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise RegisterKindUnknown(known=sorted(KINDS))
