"""What somebody with the database in their hands can do, guards or no guards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import SQLModel

from creditbank.ledger.merkle import CompactRange
from creditbank.storage.tables import (
    EntryRow,
    HeadRow,
    table_of,
)
from tests.banks import TestBank
from tests.histories import Told

Found = set[tuple[str, int | None]]
Attack = Callable[[Told], Found]
Row = dict[str, Any]


def rows(bank: TestBank, row: type[SQLModel]) -> list[Row]:
    table = table_of(row)
    names = [column.name for column in table.columns]
    return [dict(zip(names, values, strict=True)) for values in bank.rows(row)[table.name]]


def entry_at(told: Told, index: int) -> Row:
    return rows(told.bank, EntryRow)[index]


def change(told: Told, index: int, **values: Any) -> None:
    """Change columns of an entry."""
    columns = ", ".join(f"{name} = ?" for name in values)
    told.bank.write(f"UPDATE entries SET {columns} WHERE entry_index = ?", *values.values(), index)


def flipped(data: bytes, place: int = 0) -> bytes:
    """Return `data` with one bit changed."""
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def at(told: Told, name: str) -> int:
    return told.history.indexes[name]


def insert_entry(told: Told, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    told.bank.write(f"INSERT INTO entries VALUES ({marks})", *row.values())


def make_head_fit(bank: TestBank) -> None:
    """Make head and commits what the entries make."""
    tree, last = CompactRange(), b""
    for row in rows(bank, EntryRow):
        last = row["leaf_hash"]
        tree.append(last)
    size, root = tree.size, tree.root()
    bank.write(
        "UPDATE head SET size = ?, last = ?, root = ?, compact_range = ?",
        *(size, last, root, tree.to_bytes()),
    )
    bank.write("DELETE FROM commits WHERE size >= ?", size)
    now = rows(bank, HeadRow)[0]["at"]
    bank.write("INSERT INTO commits VALUES (?, ?, ?)", size, now, root)


def attacks_in(names: dict[str, Any]) -> dict[str, Attack]:
    """Return the attacks that a module defines, by name: what returns what must be found."""
    return {
        name: attack
        for name, attack in names.items()
        if getattr(attack, "__annotations__", {}).get("return") == "Found"
    }
