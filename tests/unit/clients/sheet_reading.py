"""Reads sheets for tests: rows under the usual headings, and what became of them."""

from __future__ import annotations

from typing import Any

from creditbank.clients.sheets import Sheet, read_sheet
from creditbank.errors import CreditBankError
from tests.unit.clients.sheet_files import HEADINGS, csv_text, resident_id

GOOD = {
    "type": "module",
    "learner": {
        "document": {"kind": "resident_id", "number": resident_id(1)},
        "name": "学员1",
    },
    "module": {"id": "GD-AI-VQI"},
    "stages": [
        {
            "stage": "study",
            "begun_on": "2026-01-05",
            "ended_on": "2026-01-20",
            "hours": {"theory": "8.00"},
        },
        {
            "stage": "training",
            "begun_on": "2026-01-05",
            "ended_on": "2026-01-20",
            "hours": {"practice": "16.00"},
        },
        {
            "stage": "assessment",
            "on": "2026-01-21",
            "sitting": "first",
            "passed": True,
            "parts": [
                {
                    "part": "theory",
                    "passed": True,
                    "score": {"scale": "percent-100", "value": "88"},
                },
                {
                    "part": "operation",
                    "passed": True,
                    "score": {"scale": "percent-100", "value": "75.5"},
                },
            ],
        },
    ],
}


def sheet_of(*rows: list[Any], headings: list[str] = HEADINGS, **options: Any) -> Sheet:
    return read_sheet(csv_text([headings, *rows]).encode(), **options)


def only(sheet: Sheet) -> dict[str, Any]:
    assert [(bad.number, bad.column, str(bad.error)) for bad in sheet.bad] == []
    (outcome,) = sheet.outcomes
    return {name: value for name, value in outcome.items() if name != "source_id"}


def refusal(sheet: Sheet) -> tuple[int, str | None, CreditBankError]:
    (bad,) = sheet.bad
    assert bad.error is not None
    return bad.number, bad.column, bad.error


def reason(error: CreditBankError) -> object:
    return error.fields["reason"]
