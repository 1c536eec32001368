"""What is wrong with a spreadsheet: with the file, with its headings, with one cell.

Errors name rows, columns and reasons, and never what stands in a cell. How sheets are read is
described in docs/sheets.md.
"""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, CreditBankError, Malformed

COLUMNS: Final[dict[str, str]] = {
    "account": N_("account"),
    "assessed_on": N_("assessment date"),
    "attempt": N_("attempt"),
    "begun_on": N_("start date"),
    "certificate_number": N_("certificate number"),
    "certified_on": N_("date of issue"),
    "document_kind": N_("document kind"),
    "document_country": N_("issuing country"),
    "document_number": N_("document number"),
    "ended_on": N_("end date"),
    "event": N_("assessment event"),
    "hours_online": N_("online hours"),
    "hours_practice": N_("practice hours"),
    "hours_theory": N_("theory hours"),
    "module": N_("module code"),
    "name": N_("name"),
    "offering": N_("class"),
    "passed": N_("passed"),
    "passed_comprehensive": N_("comprehensive passed"),
    "passed_operation": N_("operation passed"),
    "passed_theory": N_("theory passed"),
    "score_comprehensive": N_("comprehensive score"),
    "score_operation": N_("operation score"),
    "score_theory": N_("theory score"),
    "sitting": N_("sitting"),
    "source_id": N_("source id"),
    "version": N_("version"),
}
"""What the columns are called, as message ids."""

_WHY: Final[dict[str, str]] = {
    "cell_missing": N_("it is empty, and the rest of the row needs it"),
    "choice": N_("it is none of the words that this column has"),
    "dates_without_hours": N_(
        "the row has dates of training and no class-hours; fill in the hours, or clear the dates"
    ),
    "empty_file": N_("it has no rows"),
    "encoding": N_("its text is neither UTF-8 nor GB18030"),
    "encrypted": N_("it is protected by a password; remove that and save it again"),
    "file_missing": N_("there is no such file, or it may not be read"),
    "file_too_large": N_("it is larger than 64 MiB; split it"),
    "formula_error": N_("its formula has an error"),
    "html": N_(
        "it is a web page with another ending; open it in a spreadsheet program and save it"
    ),
    "not_a_sheet": N_("it is neither CSV nor XLS nor XLSX, or it is damaged"),
    "nothing_done": N_("the row has neither class-hours nor an assessment nor a certificate"),
    "quotes": N_("a quotation mark is opened and not closed, or a cell is far too long"),
    "score_form": N_("it is neither a mark with at most two decimal places nor the word for one"),
    "several_sheets": N_("several of its sheets have the headings; name the one that is meant"),
    "sheet_name": N_("it has no sheet of this name"),
    "whole_number": N_("it is not a whole number from 1 to 999"),
}

REASONS: Final[dict[str, str]] = COLUMNS | _WHY
"""What each column and each reason code means, as message ids; the English text is the id."""


class _Explained(CreditBankError):
    """Says in its English detail what the codes in its fields mean."""

    def __str__(self) -> str:
        """Return the detail with the texts of `REASONS` in place of their codes."""
        return self.detail.format(**{name: _text(value) for name, value in self.fields.items()})


def _text(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(str(_text(item)) for item in value)
    return REASONS.get(value, value) if isinstance(value, str) else value


class SheetUnreadable(_Explained, Malformed):
    """The file is not a sheet that can be read."""

    slug = "sheet-unreadable"
    title = N_("The file cannot be read as a sheet")
    detail = N_(
        "The file is refused: {reason}. Save it from the spreadsheet program as XLSX, or as CSV in"
        " UTF-8, and send it again."
    )


class SheetHeadingsMissing(_Explained, Malformed):
    """No row has the headings that are needed."""

    slug = "sheet-headings-missing"
    title = N_("The sheet lacks headings")
    detail = N_(
        "None of the first {rows} rows has all the headings that are needed. The best one lacks:"
        " {missing}. Add the columns; docs/sheets.md lists every heading that is understood."
    )


class SheetHeadingRepeated(_Explained, Malformed):
    """Two columns mean the same."""

    slug = "sheet-heading-repeated"
    title = N_("Two columns have the same meaning")
    detail = N_(
        "In row {row} the columns {columns} both mean: {column}. Remove one of them, or rename it."
    )


class SheetCellInvalid(_Explained, Malformed):
    """A cell cannot be what its column says."""

    slug = "sheet-cell-invalid"
    title = N_("A cell cannot be read")
    detail = N_("The cell under {column} is refused: {reason}. Correct it and send the file again.")
