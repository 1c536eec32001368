"""docs/sheets.md lists what is understood, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditbank.clients.headings import HEADINGS, heading_key
from creditbank.errors.sheets import COLUMNS

PAGE = Path(__file__).parents[3] / "docs" / "sheets.md"


def listed() -> list[list[str]]:
    """Return the headings of each row of the table."""
    rows = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    return [re.findall(r"`([^`]+)`", row.split("|")[1]) for row in rows]


def test_every_heading_is_listed_in_the_order_of_the_columns() -> None:
    assert listed() == [list(names) for names in HEADINGS.values()]


def test_no_two_columns_share_a_heading() -> None:
    keys = [heading_key(name) for names in HEADINGS.values() for name in names]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("column", sorted(HEADINGS))
def test_every_column_has_a_name_for_messages_that_is_a_heading(column: str) -> None:
    if column != "resident_id":  # which messages call a document number
        assert heading_key(COLUMNS[column]) in map(heading_key, HEADINGS[column])
