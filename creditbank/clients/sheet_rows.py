"""One row of a sheet as one outcome of the kind `module`, or why it cannot be.

Class-hours of theory are the stage 学 (study), of practice 训 (training); an assessment date makes
the stage 评 (assessment), a date of issue the stage 证 (certification). A stage whose cells are
empty is not in the row: an institution that only trains leaves the assessment empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from creditbank.clients import cells
from creditbank.clients.tables import Cell
from creditbank.domain.identifiers import DocumentKind, normalise_document
from creditbank.errors import CreditBankError
from creditbank.errors.sheets import SheetCellInvalid
from creditbank.ledger import canonical, suite

T = TypeVar("T")

PARTS: Final = ("theory", "operation", "comprehensive")
_DERIVED_DIGITS: Final = 32


class RowRefused(Exception):
    """Carries the column and the error of a cell."""

    def __init__(self, column: str, error: CreditBankError) -> None:
        super().__init__(column)
        self.column = column
        self.error = error


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row that are not empty, by column code; `columns` are all there are."""

    filled: Mapping[str, Cell]
    columns: Mapping[str, int]

    @classmethod
    def of(cls, cells: Sequence[Cell], columns: Mapping[str, int]) -> Row:
        """Return the row of these cells."""
        width = len(cells)
        filled = {
            column: cells[position]
            for column, position in columns.items()
            if position < width and not is_empty(cells[position])
        }
        return cls(filled, columns)

    def has(self, column: str) -> bool:
        """Return whether the row has something in a column."""
        return column in self.filled

    def read(self, column: str, reading: Callable[[Cell], T]) -> T:
        """Return what `reading` makes of a cell; raise `RowRefused` if it is empty or refused."""
        if column not in self.filled:
            raise RowRefused(column, SheetCellInvalid(column=column, reason="cell_missing"))
        try:
            return reading(self.filled[column])
        except CreditBankError as error:
            if isinstance(error, SheetCellInvalid):
                error.fields["column"] = column  # what reads a cell does not know where it stands
            raise RowRefused(column, error) from None

    def read_if(self, column: str, reading: Callable[[Cell], T]) -> T | None:
        """Return the same, or None if the cell is empty."""
        return self.read(column, reading) if column in self.filled else None


def is_empty(cell: Cell) -> bool:
    """Return whether a cell has nothing in it but white space."""
    return isinstance(cell, str) and not cell.strip()


def outcome_of(row: Row, *, institution: str, pass_mark: str) -> dict[str, Any]:
    """Return the submission that a row says; raise `RowRefused` with the first bad cell."""
    outcome: dict[str, Any] = {
        "type": "module",
        "learner": _learner(row),
        "module": _module(row),
        "stages": [
            *_learning(row, "study", "hours_theory", "theory"),
            *_learning(row, "training", "hours_practice", "practice"),
            *_assessment(row, pass_mark),
            *_certification(row),
        ],
    }
    if not outcome["stages"]:
        dated = next((name for name in ("begun_on", "ended_on") if row.has(name)), None)
        reason = "dates_without_hours" if dated else "nothing_done"
        column = dated or "hours_theory"
        raise RowRefused(column, SheetCellInvalid(column=column, reason=reason))
    if offering := row.read_if("offering", cells.code):
        outcome["offering"] = offering
    source_id = row.read_if("source_id", cells.code)
    outcome["source_id"] = source_id or derived_source_id(outcome, institution)
    return outcome


def derived_source_id(outcome: Mapping[str, Any], institution: str) -> str:
    """Return the source id of a row that has none: the same for the same row, wherever it stands.

    It is a digest over institution, learner, module, version, offering, stages and attempt, and
    not over dates or results, so that a changed row meets the recorded one and is refused with the
    differences (`source-id-reused`) instead of counting twice. It is not keyed: whoever has it can
    guess an identity number against it, so it is to be kept like the sheet. The bank keeps it
    only inside the learner's encrypted part, and for ever no more than a digest under its own key.
    """
    learner = outcome["learner"]
    who = [learner["account"]] if "account" in learner else list(learner["document"].values())
    what = [
        "creditbank/sheet/1",
        institution,
        who,
        outcome["module"]["id"],
        outcome["module"].get("version", ""),
        outcome.get("offering", ""),
        [_stage_key(stage) for stage in outcome["stages"]],
    ]
    return f"sheet-1:{suite.hash_bytes(canonical.encode(what)).hex()[:_DERIVED_DIGITS]}"


