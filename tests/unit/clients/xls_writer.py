"""Writes an XLS of the smallest form (BIFF8 in an OLE container), since no library here does.

Sources: [MS-XLS] for the records, [MS-CFB] for the container.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date

_SECTOR = 512
_FREE, _END, _FAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_DAY_ZERO = date(1899, 12, 30)

Value = str | float | date | None


def xls(rows: Sequence[Sequence[Value]], merged: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """Return a workbook of one sheet; `merged` are (first row, last row, first column, last)."""
    sheet = _sheet(rows, merged)
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    formats = _record(0x00E0, _cell_format(0)) + _record(0x00E0, _cell_format(14))
    offset = len(head) + len(formats) + len(_bound_sheet(0)) + 4
    stream = head + formats + _bound_sheet(offset) + _record(0x000A, b"") + sheet
    return _container(stream)


def encrypted() -> bytes:
    """Return what a spreadsheet program writes for a workbook with a password ([MS-OFFCRYPTO])."""
    return _container(bytes(4096), "EncryptedPackage")


def _sheet(rows: Sequence[Sequence[Value]], merged: Sequence[tuple[int, int, int, int]]) -> bytes:
    records = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))]
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            if value is not None:
                records.append(_cell(row, column, value))
    if merged:
        ranges = b"".join(struct.pack("<HHHH", *one) for one in merged)
        records.append(_record(0x00E5, struct.pack("<H", len(merged)) + ranges))
    return b"".join(records) + _record(0x000A, b"")


def _cell(row: int, column: int, value: Value) -> bytes:
    if isinstance(value, str):
        text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
        return _record(0x0204, struct.pack("<HHH", row, column, 0) + text)
    if isinstance(value, date):
        days = float((value - _DAY_ZERO).days)
        return _record(0x0203, struct.pack("<HHHd", row, column, 1, days))
    return _record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell_format(number_format: int) -> bytes:
    return struct.pack("<HHHBBBBIIH", 0, number_format, 0, 0, 0, 0, 0, 0, 0, 0)


def _bound_sheet(offset: int) -> bytes:
    return _record(0x0085, struct.pack("<IBB", offset, 0, 0) + b"\x06\x00Sheet1")


def _container(stream: bytes, name: str = "Workbook") -> bytes:
    # A stream of 4,096 bytes or more stands in ordinary sectors.
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(stream) // _SECTOR
    chain = [_FAT, _END, *range(3, 2 + count), _END]
    table = b"".join(struct.pack("<I", entry) for entry in chain).ljust(_SECTOR, b"\xff")
    assert len(table) == _SECTOR, "one sector of the allocation table holds 128 sectors"
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x003E, 0x0003, 0xFFFE, 9, 6)
        + bytes(6)
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
        + struct.pack("<I", 0)
    ).ljust(_SECTOR, b"\xff")
    directory = _directory("Root Entry", 5, 1, _END, 0) + _directory(name, 2, _NONE, 2, len(stream))
    return header + table + directory.ljust(_SECTOR, b"\0") + stream


def _directory(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB", len(encoded), kind, 1)
        + struct.pack("<III", _NONE, _NONE, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
