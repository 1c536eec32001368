"""Spreadsheets of institutions as outcomes to post: CSV, XLS and XLSX as they come.

    sheet = read_sheet(Path("module.xlsx"))
    bank.post_items(sheet.outcomes, file_digest=sheet.digest)

Read are UTF-8 and GB18030, title rows above the heading, merged cells, Chinese headings and dates.
A bad row does not spoil the others: it is named by its number in the file, with the column and the
reason. What is understood is listed in docs/sheets.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from creditbank.clients.defaults import PASS_MARK
from creditbank.clients.headings import find_headings, has_headings
from creditbank.clients.sheet_rows import Row, RowRefused, is_empty, outcome_of
from creditbank.clients.tables import BYTES_MAX, Cell, Rows, Table, read_tables
from creditbank.domain.identifiers import check_uscc
from creditbank.errors import CreditBankError
from creditbank.errors.sheets import SheetUnreadable
from creditbank.ledger import suite

__all__ = ["Sheet", "SheetRow", "column_of", "read_sheet"]

_LEARNER: Final = ("name", "document_number", "resident_id", "account")
_NOTE_CELLS_MIN: Final = 3
_RECORD_CELLS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: an outcome, or an error and the code of the column that it concerns.

    `number` counts the rows of the file from one, as spreadsheet programs show them.
    """

    number: int
    outcome: dict[str, Any] | None = field(default=None, repr=False)
    error: CreditBankError | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as read. `unused` are the headings, `skipped` the row numbers that were passed over.

    `digest` is the SHA-256 of the file in hex, by which a batch names where it came from.
    """

    name: str | None
    digest: str
    heading_row: int
    unused: tuple[str, ...]
    skipped: tuple[int, ...]
    rows: tuple[SheetRow, ...]

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """Return the outcomes of the good rows, in order."""
        return [row.outcome for row in self.rows if row.outcome is not None]

    @property
    def good(self) -> list[SheetRow]:
        """Return the rows that can be posted."""
        return [row for row in self.rows if row.outcome is not None]

    @property
    def bad(self) -> list[SheetRow]:
        """Return the rows that cannot."""
        return [row for row in self.rows if row.error is not None]


def read_sheet(
    source: Path | bytes,
    *,
    institution: str = "",
    sheet: str | None = None,
    pass_mark: str = PASS_MARK,
) -> Sheet:
    """Return the rows of a file as outcomes of the kind `module`.

    `institution` (USCC) goes into the source ids that are derived where the file has none; give
    the same one each time. Raises `SheetUnreadable`, `SheetHeadingsMissing` and
    `SheetHeadingRepeated`, which concern the whole file; a bad row is in the answer.
    """
    institution = check_uscc(institution) if institution else ""
    data = _bytes(source)
    table = _choose(read_tables(data), sheet)
    headings = find_headings(table.rows)
    rows: list[SheetRow] = []
    skipped: list[int] = []
    for number, cells in enumerate(table.rows[headings.row + 1 :], start=headings.row + 2):
        if all(map(is_empty, cells)):
            continue
        row = Row.of(cells, headings.columns)
        if _is_note(row, cells):
            skipped.append(number)
        else:
            rows.append(_read_row(number, row, institution, pass_mark))
    return Sheet(
        name=table.name,
        digest=suite.hash_bytes(data).hex(),
        heading_row=headings.row + 1,
        unused=headings.unused,
        skipped=tuple(skipped),
        rows=tuple(rows),
    )


def column_of(outcome: Mapping[str, Any], pointer: str | None) -> str | None:
    """Return the code of the column behind a JSON pointer into `outcome`, None if there is none.

    The bank names a place in what was posted; who posted a sheet knows its columns.
    """
    steps = (pointer or "").split("/")[1:]
    if len(steps) > 1 and steps[0] == "stages" and steps[1].isdigit():
        stage = outcome["stages"][int(steps[1])]["stage"]
        return _STAGE_PLACES.get((stage, *steps[2:3]), _STAGE_PLACES.get((stage,)))
    return next(
        (code for place, code in _PLACES.items() if (pointer or "").startswith(place)), None
    )


_STAGE_PLACES: Final[dict[tuple[str, ...], str]] = {
    ("study",): "hours_theory",
    ("study", "begun_on"): "begun_on",
    ("study", "ended_on"): "ended_on",
    ("training",): "hours_practice",
    ("training", "begun_on"): "begun_on",
    ("training", "ended_on"): "ended_on",
    ("assessment",): "passed",
    ("assessment", "on"): "assessed_on",
    ("assessment", "attempt"): "attempt",
    ("assessment", "event"): "event",
    ("assessment", "sitting"): "sitting",
    ("certification",): "certified_on",
    ("certification", "number"): "certificate_number",
}
_PLACES: Final = {
    "/learner/account": "account",
    "/learner/name": "name",
    "/learner/document/kind": "document_kind",
    "/learner": "document_number",
    "/module/version": "version",
    "/module": "module",
    "/offering": "offering",
    "/source_id": "source_id",
}


def _bytes(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        if source.stat().st_size > BYTES_MAX:
            raise SheetUnreadable(reason="file_too_large")
        return source.read_bytes()
    except OSError:
        raise SheetUnreadable(reason="file_missing") from None


def _choose(tables: Sequence[Table], name: str | None) -> Table:
    """Return the sheet of that name, or the one that has the headings."""
    if name is not None:
        tables = [table for table in tables if table.name == name]
        if not tables:
            raise SheetUnreadable(reason="sheet_name")
    filled = [table for table in tables if not _is_blank(table.rows)]
    if not filled:
        raise SheetUnreadable(reason="empty_file")
    fitting = [table for table in filled if has_headings(table.rows)]
    if len(fitting) > 1:
        raise SheetUnreadable(reason="several_sheets")
    return fitting[0] if fitting else filled[0]


def _read_row(number: int, row: Row, institution: str, pass_mark: str) -> SheetRow:
    try:
        outcome = outcome_of(row, institution=institution, pass_mark=pass_mark)
    except RowRefused as refusal:
        return SheetRow(number, error=refusal.error, column=_shown(refusal.column))
    return SheetRow(number, outcome)


def _shown(column: str) -> str:
    return "document_number" if column == "resident_id" else column


def _is_blank(rows: Rows) -> bool:
    return all(is_empty(cell) for cells in rows for cell in cells)


def _is_note(row: Row, cells: Sequence[Cell]) -> bool:
    """Return whether a row is no record: next to nothing in it, or one text across the sheet."""
    if len(row.filled) < _RECORD_CELLS_MIN:
        return not any(row.has(column) for column in _LEARNER)
    across = [cell for cell in cells if not is_empty(cell)]
    return len(across) >= _NOTE_CELLS_MIN and all(cell == across[0] for cell in across)
