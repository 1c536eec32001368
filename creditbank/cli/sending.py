"""A sheet sent to the bank: which rows were recorded, which refused and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from creditbank import texts
from creditbank.cli.output import progress, remark
from creditbank.cli.wording import _, locale
from creditbank.clients.bank import BankClient, BankProblem, PostedItems, Problem
from creditbank.clients.defaults import CHUNK, CHUNK_MAX
from creditbank.clients.sheets import Sheet, SheetRow, column_of
from creditbank.clients.signing import InstitutionSigner
from creditbank.errors.cli import AtomicTooLarge
from creditbank.errors.clients import BankUnreachable


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was refused, by the reader of sheets or by the bank, with what to do."""

    number: int
    column: str | None
    slug: str
    title: str
    detail: str

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        column = {} if self.column is None else {"column": self.column}
        problem = {"slug": self.slug, "title": self.title, "detail": self.detail}
        return {"row": self.number, **column, "problem": problem}


@dataclass(slots=True)
class SentSheet:
    """What became of a sheet; bad rows are in the order of the file."""

    sheet: Sheet
    posted: PostedItems = field(default_factory=PostedItems)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows there are, were recorded, replayed and refused."""
        return {
            "rows": len(self.sheet.rows),
            "recorded": self.posted.recorded,
            "replayed": self.posted.replayed,
            "refused": len(self.bad),
        }


def checked(sheet: Sheet) -> SentSheet:
    """Return a sheet of which nothing was sent yet, with the rows that cannot be."""
    return SentSheet(sheet, bad=[_unreadable(row) for row in sheet.bad])


def send(
    bank: BankClient,
    sheet: Sheet,
    *,
    signer: InstitutionSigner | None = None,
    chunk: int = CHUNK,
    atomic: bool = False,
    **options: Any,
) -> SentSheet:
    """Return what became of a sheet's rows, signed by the institution if there is a `signer`.

    If it is `atomic`, a bad row keeps all of them from being sent. Raises `AtomicTooLarge`, and
    what the SDK raises; how many rows were answered before that is remarked.
    """
    sent = checked(sheet)
    if atomic:
        if len(sheet.rows) > CHUNK_MAX:
            raise AtomicTooLarge(rows=len(sheet.rows), rows_max=CHUNK_MAX)
        if sent.bad:
            return sent
        chunk, options = CHUNK_MAX, {**options, "atomic": True}
    try:
        sent.posted = _post(bank, sheet, signer, chunk, options)
    except BankProblem as problem:
        if problem.slug != "batch-refused":
            raise
        sent.bad += _refused_together(sheet, problem)
        return sent
    refused = [(result.row, result.problem) for result in sent.posted.refusals]
    sent.bad += [_refused(sheet, row, problem) for row, problem in refused if problem is not None]
    sent.bad.sort(key=lambda row: row.number)
    return sent


def _post(
    bank: BankClient,
    sheet: Sheet,
    signer: InstitutionSigner | None,
    chunk: int,
    options: dict[str, Any],
) -> PostedItems:
    answered = 0
    outcomes = sheet.outcomes if signer is None else signer.sign_all(sheet.outcomes)
    with progress(_("Posting"), len(outcomes)) as tell:

        def count(done: int) -> None:
            nonlocal answered
            answered = done
            tell(done, len(outcomes))

        try:
            return bank.post_items(
                outcomes, chunk=chunk, progress=count, file_digest=sheet.digest, **options
            )
        except (BankProblem, BankUnreachable):
            if answered:
                again = _("{rows} rows were answered before. Sent again, they do not count twice.")
                remark(again.format(rows=answered))
            raise


def _refused_together(sheet: Sheet, problem: BankProblem) -> list[BadRow]:
    """Return the bad rows of a batch that was refused because of them."""
    return [
        _refused(sheet, result["row"], Problem.model_validate(result["problem"]))
        for result in problem.members.get("results", [])
        if result["status"] == "refused"
    ]


def _refused(sheet: Sheet, item: int, problem: Problem) -> BadRow:
    row = sheet.good[item - 1]
    column = column_of(row.outcome or {}, problem.where)
    return BadRow(row.number, column, problem.slug, problem.title, problem.detail)


def _unreadable(row: SheetRow) -> BadRow:
    assert row.error is not None  # noqa: S101  # a bad row is one that has an error
    title, detail = texts.translate_error(row.error, locale)
    return BadRow(row.number, row.column, row.error.slug, title, detail)
