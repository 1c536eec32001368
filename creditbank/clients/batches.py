"""Posting any number of items: cut into batches, counted as they are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from creditbank.clients.answers import BatchAnswer, ItemResult
from creditbank.clients.defaults import CHUNK_MAX

Document = Mapping[str, Any]
Progress = Callable[[int], None]
"""Told how many items have been answered so far."""


@dataclass(slots=True)
class PostedItems:
    """What became of all items, over all batches. Rows count the items from one."""

    items: int = 0
    recorded: int = 0
    replayed: int = 0
    refused: int = 0
    dry_run: bool = False
    batches: list[str] = field(default_factory=list)
    results: list[ItemResult] = field(default_factory=list, repr=False)

    def add(self, answer: BatchAnswer) -> None:
        """Add the answer to the next batch."""
        before = self.items
        self.items += answer.items
        self.recorded += answer.recorded
        self.replayed += answer.replayed
        self.refused += answer.refused
        self.dry_run = answer.dry_run
        if answer.batch is not None:
            self.batches.append(answer.batch)
        self.results.extend(
            result.model_copy(update={"row": before + result.row}) for result in answer.results
        )

    @property
    def refusals(self) -> list[ItemResult]:
        """Return the items that were refused."""
        return [result for result in self.results if result.status == "refused"]


def chunks(items: Iterable[Document], size: int) -> Iterator[list[Document]]:
    """Yield `items` in lists of at most `size`; raises ValueError unless it is 1 to 10,000."""
    if not 1 <= size <= CHUNK_MAX:
        raise ValueError(f"a batch holds 1 to {CHUNK_MAX} items")
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
