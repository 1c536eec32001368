"""Posting a batch: many outcomes in one transaction, with a result for each in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from creditbank.errors import CreditBankError
from creditbank.errors.recording import BatchRefused
from creditbank.services.actors import Poster, check_token
from creditbank.services.posting import Posted, PostOutcome
from creditbank.storage.book import Book, Needs
from creditbank.storage.sealing import Draft


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to a batch: one result per item, in order."""

    batch: str | None
    index: int | None
    results: list[Posted | CreditBankError]
    dry_run: bool = False

    def count(self, what: str) -> int:
        """Return how many items were `recorded`, `replayed` or `refused`."""
        return sum(1 for result in self.results if result_state(result) == what)


def result_state(result: Posted | CreditBankError) -> str:
    """Return what became of one item: `recorded`, `replayed` or `refused`."""
    if isinstance(result, CreditBankError):
        return "refused"
    return "replayed" if result.replayed else "recorded"


class RolledBack(CreditBankError):
    """Carries the answer of a batch that must leave nothing behind: a dry run."""

    def __init__(self, answer: BatchAnswer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(slots=True)
class PostBatch:
    """A batch: postings that were prepared, or why one could not be."""

    poster: Poster
    postings: list[PostOutcome | CreditBankError]
    batch: str
    atomic: bool = False
    dry_run: bool = False
    file_digest: str | None = None
    _needs: Needs = field(default_factory=Needs)

    def __post_init__(self) -> None:
        for posting in self.postings:
            if isinstance(posting, PostOutcome):
                self._needs.sources.add(posting.source)
                self._needs.subjects |= posting.subjects
                if posting.claim.handle:
                    self._needs.handles.add(posting.claim.handle)
                if posting.claim.account:
                    self._needs.accounts.add(posting.claim.account)
        self._needs.tokens.add(self.poster.token)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return self._needs

    @property
    def items(self) -> int:
        """How many items the batch has, at least one."""
        return max(1, len(self.postings))

    @property
    def alone(self) -> bool:
        """Whether it may refuse after recording some of its items; see `journal`."""
        return self.atomic or self.dry_run

    def decide(self, book: Book) -> BatchAnswer:
        """Return a result per item; raise `BatchRefused` if it is atomic and one is refused."""
        check_token(book, self.poster.token)
        source = book.keyring.source("bank:batch", self.batch)
        existing = book.entry_by_source(source)
        results = [_decide_item(book, posting) for posting in self.postings]
        answer = BatchAnswer(None, None, results, self.dry_run)
        refused = answer.count("refused")
        if self.atomic and refused:
            raise BatchRefused(items=len(results), refused=refused, results=results)
        if self.dry_run:
            raise RolledBack(answer)
        if existing is not None:  # an earlier try was committed
            return BatchAnswer(self.batch, existing.index, results)
        if answer.count("recorded") == 0:
            return answer
        recorded = book.record(
            Draft(
                kind="batch/1",
                org=self.poster.org,
                source=source,
                act={"batch": self._summary(answer)},
                actor=self.poster.actor,
            )
        )
        return BatchAnswer(self.batch, recorded.index, results)

    def _summary(self, answer: BatchAnswer) -> dict[str, Any]:
        summary: dict[str, Any] = {
            "id": self.batch,
            "items": len(answer.results),
            "recorded": answer.count("recorded"),
            "replayed": answer.count("replayed"),
            "refused_rows": [
                row
                for row, result in enumerate(answer.results, start=1)
                if isinstance(result, CreditBankError)
            ],
        }
        if self.file_digest is not None:
            summary["file_digest"] = self.file_digest
        return summary


def _decide_item(book: Book, posting: PostOutcome | CreditBankError) -> Posted | CreditBankError:
    if isinstance(posting, CreditBankError):
        return posting
    try:
        return posting.decide_item(book)
    except CreditBankError as refusal:
        return refusal