def _stage_key(stage: Mapping[str, Any]) -> list[str]:
    """Return what tells a stage from another of the same learner; of an attempt, which it is."""
    if stage["stage"] != "assessment":
        return [stage["stage"]]
    event = stage.get("event", "")
    if "attempt" in stage:
        return ["assessment", event, str(stage["attempt"])]
    # There is one first sitting, but any number of resits and absences: the date tells them apart.
    on = "" if stage["sitting"] == "first" else stage["on"]
    return ["assessment", event, stage["sitting"], on]


def _learner(row: Row) -> dict[str, Any]:
    if account := row.read_if("account", cells.code):
        # What the row says beside it is sent along, for the bank to hold against the account.
        beside = _document(row) if row.has("resident_id") or row.has("document_number") else {}
        return {"account": account, **beside, **_name_if_any(row)}
    return {**_document(row), "name": row.read("name", cells.text)}


def _name_if_any(row: Row) -> dict[str, str]:
    name = row.read_if("name", cells.text)
    return {"name": name} if name else {}


def _document(row: Row) -> dict[str, Any]:
    if "resident_id" in row.columns:
        kind, column = DocumentKind.RESIDENT_ID, "resident_id"
    else:
        kind = DocumentKind(row.read("document_kind", lambda cell: cells.choice(cell, cells.KINDS)))
        column = "document_number"
    number = row.read(column, lambda cell: _checked_number(cell, kind))
    document = {"kind": kind.value, "number": number}
    if kind is DocumentKind.PASSPORT:
        document["country"] = row.read("document_country", cells.country)
    return {"document": document}


def _checked_number(cell: Cell, kind: DocumentKind) -> str:
    """Return the number in its normal form, in which every writing of it is the same."""
    return normalise_document(kind, cells.document_number(cell, kind))


def _module(row: Row) -> dict[str, str]:
    module = {"id": row.read("module", cells.code)}
    version = row.read_if("version", cells.code)
    return module | ({"version": version} if version else {})


def _learning(row: Row, stage: str, column: str, kind: str) -> list[dict[str, Any]]:
    amount = row.read_if(column, cells.hours)
    if amount is None or amount == "0.00":
        return []
    hours = {kind: amount}
    if kind == "theory" and (online := row.read_if("hours_online", cells.hours)):
        hours["online"] = online
    begun_on, ended_on = row.read("begun_on", cells.day), row.read("ended_on", cells.day)
    return [{"stage": stage, "begun_on": begun_on, "ended_on": ended_on, "hours": hours}]


def _assessment(row: Row, pass_mark: str) -> list[dict[str, Any]]:
    marks = {f"score_{part}" for part in PARTS} | {f"passed_{part}" for part in PARTS}
    if not any(row.has(column) for column in ("assessed_on", "passed", "sitting", *sorted(marks))):
        return []
    stage: dict[str, Any] = {"stage": "assessment", "on": row.read("assessed_on", cells.day)}
    scores = {
        part: row.read(f"score_{part}", cells.score) for part in PARTS if row.has(f"score_{part}")
    }
    verdict = row.read_if("passed", lambda cell: cells.choice(cell, cells.VERDICTS))
    sitting = row.read_if("sitting", lambda cell: cells.choice(cell, cells.SITTINGS))
    absent = "absent" in {verdict, sitting} or None in scores.values()
    stage["sitting"] = "absent" if absent else sitting or "first"
    for name, reading in (("attempt", cells.attempt), ("event", cells.text)):
        if row.has(name):
            stage[name] = row.read(name, reading)
    if absent:
        return [stage | {"passed": False}]
    if verdict is None:
        row.read("passed", cells.text)  # refuses: it is empty
    stage["passed"] = verdict == "yes"
    parts = _parts(row, scores, passed=stage["passed"], pass_mark=pass_mark)
    return [stage | ({"parts": parts} if parts else {})]


def _parts(
    row: Row, scores: Mapping[str, Any], *, passed: bool, pass_mark: str
) -> list[dict[str, Any]]:
    """Return the parts of an assessment.

    Where a sheet does not say of a part whether it was passed: all are, if the whole is, since the
    bank holds the scores against the module's pass marks; else by the score.
    """
    parts = []
    for part in PARTS:
        verdict = row.read_if(
            f"passed_{part}", lambda cell: cells.choice(cell, cells.VERDICTS) == "yes"
        )
        mark = scores.get(part)
        if verdict is None and mark is None:
            continue
        if verdict is None:
            verdict = passed or cells.score_passes(mark or {}, pass_mark)
        parts.append({"part": part, "passed": verdict} | ({"score": mark} if mark else {}))
    return parts


def _certification(row: Row) -> list[dict[str, Any]]:
    if not (row.has("certified_on") or row.has("certificate_number")):
        return []
    stage = {"stage": "certification", "on": row.read("certified_on", cells.day)}
    number = row.read_if("certificate_number", cells.code)
    return [stage | ({"number": number} if number else {})]
