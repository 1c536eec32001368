"""Work on all cores: tasks in processes of their own, answered in the order of the tasks.

Processes are spawned, never forked, so that neither connections nor locks are inherited. With one
process there is no other: everything runs here, and a small ledger pays for nothing.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_AHEAD_PER_PROCESS = 2  # tasks handed out before their turn; bounds the answers that wait

_state: Any = None  # what `setup` made, in a process that works


class Workers(Generic[S]):
    """Processes that each hold what `setup(given)` returned; tasks get it as first argument.

    `setup`, `given`, tasks and their answers have to be picklable where there is more than one.
    """

    def __init__(self, processes: int, setup: Callable[[Any], S], given: object) -> None:
        self.processes = processes
        self._here: S | None = None
        self._pool: ProcessPoolExecutor | None = None
        if processes == 1:
            self._here = setup(given)
        else:
            self._pool = ProcessPoolExecutor(
                processes, get_context("spawn"), initializer=_enter, initargs=(setup, given)
            )

    def start(self) -> list[Future[None]]:
        """Start every process now, and return what is done once each has started."""
        if self._pool is None:
            return []
        return [self._pool.submit(_nothing) for _ in range(self.processes)]

    def run(self, task: Callable[[S, T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield what `task` returns for each item, in the order of the items."""
        if self._pool is None:
            for item in items:
                with _without_collector():
                    answer = task(self._here, item)  # type: ignore[arg-type]  # there is one
                yield answer
            return
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(self._pool.submit(_work, task, item))
            if len(waiting) > self.processes * _AHEAD_PER_PROCESS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the processes, what they have not begun undone; close what `setup` made here."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        close = getattr(self._here, "close", None)
        if close is not None:
            close()


def cores() -> int:
    """Return how many processes can run at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the collector of cyclic garbage from searching the many rows of a task: it has none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _enter(setup: Callable[[Any], Any], given: object) -> None:
    global _state  # noqa: PLW0603  # one state in each process
    _state = setup(given)


def _nothing() -> None:
    """Do nothing: the process has started."""


def _work(task: Callable[[Any, T], R], item: T) -> R:
    with _without_collector():
        return task(_state, item)
